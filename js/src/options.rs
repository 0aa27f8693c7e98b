use std::time::Duration;

use itodenwa::{
    CallOptions, CameraOptions, CheckOptions, Content, Degradation, Facing, IceMode, IceServer, IceTransportPolicy,
    Join, Limits, MicrophoneOptions, PublishOptions, Quality, ScreenOptions, Ticket,
};
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{history, key, visit};

/// How long Vanilla ICE waits for candidates unless it is told.
const VANILLA_LIMIT_MS: f64 = 5_000.0;

/// The options of `join` and `RawCall.create`. What is missing or of a wrong type is not set.
pub(crate) struct Options(JsValue);

impl Options {
    pub(crate) fn new(options: JsValue) -> Self {
        Options(options)
    }

    /// What is rejected when the application gives it up.
    pub(crate) fn aborted(&self) -> Option<Promise> {
        self.get("aborted").dyn_into().ok()
    }

    pub(crate) fn join(&self, mut join: Join) -> Join {
        if let Some(name) = self.text("name") {
            join = join.name(name);
        }
        if let Some(token) = self.text("token") {
            join = join.token(token);
        }
        if let Some(ticket) = self.text("ticket").and_then(|ticket| Ticket::new(ticket).ok()) {
            join = join.former(ticket);
        }
        if self.get("unlessRecorded").as_bool() == Some(true) {
            join = join.unless_recorded();
        }
        if let Some(history) = history::kept() {
            join = join.history(history);
        }
        if let Some(key) = key::kept() {
            join = join.key(key);
        }
        if let Ok(waits) = self.get("waits").dyn_into::<Function>() {
            join = join.on_wait(move |time| {
                // The face's own function, which throws nothing.
                let _ = waits.call1(&JsValue::UNDEFINED, &time.as_secs_f64().into());
            });
        }
        let server = self.text("server");
        if let Some(prepared) = visit::kept() {
            join = join.prepared(*prepared);
        } else if let Some(server) = server {
            join = join.server(server);
        }
        if self.is_set("camera") {
            join = join.camera().camera_options(self.part("camera").camera());
        }
        if self.is_set("microphone") {
            join = join.microphone().microphone_options(self.part("microphone").microphone());
        }
        if self.get("adaptive").as_bool() == Some(false) {
            join = join.adaptive(false);
        }
        join.ice(self.ice(IceMode::Trickle)).ice_servers(self.ice_servers()).ice_transport_policy(self.policy())
    }

    pub(crate) fn call(&self) -> CallOptions {
        let default = CallOptions::default();
        CallOptions {
            camera: self.is_set("camera"),
            microphone: self.is_set("microphone"),
            ice: self.ice(default.ice),
            ice_servers: self.ice_servers(),
            ice_transport_policy: self.policy(),
        }
    }

    /// The wishes of a preview and a check: camera and microphone, where they are wanted.
    pub(crate) fn devices(&self) -> (Option<CameraOptions>, Option<MicrophoneOptions>) {
        let camera = self.is_set("camera").then(|| self.part("camera").camera());
        (camera, self.is_set("microphone").then(|| self.part("microphone").microphone()))
    }

    /// `CheckOptions`, but for the preview.
    pub(crate) fn check(&self) -> CheckOptions {
        let (camera, microphone) = self.devices();
        CheckOptions {
            camera,
            microphone,
            server: self.text("server"),
            room: self.text("room"),
            token: self.text("token").map(Into::into),
            ice_servers: self.ice_servers(),
            ..CheckOptions::default()
        }
    }

    /// `CameraOptions`.
    pub(crate) fn camera(&self) -> CameraOptions {
        let quality = self.text("quality").and_then(|name| Quality::named(&name)).unwrap_or_default();
        let number = |name| self.get(name).as_f64().filter(|number| *number > 0.0);
        CameraOptions {
            device: self.text("deviceId"),
            facing: self.text("facing").as_deref().and_then(Facing::named),
            quality: Quality {
                width: number("width").map_or(quality.width, |width| width as u32),
                height: number("height").map_or(quality.height, |height| height as u32),
                frame_rate: number("frameRate").unwrap_or(quality.frame_rate),
                max_bitrate: number("maxBitrate").map_or(quality.max_bitrate, |bitrate| bitrate as u32),
            },
        }
    }

    /// `MicrophoneOptions`.
    pub(crate) fn microphone(&self) -> MicrophoneOptions {
        let flag = |name| self.get(name).as_bool();
        MicrophoneOptions {
            device: self.text("deviceId"),
            echo_cancellation: flag("echoCancellation"),
            noise_suppression: flag("noiseSuppression"),
            auto_gain_control: flag("autoGainControl"),
            voice_isolation: flag("voiceIsolation"),
        }
    }

    /// `ScreenOptions`.
    pub(crate) fn screen(&self) -> ScreenOptions {
        ScreenOptions {
            content: self.content().unwrap_or_default(),
            audio: self.get("audio").as_bool().unwrap_or(true),
            suppress_local_audio_playback: self.is_set("suppressLocalAudioPlayback"),
        }
    }

    /// `PublishOptions`.
    pub(crate) fn publish(&self) -> PublishOptions {
        let limits = self.part("limits");
        PublishOptions { content: self.content(), limits: limits.0.is_object().then(|| limits.limits()) }
    }

    fn content(&self) -> Option<Content> {
        match self.text("content").as_deref() {
            Some("motion") => Some(Content::Motion),
            Some("text") => Some(Content::Text),
            _ => None,
        }
    }

    /// `Limits`.
    pub(crate) fn limits(&self) -> Limits {
        let number = |name| self.get(name).as_f64().filter(|number| *number > 0.0);
        Limits {
            max_bitrate: number("maxBitrate").map(|bitrate| bitrate as u32),
            max_frame_rate: number("maxFrameRate"),
            max_height: number("maxHeight").map(|height| height as u32),
            degradation: self.text("degradation").as_deref().and_then(Degradation::named),
            codec: self.text("codec"),
        }
    }

    fn part(&self, key: &str) -> Options {
        Options(self.get(key))
    }

    fn ice(&self, otherwise: IceMode) -> IceMode {
        match self.text("ice").as_deref() {
            Some("trickle") => IceMode::Trickle,
            Some("vanilla") => {
                let limit = self.get("vanillaLimit").as_f64().filter(|limit| *limit >= 0.0).unwrap_or(VANILLA_LIMIT_MS);
                IceMode::Vanilla { limit: Duration::from_millis(limit as u64) }
            }
            _ => otherwise,
        }
    }

    /// `RTCIceTransportPolicy`; the face refuses others.
    fn policy(&self) -> IceTransportPolicy {
        let relay = IceTransportPolicy::Relay;
        if self.text("iceTransportPolicy").as_deref() == Some(relay.as_str()) { relay } else { IceTransportPolicy::All }
    }

    /// As `RTCIceServer` (W3C WebRTC, section 4.2.4): `urls` is one or many.
    fn ice_servers(&self) -> Vec<IceServer> {
        let servers = self.get("iceServers");
        let servers = if Array::is_array(&servers) { Array::from(&servers).to_vec() } else { Vec::new() };
        servers
            .into_iter()
            .map(|server| {
                let server = Options(server);
                let urls = server.get("urls");
                let urls = match urls.as_string() {
                    Some(url) => vec![url],
                    None if Array::is_array(&urls) => {
                        Array::from(&urls).iter().filter_map(|url| url.as_string()).collect()
                    }
                    None => Vec::new(),
                };
                IceServer { urls, username: server.text("username"), credential: server.text("credential") }
            })
            .collect()
    }

    fn get(&self, key: &str) -> JsValue {
        Reflect::get(&self.0, &key.into()).unwrap_or(JsValue::UNDEFINED)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).as_string()
    }

    fn is_set(&self, key: &str) -> bool {
        self.get(key).is_truthy()
    }
}
