//! Which of a connection's transceivers carries what.

use itodenwa_protocol as machine;
use itodenwa_protocol::Assignment;
use itodenwa_wire::{Source, SourceMap};
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MediaStreamTrack;

use super::senders::Senders;
use crate::dom::{PeerConnection, Sender, Transceiver, is_present, object};
use crate::media::Devices;
use crate::stream_kind::StreamKind;

/// The transceivers that send sources of ours. Snapshot by identity: their places change when one is stopped.
#[derive(Debug, Clone)]
pub(crate) struct Transceivers {
    negotiated: Vec<(Transceiver, Source)>,
    /// Whether they have tracks; if not, the other side gets silence.
    sends: bool,
}

impl Transceivers {
    pub(crate) fn new(sends: bool) -> Self {
        Transceivers { negotiated: Vec::new(), sends }
    }

    pub(crate) fn set_sends(&mut self, sends: bool) {
        self.sends = sends;
    }

    pub(crate) fn carried(&self) -> Vec<Source> {
        self.negotiated.iter().map(|(_, source)| *source).collect()
    }

    /// What is sent for a track.
    pub(crate) fn sent<'a>(&self, track: Option<&'a MediaStreamTrack>) -> Option<&'a MediaStreamTrack> {
        track.filter(|_| self.sends)
    }

    /// Lets these sources be sent and no others. A source without a track keeps its place, silent.
    /// Gives what must settle before the description is made.
    pub(crate) fn place(
        &mut self,
        peer: &PeerConnection,
        wanted: &[Source],
        may_add: bool,
        devices: &Devices,
        senders: &Senders,
    ) -> Result<Vec<Promise>, JsValue> {
        let transceivers: Vec<Transceiver> = all(peer).collect();
        let known: Vec<_> = transceivers.iter().map(|line| self.describe(line, may_add)).collect();
        let mut replaced = Vec::new();
        for assignment in machine::assign(&known, wanted, may_add) {
            match assignment {
                Assignment::Reuse { index, source } => {
                    let Some(line) = transceivers.get(index) else { continue };
                    line.set_direction(if receives(&line.direction()) { "sendrecv" } else { "sendonly" })?;
                    let sender = line.sender();
                    replaced.push(sender.replace_track(self.sent(devices.track(source)))?);
                    if is_present(sender.as_ref(), "setStreams") {
                        sender.set_streams(&devices.stream(StreamKind::of(source)))?;
                    }
                    self.forget(line);
                    self.negotiated.push((line.clone(), source));
                }
                Assignment::Add { source } => {
                    let streams = js_sys::Array::of1(&devices.stream(StreamKind::of(source)));
                    let encodings = senders.encodings(source).map_or(JsValue::UNDEFINED, JsValue::from);
                    let init = object([
                        ("direction", "sendrecv".into()),
                        ("streams", streams.into()),
                        ("sendEncodings", encodings),
                    ]);
                    let what = self.sent(devices.track(source)).map_or_else(|| kind(source).into(), JsValue::from);
                    self.negotiated.push((peer.add_transceiver(&what, &init)?, source));
                }
                Assignment::Release { index } => {
                    let Some(line) = transceivers.get(index) else { continue };
                    line.set_direction(if receives(&line.direction()) { "recvonly" } else { "inactive" })?;
                    replaced.push(line.sender().replace_track(None)?);
                    self.forget(line);
                }
            }
        }
        Ok(replaced)
    }

    pub(crate) fn sender(&self, source: Source) -> Option<Sender> {
        self.negotiated.iter().find(|(_, carried)| *carried == source).map(|(line, _)| line.sender())
    }

    /// What an offer sends.
    pub(crate) fn offered(&self) -> SourceMap {
        self.sources(|line| Some(line.direction()))
    }

    /// What an answer sends: what we would, as far as the offer takes it.
    pub(crate) fn answered(&self) -> SourceMap {
        self.sources(Transceiver::current_direction)
    }

    fn sources(&self, direction: impl Fn(&Transceiver) -> Option<String>) -> SourceMap {
        let sent = |line: &Transceiver| direction(line).is_some_and(|direction| sends(&direction));
        self.negotiated
            .iter()
            .filter(|(line, _)| sent(line))
            .filter_map(|(line, source)| Some((line.mid()?, *source)))
            .collect()
    }

    fn describe(&self, line: &Transceiver, may_add: bool) -> machine::Transceiver {
        machine::Transceiver {
            audio: is_audio(line),
            carries: self.negotiated.iter().find(|(known, _)| is_same(known, line)).map(|(_, source)| *source),
            // One that the offer does not name is of no use to an answer.
            stopped: line.direction() == "stopped" || (!may_add && line.mid().is_none()),
        }
    }

    fn forget(&mut self, line: &Transceiver) {
        self.negotiated.retain(|(known, _)| !is_same(known, line));
    }
}

/// All transceivers, in their order.
pub(crate) fn all(peer: &PeerConnection) -> impl Iterator<Item = Transceiver> {
    peer.get_transceivers().into_iter().map(JsCast::unchecked_into)
}

/// Whether there is other sound than that of a microphone, which has the first place.
pub(crate) fn has_more_than_a_voice(peer: &PeerConnection) -> bool {
    all(peer).filter(is_audio).nth(1).is_some()
}

/// What comes in, when nobody said what it is: sound is a voice, pictures are a face; the first of each.
pub(crate) fn receiving(peer: &PeerConnection) -> SourceMap {
    let mut sources = SourceMap::new();
    for line in all(peer).filter(|line| line.current_direction().is_some_and(|direction| receives(&direction))) {
        let source = if is_audio(&line) { Source::Microphone } else { Source::Camera };
        if let Some(mid) = line.mid().filter(|_| sources.iter().all(|(_, known)| *known != source)) {
            sources.push((mid, source));
        }
    }
    sources
}

fn is_same(one: &Transceiver, other: &Transceiver) -> bool {
    AsRef::<JsValue>::as_ref(one) == AsRef::<JsValue>::as_ref(other)
}

fn is_audio(line: &Transceiver) -> bool {
    line.receiver().track().kind() == "audio"
}

fn kind(source: Source) -> &'static str {
    if source.is_audio() { "audio" } else { "video" }
}

fn sends(direction: &str) -> bool {
    matches!(direction, "sendrecv" | "sendonly")
}

fn receives(direction: &str) -> bool {
    matches!(direction, "sendrecv" | "recvonly")
}
