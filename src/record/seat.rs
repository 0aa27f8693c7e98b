//! Who is recorded: a video element for each, that nobody sees or hears.

use itodenwa_wire::Source;
use wasm_bindgen::JsCast;
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack};

use super::Who;
use crate::local_media::{LocalHandle, LocalRequest};
use crate::room_ref::RoomRef;
use crate::room_snapshot::Snapshot;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use crate::view::{Attach, Audible, make};

/// Pictures in a recording, at most: more would be too small to see.
const SEATS: usize = 36;
/// `HTMLMediaElement.HAVE_CURRENT_DATA`.
const HAS_PICTURE: u16 = 2;

/// One picture, and its sound.
#[derive(Debug)]
pub(super) struct Seat {
    who: Subject,
    kind: StreamKind,
    pub(super) name: Option<String>,
    pub(super) video: HtmlVideoElement,
    local: LocalHandle,
}

/// In the order in which they came, oneself first.
#[derive(Debug, Default)]
pub(super) struct Seats(Vec<Seat>);

impl Seats {
    /// Seats who is there now, and takes the seats of who is not.
    pub(super) fn update(&mut self, room: &RoomRef, snapshot: &Snapshot, who: Who) {
        let wanted = wanted(room, snapshot, who);
        self.0.retain(|seat| wanted.iter().any(|(who, kind, _)| (seat.who, seat.kind) == (*who, *kind)));
        for (who, kind, name) in wanted {
            match self.0.iter_mut().find(|seat| (seat.who, seat.kind) == (who, kind)) {
                // They may have another one by now.
                Some(seat) => seat.name = name,
                None => self.0.extend(Seat::new(&room.local, who, kind, name)),
            }
        }
        // What the application says of volumes is for what is heard.
        self.0.iter().filter(|seat| !seat.video.muted()).for_each(|seat| seat.video.set_muted(true));
    }

    pub(super) fn all(&self) -> &[Seat] {
        &self.0
    }

    /// All that is heard of them.
    pub(super) fn sounds(&self) -> Vec<MediaStreamTrack> {
        let streams = self.0.iter().filter_map(Seat::stream);
        let tracks = streams.flat_map(|stream| stream.get_audio_tracks().iter().collect::<Vec<_>>());
        tracks.filter_map(|track| track.dyn_into().ok()).collect()
    }
}

impl Seat {
    /// None if the browser makes no element, or the room is over.
    fn new(local: &LocalHandle, who: Subject, kind: StreamKind, name: Option<String>) -> Option<Self> {
        let video = make("recorded").ok()?;
        // Before it plays: nobody hears anything twice, and no browser refuses to play it.
        video.set_muted(true);
        let audible = Audible::default();
        let attach = Attach { subject: who, kind, element: video.clone().into(), made: true, audible };
        local.ask(LocalRequest::Attach(attach)).ok()?;
        Some(Seat { who, kind, name, video, local: local.clone() })
    }

    /// The picture's width and height, if there is one.
    pub(super) fn picture(&self) -> Option<(f64, f64)> {
        let shown = self.stream()?.get_video_tracks().length() > 0 && self.video.ready_state() >= HAS_PICTURE;
        let size = (f64::from(self.video.video_width()), f64::from(self.video.video_height()));
        (shown && size.0 > 0.0 && size.1 > 0.0).then_some(size)
    }

    fn stream(&self) -> Option<MediaStream> {
        self.video.src_object()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // A room that is over has removed it.
        let _ = self.local.ask(LocalRequest::Detach(self.video.clone().into()));
    }
}

type Wanted = (Subject, StreamKind, Option<String>);

fn wanted(room: &RoomRef, snapshot: &Snapshot, who: Who) -> Vec<Wanted> {
    let mut wanted = vec![(Subject::Me, StreamKind::Camera, room.name.get().map(String::from))];
    if room.local.settings(Source::Screen).is_some() {
        wanted.push((Subject::Me, StreamKind::Screen, None));
    }
    let peers = if who == Who::Everybody { snapshot.peers.get() } else { Vec::new() };
    for peer in peers {
        wanted.push((Subject::Peer(peer.id()), StreamKind::Camera, peer.name()));
        if peer.media().contains(&Source::Screen) {
            wanted.push((Subject::Peer(peer.id()), StreamKind::Screen, None));
        }
    }
    wanted.truncate(SEATS);
    wanted
}
