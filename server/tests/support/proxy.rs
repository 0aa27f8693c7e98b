//! A TCP proxy between a node and its Redis, which a test makes slow or cuts.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Bytes that are read at once.
const PIECE: usize = 4096;
/// Pieces that are on their way: what is more has to wait, as in a real network.
const PIECES: usize = 64;

/// How one direction is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Way {
    /// What each piece takes.
    pub(crate) delay: Duration,
    /// Bytes for each second; none: as many as there are.
    pub(crate) rate: Option<u32>,
    /// Nothing arrives. As TCP sends it again and again, it does once the cut is mended.
    pub(crate) is_cut: bool,
}

impl Way {
    pub(crate) const CUT: Way = Way { delay: Duration::ZERO, rate: None, is_cut: true };
}

/// Passes connections on; dropped, it ends them.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    to: watch::Sender<Way>,
    from: watch::Sender<Way>,
    /// How often all connections of before were forgotten.
    forgotten: watch::Sender<u32>,
    _accepts: JoinSet<()>,
}

impl Proxy {
    /// To this port, without any harm yet.
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ((to, ways_to), (from, ways_from)) = (watch::channel(Way::default()), watch::channel(Way::default()));
        let (forgotten, times_forgotten) = watch::channel(0);
        let mut accepts = JoinSet::new();
        accepts.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let passing = pass(near, ([127, 0, 0, 1], target).into(), ways_to.clone(), ways_from.clone());
                let mut forgotten = times_forgotten.clone();
                forgotten.mark_unchanged();
                connections.spawn(async move {
                    tokio::pin!(passing);
                    tokio::select! {
                        () = &mut passing => {}
                        // It is held, and nothing is passed on any more.
                        Ok(()) = forgotten.changed() => std::future::pending().await,
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Proxy { port, to, from, forgotten, _accepts: accepts }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on: what goes to the target, and what comes from it.
    pub(crate) fn set(&self, to: Way, from: Way) {
        self.to.send_replace(to);
        self.from.send_replace(from);
    }

    /// As a firewall that forgets connections: nothing that is said on those of now arrives any more, and nobody is told. New ones work.
    pub(crate) fn forget(&self) {
        self.forgotten.send_modify(|times| *times += 1);
    }
}

/// Until one side breaks, or both have ended.
async fn pass(near: TcpStream, target: SocketAddr, to: watch::Receiver<Way>, from: watch::Receiver<Way>) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let ((near_reads, near_writes), (far_reads, far_writes)) = (near.into_split(), far.into_split());
    let _ = tokio::try_join!(one_way(near_reads, far_writes, to), one_way(far_reads, near_writes, from));
}

async fn one_way(from: OwnedReadHalf, to: OwnedWriteHalf, way: watch::Receiver<Way>) -> std::io::Result<()> {
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::try_join!(read(from, sender, way.clone()), write(to, receiver, way)).map(drop)
}

/// Pieces, and when they are to arrive.
async fn read(
    mut from: OwnedReadHalf,
    pieces: mpsc::Sender<(Instant, Vec<u8>)>,
    way: watch::Receiver<Way>,
) -> std::io::Result<()> {
    loop {
        let mut piece = vec![0; PIECE];
        let length = from.read(&mut piece).await?;
        piece.truncate(length);
        let delay = way.borrow().delay;
        if pieces.send((Instant::now() + delay, piece)).await.is_err() || length == 0 {
            return Ok(());
        }
    }
}

async fn write(
    mut to: OwnedWriteHalf,
    mut pieces: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut way: watch::Receiver<Way>,
) -> std::io::Result<()> {
    while let Some((at, piece)) = pieces.recv().await {
        sleep_until(at).await;
        let Ok(rate) = way.wait_for(|way| !way.is_cut).await.map(|way| way.rate) else { break };
        if piece.is_empty() {
            break;
        }
        to.write_all(&piece).await?;
        if let Some(rate) = rate {
            sleep_until(Instant::now() + Duration::from_secs(1) * piece.len() as u32 / rate).await;
        }
    }
    to.shutdown().await
}
