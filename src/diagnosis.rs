//! Why it does not work, and what the browser measures. Loaded when it is first asked for, as checks are.

use itodenwa_protocol::Time;
use itodenwa_protocol::diagnosis::{Circumstances, Verdict, diagnose};
use itodenwa_protocol::timeline::Entry;
use itodenwa_wire::Source;
use js_sys::Map;

use crate::error::MediaError;
use crate::oneshot;
use crate::peer::Peer;
use crate::room::Handle;
use crate::room_ref::{Inspection, Request, RoomRef};

/// What is wrong in a room.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Diagnosis {
    /// Between oneself and a peer, or with the server.
    Connection {
        /// With whom.
        peer: Peer,
        /// What.
        verdict: Verdict,
    },
    /// With an own device that was wanted.
    Device {
        /// Which.
        source: Source,
        /// What, and what to do.
        error: MediaError,
    },
}

impl Diagnosis {
    /// The code. It never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Diagnosis::Connection { verdict, .. } => verdict.code(),
            Diagnosis::Device { error, .. } => error.code(),
        }
    }

    /// What is wrong, in one English sentence, and what to do about it, for people.
    #[must_use]
    pub fn sentences(&self) -> (String, String) {
        match self {
            Diagnosis::Connection { verdict, .. } => (verdict.explain().into(), verdict.advice().into()),
            Diagnosis::Device { error, .. } => {
                // An error's text says first what it is.
                let text = error.to_string();
                match text.split_once(". ") {
                    Some((explain, advice)) => ([explain, "."].concat(), advice.into()),
                    None => (text, String::new()),
                }
            }
        }
    }
}

impl Peer {
    /// What is the matter with the connection to them: a sentence, and a piece of advice. [`Verdict::Connected`] if nothing is.
    #[must_use]
    pub fn diagnose(&self) -> Verdict {
        let (room, since) = self.place();
        let Some(room) = room else { return Verdict::PeerSilent };
        self.diagnosed_in(&room, since)
    }

    /// What the browser measures of the connection to them (W3C WebRTC Statistics): an `RTCStatsReport`, to be read only. None if there
    /// is no connection.
    pub async fn stats_report(&self) -> Option<Map> {
        let (tell, wait) = oneshot::channel();
        let inspection = Inspection(Box::new(move |connection| tell.send(connection.stats())));
        self.place().0?.ask(Request::Inspect(self.id(), inspection));
        wait.await.ok()?.await
    }

    fn diagnosed_in(&self, room: &RoomRef, since: Time) -> Verdict {
        let reach = &room.snapshot.reach;
        let circumstances = Circumstances {
            now: room.clock.now(),
            since,
            state: self.state(),
            has_other_key: self.has_other_key(),
            has_signaling: !reach.is_server_away.get(),
            has_relay: reach.has_relay.get(),
            policy: reach.policy.get(),
        };
        // They are looked at where they are: their texts are long.
        let own = |entry: &&Entry| entry.peer == self.id();
        room.snapshot.steps.change(|steps| diagnose(steps.iter().filter(own), &circumstances))
    }
}

impl Handle {
    /// What is wrong: own devices that were wanted and are not there, and whoever is not connected. Empty if nothing is.
    #[must_use]
    pub fn diagnose(&self) -> Vec<Diagnosis> {
        let device = |source| self.failure(source).map(|error| Diagnosis::Device { source, error });
        let connection = |peer: Peer| {
            let verdict = peer.diagnose();
            (verdict != Verdict::Connected).then_some(Diagnosis::Connection { peer, verdict })
        };
        let devices = [Source::Microphone, Source::Camera].into_iter().filter_map(device);
        devices.chain(self.peers().into_iter().filter_map(connection)).collect()
    }
}
