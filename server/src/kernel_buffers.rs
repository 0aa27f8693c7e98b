//! What the system holds of a TCP connection whose other end reads or writes at its own pace. It does not count as this program's
//! memory, but it is of this computer.

use socket2::SockRef;
use tokio::net::TcpListener;

/// What waits to be sent, in bytes, besides what is on its way: enough to keep a fast line busy until this program is woken.
/// Of a client that reads nothing nothing is on its way, so this is what it holds, and one piece of what it asked for.
#[cfg(target_os = "linux")]
const NOT_SENT_BYTES: u32 = 16 * 1024;
/// What came and is not read yet, in bytes: a description. The system takes as much again for its own notes.
const RECEIVED_BYTES: usize = 64 * 1024;

/// Bounds the buffers of all connections that are accepted here. A failure only means that they are larger.
pub(crate) fn bound(listener: &TcpListener) {
    let socket = SockRef::from(listener);
    let _ = socket.set_recv_buffer_size(RECEIVED_BYTES);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_notsent_lowat(NOT_SENT_BYTES);
}
