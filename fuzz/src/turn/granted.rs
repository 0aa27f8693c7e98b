//! What clients were granted, as the answers told them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use itodenwa_server::relay::{AllocationId, Client};

use super::packets::Asked;

#[derive(Default)]
pub(super) struct Granted {
    allocations: BTreeMap<AllocationId, Allocation>,
    pub(super) local: Vec<IpAddr>,
}

struct Allocation {
    client: Client,
    port: u16,
    permissions: BTreeMap<IpAddr, Instant>,
    /// A channel lasts longer than the permission that it brings (RFC 8656, sections 9 and 12).
    channels: BTreeMap<IpAddr, Instant>,
}

impl Granted {
    pub(super) fn allocations(&self) -> usize {
        self.allocations.len()
    }

    pub(super) fn opened(&mut self, id: AllocationId, client: Client, port: u16) {
        assert!(self.allocations.values().all(|known| known.client != client), "a client has one allocation");
        let before = self
            .allocations
            .insert(id, Allocation { client, port, permissions: BTreeMap::new(), channels: BTreeMap::new() });
        assert!(before.is_none(), "an allocation is opened once");
    }

    pub(super) fn closed(&mut self, id: AllocationId, port: u16) {
        let known = self.allocations.remove(&id).expect("what is closed was open");
        assert_eq!(known.port, port);
    }

    /// A signed request has succeeded.
    pub(super) fn grant(&mut self, now: Instant, client: Client, asked: &Asked) {
        let Some(allocation) = self.allocations.values_mut().find(|known| known.client == client) else { return };
        for peer in &asked.peers {
            allocation.permissions.insert(*peer, now + Duration::from_secs(300));
            if asked.is_channel {
                allocation.channels.insert(*peer, now + Duration::from_secs(600));
            }
        }
    }

    /// Something of a peer goes to a client.
    pub(super) fn may_come_from(&self, now: Instant, id: AllocationId, peer: SocketAddr, client: Client) {
        let known = self.allocations.get(&id).expect("it has an allocation");
        assert_eq!(known.client, client, "it is for the client of the allocation");
        let permission = known.permissions.get(&peer.ip().to_canonical());
        self.may(now, permission, peer);
    }

    /// Something of a client goes to a peer.
    pub(super) fn may_go_to(&self, now: Instant, id: AllocationId, peer: SocketAddr, client: Client) {
        let known = self.allocations.get(&id).expect("it has an allocation");
        assert_eq!(known.client, client, "it is from the client of the allocation");
        let ip = peer.ip().to_canonical();
        self.may(now, known.permissions.get(&ip).max(known.channels.get(&ip)), peer);
    }

    fn may(&self, now: Instant, permission: Option<&Instant>, peer: SocketAddr) {
        let ip = peer.ip().to_canonical();
        assert!(permission.is_some_and(|until| *until > now), "{peer} was not permitted");
        // No allocation has a port that is known here: nothing of this computer may be talked to.
        assert!(!self.local.contains(&ip) && ip != IpAddr::from(super::RELAYED), "{peer} is this computer");
        assert!(peer.port() >= 1024, "{peer} is a service");
        let IpAddr::V4(v4) = ip else { panic!("{peer} is of another family") };
        assert!(
            !v4.is_private() && !v4.is_loopback() && !v4.is_link_local() && !v4.is_multicast(),
            "{peer} is not public"
        );
        assert!(v4.octets()[0] != 0 && !v4.is_broadcast(), "{peer} is not public");
    }
}
