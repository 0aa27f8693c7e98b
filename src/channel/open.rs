//! Opening a channel to a peer.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Weak;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_protocol::channel::NAME_BYTES;
use wasm_bindgen::JsValue;

use super::state::Shared;
use super::{Channel, ChannelOptions};
use crate::dom::{Timer, object};
use crate::error::ChannelError;
use crate::incoming::CHANNEL;
use crate::oneshot;
use crate::peer::Peer;
use crate::room_ref::{Opening, Request, RoomRef};

/// A channel that is closed without a word is one that is refused, if the connection does not turn out to be lost until then.
const SILENT: Duration = Duration::from_secs(20);

impl Peer {
    /// Opens a named channel to this peer, who gets it as [`Event::Channel`](crate::Event::Channel). Waits until there is a connection
    /// and the other side accepts it; several may have the same name.
    ///
    /// # Errors
    /// [`ChannelError`]: [`Name`](ChannelError::Name), [`Refused`](ChannelError::Refused), [`TooMany`](ChannelError::TooMany),
    /// [`PeerGone`](ChannelError::PeerGone), [`RoomClosed`](ChannelError::RoomClosed).
    pub async fn open_channel(&self, name: &str, options: ChannelOptions) -> Result<Channel, ChannelError> {
        open(self, name, CHANNEL, options).await
    }
}

/// Opens a channel for a purpose. A connection that is lost meanwhile is waited for.
pub(crate) async fn open(
    peer: &Peer,
    label: &str,
    purpose: &str,
    options: ChannelOptions,
) -> Result<Channel, ChannelError> {
    if label.is_empty() || label.len() > NAME_BYTES {
        return Err(ChannelError::Name);
    }
    loop {
        let transport = ask(&peer.room(), peer, label, purpose, options).await?;
        let shared = Shared::new(transport, peer.clone());
        match accepted(&shared).await {
            Ok(true) => {
                shared.accept();
                return Ok(Channel::new(shared));
            }
            Ok(false) => return Err(ChannelError::Refused),
            Err(ChannelError::Lost) => {}
            Err(why) => return Err(why),
        }
    }
}

/// Whether the other side takes it.
async fn accepted(shared: &Shared) -> Result<bool, ChannelError> {
    let accepted = pin!(poll_fn(|cx| shared.poll_accepted(cx)));
    let silent = pin!(async {
        let _ = poll_fn(|cx| shared.poll_closed(cx)).await;
        Timer::new(SILENT).await;
    });
    match select(accepted, silent).await {
        Either::Left((accepted, _)) => accepted,
        Either::Right(_) => Ok(false),
    }
}

async fn ask(
    room: &Weak<RoomRef>,
    peer: &Peer,
    label: &str,
    purpose: &str,
    options: ChannelOptions,
) -> Result<crate::connection::Transport, ChannelError> {
    let init = object([
        ("protocol", purpose.into()),
        ("ordered", options.ordered.into()),
        ("maxRetransmits", options.max_retransmits.map_or(JsValue::UNDEFINED, JsValue::from)),
    ]);
    let (reply, answer) = oneshot::channel();
    let label = label.to_owned();
    let opening = Opening(Box::new(move |connection| {
        reply.send(connection.map_or(Err(ChannelError::TooMany), |connection| connection.open_channel(&label, &init)));
    }));
    let is_open = || room.upgrade().is_some_and(|room| room.is_open());
    if !room.upgrade().is_some_and(|room| room.ask(Request::Open(peer.id(), opening))) && is_open() {
        return Err(ChannelError::TooMany);
    }
    answer.await.unwrap_or_else(|_| Err(if is_open() { ChannelError::PeerGone } else { ChannelError::RoomClosed }))
}
