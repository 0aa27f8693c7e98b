//! A call of this page with itself.

use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use itodenwa_wire::IceServer;
use wasm_bindgen::JsCast;

use super::LIMIT;
use super::finding::{Outcome, fails, works};
use super::probe::{Policy, Probe, ProbeEvent};
use crate::dom::{Aborted, Timer};
use crate::error::Exception;

/// What goes through it: as much as a second of sound.
const MESSAGES: usize = 8;
const MESSAGE_BYTES: usize = 4096;

/// Through this relay; without one directly.
pub(super) async fn check(relay: &[IceServer]) -> (Outcome, String, ()) {
    let (policy, code, way) = match relay {
        [] => (Policy::All, "loopback/failed", ""),
        _ => (Policy::Relay, "loopback/relay-failed", "relay"),
    };
    let (outcome, detail) = match select(pin!(call(relay, policy)), Timer::new(LIMIT)).await {
        Either::Left((Ok(()), _)) => (works(), way.to_owned()),
        Either::Left((Err(Aborted::Threw(error)), _)) => (fails(code), error.to_string()),
        Either::Left((Err(Aborted::Ended), _)) | Either::Right(_) => (fails(code), String::new()),
    };
    (outcome, detail, ())
}

async fn call(servers: &[IceServer], policy: Policy) -> Result<(), Aborted> {
    let (mut here, mut there) = (Probe::open(servers, policy)?, Probe::open(servers, policy)?);
    describe(&here, &there).await?;
    describe(&there, &here).await?;
    // Each side reads its own events, and gives the candidates to the other one.
    let (one, other) = (here.peer.clone(), there.peer.clone());
    let (one_signal, other_signal) = (here.abort.signal(), there.abort.signal());
    let mut came = 0;
    let sending = async {
        while let Some(event) = here.events.next().await {
            match event {
                ProbeEvent::Candidate(Some(candidate)) => {
                    // One that is refused leaves the others.
                    let _ = other_signal.race(other.add_ice_candidate(&candidate)).await;
                }
                ProbeEvent::Open => {
                    for _ in 0..MESSAGES {
                        here.channel.send(&"x".repeat(MESSAGE_BYTES))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    };
    let receiving = async {
        while let Some(event) = there.events.next().await {
            match event {
                ProbeEvent::Candidate(Some(candidate)) => {
                    let _ = one_signal.race(one.add_ice_candidate(&candidate)).await;
                }
                ProbeEvent::Came(bytes) => came += bytes,
                _ => {}
            }
            if came >= MESSAGES * MESSAGE_BYTES {
                return Ok(());
            }
        }
        Ok(())
    };
    match select(pin!(sending), pin!(receiving)).await {
        Either::Left((ended, _)) | Either::Right((ended, _)) => ended,
    }
}

/// What one side makes of itself, the other side takes.
async fn describe(from: &Probe, to: &Probe) -> Result<(), Aborted> {
    from.abort.signal().race(from.peer.set_local_description()).await?;
    let missing = || Exception::new("InvalidStateError", "there is no local description");
    let description = from.peer.local_description().ok_or_else(missing)?;
    to.abort.signal().race(to.peer.set_remote_description(description.unchecked_ref())).await?;
    Ok(())
}
