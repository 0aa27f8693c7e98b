//! The task that sends a file.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::future::{Either, select};
use itodenwa_protocol::channel::Data;
use itodenwa_protocol::file::{Block, Fault, Sending, Word};
use web_sys::Blob;

use super::digest::digest;
use super::talk::{Stop, either, fail, failed_there, tell_wishes, unless_cancelled};
use super::transfer::Shared;
use crate::channel::{Channel, ChannelOptions, open};
use crate::dom;
use crate::error::FileError;
use crate::snapshot::SnapshotCell;

type Machine = SnapshotCell<Sending>;

pub(super) async fn run(shared: Rc<Shared>, file: Blob) -> Result<Option<Blob>, FileError> {
    let machine = Machine::default();
    machine.change(|machine| *machine = Sending::new(shared.offer.size));
    loop {
        match unless_cancelled(&shared, once(&shared, &file, &machine)).await {
            Ok(()) => return Ok(None),
            Err(Stop::Failed(why)) => return Err(why),
            Err(Stop::Lost) => {
                machine.change(Sending::interrupted);
                shared.set_connection(false);
            }
        }
    }
}

/// Through one channel.
async fn once(shared: &Shared, file: &Blob, machine: &Machine) -> Result<(), Stop> {
    let (name, purpose) = (&shared.offer.name, shared.offer.purpose());
    let channel = open(&shared.peer, name, &purpose, ChannelOptions::new()).await?;
    shared.set_connection(true);
    let blocks = either(send_blocks(shared, &channel, file, machine), tell_wishes(shared, &channel));
    let over = either(listen(shared, &channel, file, machine), blocks).await;
    if let Err(Stop::Lost) = over {
        // A channel that is closed without a word on a connection that lives is not opened again and again.
        channel.disconnected().await;
    }
    over
}

/// Until the receiver has everything.
async fn listen(shared: &Shared, channel: &Channel, file: &Blob, machine: &Machine) -> Result<(), Stop> {
    loop {
        let word = match channel.receive().await? {
            Some(Data::Text(text)) => Word::read(&text),
            Some(Data::Bytes(_)) => None,
            None => return Err(FileError::CancelledByPeer.into()),
        };
        let said = match word {
            Some(Word::Compare(count)) => match machine.change(|machine| machine.compare(count)) {
                Ok(()) => {
                    compare(shared, channel, file, count).await?;
                    continue;
                }
                Err(fault) => Err(fault),
            },
            Some(Word::From(block)) => {
                let begun = machine.change(|machine| machine.begin(block));
                shared.kept(machine.change(|machine| machine.kept()));
                begun
            }
            Some(Word::Stored(count)) => machine.change(|machine| machine.acknowledged(count)),
            Some(Word::Done) if machine.change(|machine| machine.is_complete()) => {
                shared.moved(shared.offer.size);
                return Ok(());
            }
            Some(word @ (Word::Pause | Word::Resume)) => {
                shared.paused_there(word == Word::Pause);
                Ok(())
            }
            Some(Word::Failed(fault)) => return Err(failed_there(fault)),
            Some(Word::Done | Word::Digest(_)) | None => Err(Fault::Malformed),
        };
        said.map_err(|fault| fail(channel, fault))?;
        shared.moved(machine.change(|machine| machine.bytes()));
        shared.wake();
    }
}

/// The receiver has so many blocks, of before. What they are here is for it to judge.
async fn compare(shared: &Shared, channel: &Channel, file: &Blob, count: u32) -> Result<(), Stop> {
    shared.set_comparing(true);
    let own = match select(pin!(digest(file, shared.offer.size, count)), pin!(channel.closed())).await {
        Either::Left((own, _)) => own.ok_or(Fault::Unreadable).map_err(|fault| fail(channel, fault))?,
        // Nobody waits for it any more. Why, the next message says.
        Either::Right(_) => return Ok(()),
    };
    shared.set_comparing(false);
    Ok(channel.send(Word::Digest(own).write()).await?)
}

async fn send_blocks(shared: &Shared, channel: &Channel, file: &Blob, machine: &Machine) -> Result<(), Stop> {
    loop {
        let block = next(shared, machine).await;
        let message = read(file, block).await.ok_or(Fault::Unreadable).map_err(|fault| fail(channel, fault))?;
        channel.send(message).await?;
    }
}

/// The block that is to be sent, when there is one.
async fn next(shared: &Shared, machine: &Machine) -> Block {
    poll_fn(|cx| {
        if shared.is_running()
            && let Some(block) = machine.change(Sending::next)
        {
            return Poll::Ready(block);
        }
        shared.wait(cx);
        Poll::Pending
    })
    .await
}

/// None if it can't be read: it was changed, or is gone.
async fn read(file: &Blob, block: Block) -> Option<Vec<u8>> {
    let bytes = dom::read(file, block.start, block.end).await.ok()?;
    if u64::from(bytes.length()) != block.end - block.start {
        return None;
    }
    let hash = dom::sha256(&bytes).await.ok()?;
    Some(block.message(&hash, &bytes.to_vec()))
}
