//! The task that sends a file.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::future::{Either, select};
use itodenwa_protocol::channel::Data;
use itodenwa_protocol::file::{Block, Fault, HEAD_BYTES, Sending, Word};
use web_sys::Blob;

use super::digest::digest;
use super::reading::Reading;
use super::talk::{Stop, either, fail, failed_there, tell_wishes, unless_cancelled};
use super::transfer::Shared;
use crate::channel::{Channel, ChannelOptions, open};
use crate::dom::{self, spawn};
use crate::error::{ChannelError, FileError};
use crate::snapshot::SnapshotCell;

type Machine = SnapshotCell<Sending>;

pub(super) async fn run(shared: Rc<Shared>, file: Blob) -> Result<Option<Blob>, FileError> {
    let machine = Machine::default();
    machine.change(|machine| *machine = Sending::new(shared.offer.size));
    let mut was_lost = false;
    loop {
        match unless_cancelled(&shared, once(&shared, &file, &machine)).await {
            Ok(()) => return Ok(None),
            Err(Stop::Failed(why)) => {
                if was_lost && why == FileError::Cancelled && !shared.has_connection() {
                    spawn(take_back(shared));
                }
                return Err(why);
            }
            Err(Stop::Lost) => {
                was_lost = true;
                machine.change(Sending::interrupted);
                shared.set_connection(false);
            }
        }
    }
}

/// The receiver waits for the next channel: it gets one, which is closed.
async fn take_back(shared: Rc<Shared>) {
    drop(channel(&shared).await);
}

async fn channel(shared: &Shared) -> Result<Channel, ChannelError> {
    open(&shared.peer, &shared.offer.name, &shared.offer.purpose(), ChannelOptions::new()).await
}

/// Through one channel.
async fn once(shared: &Shared, file: &Blob, machine: &Machine) -> Result<(), Stop> {
    let channel = channel(shared).await?;
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
    let mut reading = Reading::new(file);
    loop {
        let block = next(shared, machine).await;
        let message =
            message(&mut reading, block).await.ok_or(Fault::Unreadable).map_err(|fault| fail(channel, fault))?;
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

/// None if it can't be read.
async fn message(reading: &mut Reading<'_>, block: Block) -> Option<Vec<u8>> {
    let bytes = reading.block(block).await?;
    let hash = dom::sha256(&bytes).await.ok()?.try_into().ok()?;
    let mut message = block.message(&hash);
    let room = message.get_mut(HEAD_BYTES..).filter(|room| room.len() == bytes.length() as usize)?;
    bytes.copy_to(room);
    Some(message)
}
