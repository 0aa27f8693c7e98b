//! People in media elements.

mod audible;
mod element;
mod loudspeaker;
mod sizing;
mod tile;

use std::cell::Cell;
use std::rc::Rc;

use itodenwa_protocol::sending::RenderedSize;
use itodenwa_wire::PeerId;
use web_sys::{HtmlMediaElement, MediaStream};

pub(crate) use audible::Audible;
pub(crate) use element::{find, make};
pub(crate) use loudspeaker::try_loudspeaker;

use crate::dom::spawn;
use crate::dom::{AbortController, Aborted};
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use loudspeaker::use_loudspeaker;
use sizing::Sizing;
use tile::tile;

/// Where it is told that the browser does not play somebody.
type Blocked = Rc<dyn Fn(Subject)>;

/// All elements that show somebody. As many as the application attaches.
pub(crate) struct Views {
    views: Vec<View>,
    /// Where others are heard, if that was said.
    loudspeaker: Option<String>,
    blocked: Blocked,
}

/// Shows somebody in an element. One that was made here is removed when they leave.
#[derive(Debug)]
pub(crate) struct Attach {
    pub(crate) subject: Subject,
    pub(crate) kind: StreamKind,
    pub(crate) element: HtmlMediaElement,
    pub(crate) made: bool,
    pub(crate) audible: Audible,
}

struct View {
    subject: Subject,
    kind: StreamKind,
    sizing: Cell<Sizing>,
    element: HtmlMediaElement,
    made: bool,
    /// How the element sounded before it was said here how it is to.
    before: Cell<Audible>,
    blocked: Rc<Cell<bool>>,
    abort: AbortController,
}

impl Views {
    pub(crate) fn new(blocked: Blocked) -> Self {
        Views { views: Vec::new(), loudspeaker: None, blocked }
    }

    /// Shows a stream from now on; what the element showed before is gone.
    pub(crate) fn attach(&mut self, attach: Attach, stream: &MediaStream) {
        let Attach { subject, kind, element, made, audible } = attach;
        // One that was made here and shows somebody else from now on stays where the page has it.
        self.views.iter_mut().filter(|view| view.element == element).for_each(|view| view.made = false);
        self.detach(&element);
        element.set_autoplay(true);
        // Without it phones play full-screen (HTML, section 4.8.8). No element refuses an attribute of this name.
        let _ = element.set_attribute("playsinline", "");
        // Oneself is shown in silence.
        let audible = if subject == Subject::Me {
            Audible { muted: Some(true), volume: None }
        } else {
            if let Some(device) = &self.loudspeaker {
                use_loudspeaker(&element, device);
            }
            audible
        };
        let view = View {
            subject,
            kind,
            sizing: Cell::default(),
            element,
            made,
            before: Cell::default(),
            blocked: Rc::default(),
            abort: AbortController::new(),
        };
        view.hear(audible);
        view.element.set_src_object(Some(stream));
        view.play(&self.blocked);
        self.views.push(view);
    }

    /// Somebody is to be heard otherwise.
    pub(crate) fn set_audible(&self, peer: PeerId, audible: Audible) {
        self.of(Subject::Peer(peer)).for_each(|view| view.hear(audible));
    }

    /// Others are to be heard elsewhere.
    pub(crate) fn set_loudspeaker(&mut self, device: String) {
        self.views
            .iter()
            .filter(|view| view.subject != Subject::Me)
            .for_each(|view| use_loudspeaker(&view.element, &device));
        self.loudspeaker = Some(device);
    }

    /// How large somebody is shown, in the largest of their elements; none if they are not.
    pub(crate) fn tile(&self, peer: PeerId, kind: StreamKind) -> Option<RenderedSize> {
        let shown = self.of(Subject::Peer(peer)).filter(|view| view.kind == kind);
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
    pub(crate) fn play(&self, subject: Subject) {
        self.of(subject).for_each(|view| view.play(&self.blocked));
    }

    /// The page was frozen. Chromium pauses everything for it, and leaves it so.
    pub(crate) fn unfreeze(&self) {
        self.views.iter().for_each(|view| view.play(&self.blocked));
    }

    /// A track of somebody's took the place of another one. Firefox goes on showing the old one's last picture by itself.
    pub(crate) fn renew(&self, subject: Subject, stream: &MediaStream) {
        for view in self.of(subject) {
            if view.element.src_object().as_ref() == Some(stream) {
                view.element.set_src_object(Some(stream));
                view.play(&self.blocked);
            }
        }
    }

    /// The person touched the page.
    pub(crate) fn resume(&self) {
        for view in self.views.iter().filter(|view| view.blocked.take()) {
            view.play(&self.blocked);
        }
    }

    pub(crate) fn remove(&mut self, peer: PeerId) {
        self.views.retain(|view| view.subject != Subject::Peer(peer));
    }

    fn of(&self, subject: Subject) -> impl Iterator<Item = &View> {
        self.views.iter().filter(move |view| view.subject == subject)
    }
}

impl View {
    fn hear(&self, audible: Audible) {
        self.before.set(audible.apply(&self.element, self.before.get()));
    }

    fn play(&self, blocked: &Blocked) {
        // Until there is something to play the promise would neither be kept nor broken.
        let empty = self.element.src_object().is_none_or(|stream| stream.get_tracks().length() == 0);
        if empty || self.blocked.get() {
            return;
        }
        let (played, signal) = (self.element.play(), self.abort.signal());
        let (subject, was_blocked, blocked) = (self.subject, Rc::clone(&self.blocked), Rc::clone(blocked));
        spawn(async move {
            // Any other refusal is ours: the stream was changed meanwhile, and it is played anew.
            if let Err(Aborted::Threw(error)) = signal.race(played).await
                && error.name == "NotAllowedError"
                && !was_blocked.replace(true)
            {
                blocked(subject);
            }
        });
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.element.set_src_object(None);
        // For whoever it shows next.
        self.before.get().apply(&self.element, Audible::default());
        if self.made {
            self.element.remove();
        }
    }
}
