//! `RTCPeerConnection` and its parts (W3C WebRTC), every throwing method as one that may fail.

use js_sys::{Array, Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget, MediaStream, MediaStreamTrack};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget, js_name = RTCPeerConnection)]
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) type PeerConnection;

    #[wasm_bindgen(constructor, catch, js_class = "RTCPeerConnection")]
    pub(crate) fn new(configuration: &Object) -> Result<PeerConnection, JsValue>;

    /// Without a description: the browser makes the one that fits its state.
    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(crate) fn set_local_description(this: &PeerConnection) -> Result<Promise, JsValue>;

    /// With one that was made and changed.
    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(crate) fn set_changed_description(this: &PeerConnection, description: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createOffer)]
    pub(crate) fn create_offer(this: &PeerConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createAnswer)]
    pub(crate) fn create_answer(this: &PeerConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setRemoteDescription)]
    pub(crate) fn set_remote_description(this: &PeerConnection, description: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = addIceCandidate)]
    pub(crate) fn add_ice_candidate(this: &PeerConnection, candidate: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = restartIce)]
    pub(crate) fn restart_ice(this: &PeerConnection) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = setConfiguration)]
    pub(crate) fn set_configuration(this: &PeerConnection, configuration: &Object) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = addTransceiver)]
    pub(crate) fn add_transceiver(this: &PeerConnection, what: &JsValue, init: &Object)
    -> Result<Transceiver, JsValue>;

    #[wasm_bindgen(method, js_name = getTransceivers)]
    pub(crate) fn get_transceivers(this: &PeerConnection) -> Array;

    #[wasm_bindgen(method, catch, js_name = createDataChannel)]
    pub(crate) fn create_data_channel(
        this: &PeerConnection,
        label: &str,
        init: &Object,
    ) -> Result<DataChannel, JsValue>;

    #[wasm_bindgen(method, getter, js_name = localDescription)]
    pub(crate) fn local_description(this: &PeerConnection) -> Option<Description>;

    #[wasm_bindgen(method, getter, js_name = remoteDescription)]
    pub(crate) fn remote_description(this: &PeerConnection) -> Option<Description>;

    #[wasm_bindgen(method, getter, js_name = connectionState)]
    pub(crate) fn connection_state(this: &PeerConnection) -> String;

    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn get_stats(this: &PeerConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &PeerConnection);

    /// One of the objects of an `RTCStatsReport`.
    #[wasm_bindgen(js_name = RTCStats)]
    #[derive(Debug, Clone)]
    pub(crate) type Stats;

    #[wasm_bindgen(method, getter, js_name = type)]
    pub(crate) fn kind(this: &Stats) -> String;

    #[wasm_bindgen(method, getter, js_name = bytesReceived)]
    pub(crate) fn bytes_received(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(js_name = RTCSessionDescription)]
    #[derive(Debug, Clone)]
    pub(crate) type Description;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn sdp(this: &Description) -> String;

    #[wasm_bindgen(js_name = RTCRtpTransceiver)]
    #[derive(Debug, Clone)]
    pub(crate) type Transceiver;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn mid(this: &Transceiver) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn direction(this: &Transceiver) -> String;

    #[wasm_bindgen(method, catch, setter)]
    pub(crate) fn set_direction(this: &Transceiver, direction: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = currentDirection)]
    pub(crate) fn current_direction(this: &Transceiver) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn sender(this: &Transceiver) -> Sender;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn receiver(this: &Transceiver) -> Receiver;

    #[wasm_bindgen(js_name = RTCRtpSender)]
    #[derive(Debug, Clone)]
    pub(crate) type Sender;

    #[wasm_bindgen(method, catch, js_name = replaceTrack)]
    pub(crate) fn replace_track(this: &Sender, track: Option<&MediaStreamTrack>) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, js_name = getParameters)]
    pub(crate) fn parameters(this: &Sender) -> JsValue;

    #[wasm_bindgen(method, catch, js_name = setParameters)]
    pub(crate) fn set_parameters(this: &Sender, parameters: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn stats(this: &Sender) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setStreams)]
    pub(crate) fn set_streams(this: &Sender, stream: &MediaStream) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = RTCRtpReceiver)]
    #[derive(Debug, Clone)]
    pub(crate) type Receiver;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn track(this: &Receiver) -> MediaStreamTrack;

    /// W3C WebRTC, section 5.3: who was heard in the last ten seconds, the last one first. Costs next to nothing.
    #[wasm_bindgen(method, catch, js_name = getSynchronizationSources)]
    pub(crate) fn synchronization_sources(this: &Receiver) -> Result<Array, JsValue>;

    #[wasm_bindgen(js_name = RTCRtpSynchronizationSource)]
    #[derive(Debug, Clone)]
    pub(crate) type SynchronizationSource;

    /// From 0 to 1, linear (RFC 6464 gives it in -dBov).
    #[wasm_bindgen(method, getter, js_name = audioLevel)]
    pub(crate) fn audio_level(this: &SynchronizationSource) -> Option<f64>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn timestamp(this: &SynchronizationSource) -> f64;

    #[wasm_bindgen(extends = EventTarget, js_name = RTCDataChannel)]
    #[derive(Debug, Clone)]
    pub(crate) type DataChannel;

    #[wasm_bindgen(method, getter, js_name = readyState)]
    pub(crate) fn ready_state(this: &DataChannel) -> String;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn send(this: &DataChannel, text: &str) -> Result<(), JsValue>;

    /// Copies the bytes. Throws when the channel is closing, and in some browsers when its buffer is full.
    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_bytes(this: &DataChannel, bytes: &[u8]) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &DataChannel);

    #[wasm_bindgen(method, getter)]
    pub(crate) fn label(this: &DataChannel) -> String;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn protocol(this: &DataChannel) -> String;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn ordered(this: &DataChannel) -> bool;

    #[wasm_bindgen(method, getter, js_name = maxRetransmits)]
    pub(crate) fn max_retransmits(this: &DataChannel) -> Option<u16>;

    #[wasm_bindgen(method, getter, js_name = maxPacketLifeTime)]
    pub(crate) fn max_packet_life_time(this: &DataChannel) -> Option<u16>;

    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    pub(crate) fn buffered_amount(this: &DataChannel) -> u32;

    #[wasm_bindgen(method, setter, js_name = bufferedAmountLowThreshold)]
    pub(crate) fn set_low_water(this: &DataChannel, bytes: u32);

    #[wasm_bindgen(method, setter, js_name = binaryType)]
    pub(crate) fn set_binary_type(this: &DataChannel, kind: &str);

    #[wasm_bindgen(extends = Event, js_name = RTCDataChannelEvent)]
    #[derive(Debug, Clone)]
    pub(crate) type DataChannelEvent;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn channel(this: &DataChannelEvent) -> DataChannel;

    #[wasm_bindgen(extends = Event, js_name = RTCPeerConnectionIceEvent)]
    #[derive(Debug, Clone)]
    pub(crate) type CandidateEvent;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn candidate(this: &CandidateEvent) -> Option<GatheredCandidate>;

    #[wasm_bindgen(js_name = RTCIceCandidate)]
    #[derive(Debug, Clone)]
    pub(crate) type GatheredCandidate;

    #[wasm_bindgen(method, catch, js_name = toJSON)]
    pub(crate) fn to_json(this: &GatheredCandidate) -> Result<JsValue, JsValue>;
}

impl DataChannel {
    /// Whether all that is sent arrives.
    pub(crate) fn is_reliable(&self) -> bool {
        self.max_retransmits().is_none() && self.max_packet_life_time().is_none()
    }
}
