//! The sockets of the relay, with large buffers: what comes at once must not be lost while something else is done.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::client_socket::ClientSocket;
use mio::net::{TcpListener, UdpSocket};
use socket2::{Domain, Protocol, Socket, Type};

/// What the sockets that all clients share may hold, in bytes; the system may give less.
const SHARED_BUFFER: usize = 4 << 20;
/// What an allocation's socket may hold, in bytes.
const RELAY_BUFFER: usize = 1 << 20;
/// TCP connections that wait to be accepted.
const BACKLOG: i32 = 256;
/// How often another port is tried when UDP has one that TCP cannot have.
const TRIES: usize = 16;

/// One worker's place at the port.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) udp: ClientSocket,
    pub(super) tcp: TcpListener,
}

/// Whether the system gives each client's packets to the same one of several sockets.
pub(super) const SHARES: bool = cfg!(target_os = "linux");

/// Listens at an address for so many workers, UDP and TCP at the same port.
pub(super) fn listen(address: SocketAddr, workers: usize) -> io::Result<(SocketAddr, Vec<Listeners>)> {
    let address = free(address)?;
    let listeners: io::Result<Vec<_>> = (0..workers).map(|_| Listeners::bind(address, workers > 1)).collect();
    Ok((address, listeners?))
}

/// An address that nobody has. Sockets that share a port would share it with another server, too.
fn free(address: SocketAddr) -> io::Result<SocketAddr> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let udp = std::net::UdpSocket::bind(address)?;
        let found = udp.local_addr()?;
        match std::net::TcpListener::bind(found) {
            Ok(_) => return Ok(found),
            Err(_) if address.port() == 0 && tries > 0 => {}
            Err(error) => return Err(error),
        }
    }
}

impl Listeners {
    fn bind(address: SocketAddr, shared: bool) -> io::Result<Self> {
        let udp = socket(address, Type::DGRAM, Protocol::UDP)?;
        share(&udp, shared)?;
        widen(&udp, SHARED_BUFFER);
        udp.bind(&address.into())?;
        let tcp = socket(address, Type::STREAM, Protocol::TCP)?;
        share(&tcp, shared)?;
        #[cfg(unix)]
        tcp.set_reuse_address(true)?;
        tcp.bind(&address.into())?;
        tcp.listen(BACKLOG)?;
        Ok(Listeners { udp: ClientSocket::new(udp.into())?, tcp: TcpListener::from_std(tcp.into()) })
    }
}

/// The socket of an allocation.
pub(super) fn relay(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(ip, port);
    let udp = socket(address, Type::DGRAM, Protocol::UDP)?;
    if ip.is_ipv6() {
        udp.set_only_v6(true)?;
    }
    widen(&udp, RELAY_BUFFER);
    udp.bind(&address.into())?;
    Ok(UdpSocket::from_std(udp.into()))
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn share(socket: &Socket, shared: bool) -> io::Result<()> {
    if shared { socket.set_reuse_port(true) } else { Ok(()) }
}

#[cfg(not(target_os = "linux"))]
fn share(_: &Socket, _: bool) -> io::Result<()> {
    Ok(())
}

/// A smaller buffer only loses more.
fn widen(socket: &Socket, bytes: usize) {
    let _ = socket.set_recv_buffer_size(bytes);
    let _ = socket.set_send_buffer_size(bytes);
}
