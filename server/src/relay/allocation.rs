//! One allocation (RFC 8656, section 5): a relay port, and whom it talks to.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use stun_types::message::{IntegrityKey, TransactionId};

use super::io::Client;
use super::ledger::AllocationPermit;

/// How long a permission lasts (RFC 8656, section 9).
pub(super) const PERMISSION: Duration = Duration::from_secs(300);
/// How long a channel lasts (RFC 8656, section 12).
pub(super) const CHANNEL: Duration = Duration::from_secs(600);
/// The numbers that channels may have: those of RFC 5766, section 11, whose clients are still there. RFC 8656 has fewer, for
/// ports on which there is more than TURN.
pub(super) const CHANNELS: RangeInclusive<u16> = 0x4000..=0x7FFE;
/// Most permissions of an allocation, and most channels.
pub(super) const MOST: usize = 64;

/// A relay port, and whom it talks to.
#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) client: Client,
    pub(super) username: String,
    pub(super) key: IntegrityKey,
    /// Where peers send to, as they know it.
    pub(super) relayed: SocketAddr,
    /// Of the request that made it: when it comes once more it was the answer that was lost.
    pub(super) transaction: TransactionId,
    pub(super) expires: Instant,
    pub(super) permit: AllocationPermit,
    pub(super) contacts: Contacts,
}

/// An Allocate request that waits for its port.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) client: Client,
    pub(super) request: Vec<u8>,
    pub(super) username: String,
    pub(super) key: IntegrityKey,
    pub(super) ip: IpAddr,
    pub(super) lifetime: Duration,
    pub(super) permit: AllocationPermit,
}

/// Whom an allocation talks to.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    permissions: Vec<Permission>,
    channels: Vec<Channel>,
}

#[derive(Debug)]
struct Permission {
    ip: IpAddr,
    until: Instant,
}

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    until: Instant,
}

/// Why a permission or channel is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoContact {
    /// The number has another peer, or the peer another number.
    Conflict,
    /// There are as many as there may be.
    Full,
}

impl Contacts {
    /// Permits these addresses for a while, all or none.
    pub(super) fn permit(&mut self, now: Instant, ips: &[IpAddr]) -> Result<(), NoContact> {
        self.permissions.retain(|permission| permission.until > now);
        let known = |ip: &IpAddr| self.permissions.iter().any(|permission| permission.ip == *ip);
        let mut new: Vec<IpAddr> = ips.iter().filter(|ip| !known(ip)).copied().collect();
        new.sort_unstable();
        new.dedup();
        if self.permissions.len() + new.len() > MOST {
            return Err(NoContact::Full);
        }
        let until = now + PERMISSION;
        self.permissions.iter_mut().filter(|known| ips.contains(&known.ip)).for_each(|known| known.until = until);
        self.permissions.extend(new.into_iter().map(|ip| Permission { ip, until }));
        Ok(())
    }

    pub(super) fn is_permitted(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions.iter().any(|permission| permission.ip == ip && permission.until > now)
    }

    /// Gives a peer a number for a while, and permits its address.
    pub(super) fn bind(&mut self, now: Instant, number: u16, peer: SocketAddr) -> Result<(), NoContact> {
        self.channels.retain(|channel| channel.until > now);
        let channel = self.channels.iter().position(|channel| channel.number == number || channel.peer == peer);
        let channel = channel.and_then(|at| self.channels.get(at));
        match channel {
            Some(channel) if channel.number != number || channel.peer != peer => return Err(NoContact::Conflict),
            None if self.channels.len() >= MOST => return Err(NoContact::Full),
            _ => {}
        }
        self.permit(now, &[peer.ip()])?;
        self.channels.retain(|channel| channel.number != number);
        self.channels.push(Channel { number, peer, until: now + CHANNEL });
        Ok(())
    }

    /// Whom a number stands for.
    pub(super) fn peer(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        self.channels.iter().find(|channel| channel.number == number && channel.until > now).map(|channel| channel.peer)
    }

    /// The number that stands for a peer.
    pub(super) fn channel(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        self.channels.iter().find(|channel| channel.peer == peer && channel.until > now).map(|channel| channel.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        [1, 1, high, low].into()
    }

    fn peer(number: u16) -> SocketAddr {
        SocketAddr::new(ip(number), 9)
    }

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    #[test]
    fn permissions_last_five_minutes_and_are_renewed() {
        let (mut contacts, now) = (Contacts::default(), now());
        contacts.permit(now, &[ip(1), ip(2)]).unwrap();
        contacts.permit(now + PERMISSION / 2, &[ip(2), ip(2)]).unwrap();
        let then = now + PERMISSION;
        assert!(contacts.is_permitted(now, ip(1)) && !contacts.is_permitted(now, ip(3)));
        assert!(!contacts.is_permitted(then, ip(1)) && contacts.is_permitted(then, ip(2)));
    }

    #[test]
    fn there_are_so_many_permissions_and_no_more() {
        let (mut contacts, now) = (Contacts::default(), now());
        let ips: Vec<_> = (0..MOST as u16).map(ip).collect();
        contacts.permit(now, &ips).unwrap();
        contacts.permit(now, &ips).unwrap();
        assert_eq!(contacts.permit(now, &[ip(1), ip(999)]), Err(NoContact::Full));
        assert_eq!(contacts.bind(now, 0x4000, peer(999)), Err(NoContact::Full));
        assert_eq!(contacts.peer(now, 0x4000), None);
        assert_eq!(contacts.permit(now + PERMISSION, &[ip(999)]), Ok(()));
        assert_eq!(contacts.permissions.len(), 1);
    }

    #[test]
    fn a_channel_is_one_peer_and_a_peer_one_channel() {
        let (mut contacts, now) = (Contacts::default(), now());
        contacts.bind(now, 0x4000, peer(1)).unwrap();
        assert_eq!(contacts.bind(now, 0x4000, peer(2)), Err(NoContact::Conflict));
        assert_eq!(contacts.bind(now, 0x4001, peer(1)), Err(NoContact::Conflict));
        contacts.bind(now, 0x4001, peer(2)).unwrap();
        assert_eq!(contacts.bind(now, 0x4000, peer(2)), Err(NoContact::Conflict), "both are taken");
        contacts.bind(now + CHANNEL / 2, 0x4000, peer(1)).unwrap();
        let then = now + CHANNEL;
        assert_eq!((contacts.peer(then, 0x4000), contacts.peer(then, 0x4001)), (Some(peer(1)), None));
        assert_eq!((contacts.channel(then, peer(1)), contacts.channel(then, peer(2))), (Some(0x4000), None));
        assert_eq!(contacts.bind(then, 0x4001, peer(3)), Ok(()));
        assert!(contacts.is_permitted(then, ip(3)));
    }

    #[test]
    fn there_are_so_many_channels_and_no_more() {
        let (mut contacts, now) = (Contacts::default(), now());
        let of_one_host = |port: u16| SocketAddr::new(ip(1), 1000 + port);
        for number in 0..MOST as u16 {
            contacts.bind(now, 0x4000 + number, of_one_host(number)).unwrap();
        }
        assert_eq!(contacts.bind(now, 0x4FFF, of_one_host(500)), Err(NoContact::Full));
        assert_eq!(contacts.bind(now, 0x4000, of_one_host(0)), Ok(()));
    }
}
