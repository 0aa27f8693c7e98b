//! The port of the server: taken at the start, listened at when everything else is there.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use crate::kernel_buffers;
use crate::start_error::StartError;

/// Connections that wait to be accepted, as many as tokio lets wait.
const BACKLOG: u32 = 1024;

/// A port that is this server's.
pub(crate) enum Port {
    Open(TcpListener),
    /// Who comes is refused still.
    Closed(TcpSocket),
}

impl Port {
    fn take(address: SocketAddr, is_late: bool) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // As TcpListener does: connections of a server that was here before keep nobody from the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        if is_late { Ok(Port::Closed(socket)) } else { Ok(Port::Open(socket.listen(BACKLOG)?)) }
    }

    fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Port::Open(listener) => listener.local_addr(),
            Port::Closed(socket) => socket.local_addr(),
        }
    }

    /// From now on who comes waits to be accepted.
    pub(crate) fn listen(self, address: SocketAddr) -> Result<TcpListener, StartError> {
        let listener = match self {
            Port::Open(listener) => listener,
            Port::Closed(socket) => socket.listen(BACKLOG).map_err(|source| StartError::Listen { address, source })?,
        };
        kernel_buffers::bound(&listener);
        Ok(listener)
    }
}

/// A port, and where it is.
pub(crate) fn claim(address: SocketAddr, further_ports: u16, is_late: bool) -> Result<(Port, SocketAddr), StartError> {
    let mut candidate = address;
    loop {
        match Port::take(candidate, is_late) {
            Ok(port) => {
                let at = port.address().map_err(|source| StartError::Listen { address: candidate, source })?;
                return Ok((port, at));
            }
            Err(source) if has_no_ipv6(candidate, &source) => {
                candidate.set_ip(Ipv4Addr::UNSPECIFIED.into());
                tracing::warn!("this computer has no IPv6: listening at {candidate} instead");
            }
            Err(source) => {
                let next = candidate.port().checked_add(1).filter(|port| port - address.port() <= further_ports);
                match next {
                    Some(port) if source.kind() == io::ErrorKind::AddrInUse => candidate.set_port(port),
                    _ => return Err(StartError::Listen { address: candidate, source }),
                }
            }
        }
    }
}

/// Whether every address was meant, and there is only IPv4.
pub(crate) fn has_no_ipv6(address: SocketAddr, error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own: 97 on Linux, 47 on BSD and macOS, 10047 on Windows.
    let is_unsupported = matches!(error.raw_os_error(), Some(97 | 47 | 10_047));
    let is_unknown = matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported);
    address.is_ipv6() && address.ip().is_unspecified() && (is_unsupported || is_unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_ipv6_every_address_is_every_address_of_ipv4() {
        let every = "[::]:8080".parse().unwrap();
        assert!(has_no_ipv6(every, &io::Error::from_raw_os_error(97)));
        assert!(has_no_ipv6(every, &io::ErrorKind::AddrNotAvailable.into()));
        assert!(!has_no_ipv6(every, &io::ErrorKind::AddrInUse.into()));
        assert!(!has_no_ipv6("[2001:db8::1]:8080".parse().unwrap(), &io::ErrorKind::AddrNotAvailable.into()));
        assert!(!has_no_ipv6("0.0.0.0:8080".parse().unwrap(), &io::ErrorKind::AddrNotAvailable.into()));
    }
}
