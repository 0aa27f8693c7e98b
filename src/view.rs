//! People in media elements.

mod sizing;
mod tile;

use std::cell::Cell;
use std::rc::{Rc, Weak};

use itodenwa_protocol::sending::RenderedSize;
use itodenwa_wire::PeerId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlMediaElement, HtmlVideoElement, MediaStream};

use crate::dom::spawn;
use crate::dom::{AbortController, Aborted, SinkElement, global, is_present};
use crate::error::{MediaError, ViewError};
use crate::room_ref::{Request, RoomRef};
use crate::snapshot::SnapshotCell;
use crate::stream_kind::StreamKind;
use sizing::Sizing;
use tile::tile;

/// How a handle shows somebody, or oneself (none).
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    who: Option<PeerId>,
    kind: StreamKind,
    link: Weak<RoomRef>,
    element: SnapshotCell<Option<HtmlVideoElement>>,
}

impl Viewer {
    pub(crate) fn new(who: Option<PeerId>, kind: StreamKind, link: Weak<RoomRef>) -> Self {
        Viewer { who, kind, link, element: SnapshotCell::default() }
    }

    pub(crate) fn link(&self) -> Option<Rc<RoomRef>> {
        self.link.upgrade()
    }

    pub(crate) fn attach(&self, selector: &str) -> Result<(), ViewError> {
        let element = find(selector)?;
        self.attach_to(element.dyn_ref().ok_or(ViewError::NotMedia)?)
    }

    pub(crate) fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.show(element, false)
    }

    pub(crate) fn attach_in(&self, selector: &str) -> Result<(), ViewError> {
        let container = find(selector)?;
        let element = self.make()?;
        container.append_child(&element).map_err(|_| ViewError::Refused)?;
        self.show(&element, true)
    }

    pub(crate) fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        if let Some(element) = self.element.get() {
            return Ok(element);
        }
        let element = self.make()?;
        self.show(&element, true)?;
        self.element.change(|known| *known = Some(element.clone()));
        Ok(element)
    }

    fn show(&self, element: &HtmlMediaElement, made: bool) -> Result<(), ViewError> {
        let request = Request::Attach { who: self.who, kind: self.kind, element: element.clone(), made };
        let asked = self.link().is_some_and(|link| link.ask(request));
        if asked { Ok(()) } else { Err(ViewError::Closed) }
    }

    fn make(&self) -> Result<HtmlVideoElement, ViewError> {
        let element = make(&self.who.map_or_else(|| "me".to_owned(), |id| id.to_string()))?;
        if self.kind == StreamKind::Screen {
            element.set_attribute("data-screen", "").map_err(|_| ViewError::Refused)?;
        }
        Ok(element)
    }
}

/// What somebody shares. It can be shown before there is anything, and shows what comes later.
#[derive(Debug, Clone)]
pub struct Screen(pub(crate) Viewer);

impl Screen {
    /// Shows it in the `<video>` that the selector finds.
    ///
    /// # Errors
    /// [`ViewError`] if there is no such element, or the room is over.
    pub fn attach(&self, selector: &str) -> Result<(), ViewError> {
        self.0.attach(selector)
    }

    /// The same with an element at hand.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the room is over.
    pub fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.0.attach_to(element)
    }

    /// Puts a new `<video data-peer="…" data-screen>` with it into the element that the selector finds. It is removed when
    /// they leave.
    ///
    /// # Errors
    /// [`ViewError`] if there is no such element, or the room is over.
    pub fn attach_in(&self, selector: &str) -> Result<(), ViewError> {
        self.0.attach_in(selector)
    }

    /// A `<video data-peer="…" data-screen>` with it, to be put into the page: the same each time.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the room is over.
    pub fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        self.0.view()
    }
}

/// A `<video data-peer="…">`.
pub(crate) fn make(name: &str) -> Result<HtmlVideoElement, ViewError> {
    let element = document()?.create_element("video").map_err(|_| ViewError::Refused)?;
    element.set_attribute("data-peer", name).map_err(|_| ViewError::Refused)?;
    element.dyn_into().map_err(|_| ViewError::Refused)
}

/// How somebody is to be heard. What was never said is left as the application's element has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Audible {
    pub(crate) volume: Option<f64>,
    pub(crate) muted: Option<bool>,
}

/// All elements that show somebody. As many as the application attaches.
#[derive(Default)]
pub(crate) struct Views {
    views: Vec<View>,
    /// Where others are heard, if that was said.
    loudspeaker: Option<String>,
}

/// An element that is to show somebody, or oneself (none).
pub(crate) struct Attached<'a> {
    pub(crate) who: Option<PeerId>,
    pub(crate) kind: StreamKind,
    pub(crate) element: HtmlMediaElement,
    pub(crate) made: bool,
    pub(crate) stream: &'a MediaStream,
    pub(crate) audible: Option<Audible>,
}

struct View {
    who: Option<PeerId>,
    kind: StreamKind,
    sizing: Cell<Sizing>,
    element: HtmlMediaElement,
    made: bool,
    blocked: Rc<Cell<bool>>,
    abort: AbortController,
}

/// Where it is told that the browser does not play somebody.
pub(crate) type Blocked = Rc<dyn Fn(PeerId)>;

impl Views {
    /// Shows a stream from now on; what the element showed before is gone.
    pub(crate) fn attach(&mut self, attached: Attached<'_>, blocked: &Blocked) {
        let Attached { who, kind, element, made, stream, audible } = attached;
        self.detach(&element);
        element.set_autoplay(true);
        // Without it phones play full-screen (HTML, section 4.8.8). No element refuses an attribute of this name.
        let _ = element.set_attribute("playsinline", "");
        if who.is_none() {
            element.set_muted(true);
        }
        if let Some(audible) = audible {
            audible.apply(&element);
        }
        if let (Some(_), Some(device)) = (who, &self.loudspeaker) {
            use_loudspeaker(&element, device);
        }
        element.set_src_object(Some(stream));
        let view = View {
            who,
            kind,
            sizing: Cell::default(),
            element,
            made,
            blocked: Rc::default(),
            abort: AbortController::new(),
        };
        view.play(blocked);
        self.views.push(view);
    }

    /// Somebody is to be heard otherwise.
    pub(crate) fn set_audible(&self, who: PeerId, audible: Audible) {
        self.views.iter().filter(|view| view.who == Some(who)).for_each(|view| audible.apply(&view.element));
    }

    /// Others are to be heard elsewhere.
    pub(crate) fn set_loudspeaker(&mut self, device: String) {
        self.views.iter().filter(|view| view.who.is_some()).for_each(|view| use_loudspeaker(&view.element, &device));
        self.loudspeaker = Some(device);
    }

    /// How large somebody is shown, in the largest of their elements; none if they are not.
    pub(crate) fn tile(&self, who: PeerId, kind: StreamKind) -> Option<RenderedSize> {
        let shown = self.views.iter().filter(|view| view.who == Some(who) && view.kind == kind);
        shown.map(|view| tile(&view.element, &view.sizing)).max_by_key(|tile| match tile {
            RenderedSize::Hidden => 0,
            RenderedSize::Size(width, height) => u64::from(*width) * u64::from(*height),
            RenderedSize::Unknown => u64::MAX,
        })
    }

    pub(crate) fn detach(&mut self, element: &HtmlMediaElement) {
        self.views.retain(|view| view.element != *element);
    }

    /// Somebody's tracks changed: an element that had nothing to play may now.
    pub(crate) fn play(&self, who: Option<PeerId>, blocked: &Blocked) {
        self.views.iter().filter(|view| view.who == who).for_each(|view| view.play(blocked));
    }

    /// A track of somebody's took the place of another one. Firefox goes on showing the old one's last picture by itself.
    pub(crate) fn renew(&self, who: Option<PeerId>, stream: &MediaStream, blocked: &Blocked) {
        for view in self.views.iter().filter(|view| view.who == who) {
            if view.element.src_object().as_ref() == Some(stream) {
                view.element.set_src_object(Some(stream));
                view.play(blocked);
            }
        }
    }

    /// The person touched the page.
    pub(crate) fn resume(&self, blocked: &Blocked) {
        for view in self.views.iter().filter(|view| view.blocked.take()) {
            view.play(blocked);
        }
    }

    pub(crate) fn remove(&mut self, who: PeerId) {
        self.views.retain(|view| view.who != Some(who));
    }
}

impl View {
    fn play(&self, blocked: &Blocked) {
        // Until there is something to play the promise would neither be kept nor broken.
        let empty = self.element.src_object().is_none_or(|stream| stream.get_tracks().length() == 0);
        if empty || self.blocked.get() {
            return;
        }
        let (played, signal) = (self.element.play(), self.abort.signal());
        let (who, was_blocked, blocked) = (self.who, Rc::clone(&self.blocked), Rc::clone(blocked));
        spawn(async move {
            // Any other refusal is ours: the stream was changed meanwhile, and it is played anew.
            if let Err(Aborted::Threw(error)) = signal.race(played).await
                && error.name == "NotAllowedError"
                && !was_blocked.replace(true)
                && let Some(who) = who
            {
                blocked(who);
            }
        });
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.element.set_src_object(None);
        if self.made {
            self.element.remove();
        }
    }
}

impl Audible {
    fn apply(self, element: &HtmlMediaElement) {
        if let Some(volume) = self.volume {
            element.set_volume(volume);
        }
        if let Some(muted) = self.muted {
            element.set_muted(muted);
        }
    }
}

/// Where an element is heard (W3C Audio Output Devices, section 2.1). That there is such a device was asked before.
fn use_loudspeaker(element: &HtmlMediaElement, device: &str) {
    let element: &SinkElement = element.unchecked_ref();
    if let Ok(set) = element.set_sink_id(device) {
        spawn(async move {
            // One that was unplugged meanwhile: the browser plays elsewhere.
            let _ = JsFuture::from(set).await;
        });
    }
}

/// Whether others can be heard there.
pub(crate) async fn try_loudspeaker(device: &str) -> Result<(), MediaError> {
    let element = document().and_then(|document| document.create_element("audio").map_err(|_| ViewError::Refused));
    let element: SinkElement = element.map_err(|_| MediaError::Unsupported)?.unchecked_into();
    if !is_present(&element, "setSinkId") {
        return Err(MediaError::Unsupported);
    }
    let set = element.set_sink_id(device).map_err(|thrown| MediaError::from_exception(thrown.into()))?;
    JsFuture::from(set).await.map(|_| ()).map_err(|thrown| MediaError::from_exception(thrown.into()))
}

fn document() -> Result<Document, ViewError> {
    global("document").dyn_into().map_err(|_: JsValue| ViewError::Refused)
}

pub(crate) fn find(selector: &str) -> Result<Element, ViewError> {
    document()?.query_selector(selector).ok().flatten().ok_or(ViewError::NotFound)
}
