//! People in media elements.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use itodenwa_wire::{PeerId, Source};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, HtmlMediaElement, HtmlVideoElement, MediaStream};

use crate::dom::{Halt, Lifetime, global};
use crate::error::ViewError;
use crate::link::{Link, Request};
use crate::shared::Shared;

/// What of somebody is shown: both may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Camera and microphone.
    Person,
    /// What they share, with its sound.
    Screen,
}

impl Sight {
    pub(crate) fn of(source: Source) -> Self {
        match source {
            Source::Screen | Source::ScreenAudio => Sight::Screen,
            _ => Sight::Person,
        }
    }
}

/// How a handle shows somebody, or oneself (none).
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    who: Option<PeerId>,
    sight: Sight,
    link: Weak<Link>,
    element: Shared<Option<HtmlVideoElement>>,
}

impl Viewer {
    pub(crate) fn new(who: Option<PeerId>, sight: Sight, link: Weak<Link>) -> Self {
        Viewer { who, sight, link, element: Shared::default() }
    }

    pub(crate) fn link(&self) -> Option<Rc<Link>> {
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
        let request = Request::Attach { who: self.who, sight: self.sight, element: element.clone(), made };
        let asked = self.link().is_some_and(|link| link.ask(request));
        if asked { Ok(()) } else { Err(ViewError::Closed) }
    }

    fn make(&self) -> Result<HtmlVideoElement, ViewError> {
        let element = make(&self.who.map_or_else(|| "me".to_owned(), |id| id.to_string()))?;
        if self.sight == Sight::Screen {
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

/// All elements that show somebody. As many as the application attaches.
#[derive(Default)]
pub(crate) struct Views(Vec<View>);

struct View {
    who: Option<PeerId>,
    element: HtmlMediaElement,
    made: bool,
    blocked: Rc<Cell<bool>>,
    lifetime: Lifetime,
}

/// Where it is told that the browser does not play somebody.
pub(crate) type Blocked = Rc<dyn Fn(PeerId)>;

impl Views {
    /// Shows a stream from now on; what the element showed before is gone.
    pub(crate) fn attach(
        &mut self,
        who: Option<PeerId>,
        element: HtmlMediaElement,
        made: bool,
        stream: &MediaStream,
        blocked: &Blocked,
    ) {
        self.detach(&element);
        element.set_autoplay(true);
        // Without it phones play full-screen (HTML, section 4.8.8). No element refuses an attribute of this name.
        let _ = element.set_attribute("playsinline", "");
        if who.is_none() {
            element.set_muted(true);
        }
        element.set_src_object(Some(stream));
        let view = View { who, element, made, blocked: Rc::default(), lifetime: Lifetime::new() };
        view.play(blocked);
        self.0.push(view);
    }

    pub(crate) fn detach(&mut self, element: &HtmlMediaElement) {
        self.0.retain(|view| view.element != *element);
    }

    /// Somebody's tracks changed: an element that had nothing to play may now.
    pub(crate) fn play(&self, who: Option<PeerId>, blocked: &Blocked) {
        self.0.iter().filter(|view| view.who == who).for_each(|view| view.play(blocked));
    }

    /// The person touched the page.
    pub(crate) fn resume(&self, blocked: &Blocked) {
        for view in self.0.iter().filter(|view| view.blocked.take()) {
            view.play(blocked);
        }
    }

    pub(crate) fn remove(&mut self, who: PeerId) {
        self.0.retain(|view| view.who != Some(who));
    }
}

impl View {
    fn play(&self, blocked: &Blocked) {
        // Until there is something to play the promise would neither be kept nor broken.
        let empty = self.element.src_object().is_none_or(|stream| stream.get_tracks().length() == 0);
        if empty || self.blocked.get() {
            return;
        }
        let (played, alive) = (self.element.play(), self.lifetime.alive());
        let (who, was_blocked, blocked) = (self.who, Rc::clone(&self.blocked), Rc::clone(blocked));
        spawn_local(async move {
            // Any other refusal is ours: the stream was changed meanwhile, and it is played anew.
            if let Err(Halt::Threw(error)) = alive.race(played).await
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

fn document() -> Result<Document, ViewError> {
    global("document").dyn_into().map_err(|_: JsValue| ViewError::Refused)
}

fn find(selector: &str) -> Result<Element, ViewError> {
    document()?.query_selector(selector).ok().flatten().ok_or(ViewError::NotFound)
}
