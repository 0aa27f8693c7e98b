mod endpoint;
mod join;
mod offering;
mod prepared;

use std::ops::Deref;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use itodenwa_protocol::attributes::Attributes;
use itodenwa_protocol::sending::Limits;
use itodenwa_protocol::timeline::Entry;
use itodenwa_wire::{Ask, ClientMessage, Pass, PeerId, Source, Ticket, WaitingRoom, Wish};
use web_sys::{HtmlMediaElement, HtmlVideoElement};

pub use join::Join;
pub use prepared::Prepared;

use crate::error::{MediaError, SendError, ViewError};
use crate::event::{Event, Events};
use crate::local_media::{LocalHandle, LocalRequest};
use crate::media::{CameraOptions, DeviceConstraints, MicrophoneOptions, ScreenOptions, Settings};
use crate::message::Message;
use crate::payload::Payload;
use crate::peer::Peer;
use crate::room_ref::{Request, RoomRef};
use crate::room_snapshot::Snapshot;
use crate::snapshot::SnapshotCell;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use crate::view::try_loudspeaker;
use crate::viewer::{Screen, Viewer};

/// A room that one is in: a [`Handle`], and the stream of what happens there.
///
/// The stream begins with everybody who is there already, and ends with [`Event::Closed`]. Dropping the room and all its
/// handles hangs up.
#[derive(Debug)]
pub struct Room {
    handle: Handle,
    events: Events,
}

impl Room {
    /// A handle, for other places of the program.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The next event, none after the last one.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.next().await
    }

    /// The handle and the stream apart.
    #[must_use]
    pub fn split(self) -> (Handle, Events) {
        (self.handle, self.events)
    }

    pub(crate) fn new(room: Rc<RoomRef>, snapshot: Snapshot, events: Events) -> Self {
        Room { handle: Handle { room, snapshot }, events }
    }
}

impl Deref for Room {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Stream for Room {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_next_unpin(cx)
    }
}

/// A hold on a room. Dropping the last one hangs up.
#[derive(Debug, Clone)]
pub struct Handle {
    room: Rc<RoomRef>,
    snapshot: Snapshot,
}

impl Handle {
    pub(crate) fn local(&self) -> &LocalHandle {
        &self.room.local
    }

    /// The way to the driver.
    pub(crate) fn room(&self) -> &RoomRef {
        &self.room
    }

    /// One's own attributes and the room's.
    pub(crate) fn known_attributes(&self) -> &SnapshotCell<Attributes> {
        &self.snapshot.attributes
    }

    /// What does not keep the room open.
    pub(crate) fn downgrade(&self) -> (Weak<RoomRef>, Snapshot) {
        (Rc::downgrade(&self.room), self.snapshot.clone())
    }

    /// Oneself.
    #[must_use]
    pub fn me(&self) -> Me {
        Me {
            local: self.room.local.clone(),
            id: self.room.me.get(),
            name: self.room.name.get().map(String::from),
            pass: self.room.pass.clone(),
        }
    }

    /// Who else is here.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.snapshot.peers.get()
    }

    /// Somebody who is here.
    #[must_use]
    pub fn peer(&self, id: PeerId) -> Option<Peer> {
        self.peers().into_iter().find(|peer| peer.id() == id)
    }

    /// Switches the camera on or off, for everybody. Off means that its light goes out. When it is switched again before
    /// it is done, the last word counts, and those before it are done as well.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The room goes on without it.
    pub async fn camera(&self, on: bool) -> Result<(), MediaError> {
        self.room.local.set(Source::Camera, on).await
    }

    /// Switches the microphone on or off, for everybody. Off means silence at once.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The room goes on without it.
    pub async fn microphone(&self, on: bool) -> Result<(), MediaError> {
        self.room.local.set(Source::Microphone, on).await
    }

    /// Shares a screen, a window or a tab with everybody, beside the camera: the browser lets the person choose, and gives its sound
    /// if they like (W3C Screen Capture), in stereo. Call it when the person touches the page: without that browsers refuse.
    ///
    /// When the person stops it by the browser's own button, that is [`Event::MediaFailed`] with [`MediaError::Ended`].
    ///
    /// # Errors
    /// [`MediaError::ScreenDenied`] if the person chose nothing, [`MediaError::ScreenDeniedBySystem`] if the system's settings are in the
    /// way, [`MediaError::NeedsGesture`] without a click, [`MediaError::Unsupported`] where there is no sharing, as on most phones.
    pub async fn screen(&self, on: bool) -> Result<(), MediaError> {
        self.room.local.set(Source::Screen, on).await
    }

    /// Says what camera is wanted: at once if it is on, otherwise from the next time on. The others see no gap, and nothing is
    /// negotiated.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The one before it goes on.
    pub async fn use_camera(&self, options: CameraOptions) -> Result<(), MediaError> {
        self.room.local.choose(DeviceConstraints::Camera(options)).await
    }

    /// Says what microphone is wanted, and what is done to its sound: at once if it is on, otherwise from the next time on.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The one before it goes on.
    pub async fn use_microphone(&self, options: MicrophoneOptions) -> Result<(), MediaError> {
        self.room.local.choose(DeviceConstraints::Microphone(options)).await
    }

    /// Says how a screen is shared the next time.
    ///
    /// # Errors
    /// [`MediaError::Closed`] if the room is over.
    pub async fn use_screen(&self, options: ScreenOptions) -> Result<(), MediaError> {
        self.room.local.choose(DeviceConstraints::Screen(options)).await
    }

    /// Sends a text, a value ([`Json`](crate::Json)) or bytes to everybody who is here: accepted now, sent as soon as each connection
    /// is there, in order. A peer that does not read slows its senders: 64 messages wait for it, and then one has to wait until some
    /// are [delivered](Message::delivered). What was accepted is lost only with its receiver.
    ///
    /// # Errors
    /// [`SendError`] if it is larger than 16 KiB (bytes: 12 KiB), nobody is here, 64 messages wait for somebody already, or the room
    /// is over.
    pub fn send(&self, message: impl Into<Payload>) -> Result<Message, SendError> {
        let to: Vec<_> = self.peers().iter().map(Peer::recipient).collect();
        self.room.send(&to, message.into(), true)
    }

    /// Keeps newcomers out, or no longer: they get `room/locked`. Whoever is in the room stays, and gets in again after an interruption or
    /// a reload within it. Where tokens are needed: only with one that has `roomAdmin`, which also opens a locked room for oneself;
    /// otherwise whoever is in the room. The lock ends when nobody is in the room any more.
    ///
    /// Everybody is told by [`Event::Locked`]. What one may not do is [`Event::Trouble`] with `token/forbidden`; a server that is older
    /// than this knows no locks, and the room stays open.
    pub fn lock(&self, on: bool) {
        self.room.ask(Request::Say(ClientMessage::Lock(on)));
    }

    /// Switches the waiting room on or off: while it is on, who comes waits until somebody who may do so [admits](Self::admit) or
    /// [refuses](Self::refuse) them ([`Join::on_wait`]). Whoever is in the room stays, and gets in again after an interruption or a reload, as
    /// with the [`lock`](Self::lock); and whoever may lock the room may do all this. Switched off, it lets in everybody who waits,
    /// or nobody while the room is locked. It ends when nobody is in the room any more, and who waits then is sent away; when only those are left who may let nobody in, people go on
    /// waiting, for ten minutes at most unless the server is set otherwise.
    ///
    /// Everybody is told by [`Event::Waiting`]. What one may not do is [`Event::Trouble`] with `token/forbidden`.
    pub fn set_waiting_room(&self, on: bool) {
        self.room.ask(Request::Say(ClientMessage::WaitingRoom(on)));
    }

    /// Whether who comes has to wait, and, for those who may let them in, who does.
    #[must_use]
    pub fn waiting_room(&self) -> WaitingRoom {
        self.room.waiting_room.get()
    }

    /// Lets somebody in who waits, by [`Applicant::id`](crate::Applicant); none: everybody who waits. A full room is [`Event::Trouble`] with
    /// `signaling/refused`, and they go on waiting.
    pub fn admit(&self, who: Option<PeerId>) {
        self.room.ask(Request::Say(ClientMessage::Admit(who)));
    }

    /// Refuses somebody who waits: their join fails with `room/refused`. Where tokens are needed the same identity stays out until the waiting
    /// room is switched off; elsewhere nobody can tell whether it is the same who comes again, and waits again.
    pub fn refuse(&self, who: PeerId) {
        self.room.ask(Request::Say(ClientMessage::TurnAway(who)));
    }

    /// Asks all others to switch their microphones off ([`Event::AskedToMute`]): [`Peer::ask_to_mute`] for everybody.
    pub fn ask_to_mute(&self) {
        self.room.ask(Request::Say(ClientMessage::Ask(Ask { what: Wish::Mute, to: None })));
    }

    /// Takes the raised hands of all others down ([`Event::HandLowered`]): [`Peer::lower_hand`] for everybody.
    pub fn lower_hands(&self) {
        self.room.ask(Request::Say(ClientMessage::Ask(Ask { what: Wish::LowerHand, to: None })));
    }

    /// What says that one was in this room, for [`Join::former`]: to be kept for a reload of the page, and to be told to nobody. None if
    /// the server gives none.
    #[must_use]
    pub fn ticket(&self) -> Option<Ticket> {
        self.room.ticket.get()
    }

    /// Whether newcomers are kept out, as the server said last.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.room.is_locked.get()
    }

    /// Limits what is sent of a source to everybody, now and later. [`Peer::limit`] does it for one of them; the lower limit counts.
    pub fn limit(&self, source: Source, limits: Limits) {
        self.room.ask(Request::Limit { peer: None, source, limits });
    }

    /// Who is to be looked at: the loudest of those who speak, or who spoke last ([`Event::Speaker`]).
    #[must_use]
    pub fn speaker(&self) -> Option<Peer> {
        self.snapshot.speaker.get()
    }

    /// Lets the others be heard by this loudspeaker: [`Device::id`](crate::Device::id), or empty for the system's choice. It counts for
    /// everybody who is shown now and later.
    ///
    /// # Errors
    /// [`MediaError`]: [`MediaError::Unsupported`] where the browser lets nobody choose, [`MediaError::Missing`] if it is not there.
    /// The one before it goes on.
    pub async fn use_loudspeaker(&self, device: &str) -> Result<(), MediaError> {
        try_loudspeaker(device).await?;
        self.room.local.use_loudspeaker(device.to_owned())
    }

    /// Plays what the browser refused to play by itself ([`Event::Blocked`]). Call it when the person touches the page.
    pub fn resume(&self) {
        // Where nobody is heard any more there is nothing to play.
        let _ = self.room.local.ask(LocalRequest::Resume);
    }

    /// Shows nobody any more in this element.
    pub fn detach(&self, element: &HtmlMediaElement) {
        self.room.local.detach(element);
    }

    /// The steps of the calls so far: the last 512, in milliseconds since the join.
    #[must_use]
    pub fn steps(&self) -> Vec<Entry> {
        self.snapshot.steps.get().into()
    }

    /// Why an own source that was wanted is not on.
    pub(crate) fn failure(&self, source: Source) -> Option<MediaError> {
        self.room.local.error(source)
    }

    /// Hangs up. When it is done everything is closed and [`Event::Closed`] is in the stream.
    pub async fn leave(&self) {
        self.room.requests.close();
        self.room.requests.closed().await;
    }
}

/// Oneself in a room.
#[derive(Debug, Clone)]
pub struct Me {
    local: LocalHandle,
    id: PeerId,
    name: Option<String>,
    pass: Option<Pass>,
}

impl Me {
    /// Who the others know one as.
    #[must_use]
    pub fn id(&self) -> PeerId {
        self.id
    }

    /// What one was called when this was made: by the join, or by [`Handle::set_name`] since.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Who one is to the application, as the token says.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.pass.as_ref().map(|pass| pass.identity.as_str())
    }

    /// Whether the token says that one may remove others, lock the room, let people in and ask others (`roomAdmin`).
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.pass.as_ref().is_some_and(|pass| pass.admin)
    }

    /// What an own source that is on really is: which device, how large, and what was asked and is not there.
    #[must_use]
    pub fn settings(&self, source: Source) -> Option<Settings> {
        self.local.settings(source)
    }

    /// Shows one's own picture, without sound, in the `<video>` that the selector finds.
    ///
    /// # Errors
    /// [`ViewError`] if there is no such element, or the room is over.
    pub fn attach(&self, selector: &str) -> Result<(), ViewError> {
        self.viewer().attach(selector)
    }

    /// The same with an element at hand.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the room is over.
    pub fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.viewer().attach_to(element)
    }

    /// A `<video data-peer="me">` with one's own picture, without sound, to be put into the page: the same each time. It is removed
    /// in the end.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the room is over.
    pub fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        self.viewer().view()
    }

    /// What one shares oneself, without sound.
    #[must_use]
    pub fn screen(&self) -> Screen {
        self.published(Source::Screen)
    }

    /// What one publishes with a name of one's own, without sound.
    #[must_use]
    pub fn published(&self, source: Source) -> Screen {
        Screen(self.viewer().with(StreamKind::of(source)))
    }

    fn viewer(&self) -> Viewer {
        Viewer::new(Subject::Me, self.local.clone())
    }
}
