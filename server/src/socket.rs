//! One WebSocket: what comes in goes to the connection registry, what is in the queue goes out, within limits and deadlines.

mod ahead;
mod end;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod paced;
mod reader;
mod writer;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use itodenwa_wire::RefusalCode;
use tokio::io::{self, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};

use crate::Limits;
use crate::closing::{Closing, Ending};
use crate::message::{self, Received};
use crate::node::ConnectionId;
use crate::queue::{QueueReceiver, Queued};
use crate::rate::{Bucket, Meter};
use crate::registry_message::RegistryMessage;
use end::End;
use paced::Paced;
use reader::{Message, Reader};
use writer::{Frame, Pings, Writer};

type Io = Paced<TokioIo<Upgraded>>;

/// How much is read ahead from, and collected before it is written to, a connection. Enough for a candidate in one piece; a
/// description is read and written beside it. Neither is kept: who is idle has no buffers.
const BUFFER_BYTES: usize = 1024;

/// One connection's task.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) id: ConnectionId,
    pub(crate) limits: Arc<Limits>,
    /// How long the first message is waited for.
    pub(crate) join_timeout: Duration,
    pub(crate) registry: mpsc::Sender<RegistryMessage>,
    pub(crate) queue: QueueReceiver,
    pub(crate) closing: oneshot::Receiver<Closing>,
}

impl Socket {
    /// Takes the connection over from HTTP, and keeps it until it is closed. Gives what the registry was told.
    pub(crate) async fn run(mut self, upgrade: OnUpgrade) -> Ending {
        let join_by = Instant::now() + self.join_timeout;
        let io = match timeout(self.limits.join_timeout, upgrade).await {
            Ok(Ok(upgraded)) => {
                let bytes = meter(&self.limits, self.limits.byte_rate, self.limits.byte_burst);
                Paced::new(TokioIo::new(upgraded), bytes)
            }
            Ok(Err(_)) | Err(_) => return self.report(&End::Lost).await,
        };
        let (reading, writing) = io::split(io);
        let (mut reader, mut writer) = (Reader::new(reading), Writer::new(writing));
        // Of who is no member yet, or waits to be let in, little is kept.
        let most = AtomicUsize::new(self.limits.first_message_bytes());
        let pings = Pings::default();
        let end = tokio::select! {
            biased;
            closing = &mut self.closing => closing.map_or(End::Lost, End::Closed),
            end = read((&mut reader, &most), &pings, self.id, &self.limits, &self.registry, join_by) => end,
            end = write(&mut writer, (&mut self.queue, &most), &pings, self.id, &self.limits, &self.registry) => end,
        };
        let ending = self.report(&end).await;
        // Whatever fails now, the connection is dropped next. In a box: what only the end needs, nobody keeps meanwhile.
        let end = Box::pin(end::finish(reader, writer, end));
        let _ = timeout(self.limits.close_timeout, end).await;
        ending
    }

    /// Tells the registry, before the end of the connection takes its time.
    async fn report(&self, end: &End) -> Ending {
        let ending = end.ending();
        // Without a registry there is nobody left to be told.
        let _ = self.registry.send(RegistryMessage::Ended(self.id, ending, end.refusal())).await;
        ending
    }
}

/// What is read next; as long as nothing is there, that is told.
async fn or_idle<T>(next: impl Future<Output = T>, meter: &mut Meter) -> T {
    let mut next = pin!(next);
    poll_fn(|cx| {
        let polled = next.as_mut().poll(cx);
        if polled.is_pending() {
            meter.idle(Instant::now().into_std());
        }
        polled
    })
    .await
}

/// Reads until the end, messages of at most so many bytes. A connection that is too fast, or faster than the registry, is read later.
async fn read(
    (reader, most): (&mut Reader<ReadHalf<Io>>, &AtomicUsize),
    pings: &Pings,
    id: ConnectionId,
    limits: &Limits,
    registry: &mpsc::Sender<RegistryMessage>,
    join_by: Instant,
) -> End {
    let mut messages = meter(limits, limits.message_rate, limits.message_burst);
    // None before the first message.
    let mut last_received = None;
    loop {
        let silence_until = last_received.map_or(join_by, |last_received| last_received + limits.idle_timeout);
        let message = match timeout_at(silence_until, or_idle(reader.next(most), &mut messages)).await {
            Ok(Ok(message)) => message,
            Ok(Err(broken)) => return End::of(broken),
            Err(_) => return last_received.map_or_else(never_joined, |last_received| End::Silent { last_received }),
        };
        let delay = match messages.charge(Instant::now().into_std(), 1) {
            Ok(delay) => delay,
            Err(too_fast) => return End::too_fast(too_fast),
        };
        let received = match message {
            Message::Text(text) => Some(match message::parse(&text, limits) {
                Ok(Received::Message(message)) => RegistryMessage::Received(id, Ok(message)),
                Ok(Received::Unknown) => RegistryMessage::Unknown(id),
                Err(closing) => RegistryMessage::Received(id, Err(closing)),
            }),
            Message::Binary => Some(RegistryMessage::Received(id, Err(message::binary()))),
            Message::Close(code) => return End::ClosedByClient(code),
            Message::Ping(payload) => {
                pings.put(payload);
                None
            }
            Message::Pong => None,
        };
        let is_message = received.is_some();
        if let Some(received) = received
            && registry.send(received).await.is_err()
        {
            return End::Lost;
        }
        // Even no time would be waited for by a timer.
        if !delay.is_zero() {
            sleep(delay).await;
        }
        // Pongs keep an idle connection, and not what a message that never ends has taken.
        if is_message || last_received.is_some() && !reader.is_within_message() {
            last_received = Some(Instant::now());
        }
    }
}

fn never_joined() -> End {
    End::Closed(Closing::refusing(RefusalCode::JoinTimeout, "no message came in time"))
}

/// Writes until the end: what is in the queue, pongs, and a ping now and then. Browsers answer it by themselves, so that only
/// the dead are silent. From its welcome on a member may say more.
async fn write(
    writer: &mut Writer<WriteHalf<Io>>,
    (queue, most): (&mut QueueReceiver, &AtomicUsize),
    pings: &Pings,
    id: ConnectionId,
    limits: &Limits,
    registry: &mpsc::Sender<RegistryMessage>,
) -> End {
    let mut own_pings = interval((limits.idle_timeout / 3).max(Duration::from_millis(1)));
    own_pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    own_pings.reset();
    loop {
        let mut is_marked = false;
        let mut taken = |queued| match queued {
            Queued::Text(text) => Some(Frame::Text(text.into())),
            Queued::Welcome(text) => {
                most.store(limits.signal_bytes, Ordering::Relaxed);
                Some(Frame::Text(text.into()))
            }
            Queued::Mark => {
                is_marked = true;
                None
            }
        };
        let frame = tokio::select! {
            queued = queue.next() => match queued {
                Some(queued) => taken(queued),
                None => return End::Lost,
            },
            payload = pings.next() => Some(Frame::Pong(payload)),
            _ = own_pings.tick() => Some(Frame::Ping),
        };
        frame.into_iter().for_each(|frame| writer.put(frame));
        while !writer.is_full()
            && let Some(queued) = queue.next_now()
        {
            taken(queued).into_iter().for_each(|frame| writer.put(frame));
        }
        // What is written at once has its own time: a slow reader that reads is not a dead one.
        match timeout(limits.write_timeout, writer.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return End::of_io(error),
            Err(_) => return End::Silent { last_received: Instant::now() },
        }
        if is_marked && registry.send(RegistryMessage::Taken(id)).await.is_err() {
            return End::Lost;
        }
    }
}

fn meter(limits: &Limits, rate: usize, burst: usize) -> Meter {
    Meter::new(Bucket::new(Instant::now().into_std(), rate, burst), limits.rate_patience)
}
