//! What random runs do not ask about.

use std::time::{Duration, Instant};

use itodenwa_wire::IceServers;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::{BusEvent, Hub, Node, NodeId, Opaque};
use crate::Limits;
use crate::access::Access;
use crate::cluster::{Bus, LocalBus, Registry};
use crate::operator::Question;
use crate::ticket::{TicketSecret, Tickets};

fn node(bus: impl Bus + 'static, registry: impl Registry + 'static, now: Instant) -> Node {
    let secret = TicketSecret::new(*b"0123456789abcdef").unwrap();
    let tickets = Tickets::new(&secret, Duration::from_secs(3600), 1, (now, 1_000_000));
    let hub = Hub::<Opaque>::new(Limits::default(), Access::Open, IceServers::default(), tickets, || 7);
    Node::new(hub, Box::new(bus), Box::new(registry))
}

#[test]
fn without_a_node_that_is_there_nobody_says_what_all_have() {
    let now = tokio::time::Instant::now().into_std();
    let mut network = LocalBus::network(2).into_iter();
    let (bus, registry) = network.next().unwrap();
    let other = network.next().unwrap();
    let mut node = node(bus, registry, now);
    let (to, mut answers) = oneshot::channel();
    node.ask(now, Question::Status, to);
    assert_eq!(answers.try_recv(), Err(TryRecvError::Empty));
    node.on_bus_event(now, BusEvent::LinkBroken(NodeId(1)));
    assert_eq!(answers.try_recv(), Err(TryRecvError::Closed), "it keeps its rooms, and is not among these");
    let (to, mut answers) = oneshot::channel();
    node.ask(now, Question::Status, to);
    node.on_bus_event(now, BusEvent::NodeGone(NodeId(1)));
    assert_eq!(answers.try_recv().map(|answers| answers.len()), Ok(1), "it keeps none any more");
    drop(other);
}

#[cfg(feature = "redis")]
#[test]
fn a_lease_that_was_found_over_is_not_extended_by_what_came_just_before() {
    use crate::cluster::incarnation::Incarnation;
    use crate::cluster::redis::membership::{Came, Membership, View};
    use crate::cluster::redis::way;

    let start = tokio::time::Instant::now().into_std();
    let at = |seconds| start + Duration::from_secs(seconds);
    let joined = |id, sent| {
        let me = Incarnation { id: NodeId(id), run: id.into() };
        let age = Duration::from_secs(3600);
        let view = View { is_in: true, generation: "g".to_owned(), age, nodes: vec![(me, 2)] };
        Membership::joined(me, Duration::from_secs(5), sent, view)
    };
    let (bus, registry, way) = way(start);
    let mut membership = joined(1, start);
    way.shared.joined(&membership);
    let mut node = node(bus, registry, start);
    let beat = membership.lease.beat(at(2));
    // The member looks at its clock, and is not run again before the lease is over: the registry sees that first.
    assert_eq!(membership.came(at(3), beat.to_string().as_bytes()), Came::Done);
    node.check_lease(at(4));
    assert!(!node.has_place());
    way.shared.show(&membership);
    assert!(way.shared.lease() <= at(4), "it is over, so that the member joins anew");
    // Under its new name it has a new one.
    way.shared.joined(&joined(2, at(5)));
    assert_eq!(way.shared.lease(), at(9));
    node.on_bus_event(at(5), BusEvent::Rejoined(NodeId(2)));
    assert!(node.has_place());
    assert_eq!(way.shared.lease(), at(9));
    // The member was the first to see that it is out: what the node lost then was under the name before.
    way.shared.joined(&joined(3, at(6)));
    node.check_lease(at(6));
    assert!(!node.has_place());
    assert_eq!(way.shared.lease(), at(10));
}
