//! One WebSocket: what comes in goes to the switchboard, what is in the queue goes out, within limits and deadlines.

mod end;
mod paced;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use itodenwa_wire::RefusalCode;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::Limits;
use crate::hub::{Closing, ConnectionId};
use crate::message;
use crate::queue::QueueReceiver;
use crate::rate::{Bucket, Meter};
use crate::switchboard::Call;
use end::End;
use paced::Paced;

type Stream = WebSocketStream<Paced<TokioIo<Upgraded>>>;

/// How much is read from, and collected before it is written to, a connection at once: each has its own buffers.
/// Enough for a candidate in one piece; a description takes several.
const BUFFER_BYTES: usize = 1024;

/// One connection's task.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) id: ConnectionId,
    pub(crate) limits: Arc<Limits>,
    pub(crate) calls: mpsc::Sender<Call>,
    pub(crate) queue: QueueReceiver,
    pub(crate) closing: oneshot::Receiver<Closing>,
}

impl Socket {
    /// Takes the connection over from HTTP, and keeps it until it is closed.
    pub(crate) async fn run(mut self, upgrade: OnUpgrade) {
        let join_by = Instant::now() + self.limits.join_timeout;
        let stream = match timeout_at(join_by, upgrade).await {
            Ok(Ok(upgraded)) => {
                let bytes = meter(&self.limits, self.limits.byte_rate, self.limits.byte_burst);
                let io = Paced::new(TokioIo::new(upgraded), bytes);
                WebSocketStream::from_raw_socket(io, Role::Server, Some(websocket_config(&self.limits))).await
            }
            Ok(Err(_)) | Err(_) => return self.tell(&End::Lost).await,
        };
        let (mut sink, mut source) = stream.split();
        let end = tokio::select! {
            biased;
            closing = &mut self.closing => closing.map_or(End::Lost, End::Closed),
            end = read(&mut source, self.id, &self.limits, &self.calls, join_by) => end,
            end = write(&mut sink, &mut self.queue, &self.limits) => end,
        };
        self.tell(&end).await;
        if let Ok(stream) = sink.reunite(source) {
            // Whatever fails now, the connection is dropped next. In a box: what only the end needs, nobody keeps meanwhile.
            let end = Box::pin(end::finish(stream, end));
            let _ = timeout(self.limits.close_timeout, end).await;
        }
    }

    /// Tells the switchboard, before the end of the connection takes its time.
    async fn tell(&self, end: &End) {
        // Without a switchboard there is nobody left to be told.
        let _ = self.calls.send(Call::Ended(self.id, end.ending(), end.refusal())).await;
    }
}

/// Reads until the end. A connection that is too fast, or faster than the switchboard, is read later.
async fn read(
    source: &mut SplitStream<Stream>,
    id: ConnectionId,
    limits: &Limits,
    calls: &mpsc::Sender<Call>,
    join_by: Instant,
) -> End {
    let mut messages = meter(limits, limits.message_rate, limits.message_burst);
    // None before the first message.
    let mut heard = None;
    loop {
        let silence_until = heard.map_or(join_by, |heard| heard + limits.idle_timeout);
        let message = match timeout_at(silence_until, source.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => return End::of(error, limits),
            Ok(None) => return End::Lost,
            Err(_) => return heard.map_or_else(never_joined, |heard| End::Silent { heard }),
        };
        let delay = match messages.charge(Instant::now().into_std(), 1) {
            Ok(delay) => delay,
            Err(too_fast) => return End::too_fast(too_fast),
        };
        let received = match message {
            Message::Text(text) => Some(message::parse(&text, limits)),
            Message::Binary(_) => Some(Err(message::binary())),
            Message::Close(frame) => return End::by_client(frame),
            // A ping is answered by the library.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => None,
        };
        let counts = heard.is_some() || received.is_some();
        if let Some(received) = received
            && calls.send(Call::Received(id, received)).await.is_err()
        {
            return End::Lost;
        }
        // Even no time would be waited for by a timer.
        if !delay.is_zero() {
            sleep(delay).await;
        }
        heard = counts.then(Instant::now);
    }
}

fn never_joined() -> End {
    End::Closed(Closing::refusing(RefusalCode::JoinTimeout, "no message came in time"))
}

/// Writes until the end, and a ping now and then: browsers answer it by themselves, so that only the dead are silent.
async fn write(sink: &mut SplitSink<Stream, Message>, queue: &mut QueueReceiver, limits: &Limits) -> End {
    let mut pings = interval((limits.idle_timeout / 3).max(Duration::from_millis(1)));
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let message = tokio::select! {
            message = queue.next() => match message {
                Some(text) => Message::Text(text),
                None => return End::Lost,
            },
            _ = pings.tick() => Message::Ping(Default::default()),
        };
        if let Err(end) = write_all(sink, message, queue, limits).await {
            return end;
        }
    }
}

/// Writes a message and those that came meanwhile. Each has its own time: a slow reader that reads is not a dead one.
async fn write_all(
    sink: &mut SplitSink<Stream, Message>,
    first: Message,
    queue: &mut QueueReceiver,
    limits: &Limits,
) -> Result<(), End> {
    in_time(sink.feed(first), limits).await?;
    while let Some(text) = queue.next_now() {
        in_time(sink.feed(Message::Text(text)), limits).await?;
    }
    in_time(sink.flush(), limits).await
}

async fn in_time(write: impl Future<Output = Result<(), Error>>, limits: &Limits) -> Result<(), End> {
    match timeout(limits.write_timeout, write).await {
        Ok(written) => written.map_err(|error| End::of(error, limits)),
        Err(_) => Err(End::Silent { heard: Instant::now() }),
    }
}

fn meter(limits: &Limits, rate: usize, burst: usize) -> Meter {
    Meter::new(Bucket::new(Instant::now().into_std(), rate, burst), limits.rate_patience)
}

fn websocket_config(limits: &Limits) -> WebSocketConfig {
    // A frame that says it is larger is refused before it is read.
    WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(Some(limits.signal_bytes))
        .max_frame_size(Some(limits.signal_bytes))
}
