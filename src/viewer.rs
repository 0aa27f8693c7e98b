//! How handles show people.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{HtmlMediaElement, HtmlVideoElement};

use crate::error::ViewError;
use crate::local_media::{LocalHandle, LocalRequest};
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use crate::view::{self, Attach, Audible};

/// How a handle shows somebody, or oneself.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    subject: Subject,
    kind: StreamKind,
    local: LocalHandle,
    audible: Rc<Cell<Audible>>,
}

impl Viewer {
    pub(crate) fn new(subject: Subject, local: LocalHandle) -> Self {
        Viewer { subject, kind: StreamKind::Camera, local, audible: Rc::default() }
    }

    /// Of something else of the same person.
    pub(crate) fn with(&self, kind: StreamKind) -> Self {
        Viewer { kind, ..self.clone() }
    }

    pub(crate) fn attach(&self, selector: &str) -> Result<(), ViewError> {
        let element = view::find(selector)?;
        self.attach_to(element.dyn_ref().ok_or(ViewError::NotMedia)?)
    }

    pub(crate) fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.show(element, false)
    }

    pub(crate) fn attach_in(&self, selector: &str) -> Result<(), ViewError> {
        let container = view::find(selector)?;
        let element = self.make()?;
        container.append_child(&element).map_err(|_| ViewError::Refused)?;
        self.show(&element, true)
    }

    pub(crate) fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        if let Some(element) = self.local.made(self.subject, self.kind) {
            return Ok(element);
        }
        let element = self.make()?;
        self.show(&element, true)?;
        self.local.keep(self.subject, self.kind, element.clone());
        Ok(element)
    }

    /// Somebody is to be heard otherwise.
    pub(crate) fn set_audible(&self, change: impl FnOnce(Audible) -> Audible) {
        let audible = change(self.audible.get());
        self.audible.set(audible);
        if let Subject::Peer(peer) = self.subject {
            // Where nobody is heard any more there is nothing to change.
            let _ = self.local.ask(LocalRequest::Audible(peer, audible));
        }
    }

    fn show(&self, element: &HtmlMediaElement, made: bool) -> Result<(), ViewError> {
        self.local.release(element);
        let (subject, kind, audible) = (self.subject, self.kind, self.audible.get());
        self.local.ask(LocalRequest::Attach(Attach { subject, kind, element: element.clone(), made, audible }))
    }

    fn make(&self) -> Result<HtmlVideoElement, ViewError> {
        let element = view::make(&self.subject.to_string())?;
        let marked = match &self.kind {
            StreamKind::Camera => Ok(()),
            StreamKind::Screen => element.set_attribute("data-screen", ""),
            StreamKind::Own(own) => element.set_attribute("data-source", own.as_str()),
        };
        marked.map_err(|_| ViewError::Refused)?;
        Ok(element)
    }
}

/// What somebody shares, or publishes with a name of its own. It can be shown before there is anything, and shows what comes later.
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
