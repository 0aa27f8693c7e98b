//! A call of this page with itself.

use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use itodenwa_wire::IceServer;
use wasm_bindgen::JsCast;

use super::LIMIT;
use super::finding::{Outcome, fails, works};
use super::probe::{Policy, Probe, Sign};
use crate::dom::{Halt, Timer};
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
        Either::Left((Err(Halt::Threw(error)), _)) => (fails(code), error.to_string()),
        Either::Left((Err(Halt::Ended), _)) | Either::Right(_) => (fails(code), String::new()),
    };
    (outcome, detail, ())
}

async fn call(servers: &[IceServer], policy: Policy) -> Result<(), Halt> {
    let (mut here, mut there) = (Probe::open(servers, policy)?, Probe::open(servers, policy)?);
    describe(&here, &there).await?;
    describe(&there, &here).await?;
    // Each side reads its own signs, and gives the candidates to the other one.
    let (one, other) = (here.peer.clone(), there.peer.clone());
    let (one_alive, other_alive) = (here.lifetime.alive(), there.lifetime.alive());
    let mut came = 0;
    let sending = async {
        while let Some(sign) = here.signs.next().await {
            match sign {
                Sign::Candidate(Some(candidate)) => {
                    // One that is refused leaves the others.
                    let _ = other_alive.race(other.add_ice_candidate(&candidate)).await;
                }
                Sign::Open => {
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
        while let Some(sign) = there.signs.next().await {
            match sign {
                Sign::Candidate(Some(candidate)) => {
                    let _ = one_alive.race(one.add_ice_candidate(&candidate)).await;
                }
                Sign::Came(bytes) => came += bytes,
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
async fn describe(from: &Probe, to: &Probe) -> Result<(), Halt> {
    from.lifetime.alive().race(from.peer.set_local_description()).await?;
    let missing = || Exception::new("InvalidStateError", "there is no local description");
    let description = from.peer.local_description().ok_or_else(missing)?;
    to.lifetime.alive().race(to.peer.set_remote_description(description.unchecked_ref())).await?;
    Ok(())
}
