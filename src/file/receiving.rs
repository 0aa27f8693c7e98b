//! The task that receives a file.

use std::rc::Rc;

use futures_util::future::{select, try_join};
use itodenwa_protocol::channel::Data;
use itodenwa_protocol::file::{Fault, HASH_BYTES, Receiving, Word};
use js_sys::Uint8Array;
use web_sys::Blob;

use super::private::PrivateFile;
use super::resumptions::Resumptions;
use super::sink::{Destination, Sink};
use super::talk::{Stop, either, fail, failed_there, tell_wishes, unless_cancelled};
use super::transfer::Shared;
use crate::channel::{Channel, accept};
use crate::dom;
use crate::error::{ChannelError, FileError};
use crate::incoming::Incoming;
use crate::oneshot;

/// Through this channel, if there is one by now, and those that follow.
pub(super) async fn run(
    shared: Rc<Shared>,
    channel: Option<Channel>,
    purpose: String,
    destination: Destination,
) -> Result<Option<Blob>, FileError> {
    let mut sink = match Sink::open(destination, &shared.offer).await {
        Ok(sink) => sink,
        Err(why) => {
            if let Some(channel) = &channel {
                fail(channel, Fault::Storage);
            }
            return Err(why);
        }
    };
    let received = receive(&shared, channel, &purpose, &mut sink).await;
    match &received {
        Ok(_) => {}
        // The other side may come again, and so may this one.
        Err(FileError::PeerGone | FileError::RoomClosed) => sink.keep().await,
        Err(_) => sink.remove().await,
    }
    received.map(Some)
}

/// Through one channel after the other, each with this purpose.
async fn receive(
    shared: &Shared,
    mut channel: Option<Channel>,
    purpose: &str,
    sink: &mut Sink,
) -> Result<Blob, FileError> {
    let mut machine = Receiving::new(shared.offer.size);
    loop {
        // The other side may open the next one before it is known here that this one is lost.
        let next = wait_for_next(shared, purpose)?;
        if let Some(channel) = channel.take() {
            match unless_cancelled(shared, once(shared, &channel, &mut machine, sink)).await {
                Ok(file) => return Ok(file),
                Err(Stop::Failed(why)) => return Err(why),
                Err(Stop::Lost) => shared.set_connection(false),
            }
            sink.flush().await.map_err(|_| FileError::Storage)?;
        }
        let next = unless_cancelled(shared, async { next.await.map_err(|_| FileError::PeerGone.into()) });
        let incoming = next.await.map_err(|stop| match stop {
            Stop::Failed(why) => why,
            Stop::Lost => FileError::PeerGone,
        })?;
        channel = match accept(&incoming) {
            Ok(channel) => Some(channel),
            // It is lost, too.
            Err(ChannelError::Lost) => None,
            Err(_) => return Err(FileError::CancelledByPeer),
        };
    }
}

/// The next channel for this. One that left before it is waited for opens none.
fn wait_for_next(shared: &Shared, purpose: &str) -> Result<oneshot::Receiver<Incoming>, FileError> {
    let room = shared.peer.room().upgrade().ok_or(FileError::RoomClosed)?;
    let next = room.resumptions.get_or_init(|| Box::<Resumptions>::default()).wait(shared.peer.id(), purpose);
    let is_there = room.snapshot.peers.change(|peers| peers.contains(&shared.peer));
    // A transfer does not keep the room open.
    if is_there { Ok(next) } else { Err(FileError::PeerGone) }
}

/// Through one channel.
async fn once(shared: &Shared, channel: &Channel, machine: &mut Receiving, sink: &mut Sink) -> Result<Blob, Stop> {
    shared.set_connection(true);
    let wishes = async { tell_wishes(shared, channel).await.and(Err(Stop::Lost)) };
    either(store(shared, channel, machine, sink), wishes).await
}

/// Until everything is there.
async fn store(shared: &Shared, channel: &Channel, machine: &mut Receiving, sink: &mut Sink) -> Result<Blob, Stop> {
    if let Some(file) = sink.kept() {
        *machine = compare(shared, channel, file).await?;
    }
    channel.send(Word::From(machine.next()).write()).await?;
    while !machine.is_complete() {
        select(std::pin::pin!(shared.wanted()), std::pin::pin!(channel.closed())).await;
        match channel.receive().await? {
            Some(Data::Bytes(message)) => {
                store_block(machine, sink, message).await.map_err(|fault| fail(channel, fault))?;
                let word = Word::Stored(machine.stored());
                shared.moved(machine.bytes());
                channel.send(word.write()).await?;
            }
            Some(Data::Text(text)) => {
                if heard(shared, channel, &text)?.is_some() {
                    return Err(fail(channel, Fault::Malformed));
                }
            }
            None => return Err(FileError::CancelledByPeer.into()),
        }
    }
    let file = sink.finish(&shared.offer).await.map_err(|_| fail(channel, Fault::Storage))?;
    // One that is gone need not know.
    match channel.send(Word::Done.write()).await {
        Ok(()) | Err(ChannelError::Lost | ChannelError::PeerGone | ChannelError::Closed) => Ok(file),
        Err(why) => Err(why.into()),
    }
}

/// What is here of before is only gone on with if the sender has the same.
async fn compare(shared: &Shared, channel: &Channel, file: &mut PrivateFile) -> Result<Receiving, Stop> {
    let size = shared.offer.size;
    let asked = file.to_compare().filter(|_| shared.offer.compares());
    let is_same = match asked {
        Some(count) => {
            shared.set_comparing(true);
            channel.send(Word::Compare(count).write()).await?;
            let (own, theirs) = try_join(async { Ok(file.digest().await) }, digest(shared, channel)).await?;
            shared.set_comparing(false);
            own == Some(theirs)
        }
        None => false,
    };
    file.compared(is_same).await.map_err(|_| fail(channel, Fault::Storage))?;
    let machine = Receiving::resumed(size, asked.filter(|_| is_same).unwrap_or_default());
    shared.kept(machine.bytes());
    Ok(machine)
}

/// What the sender has of as many blocks.
async fn digest(shared: &Shared, channel: &Channel) -> Result<[u8; HASH_BYTES], Stop> {
    loop {
        match channel.receive().await? {
            Some(Data::Text(text)) => match heard(shared, channel, &text)? {
                Some(Word::Digest(digest)) => return Ok(digest),
                Some(_) => return Err(fail(channel, Fault::Malformed)),
                None => {}
            },
            Some(Data::Bytes(_)) => return Err(fail(channel, Fault::Malformed)),
            None => return Err(FileError::CancelledByPeer.into()),
        }
    }
}

/// A word that may be said at any time, or gives it back.
fn heard(shared: &Shared, channel: &Channel, text: &str) -> Result<Option<Word>, Stop> {
    match Word::read(text).ok_or(Fault::Malformed).map_err(|fault| fail(channel, fault))? {
        word @ (Word::Pause | Word::Resume) => shared.paused_there(word == Word::Pause),
        Word::Failed(fault) => return Err(failed_there(fault)),
        word => return Ok(Some(word)),
    }
    Ok(None)
}

async fn store_block(machine: &Receiving, sink: &mut Sink, message: Vec<u8>) -> Result<(), Fault> {
    let received = machine.receive(message)?;
    let bytes = Uint8Array::from(received.bytes());
    if dom::sha256(&bytes).await.ok().as_deref() != Some(received.hash()) {
        return Err(Fault::Hash);
    }
    sink.write(received.start, &bytes).await.map_err(|_| Fault::Storage)
}
