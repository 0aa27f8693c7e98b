//! The one loop of a room, of a call by hand, and of a preview: each is an [`Endpoint`], with local media under it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_protocol::Time;
use web_sys::MediaStream;

use crate::browser_event::{BrowserEvent, ConnectionKey, PageEvent};
use crate::connection::ConnectionEvent;
use crate::dom::{Clock, Timer};
use crate::error::Error;
use crate::event::{EventSender, FromLocal, LocalEvent, Overflow, ReadText};
use crate::local_media::{LocalChange, LocalMedia, LocalOutput, LocalRequest};
use crate::oneshot;
use crate::queue::Receiver;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;

/// What a driver runs. It is told what happens, one thing at a time, and then carries out what follows.
pub(crate) trait Endpoint {
    /// What its application reads.
    type Event: FromLocal;
    /// What its handles ask, beside what concerns local media.
    type Request;

    fn core(&mut self) -> &mut Core<Self::Event>;

    /// When [`on_deadline`](Self::on_deadline) is wanted.
    fn deadline(&self) -> Option<Time> {
        None
    }

    fn on_deadline(&mut self) {}

    fn on_request(&mut self, request: Self::Request);

    /// The last handle is gone, or one of them hangs up.
    fn on_close(&mut self) {
        self.core().end(None);
    }

    /// Something is otherwise with an own source.
    fn on_local(&mut self, change: LocalChange);

    fn on_connection(&mut self, _connection: ConnectionKey, _event: ConnectionEvent) {}

    /// The browser does not play somebody.
    fn on_blocked(&mut self, _subject: Subject) {}

    fn on_page(&mut self, _event: PageEvent) {}

    /// The application read these texts.
    fn on_read(&mut self, _texts: Vec<ReadText>) {}

    /// Takes one of the messages that come to it otherwise, as through the signaling. Ready when there was one.
    fn poll_incoming(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    /// The stream of somebody else.
    fn stream(&self, _of: Subject, _kind: StreamKind) -> Option<MediaStream> {
        None
    }

    /// Does what follows from all that it was told.
    fn carry_out(&mut self) {}

    /// Ends, and tells the application at last.
    fn hang_up(self, error: Option<Error>) -> impl Future<Output = ()>;
}

/// What every endpoint has.
pub(crate) struct Core<E> {
    pub(crate) clock: Clock,
    pub(crate) media: LocalMedia,
    pub(crate) events: EventSender<E>,
    /// Why it is over, when it is.
    end: Option<End>,
}

/// Why an endpoint is over; without an error it was ended on purpose.
struct End(Option<Error>);

/// What happens next.
enum Wakeup<R> {
    Deadline,
    BrowserEvent(BrowserEvent),
    Read(Vec<ReadText>),
    Local(LocalRequest),
    Request(Option<R>),
    Incoming,
}

impl<E: FromLocal> Core<E> {
    pub(crate) fn new(clock: Clock, media: LocalMedia, events: EventSender<E>) -> Self {
        Core { clock, media, events, end: None }
    }

    /// Tells the application. One that does not read at all is left.
    pub(crate) fn tell(&mut self, event: E) {
        if let Err(Overflow) = self.events.push(event) {
            self.end(Some(Error::Unread));
        }
    }

    pub(crate) fn tell_local(&mut self, event: LocalEvent) {
        if let Some(event) = E::from_local(event) {
            self.tell(event);
        }
    }

    /// It is over, when what was begun is done.
    pub(crate) fn end(&mut self, error: Option<Error>) {
        self.end.get_or_insert(End(error));
    }

    /// Gives everything back, and tells the last event.
    pub(crate) fn close(self, last: E) {
        drop(self.media);
        self.events.close(last);
    }

    /// Gives local media to another endpoint, and tells the last event.
    pub(crate) fn hand_over(self, to: oneshot::Sender<LocalMedia>, last: E) {
        to.send(self.media);
        self.events.close(last);
    }
}

/// Runs an endpoint until it is over. The requests' end tells its handles that everything is closed.
pub(crate) async fn run<P: Endpoint>(mut endpoint: P, mut requests: Receiver<P::Request>) {
    let core = endpoint.core();
    for source in core.media.devices.on() {
        if let Some(event) = core.media.update(source) {
            core.tell_local(event);
        }
        // It was so before, and told to somebody else, or to nobody.
        if core.media.devices.is_interrupted(source) {
            core.tell_local(LocalEvent::Interrupted { source, interrupted: true });
        }
    }
    let mut timer = None;
    let error = loop {
        settle(&mut endpoint);
        if let Some(End(error)) = endpoint.core().end.take() {
            break error;
        }
        set_timer(&mut timer, endpoint.deadline(), endpoint.core().clock);
        let wakeup = poll_fn(|cx| poll_wakeup(&mut endpoint, &mut requests, &mut timer, cx)).await;
        handle(&mut endpoint, wakeup);
    };
    endpoint.hang_up(error).await;
    drop(requests);
}

/// Does what follows from what happened, own media first.
fn settle(endpoint: &mut impl Endpoint) {
    while let Some(output) = endpoint.core().media.poll() {
        match output {
            LocalOutput::Change(change) => endpoint.on_local(change),
            LocalOutput::Event(event) => endpoint.core().tell_local(event),
        }
    }
    endpoint.carry_out();
}

/// Deadlines come first, so that no flood starves them.
fn poll_wakeup<P: Endpoint>(
    endpoint: &mut P,
    requests: &mut Receiver<P::Request>,
    timer: &mut Option<(Time, Timer)>,
    cx: &mut Context<'_>,
) -> Poll<Wakeup<P::Request>> {
    if let Some((_, running)) = timer
        && Pin::new(running).poll(cx).is_ready()
    {
        *timer = None;
        return Poll::Ready(Wakeup::Deadline);
    }
    let core = endpoint.core();
    if let Poll::Ready(Some(event)) = core.media.poll_browser_event(cx) {
        return Poll::Ready(Wakeup::BrowserEvent(event));
    }
    if let Poll::Ready(texts) = core.events.poll_read(cx) {
        return Poll::Ready(Wakeup::Read(texts));
    }
    if let Poll::Ready(Some(request)) = core.media.poll_request(cx) {
        return Poll::Ready(Wakeup::Local(request));
    }
    if let Poll::Ready(request) = requests.poll_next_unpin(cx) {
        return Poll::Ready(Wakeup::Request(request));
    }
    endpoint.poll_incoming(cx).map(|()| Wakeup::Incoming)
}

fn handle<P: Endpoint>(endpoint: &mut P, wakeup: Wakeup<P::Request>) {
    match wakeup {
        Wakeup::Deadline => endpoint.on_deadline(),
        Wakeup::BrowserEvent(BrowserEvent::Device(event)) => endpoint.core().media.devices.on_event(event),
        Wakeup::BrowserEvent(BrowserEvent::DevicesChanged) => endpoint.core().tell_local(LocalEvent::DevicesChanged),
        Wakeup::BrowserEvent(BrowserEvent::Blocked(subject)) => endpoint.on_blocked(subject),
        Wakeup::BrowserEvent(BrowserEvent::Connection(connection, event)) => endpoint.on_connection(connection, event),
        Wakeup::BrowserEvent(BrowserEvent::Page(event)) => endpoint.on_page(event),
        Wakeup::Read(texts) => endpoint.on_read(texts),
        Wakeup::Local(request) => {
            let stream = match &request {
                LocalRequest::Attach(attach) => endpoint.stream(attach.subject, attach.kind),
                _ => None,
            };
            endpoint.core().media.on_request(request, stream.as_ref());
        }
        Wakeup::Request(Some(request)) => endpoint.on_request(request),
        Wakeup::Request(None) => endpoint.on_close(),
        // It was handled where it came.
        Wakeup::Incoming => {}
    }
}

fn set_timer(timer: &mut Option<(Time, Timer)>, deadline: Option<Time>, clock: Clock) {
    if timer.as_ref().map(|(set, _)| *set) != deadline {
        *timer = deadline.map(|deadline| (deadline, Timer::new(deadline - clock.now())));
    }
}
