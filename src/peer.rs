use std::cell::Cell;
use std::rc::{Rc, Weak};

use itodenwa_protocol::attributes::Attributes;
use itodenwa_protocol::sending::Limits;
use itodenwa_protocol::{ConnectionState, Time};
use itodenwa_wire::{Ask, ClientMessage, DisplayName, Member, PeerId, Source, SourceMap, Wish};
use litemap::LiteMap;
use web_sys::{HtmlMediaElement, HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::error::{SendError, ViewError};
use crate::local_media::LocalHandle;
use crate::message::Message;
use crate::payload::Payload;
use crate::room_ref::{Request, RoomRef};
use crate::snapshot::SnapshotCell;
use crate::stats::PeerStats;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use crate::view::Audible;
use crate::viewer::{Screen, Viewer};

/// Another person in the room. It may be kept as long as one likes, and does not keep the room open.
#[derive(Debug, Clone)]
pub struct Peer(Rc<Person>);

#[derive(Debug)]
struct Person {
    member: Member,
    /// When they came.
    since: Time,
    name: SnapshotCell<Option<DisplayName>>,
    state: Cell<ConnectionState>,
    away: Cell<bool>,
    has_other_key: Cell<bool>,
    media: SnapshotCell<Media>,
    texts: Rc<Cell<usize>>,
    attributes: SnapshotCell<Attributes>,
    stats: SnapshotCell<PeerStats>,
    level: Cell<f64>,
    speaking: Cell<bool>,
    room: Weak<RoomRef>,
    viewer: Viewer,
}

/// What they send.
#[derive(Debug, Clone, Default)]
struct Media {
    /// Of the sources that are on.
    tracks: LiteMap<Source, MediaStreamTrack>,
    /// What elements show: one for each kind, with the tracks that there are now.
    streams: LiteMap<StreamKind, MediaStream>,
    /// The application has these streams, or tracks of them.
    read: Vec<StreamKind>,
}

impl Peer {
    pub(crate) fn new(member: Member, since: Time, local: LocalHandle, room: Weak<RoomRef>) -> Self {
        let viewer = Viewer::new(Subject::Peer(member.id), local);
        Peer(Rc::new(Person {
            name: SnapshotCell::new(member.name.clone()),
            member,
            since,
            state: Cell::new(ConnectionState::New),
            away: Cell::default(),
            has_other_key: Cell::default(),
            media: SnapshotCell::default(),
            texts: Rc::default(),
            attributes: SnapshotCell::default(),
            stats: SnapshotCell::default(),
            level: Cell::default(),
            speaking: Cell::default(),
            room,
            viewer,
        }))
    }

    /// Who it is, unique in the room. Somebody who reloads the page comes back as somebody new; somebody who only lost the server
    /// does not.
    #[must_use]
    pub fn id(&self) -> PeerId {
        self.0.member.id
    }

    /// What they like to be called now ([`Event::Renamed`](crate::Event::Renamed)). Show it as text, never as HTML.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.0.name.get().map(String::from)
    }

    /// Who they are to the application, as their token says: none where nobody needs a token.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.0.member.pass.as_ref().map(|pass| pass.identity.as_str())
    }

    /// Whether their token lets them send media. What they send without is not shown.
    pub(crate) fn may_publish(&self) -> bool {
        self.0.member.pass.as_ref().is_none_or(|pass| pass.publish)
    }

    /// Whether their token lets them get media.
    pub(crate) fn may_subscribe(&self) -> bool {
        self.0.member.pass.as_ref().is_none_or(|pass| pass.subscribe)
    }

    /// The state of the connection to them.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.0.state.get()
    }

    /// Whether the server does not know them any more, while the connection to them goes on.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.0.away.get()
    }

    /// The sources of theirs that are on.
    #[must_use]
    pub fn media(&self) -> Vec<Source> {
        self.0.media.change(|media| media.tracks.keys().copied().collect())
    }

    /// The track of a source of theirs that is on, to be read: drawn to a canvas, analysed, recorded. It is theirs: do not stop it, nor
    /// set `enabled`, which would also end or silence it in the elements that show them; a `clone()` of it may be changed as one likes.
    ///
    /// A source has another track after it was off, and after a new connection: each comes with an
    /// [`Event::Media`](crate::Event::Media). From this call on, and until the source is off, its pictures are sent as large as they
    /// are, shown or not; pictures that nobody shows or reads are not sent.
    #[must_use]
    pub fn track(&self, source: Source) -> Option<MediaStreamTrack> {
        self.0.media.change(|media| {
            let track = media.tracks.get(&source).cloned()?;
            media.read(StreamKind::of(source));
            Some(track)
        })
    }

    /// The stream that has this source: microphone and camera are in one, screen and its sound in another. It is the same as long as
    /// they are in the room; its tracks come and go. To be read as [`track`](Self::track): do not add or remove tracks, nor stop them.
    ///
    /// None if it has no track yet.
    #[must_use]
    pub fn stream(&self, source: Source) -> Option<MediaStream> {
        let kind = StreamKind::of(source);
        self.0.media.change(|media| {
            let stream = media.streams.get(&kind).filter(|stream| stream.get_tracks().length() > 0).cloned()?;
            media.read(kind);
            Some(stream)
        })
    }

    /// How loud they are now, from 0 to 1 (linear): looked at ten times a second, and smoothed, for a meter.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.0.level.get()
    }

    /// Whether they speak, as told by [`Event::Speaking`](crate::Event::Speaking).
    #[must_use]
    pub fn is_speaking(&self) -> bool {
        self.0.speaking.get()
    }

    /// How loud they are played here, and what they share: from 0 to 1. Phones of one maker know only their buttons, and play all
    /// alike.
    pub fn set_volume(&self, volume: f64) {
        let volume = if volume.is_finite() { volume.clamp(0.0, 1.0) } else { 1.0 };
        self.0.viewer.set_audible(|audible| Audible { volume: Some(volume), ..audible });
    }

    /// Limits what is sent of a source to them. See [`Handle::limit`](crate::Handle::limit).
    pub fn limit(&self, source: Source, limits: Limits) {
        if let Some(room) = self.0.room.upgrade() {
            room.ask(Request::Limit { peer: Some(self.id()), source, limits });
        }
    }

    /// Silences them here, for oneself alone.
    pub fn set_muted(&self, muted: bool) {
        self.0.viewer.set_audible(|audible| Audible { muted: Some(muted), ..audible });
    }

    /// Shows them in the `<video>` or `<audio>` that the selector finds: what they send now and later.
    ///
    /// # Errors
    /// [`ViewError`] if there is no such element, or the room is over.
    pub fn attach(&self, selector: &str) -> Result<(), ViewError> {
        self.0.viewer.attach(selector)
    }

    /// The same with an element at hand.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the room is over.
    pub fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.0.viewer.attach_to(element)
    }

    /// Puts a new `<video data-peer="…">` with them into the element that the selector finds. It is removed when they leave.
    ///
    /// # Errors
    /// [`ViewError`] if there is no such element, or the room is over.
    pub fn attach_in(&self, selector: &str) -> Result<(), ViewError> {
        self.0.viewer.attach_in(selector)
    }

    /// A `<video data-peer="…">` with them, to be put into the page: the same each time. It is removed when they leave.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the room is over.
    pub fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        self.0.viewer.view()
    }

    /// What they share, to be shown beside them: a screen, a window or a tab, with its sound where they have it.
    #[must_use]
    pub fn screen(&self) -> Screen {
        self.published(Source::Screen)
    }

    /// What they publish with a name of its own, with its sound, to be shown beside them.
    #[must_use]
    pub fn published(&self, source: Source) -> Screen {
        Screen(self.0.viewer.with(StreamKind::of(source)))
    }

    /// Sends a text, a value or bytes to this peer alone. See [`Handle::send`](crate::Handle::send).
    ///
    /// # Errors
    /// [`SendError`] if it is too large, too many wait, or the room is over.
    pub fn send(&self, message: impl Into<Payload>) -> Result<Message, SendError> {
        self.0.room.upgrade().ok_or(SendError::Closed)?.send(&[self.recipient()], message.into(), false)
    }

    /// Looks for new network paths to this peer (W3C WebRTC, `restartIce`). The media goes on meanwhile.
    pub fn restart_ice(&self) {
        if let Some(room) = self.0.room.upgrade() {
            room.ask(Request::RestartIce(self.id()));
        }
    }

    /// Sends them out of the room. Only who has a token that says so may do it; for others it is a trouble,
    /// `token/forbidden`.
    pub fn remove(&self) {
        self.say(ClientMessage::Remove);
    }

    fn say(&self, message: impl FnOnce(PeerId) -> ClientMessage) {
        if let Some(room) = self.0.room.upgrade() {
            room.ask(Request::Say(message(self.id())));
        }
    }

    /// Asks them to switch their microphone off: they get [`Event::AskedToMute`](crate::Event::AskedToMute), and it is theirs to do it.
    /// Where tokens are needed: only with one that has `roomAdmin`; otherwise whoever is in the room. The server says truly who asks, and
    /// tells somebody the same wish at most once in two seconds.
    ///
    /// What one may not do is [`Event::Trouble`](crate::Event::Trouble) with `token/forbidden`; to a server or a client that is older than
    /// this it says nothing.
    pub fn ask_to_mute(&self) {
        self.say(|id| ClientMessage::Ask(Ask { what: Wish::Mute, to: Some(id) }));
    }

    /// Takes their raised hand down: their own client removes their attribute `hand`, and tells them by
    /// [`Event::HandLowered`](crate::Event::HandLowered). Who may do it, and how often, is as with [`ask_to_mute`](Self::ask_to_mute).
    pub fn lower_hand(&self) {
        self.say(|id| ClientMessage::Ask(Ask { what: Wish::LowerHand, to: Some(id) }));
    }

    /// The room that they are in, and since when they are.
    pub(crate) fn place(&self) -> (Option<Rc<RoomRef>>, Time) {
        (self.0.room.upgrade(), self.0.since)
    }

    pub(crate) fn room(&self) -> Weak<RoomRef> {
        Weak::clone(&self.0.room)
    }

    /// Whom a text is for, and how many wait for its acknowledgement.
    pub(crate) fn recipient(&self) -> (PeerId, Rc<Cell<usize>>) {
        (self.id(), Rc::clone(&self.0.texts))
    }

    /// What they told of themselves, for everybody to see.
    pub(crate) fn known_attributes(&self) -> &SnapshotCell<Attributes> {
        &self.0.attributes
    }

    /// What was measured of the connection to them, if it was asked for.
    pub(crate) fn known_stats(&self) -> &SnapshotCell<PeerStats> {
        &self.0.stats
    }

    pub(crate) fn set_level(&self, level: f64) {
        self.0.level.set(level);
    }

    pub(crate) fn set_speaking(&self, speaking: bool) {
        self.0.speaking.set(speaking);
    }

    /// Whether they have another key than we.
    pub(crate) fn has_other_key(&self) -> bool {
        self.0.has_other_key.get()
    }

    /// They have another key than we, or one of us has none; whether that was known.
    pub(crate) fn set_other_key(&self) -> bool {
        self.0.has_other_key.replace(true)
    }

    pub(crate) fn set_name(&self, name: Option<DisplayName>) {
        self.0.name.change(|known| *known = name);
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.0.away.set(away);
    }

    pub(crate) fn set_state(&self, state: ConnectionState) {
        self.0.state.set(state);
    }

    /// The stream that elements show; none if the browser has none to give, which none that has connections does.
    pub(crate) fn shown(&self, kind: StreamKind) -> Option<MediaStream> {
        self.0.media.change(|media| {
            if !media.streams.contains_key(&kind) {
                media.streams.insert(kind, MediaStream::new().ok()?);
            }
            media.streams.get(&kind).cloned()
        })
    }

    /// No element shows this stream, and there is nothing in it: one of the same name may come later, or never.
    pub(crate) fn forget(&self, kind: StreamKind) {
        self.0.media.change(|media| {
            if media.tracks.keys().all(|source| StreamKind::of(*source) != kind) {
                media.streams.remove(&kind);
            }
        });
    }

    /// The sources that are on, each by its track's id.
    pub(crate) fn track_ids(&self) -> SourceMap {
        self.0.media.change(|media| media.tracks.iter().map(|(source, track)| (track.id(), *source)).collect())
    }

    /// Whether the application has the stream, or a track of it.
    pub(crate) fn is_read(&self, kind: StreamKind) -> bool {
        self.0.media.change(|media| media.read.contains(&kind))
    }

    pub(crate) fn set_media(&self, source: Source, track: Option<MediaStreamTrack>) {
        self.0.media.change(|media| match track {
            Some(track) => {
                media.tracks.insert(source, track);
            }
            None => {
                media.tracks.remove(&source);
                let kind = StreamKind::of(source);
                // Sound alone is not sent for anybody's reading.
                if !source.is_audio() || media.tracks.keys().all(|other| StreamKind::of(*other) != kind) {
                    media.read.retain(|read| *read != kind);
                }
            }
        });
    }
}

impl Media {
    fn read(&mut self, kind: StreamKind) {
        if !self.read.contains(&kind) {
            self.read.push(kind);
        }
    }
}

impl PartialEq for Peer {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Peer {}
