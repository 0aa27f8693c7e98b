//! Files that go on through the next channel that their sender opens for them.

use itodenwa_wire::PeerId;

use crate::incoming::{Incoming, Resume};
use crate::oneshot;
use crate::snapshot::SnapshotCell;

/// Transfers of a room, at most, that go on when their connection is lost; then the oldest are not known any more, and fail with it.
const RESUMPTIONS: usize = 256;

/// What is waited for, in the order in which it began to be.
#[derive(Default)]
pub(super) struct Resumptions(SnapshotCell<Vec<Resumption>>);

struct Resumption {
    peer: PeerId,
    purpose: String,
    reply: oneshot::Sender<Incoming>,
}

impl Resume for Resumptions {
    fn wait(&self, peer: PeerId, purpose: &str) -> oneshot::Receiver<Incoming> {
        let (reply, next) = oneshot::channel();
        let oldest = self.0.change(|waiting| {
            waiting.retain(|wanted| wanted.reply.is_waited_for());
            let oldest = (waiting.len() >= RESUMPTIONS).then(|| waiting.remove(0));
            waiting.push(Resumption { peer, purpose: purpose.to_owned(), reply });
            oldest
        });
        // Told outside of the change: what it wakes may look at the others.
        drop(oldest);
        next
    }

    fn resume(&self, incoming: Incoming) -> Option<Incoming> {
        let is_wanted = |wanted: &Resumption| {
            wanted.peer == incoming.peer().id() && wanted.purpose == incoming.purpose() && wanted.reply.is_waited_for()
        };
        let wanted = self.0.change(|waiting| {
            let at = waiting.iter().position(is_wanted)?;
            Some(waiting.remove(at))
        });
        match wanted {
            Some(wanted) => {
                wanted.reply.send(incoming);
                None
            }
            None => Some(incoming),
        }
    }

    fn left(&self, peer: PeerId) {
        let left: Vec<Resumption> = self.0.change(|waiting| {
            let (left, stay) = std::mem::take(waiting).into_iter().partition(|wanted| wanted.peer == peer);
            *waiting = stay;
            left
        });
        drop(left);
    }
}
