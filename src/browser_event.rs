//! What the browser tells a driver.

use itodenwa_protocol::ConnectionId;
use itodenwa_wire::PeerId;

use crate::connection::ConnectionEvent;
use crate::media::DeviceEvent;
use crate::subject::Subject;

/// What the browser may tell before the driver takes it, at most. Each of its callbacks tells one thing or two, and the driver
/// runs after it.
pub(crate) const BROWSER_EVENTS: usize = 4096;

/// Every callback and every settled promise puts one of these into the driver's queue and does no more, and the driver takes it
/// before the browser runs the next one: the queue stays as short as what one callback tells.
#[derive(Debug)]
pub(crate) enum BrowserEvent {
    Device(DeviceEvent),
    DevicesChanged,
    /// The browser does not play somebody before the person touches the page.
    Blocked(Subject),
    Connection(ConnectionKey, ConnectionEvent),
    Page(PageEvent),
}

/// Which connection of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionKey {
    /// One of those that a room has had with a peer.
    Peer(PeerId, ConnectionId),
    /// The one of a call by hand.
    ByHand,
}

/// What is told of the page itself, and of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageEvent {
    /// It is time to look at the levels.
    Listen,
    /// It is time to look at what is shown.
    Look,
    /// The page is shown, or not any more; or an element shows somebody.
    Visible,
    /// It was frozen, and goes on (Page Lifecycle, `resume`).
    Resumed,
    /// The person leaves the page.
    Hide,
}
