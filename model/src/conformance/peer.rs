//! What a case needs of a browser.

use itodenwa_protocol::{Command, Report};
use itodenwa_wire::Candidate;

use crate::browser::{Profile, Signaling};
use crate::sdp::{Direction, Kind};

/// Makes connections.
pub trait Browser {
    type Peer: Peer;

    /// Whose behaviour is expected.
    fn profile(&self) -> Profile;

    fn open(&mut self) -> Self::Peer;
}

/// One connection: what the driver does with it, what the driver never would, and a look at it.
pub trait Peer {
    /// Begins an operation, whether or not those before are done.
    fn begin(&mut self, command: Command);

    /// The next answer to an operation. None when there will be none any more.
    fn answer(&mut self) -> impl Future<Output = Option<Report>>;

    /// All candidates of the gathering that the last local description began.
    fn gathered(&mut self) -> impl Future<Output = Vec<Candidate>>;

    /// Closes it, whatever is pending.
    fn close(&mut self);

    fn signaling(&self) -> Signaling;

    /// `localDescription.sdp`.
    fn local(&self) -> Option<String>;

    /// `remoteDescription.sdp`.
    fn remote(&self) -> Option<String>;

    fn restart_ice(&mut self);

    /// `addTransceiver`.
    fn add(&mut self, kind: Kind);

    /// `transceiver.direction`.
    fn set_direction(&mut self, mid: &str, direction: Direction);

    /// `transceiver.stop`.
    fn stop(&mut self, mid: &str);
}
