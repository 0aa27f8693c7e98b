//! What will work in a call and what will not, tried out beforehand and said in words.

mod explain;
mod finding;
mod loopback;
mod media;
mod paths;
mod probe;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::{Either, join, join4, select};
use itodenwa_wire::text::hexadecimal;
use itodenwa_wire::{ClientMessage, IceServer, OLDEST_VERSION, RefusalCode, RoomName, Token, Welcome};

use crate::dom::{Clock, Timer, global};
use crate::error::{Error, SignalingError};
use crate::media::{CameraOptions, MicrophoneOptions};
use crate::preview::Preview;
use crate::queue::{Receiver, Sender, queue};
use crate::signaling::{Signaling, WebSocketSignaling, flush, welcome};
pub use finding::{Finding, Outcome, Part};
use finding::{fails, skipped, works};

/// How long each of the network's parts may take.
const LIMIT: Duration = Duration::from_secs(10);

/// More findings than there are parts.
const FINDINGS: usize = 32;

/// What is checked, and how.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// Whose camera and microphone are looked at. It stays open.
    pub preview: Option<Preview>,
    /// Without a preview: the camera is opened for the check.
    pub camera: Option<CameraOptions>,
    /// Without a preview: the microphone is opened for the check.
    pub microphone: Option<MicrophoneOptions>,
    /// The signalling server, as for [`Join::server`](crate::Join::server). Without it: `ws` beside the page (`document.baseURI`).
    pub server: Option<String>,
    /// The room that is joined for a moment. Without it: one that nobody is in. A server that asks for tokens lets in only into
    /// the token's room; who is there sees somebody come and go.
    pub room: Option<String>,
    /// What lets one in, where the server asks for it.
    pub token: Option<Token>,
    /// STUN and TURN servers, beside those that the signalling server gives.
    pub ice_servers: Vec<IceServer>,
}

/// The findings of a check: a stream, and each as soon as it is known. Dropping it ends the check, and gives back what it holds.
pub struct Check {
    run: Option<Pin<Box<dyn Future<Output = ()>>>>,
    findings: Receiver<Finding>,
}

/// Tries out, one after the other or at once, what a call needs: the camera, the microphone, the signalling, and the ways through
/// the network. Each [`Part`] is told once, at the latest after its time limit.
#[must_use = "nothing happens until it is read"]
pub fn check(options: CheckOptions) -> Check {
    let (tell, findings) = queue(FINDINGS);
    let checking = Checking { tell, clock: Clock::start() };
    Check { run: Some(Box::pin(async move { checking.run(options).await })), findings }
}

/// Why it is not known which servers there are: no server was reached, …
const UNREACHED: &str = "check/needs-signaling";
/// … or the room is locked, or who comes has to wait there. An old client, as which this joins, is told both alike.
const NOT_LET_IN: &str = "check/not-let-in";

/// Where findings go.
struct Checking {
    tell: Sender<Finding>,
    clock: Clock,
}

impl Checking {
    async fn run(&self, options: CheckOptions) {
        let CheckOptions { preview, camera, microphone, server, room, token, ice_servers } = options;
        let media = media::check(self, preview, camera, microphone);
        let network = async {
            if global("RTCPeerConnection").is_undefined() {
                self.unsupported();
                return;
            }
            self.network(server, room, token, ice_servers).await;
        };
        join(media, network).await;
    }

    /// Tells what came of a part, and how long it took.
    async fn part<T>(&self, part: Part, checked: impl Future<Output = (Outcome, String, T)>) -> T {
        let began = self.clock.now();
        let (outcome, detail, result) = checked.await;
        let millis = (self.clock.now() - began).as_millis() as u64;
        let _ = self.tell.send(Finding { part, outcome, detail, millis });
        result
    }

    fn say(&self, part: Part, outcome: Outcome) {
        let _ = self.tell.send(Finding { part, outcome, detail: String::new(), millis: 0 });
    }

    fn unsupported(&self) {
        for part in Part::NETWORK {
            self.say(part, fails("webrtc/unsupported"));
        }
    }

    async fn network(
        &self,
        server: Option<String>,
        room: Option<String>,
        token: Option<Token>,
        mut servers: Vec<IceServer>,
    ) {
        let joined = self.part(Part::Signaling, signaling(server, room, token)).await;
        let (mut signaling, welcome) = match joined {
            Ok(joined) => joined,
            Err(why) => return self.paths(Some(why).filter(|_| servers.is_empty()), &servers).await,
        };
        servers.extend(welcome.ice_servers.servers);
        // The relay's credentials are worth something as long as one is in the room, and it is left when it does not hear of one.
        let staying = async {
            while signaling.next().await.is_some() {}
            std::future::pending::<()>().await;
        };
        let _ = select(pin!(self.paths(None, &servers)), pin!(staying)).await;
        leave(signaling).await;
    }

    /// `unknown` is why nobody knows which servers there are.
    async fn paths(&self, unknown: Option<&'static str>, servers: &[IceServer]) {
        if let Some(why) = unknown {
            for part in [Part::Stun, Part::TurnUdp, Part::TurnTcp, Part::TurnTls] {
                self.say(part, skipped(why));
            }
            return self.part(Part::Loopback, loopback::check(&[])).await;
        }
        let turn = |part| self.part(part, paths::turn(part, servers));
        let stun = self.part(Part::Stun, paths::stun(servers));
        let (_, udp, tcp, tls) = join4(stun, turn(Part::TurnUdp), turn(Part::TurnTcp), turn(Part::TurnTls)).await;
        // Bytes go by the first that gave an address.
        let relay = [udp, tcp, tls].into_iter().flatten().next();
        self.part(Part::Loopback, loopback::check(relay.as_slice())).await;
    }
}

/// Joins a room of one's own, or that of the token, which also gives the STUN and TURN servers; or why they are not known.
async fn signaling(
    server: Option<String>,
    room: Option<String>,
    token: Option<Token>,
) -> (Outcome, String, Result<(Box<dyn Signaling>, Welcome), &'static str>) {
    let address =
        match server.filter(|server| !server.trim().is_empty()).map_or_else(WebSocketSignaling::own_server, Ok) {
            Ok(address) => address,
            Err(error) => return (Outcome::of(error.code(), &error), String::new(), Err(UNREACHED)),
        };
    let entering = enter(&address, room, token);
    let entered = match select(pin!(entering), Timer::new(LIMIT)).await {
        Either::Left((entered, _)) => entered,
        Either::Right(_) => Err(SignalingError::Unreachable(address.clone()).into()),
    };
    match entered {
        Ok(entered) => (works(), address, Ok(entered)),
        // The server is there, and the token is good. Nobody is to be troubled with somebody who does not want to come in.
        Err(Error::Signaling(SignalingError::Refused(refusal))) if refusal.code == RefusalCode::RoomLocked => {
            (skipped(NOT_LET_IN), address, Err(NOT_LET_IN))
        }
        Err(error) => (Outcome::of(error.code(), &error), address, Err(UNREACHED)),
    }
}

async fn enter(
    address: &str,
    room: Option<String>,
    token: Option<Token>,
) -> Result<(Box<dyn Signaling>, Welcome), Error> {
    let fresh = || ["check-", &hexadecimal((js_sys::Math::random() * 2f64.powi(53)) as u64, 16)].concat();
    let room = RoomName::new(room.unwrap_or_else(fresh));
    let room = room.map_err(Error::Room)?;
    let mut signaling: Box<dyn Signaling> = Box::new(WebSocketSignaling::connect(address)?);
    let join = itodenwa_wire::Join {
        version: OLDEST_VERSION,
        max_version: None,
        room,
        name: None,
        token,
        resume: None,
        former: None,
        unless_recorded: false,
        offer: Vec::new(),
    };
    signaling.send(&ClientMessage::Join(join))?;
    let welcome = welcome(&mut signaling, &|_| {}).await?;
    Ok((signaling, welcome))
}

/// Says bye; a server that does not hear it notices that the socket is closed.
async fn leave(mut signaling: Box<dyn Signaling>) {
    if signaling.send(&ClientMessage::Leave).is_ok() {
        flush(&mut signaling).await;
    }
}

impl Check {
    /// The next finding, none after the last one.
    pub async fn next(&mut self) -> Option<Finding> {
        StreamExt::next(self).await
    }
}

impl Stream for Check {
    type Item = Finding;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Finding>> {
        if let Some(run) = &mut self.run
            && run.as_mut().poll(cx).is_ready()
        {
            // With it the sender goes, and with that the stream ends.
            self.run = None;
        }
        self.findings.poll_next_unpin(cx)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").finish_non_exhaustive()
    }
}
