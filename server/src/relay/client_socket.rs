//! The socket of all clients that send datagrams. They are answered from the address that they asked at: this computer may have
//! several, and a client (and the NAT before it) takes nothing from another one (RFC 8656, section 3; RFC 8489, section 7.3.1).

use std::array;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use mio::Registry;
use mio::net::UdpSocket;
use mio::{Interest, Token};
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};

/// How many pieces are read at once.
const PIECES: usize = 16;
/// A piece is one datagram, or several of one size that the system has put together.
const PIECE_BYTES: usize = 64 * 1024;

/// The socket.
#[derive(Debug)]
pub(super) struct ClientSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    /// It is at every address of this computer; otherwise answers come from its own one by themselves.
    is_everywhere: bool,
}

/// What was read at once: [`PIECES`] of [`PIECE_BYTES`] at most.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    read: Vec<RecvMeta>,
}

/// One datagram.
#[derive(Debug)]
pub(super) struct Datagram<'a> {
    pub(super) from: SocketAddr,
    /// The address of this computer that it was sent to, as far as the system says it.
    pub(super) to: Option<IpAddr>,
    pub(super) payload: &'a [u8],
}

impl ClientSocket {
    pub(super) fn new(socket: std::net::UdpSocket) -> io::Result<Self> {
        let state = UdpSocketState::new((&socket).into())?;
        let is_everywhere = socket.local_addr()?.ip().is_unspecified();
        Ok(ClientSocket { socket: UdpSocket::from_std(socket), state, is_everywhere })
    }

    /// Tells when there is something to read.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE)
    }

    /// Reads what is there, [`io::ErrorKind::WouldBlock`] if nothing is.
    pub(super) fn read(&self, batch: &mut Batch) -> io::Result<()> {
        batch.bytes.resize(PIECES * PIECE_BYTES, 0);
        batch.read.resize(PIECES, RecvMeta::default());
        let mut pieces = batch.bytes.chunks_exact_mut(PIECE_BYTES);
        let mut pieces: [_; PIECES] = array::from_fn(|_| IoSliceMut::new(pieces.next().unwrap_or_default()));
        let count = self.socket.try_io(|| self.state.recv((&self.socket).into(), &mut pieces, &mut batch.read));
        batch.read.truncate(*count.as_ref().unwrap_or(&0));
        count.map(drop)
    }

    /// Sends a datagram, from this address of this computer if one is said. What can't be sent now is lost, as in the network.
    pub(super) fn send(&self, payload: &[u8], from: Option<IpAddr>, to: SocketAddr) {
        let Some(from) = from.filter(|_| self.is_everywhere) else {
            let _ = self.socket.send_to(payload, to);
            return;
        };
        let transmit =
            Transmit { destination: to, ecn: None, contents: payload, segment_size: None, src_ip: Some(from) };
        let _ = self.state.try_send((&self.socket).into(), &transmit);
    }
}

impl Batch {
    pub(super) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.read.iter().zip(self.bytes.chunks_exact(PIECE_BYTES)).flat_map(|(read, piece)| {
            let piece = piece.get(..read.len).unwrap_or_default();
            // An empty datagram is one, too, but nobody here has use for it.
            let datagrams = piece.chunks(read.stride.max(1));
            datagrams.map(|payload| Datagram { from: read.addr, to: read.dst_ip, payload })
        })
    }
}
