//! Signaling whose packets are sealed. What is sent, and what comes, keeps its order.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use itodenwa_wire::{ClientMessage, Delivery, Packet, PeerId, SEALED, ServerMessage, Signal};

use super::cipher::Cipher;
use crate::error::SignalingError;
use crate::signaling::Signaling;

/// Messages that wait until those before them are sealed.
const OUTGOING: usize = 256;
/// Messages that wait until those before them are opened; more are not taken from the socket meanwhile.
const INCOMING: usize = 64;

/// What is said before the base64 of what goes with a join.
const JOIN: &str = "join:";

type Message = Result<ServerMessage, SignalingError>;

pub(super) struct Sealed {
    signaling: Box<dyn Signaling>,
    cipher: Cipher,
    room: String,
    me: Option<PeerId>,
    /// None stands for what the browser did not seal: the link says it again.
    outgoing: Queue<Option<ClientMessage>>,
    incoming: Queue<Message>,
    has_ended: bool,
}

impl Sealed {
    pub(super) fn new(signaling: Box<dyn Signaling>, cipher: Cipher, room: String) -> Self {
        Sealed {
            signaling,
            cipher,
            room,
            me: None,
            outgoing: Queue::default(),
            incoming: Queue::default(),
            has_ended: false,
        }
    }

    /// What a body is bound to.
    fn about(&self, from: PeerId, to: PeerId, packet: &Packet) -> String {
        let Packet { from_epoch, to_epoch, seq, ack, .. } = packet;
        let numbers =
            [from_epoch.get(), to_epoch.get(), u64::from(*seq), u64::from(*ack)].map(|number| number.to_string());
        let [from_epoch, to_epoch, seq, ack] = &numbers;
        let (from, to) = (from.to_string(), to.to_string());
        [&self.room, "\n", &from, "\n", &to, "\n", from_epoch, "\n", to_epoch, "\n", seq, "\n", ack].concat()
    }

    /// What a body that goes with a join is bound to: nobody knows for whom it will be, or from whom.
    fn about_join(&self, seq: u32) -> String {
        [&self.room, "\n", JOIN, "\n", &seq.to_string()].concat()
    }

    /// Sends what is sealed, in its order.
    fn flush(&mut self, cx: &mut Context<'_>) -> Result<(), SignalingError> {
        while let Poll::Ready(Some(message)) = self.outgoing.poll(cx) {
            if let Some(message) = message {
                self.signaling.send(&message)?;
            }
        }
        Ok(())
    }

    /// Takes a message, and begins to open it.
    fn receive(&mut self, message: Message) {
        if let Ok(ServerMessage::Welcome(welcome)) = &message {
            self.me = Some(welcome.me.id);
        }
        let Ok(ServerMessage::Signal(Delivery { from, mut packet })) = message else {
            return self.incoming.push(message);
        };
        let (Some(body), Some(me)) = (packet.body.take(), self.me) else {
            return self.incoming.push(Ok(ServerMessage::Signal(Delivery { from, packet })));
        };
        let Some(sealed) = body.strip_prefix(SEALED) else {
            return self.incoming.push(Err(SignalingError::Sealed(from)));
        };
        let opening = match sealed.strip_prefix(JOIN) {
            Some(sealed) => self.cipher.open(sealed, &self.about_join(packet.seq)),
            None => self.cipher.open(sealed, &self.about(from, me, &packet)),
        };
        self.incoming.push_later(async move {
            packet.body = Some(opening.await.ok_or(SignalingError::Sealed(from))?);
            Ok(ServerMessage::Signal(Delivery { from, packet }))
        });
    }
}

impl Signaling for Sealed {
    fn send(&mut self, message: &ClientMessage) -> Result<(), SignalingError> {
        if self.outgoing.len() >= OUTGOING {
            return Err(SignalingError::Lost("too much waits to be sealed".into()));
        }
        match (message, self.me) {
            (ClientMessage::Signal(Signal { to, packet: packet @ Packet { body: Some(body), .. } }), Some(me)) => {
                let sealing = self.cipher.seal(body, &self.about(me, *to, packet));
                let mut signal = Signal { to: *to, packet: packet.clone() };
                self.outgoing.push_later(async move {
                    signal.packet.body = Some([SEALED, &sealing.await?].concat());
                    Some(ClientMessage::Signal(signal))
                });
            }
            (ClientMessage::Join(join), _) if !join.offer.is_empty() => {
                let mut join = join.clone();
                let sealing: Vec<_> = (1..)
                    .zip(std::mem::take(&mut join.offer))
                    .map(|(seq, body)| self.cipher.seal(&body, &self.about_join(seq)))
                    .collect();
                self.outgoing.push_later(async move {
                    for sealing in sealing {
                        let Some(sealed) = sealing.await else {
                            // The call begins without it.
                            join.offer.clear();
                            break;
                        };
                        join.offer.push([SEALED, JOIN, &sealed].concat());
                    }
                    Some(ClientMessage::Join(join))
                });
            }
            // Nobody is known before the welcome.
            (ClientMessage::Signal(Signal { packet: Packet { body: Some(_), .. }, .. }), None) => {}
            _ if self.outgoing.len() == 0 => return self.signaling.send(message),
            _ => self.outgoing.push(Some(message.clone())),
        }
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.outgoing.len() + self.signaling.waiting()
    }
}

impl Stream for Sealed {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        if let Err(error) = self.flush(cx) {
            return Poll::Ready(Some(Err(error)));
        }
        while !self.has_ended && self.incoming.len() < INCOMING {
            match self.signaling.poll_next_unpin(cx) {
                Poll::Ready(Some(message)) => self.receive(message),
                Poll::Ready(None) => self.has_ended = true,
                Poll::Pending => break,
            }
        }
        match self.incoming.poll(cx) {
            Poll::Ready(None) if !self.has_ended => Poll::Pending,
            message => message,
        }
    }
}

/// Values in their order, some of which come later.
struct Queue<T>(VecDeque<Later<T>>);

enum Later<T> {
    Now(T),
    Later(Pin<Box<dyn Future<Output = T>>>),
}

impl<T> Queue<T> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, value: T) {
        self.0.push_back(Later::Now(value));
    }

    fn push_later(&mut self, value: impl Future<Output = T> + 'static) {
        self.0.push_back(Later::Later(Box::pin(value)));
    }

    /// The first one, as soon as it is there; none if nothing is waited for.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let value = match self.0.pop_front() {
            None => return Poll::Ready(None),
            Some(Later::Now(value)) => value,
            Some(Later::Later(mut later)) => match later.as_mut().poll(cx) {
                Poll::Ready(value) => value,
                Poll::Pending => {
                    self.0.push_front(Later::Later(later));
                    return Poll::Pending;
                }
            },
        };
        Poll::Ready(Some(value))
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue(VecDeque::new())
    }
}
