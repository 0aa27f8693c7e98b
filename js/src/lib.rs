//! The raw exports of the npm package `itodenwa`: they send requests and pull events, and no more. The face that
//! programs use is written by hand in JavaScript over them.
//!
//! Everything takes `&self`: a promise may be pending while another method is called.

mod call;
mod channel;
mod check;
mod comparison;
mod diagnosis;
mod file;
mod history;
mod incoming;
mod key;
mod level;
mod options;
mod process;
mod promise;
mod pull;
mod record;
mod stats;
mod values;
mod visit;

use itodenwa::{
    Events, Handle, Join, Json, Payload, Peer, PeerId, PublishError, Room, Screen, SendError, Source, ViewError,
};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, HtmlMediaElement, HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::promise::{abortable, promise};

pub use call::RawCall;
pub use channel::{RawChannel, RawRequest};
pub use check::{RawCheck, RawPreview, check};
pub use comparison::{RawVerification, answer_verification};
pub use file::{RawTransfer, remove_private_files};
pub use history::keep_history;
pub use incoming::RawIncoming;
pub use key::keep_key;
pub use level::RawLevel;
use options::Options;
use pull::Pull;
pub use record::RawRecording;
use values::{coded, object};
pub use visit::{end_visit, visit};

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Joins a room.
///
/// # Errors
/// Rejects with an `Error` that has a `code`, and a `cause` where there is one.
#[wasm_bindgen(unchecked_return_type = "Promise<RawRoom>")]
pub fn join(room: String, options: JsValue) -> Promise {
    let options = Options::new(options);
    let join = options.join(Room::join(room));
    abortable(options.aborted(), async move { Ok(enter(join).await?.into()) })
}

/// Cameras, microphones and loudspeakers.
///
/// # Errors
/// Rejects with an `Error` that has a `code`.
#[wasm_bindgen(unchecked_return_type = "Promise<{ deviceId: string, kind: string, label: string, groupId: string }[]>")]
pub fn devices() -> Promise {
    promise(async {
        let devices = itodenwa::devices().await?;
        Ok(devices.iter().map(values::device).collect::<Array>().into())
    })
}

/// What the module holds of the browser: all zero when no call is open.
#[wasm_bindgen(
    unchecked_return_type = "{ connections: number, listeners: number, timers: number, tracks: number, sounds: number }"
)]
#[must_use]
pub fn counts() -> JsValue {
    let counts = itodenwa::counts();
    object([
        ("connections", counts.connections.into()),
        ("listeners", counts.listeners.into()),
        ("timers", counts.timers.into()),
        ("tracks", counts.tracks.into()),
        ("sounds", counts.sounds.into()),
    ])
}

/// A room that one is in.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawRoom {
    handle: Handle,
    events: Pull<Events>,
}

#[wasm_bindgen]
impl RawRoom {
    /// Oneself.
    #[wasm_bindgen(unchecked_return_type = "{ id: string, name?: string, identity?: string, admin: boolean }")]
    pub fn me(&self) -> JsValue {
        let me = self.handle.me();
        let person = values::person(me.id(), me.name(), me.identity());
        // An own, plain object takes every key.
        let _ = Reflect::set(&person, &"admin".into(), &me.is_admin().into());
        person
    }

    /// Changes what the others see.
    #[wasm_bindgen(js_name = setName, unchecked_return_type = "Promise<void>")]
    pub fn set_name(&self, name: String) -> Promise {
        let handle = self.handle.clone();
        promise(async move {
            handle.set_name(&name).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Keeps newcomers out, or no longer.
    pub fn lock(&self, on: bool) {
        self.handle.lock(on);
    }

    /// Whether who comes has to wait, and who does.
    #[wasm_bindgen(js_name = waitingRoom, unchecked_return_type = "{ on: boolean, waiting: { id: string, name?: string, identity?: string }[] }")]
    pub fn waiting_room(&self) -> JsValue {
        values::waiting_room(&self.handle.waiting_room())
    }

    /// Switches the waiting room.
    #[wasm_bindgen(js_name = setWaitingRoom)]
    pub fn set_waiting_room(&self, on: bool) {
        self.handle.set_waiting_room(on);
    }

    /// Lets somebody in who waits, or everybody; or refuses somebody.
    pub fn admit(&self, who: Option<String>, admitted: bool) {
        match who.map(|id| id.parse()) {
            None => self.handle.admit(None),
            Some(Ok(id)) if admitted => self.handle.admit(Some(id)),
            Some(Ok(id)) => self.handle.refuse(id),
            // Nobody is called so.
            Some(Err(_)) => {}
        }
    }

    /// Asks somebody, or everybody: `"mute"`, or to lower the hand.
    pub fn ask(&self, wish: &str, peer: Option<String>) {
        let is_mute = wish == "mute";
        match peer {
            None if is_mute => self.handle.ask_to_mute(),
            None => self.handle.lower_hands(),
            Some(id) => {
                if let Some(peer) = self.peer(&id) {
                    if is_mute { peer.ask_to_mute() } else { peer.lower_hand() }
                }
            }
        }
    }

    /// What says that one was in this room.
    #[must_use]
    pub fn ticket(&self) -> Option<String> {
        self.handle.ticket().map(String::from)
    }

    /// Whether newcomers are kept out.
    #[must_use]
    #[wasm_bindgen(js_name = isLocked)]
    pub fn is_locked(&self) -> bool {
        self.handle.is_locked()
    }

    /// The next event, `undefined` after the last one. One reader: a second call before the first is done rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn next(&self) -> Promise {
        self.events.next(|event| values::event(&event))
    }

    /// Switches `"camera"`, `"microphone"` or `"screen"` on or off.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn source(&self, source: &str, on: bool) -> Promise {
        let (handle, source) = (self.handle.clone(), source.to_owned());
        promise(async move {
            let switched = match source.as_str() {
                "camera" => handle.camera(on).await,
                "microphone" => handle.microphone(on).await,
                "screen" => handle.screen(on).await,
                _ => return Err(unknown_source()),
            };
            switched.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
    }

    /// Says what `"camera"`, `"microphone"` or `"screen"` is wanted: now if it is on, otherwise from the next time on.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn choose(&self, source: &str, options: JsValue) -> Promise {
        let (handle, source, options) = (self.handle.clone(), source.to_owned(), Options::new(options));
        promise(async move {
            let chosen = match source.as_str() {
                "camera" => handle.use_camera(options.camera()).await,
                "microphone" => handle.use_microphone(options.microphone()).await,
                "screen" => handle.use_screen(options.screen()).await,
                _ => return Err(unknown_source()),
            };
            chosen.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
    }

    /// Limits what is sent of a source, to a peer or to everybody.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn limit(&self, source: &str, limits: JsValue, peer: Option<String>) -> Result<(), JsValue> {
        let source = source_named(source)?;
        let limits = Options::new(limits).limits();
        match peer {
            None => self.handle.limit(source, limits),
            Some(id) => {
                if let Some(peer) = self.peer(&id) {
                    peer.limit(source, limits);
                }
            }
        }
        Ok(())
    }

    /// Lets the others be heard by this loudspeaker.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn loudspeaker(&self, device: String) -> Promise {
        let handle = self.handle.clone();
        promise(async move {
            let used = handle.use_loudspeaker(&device).await;
            used.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
    }

    /// How loud a peer is now, from 0 to 1.
    #[must_use]
    pub fn level(&self, peer: &str) -> f64 {
        self.peer(peer).map_or(0.0, |peer| peer.level())
    }

    /// How loud a peer is played here.
    #[wasm_bindgen(js_name = setVolume)]
    pub fn set_volume(&self, peer: &str, volume: f64) {
        if let Some(peer) = self.peer(peer) {
            peer.set_volume(volume);
        }
    }

    /// Silences a peer here.
    #[wasm_bindgen(js_name = setMuted)]
    pub fn set_muted(&self, peer: &str, muted: bool) {
        if let Some(peer) = self.peer(peer) {
            peer.set_muted(muted);
        }
    }

    /// Sends a text, JSON or a `Uint8Array` to everybody, or to one peer. `delivered` rejects with an `Error` that has a `code`.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    #[wasm_bindgen(unchecked_return_type = "{ id: number, delivered: Promise<void> }")]
    pub fn send(&self, message: &JsValue, is_json: bool, to: Option<String>) -> Result<JsValue, JsValue> {
        let payload = match (message.as_string(), message.dyn_ref::<Uint8Array>()) {
            (Some(json), _) if is_json => Payload::Json(Json::parse(json)?),
            (Some(text), _) => Payload::Text(text),
            (None, Some(bytes)) => Payload::Bytes(bytes.to_vec()),
            (None, None) => return Err(SendError::Unsupported.into()),
        };
        let message = match to {
            None => self.handle.send(payload),
            Some(id) => self.peer(&id).ok_or(SendError::PeerGone).and_then(|peer| peer.send(payload)),
        }?;
        let id = message.id();
        let delivered = promise(async move {
            message.delivered().await?;
            Ok(JsValue::UNDEFINED)
        });
        Ok(object([("id", id.into()), ("delivered", delivered.into())]))
    }

    /// Sets an own attribute, or one of the room, by its key; `undefined` removes it.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    #[wasm_bindgen(js_name = setAttribute)]
    pub fn set_attribute(&self, room: bool, key: &JsValue, value: &JsValue) -> Result<(), JsValue> {
        let key = &key.as_string().unwrap_or_default();
        // JSON has nothing for `undefined`, and the face lets nothing else through that it does not have.
        let value = Json::from_js(value).ok();
        let set = if room { self.handle.set_room_attribute(key, value) } else { self.handle.set_attribute(key, value) };
        set.map_err(JsValue::from)
    }

    /// The attributes of a peer, one's own (`me`), or of the room: an object.
    #[must_use]
    pub fn attributes(&self, of: &JsValue) -> JsValue {
        let attributes = match of.as_string().as_deref() {
            None => Some(self.handle.room_attributes()),
            Some("me") => Some(self.handle.attributes()),
            Some(id) => self.peer(id).map(|peer| peer.attributes()),
        };
        attributes.map_or(JsValue::UNDEFINED, |attributes| attributes.to_js())
    }

    /// Looks for new network paths to a peer.
    #[wasm_bindgen(js_name = restartIce)]
    pub fn restart_ice(&self, peer: &str) {
        if let Some(peer) = self.peer(peer) {
            peer.restart_ice();
        }
    }

    /// Sends a peer out of the room.
    pub fn remove(&self, peer: &str) {
        if let Some(peer) = self.peer(peer) {
            peer.remove();
        }
    }

    /// A video element with a peer, or with oneself; or with something else that they send.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn view(&self, peer: Option<String>, sight: Option<String>) -> Result<HtmlVideoElement, JsValue> {
        self.seen(peer, sight)?.view().map_err(JsValue::from)
    }

    /// Shows a peer, or oneself, in an element; or something else that they send.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn attach(
        &self,
        element: &HtmlMediaElement,
        peer: Option<String>,
        sight: Option<String>,
    ) -> Result<(), JsValue> {
        self.seen(peer, sight)?.attach_to(element).map_err(JsValue::from)
    }

    /// Sends a track of the application, and gives the source that it is now.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn publish(&self, track: MediaStreamTrack, name: String, options: JsValue) -> Promise {
        let (handle, options) = (self.handle.clone(), Options::new(options).publish());
        promise(async move {
            let is_audio = track.kind() == "audio";
            let source = match Source::of_track(&name, is_audio) {
                Some(source) => source,
                None if Source::named(&name).is_some() => return Err(PublishError::Kind.into()),
                None => return Err(unknown_source()),
            };
            handle.publish(&track, source, options).await?;
            Ok(source.as_str().into())
        })
    }

    /// Sends a track of the application no more.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn unpublish(&self, source: &str, stop: bool) -> Result<(), JsValue> {
        self.handle.unpublish(source_named(source)?, stop);
        Ok(())
    }

    /// Lets a source go through a processor of the application, or through none.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn process(&self, source: &str, processor: JsValue) -> Promise {
        let (handle, source) = (self.handle.clone(), source_named(source));
        promise(async move { process::done(handle.process(source?, process::processor(processor)).await) })
    }

    /// Shows nobody any more in this element.
    pub fn detach(&self, element: &HtmlMediaElement) {
        self.handle.detach(element);
    }

    /// The track of a source of a peer's, if it is on.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn track(&self, peer: &str, source: &str) -> Result<Option<MediaStreamTrack>, JsValue> {
        let source = source_named(source)?;
        Ok(self.peer(peer).and_then(|peer| peer.track(source)))
    }

    /// The stream that has this source of a peer's, if there is anything in it.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn stream(&self, peer: &str, source: &str) -> Result<Option<MediaStream>, JsValue> {
        let source = source_named(source)?;
        Ok(self.peer(peer).and_then(|peer| peer.stream(source)))
    }

    /// Plays what the browser refused to play. To be called when the person touches the page.
    pub fn resume(&self) {
        self.handle.resume();
    }

    /// How loud one is oneself.
    #[wasm_bindgen(js_name = watchLevel)]
    #[must_use]
    pub fn watch_level(&self) -> RawLevel {
        RawLevel::new(&self.handle)
    }

    /// Records oneself, or everybody, up to so many bytes.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawRecording>")]
    pub fn record(&self, everybody: bool, limit: Option<f64>) -> Promise {
        record::record(self.handle.clone(), everybody, limit)
    }

    /// What is the matter with a peer; without one: what is wrong in the room, a list.
    #[wasm_bindgen(unchecked_return_type = "any")]
    #[must_use]
    pub fn diagnose(&self, peer: Option<String>) -> JsValue {
        let peer = peer.map(|id| self.peer(&id));
        // Somebody who has left.
        if matches!(peer, Some(None)) {
            return JsValue::UNDEFINED;
        }
        diagnosis::diagnose(&self.handle, peer.flatten())
    }

    /// The browser's own statistics of the connection to a peer, `undefined` if there is none.
    #[wasm_bindgen(js_name = getStats, unchecked_return_type = "Promise<RTCStatsReport | undefined>")]
    pub fn get_stats(&self, peer: &str) -> Promise {
        diagnosis::stats(self.peer(peer))
    }

    /// How the connection to a peer does, `undefined` if there was none yet.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn stats(&self, peer: &str) -> Promise {
        stats::stats(self.peer(peer))
    }

    /// What is to be compared with a peer.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawVerification>")]
    pub fn verification(&self, peer: &str) -> Promise {
        comparison::verification(self.peer(peer))
    }

    /// Opens a channel to a peer.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawChannel>")]
    pub fn channel(&self, peer: &str, name: String, options: &JsValue) -> Promise {
        channel::open(self.peer(peer), name, options)
    }

    /// Asks a peer, and gives the answer. A promise that settles before takes the question back.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn request(&self, peer: &str, name: String, value: &JsValue, millis: f64, stop: Promise) -> Promise {
        channel::request(self.peer(peer), name, value, millis, stop)
    }

    /// Offers a file to a peer.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    #[wasm_bindgen(js_name = sendFile)]
    pub fn send_file(&self, peer: &str, file: &Blob, name: &str) -> Result<RawTransfer, JsValue> {
        file::send(self.peer(peer), file, name)
    }

    /// Hangs up.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn leave(&self) -> Promise {
        let handle = self.handle.clone();
        promise(async move {
            handle.leave().await;
            Ok(JsValue::UNDEFINED)
        })
    }

    fn peer(&self, id: &str) -> Option<Peer> {
        self.handle.peer(id.parse::<PeerId>().ok()?)
    }

    /// What of whom is shown.
    fn seen(&self, peer: Option<String>, sight: Option<String>) -> Result<Screen, JsValue> {
        let source = match sight.as_deref() {
            None | Some("person") => Source::Camera,
            Some(name) => source_named(name)?,
        };
        match peer {
            None => Ok(self.handle.me().published(source)),
            Some(id) => Ok(self.peer(&id).ok_or(ViewError::Closed)?.published(source)),
        }
    }
}

async fn enter(join: Join) -> Result<RawRoom, JsValue> {
    let room = join.await?;
    let (handle, events) = room.split();
    Ok(RawRoom { handle, events: Pull::new(events) })
}

fn source_named(name: &str) -> Result<Source, JsValue> {
    Source::named(name).ok_or_else(unknown_source)
}

fn unknown_source() -> JsValue {
    coded(
        "source/unknown",
        "There is no such source. Use camera, microphone, screen or, where it is allowed, a name of 1 to 24 letters, digits, - and _.",
    )
}
