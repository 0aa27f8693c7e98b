//! One TCP connection of a client: plain TURN or TURN over TLS, whichever the first byte says.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use mio::net::TcpStream;
use rustls::{ServerConfig, ServerConnection};

use super::framing::{Frame, MESSAGE_BYTES, frame, is_answer};
use super::io::Client;
use super::ledger::ConnectionPermit;
use super::limits::TurnLimits;

/// The first byte of TLS: a handshake record (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;
/// What TLS adds to a message at most.
const RECORD_OVERHEAD: usize = 256;
/// Bytes of answers that wait to be written, besides what else may: nobody asks again over a connection (RFC 8489, section 6.2.2).
const ANSWER_BYTES: usize = 4096;
/// How much is read at once.
const CHUNK: usize = 4096;

/// One TCP connection of a client.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    pub(super) client: Client,
    layer: Layer,
    /// What came and is not a whole message yet: less than a message and a chunk.
    input: Vec<u8>,
    /// What the system did not take yet: at most [`TurnLimits::turn_queue_bytes`], and [`ANSWER_BYTES`].
    output: Vec<u8>,
    /// Since when the system has taken nothing of the output.
    stalled: Option<Instant>,
    /// When it is closed if nothing comes.
    silent_until: Instant,
    /// When its deadline is looked at next.
    pub(super) watched: Instant,
    _permit: ConnectionPermit,
}

#[derive(Debug)]
enum Layer {
    /// Nothing came yet.
    Unknown(Option<Arc<ServerConfig>>),
    Plain,
    Tls(Box<ServerConnection>),
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// There may be more.
    More,
    /// There is no more now.
    Drained,
    /// The connection is over.
    Over,
}

impl Stream {
    pub(super) fn new(
        socket: TcpStream,
        client: Client,
        permit: ConnectionPermit,
        tls: Option<Arc<ServerConfig>>,
        now: Instant,
        limits: &TurnLimits,
    ) -> Self {
        let silent_until = now + limits.turn_first_timeout;
        Stream {
            socket,
            client,
            layer: Layer::Unknown(tls),
            input: Vec::new(),
            output: Vec::new(),
            stalled: None,
            silent_until,
            watched: silent_until,
            _permit: permit,
        }
    }

    /// When it is closed, unless something happens before.
    pub(super) fn deadline(&self, limits: &TurnLimits) -> Instant {
        let stalled = self.stalled.map(|since| since + limits.turn_write_timeout);
        stalled.map_or(self.silent_until, |stalled| stalled.min(self.silent_until))
    }

    /// Reads once. Messages are [taken](Stream::message) before it is called again.
    pub(super) fn read(&mut self, now: Instant, limits: &TurnLimits) -> Progress {
        match self.try_read(now, limits) {
            Ok(0) => Progress::Over,
            Ok(_) => Progress::More,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => Progress::Drained,
                io::ErrorKind::Interrupted => Progress::More,
                _ => Progress::Over,
            },
        }
    }

    fn try_read(&mut self, now: Instant, limits: &TurnLimits) -> io::Result<usize> {
        let mut chunk = [0; CHUNK];
        if let Layer::Unknown(tls) = &self.layer {
            let mut first = [0];
            if self.socket.peek(&mut first)? == 0 {
                return Ok(0);
            }
            self.layer = match tls {
                Some(tls) if first == [HANDSHAKE] => Layer::tls(tls)?,
                _ => Layer::Plain,
            };
            self.silent_until = now + limits.turn_first_timeout;
        }
        let read = match &mut self.layer {
            Layer::Tls(tls) => {
                let read = tls.read_tls(&mut self.socket)?;
                let processed = tls.process_new_packets();
                loop {
                    match tls.reader().read(&mut chunk) {
                        Ok(length) if length > 0 => {
                            self.input.extend_from_slice(chunk.get(..length).unwrap_or_default())
                        }
                        // Nothing more for now, or the client has said goodbye.
                        _ => break,
                    }
                }
                // Also an alert is something to be sent.
                self.seal()?;
                self.flush(now);
                processed.map_err(io::Error::other)?;
                read
            }
            Layer::Plain | Layer::Unknown(_) => {
                let read = self.socket.read(&mut chunk)?;
                self.input.extend_from_slice(chunk.get(..read).unwrap_or_default());
                read
            }
        };
        Ok(read)
    }

    /// Takes the next message, into a buffer. An error if what came is none.
    pub(super) fn message(&mut self, now: Instant, limits: &TurnLimits, into: &mut Vec<u8>) -> Result<bool, Garbage> {
        match frame(&self.input) {
            Frame::Whole { message, taken } => {
                into.clear();
                into.extend_from_slice(self.input.get(..message).unwrap_or_default());
                self.input.drain(..taken);
                self.silent_until = now + limits.turn_idle_timeout;
                Ok(true)
            }
            Frame::Part => Ok(false),
            Frame::Garbage => Err(Garbage),
        }
    }

    /// Sends a message. There is a limit to what waits: packets that do not fit are lost; for an answer there is more room, and if that
    /// is full, too, the connection is over.
    pub(super) fn send(&mut self, now: Instant, limits: &TurnLimits, message: &[u8]) {
        let waits = self.output.len() + message.len() + RECORD_OVERHEAD;
        if is_answer(message) {
            if waits > limits.turn_queue_bytes + ANSWER_BYTES {
                self.silent_until = now;
                return;
            }
        } else if waits > limits.turn_queue_bytes {
            return;
        }
        match &mut self.layer {
            Layer::Tls(tls) => {
                // It takes what is less than its own limit, and that is more than a message.
                if tls.writer().write_all(message).is_err() || self.seal().is_err() {
                    self.silent_until = now;
                }
            }
            Layer::Plain | Layer::Unknown(_) => self.output.extend_from_slice(message),
        }
        self.flush(now);
    }

    /// Gives to the system what it takes.
    pub(super) fn flush(&mut self, now: Instant) {
        let mut taken = 0;
        while let Some(rest) = self.output.get(taken..).filter(|rest| !rest.is_empty()) {
            match self.socket.write(rest) {
                Ok(length) if length > 0 => taken += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // If it is broken, reading tells.
                _ => break,
            }
        }
        self.output.drain(..taken);
        self.stalled = match self.stalled {
            _ if self.output.is_empty() => None,
            Some(since) if taken == 0 => Some(since),
            _ => Some(now),
        };
    }

    /// What TLS has to say goes to the output.
    fn seal(&mut self) -> io::Result<()> {
        if let Layer::Tls(tls) = &mut self.layer {
            while tls.wants_write() {
                tls.write_tls(&mut self.output)?;
            }
        }
        Ok(())
    }
}

/// What came is neither STUN nor TURN, or too large.
#[derive(Debug)]
pub(super) struct Garbage;

impl Layer {
    fn tls(config: &Arc<ServerConfig>) -> io::Result<Self> {
        let mut tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        tls.set_buffer_limit(Some(4 * MESSAGE_BYTES));
        Ok(Layer::Tls(Box::new(tls)))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::super::io::Transport;
    use super::super::ledger::Ledger;
    use super::*;

    /// A success response to REFRESH, and channel data: as little, and more.
    const ANSWER: [u8; 20] = [0x01, 0x04, 0, 0, 0x21, 0x12, 0xa4, 0x42, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
    const LITTLE: [u8; 20] = [0x40, 0, 0, 16, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
    const MEDIA: [u8; 1024] = {
        let mut media = [9; 1024];
        (media[0], media[1], media[2], media[3]) = (0x40, 0, 0x03, 0xfc);
        media
    };

    /// A connection whose client reads nothing yet, with as much waiting for it as may.
    fn full(limits: &TurnLimits, now: Instant) -> (Stream, std::net::TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, address) = listener.accept().unwrap();
        socket.set_nonblocking(true).unwrap();
        let permit = std::sync::Arc::new(Ledger::new(limits.clone(), now)).connect(address.ip().into()).unwrap();
        let of = Client { transport: Transport::Stream(1), address };
        let mut stream = Stream::new(TcpStream::from_std(socket), of, permit, None, now, limits);
        for media in [&MEDIA[..], &LITTLE] {
            let mut waits = usize::MAX;
            while stream.output.is_empty() || waits != stream.output.len() {
                waits = stream.output.len();
                stream.send(now, limits, media);
            }
        }
        (stream, client)
    }

    #[test]
    fn an_answer_finds_a_place_behind_media_that_is_not_read() {
        let (limits, now) = (TurnLimits::default(), tokio::time::Instant::now().into_std());
        let (mut stream, mut client) = full(&limits, now);
        stream.send(now, &limits, &ANSWER);
        stream.send(now, &limits, &MEDIA);
        assert!(stream.output.ends_with(&ANSWER));
        assert!(stream.deadline(&limits) > now);
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            client.read_to_end(&mut all).map(|_| all)
        });
        while !stream.output.is_empty() {
            stream.flush(now);
            std::thread::yield_now();
        }
        drop(stream);
        let all = reader.join().unwrap().unwrap();
        let mut rest = &all[..];
        while let Frame::Whole { taken, .. } = frame(rest) {
            rest = &rest[taken..];
        }
        assert!(rest.is_empty(), "nothing in pieces");
        assert!(all.ends_with(&ANSWER));
    }

    #[test]
    fn who_asks_on_and_never_reads_is_hung_up_on() {
        let (limits, now) = (TurnLimits::default(), tokio::time::Instant::now().into_std());
        let (mut stream, _client) = full(&limits, now);
        let mut answers = 0;
        while stream.deadline(&limits) > now {
            stream.send(now, &limits, &ANSWER);
            answers += 1;
            assert!(answers < 1000 && stream.output.len() <= limits.turn_queue_bytes + 4096);
        }
        assert!(answers > 100, "{answers}");
    }
}
