//! Requests: who may ask for what (RFC 8489, section 9.2; RFC 8656, sections 7 to 12).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stun_types::AddressFamily;
use stun_types::attribute::{ErrorCode, MessageIntegrity, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{BINDING, IntegrityAlgorithm, IntegrityKey, Message, MessageClass, TransactionId};
use stun_types::prelude::{Attribute, AttributeStaticType};
use turn_types::attribute::{
    ChannelNumber, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

use super::{Relay, Step};
use crate::address::Origin;
use crate::relay::allocation::{Allocation, CHANNELS, Contacts, NoContact, Opening};
use crate::relay::codec::{Reply, not_understood};
use crate::relay::credentials::{REALM, session_of};
use crate::relay::io::{AllocationId, Client, Family, Moment, canonical};
use crate::relay::ledger::{AllocationPermit, Denied};

/// How long an allocation lives when the client does not say (RFC 8656, section 3.2), and at least.
const LIFETIME: Duration = Duration::from_secs(600);

/// A client that proved to know a credential.
struct Authenticated {
    username: String,
    key: IntegrityKey,
    /// The allocation that it has already.
    allocation: Option<AllocationId>,
}

/// The code of an error response (RFC 8489, section 14.8; RFC 8656, section 19).
struct ErrorResponse(u16);

impl Relay {
    pub(super) fn message(&mut self, now: Moment, client: Client, message: &Message<'_>) {
        match (message.class(), message.method()) {
            (MessageClass::Request, BINDING) if self.may_answer(now, client) => self.binding(client, message),
            (MessageClass::Request, ALLOCATE | REFRESH | CREATE_PERMISSION | CHANNEL_BIND) => {
                match self.authenticate(now, client, message) {
                    Ok(known) => self.request(now, client, message, known),
                    Err(refused) if self.may_answer(now, client) => self.refuse_unknown(now, client, message, refused),
                    Err(_) => {}
                }
            }
            (MessageClass::Indication, SEND) if not_understood(message).is_empty() => {
                self.send(now.at, client, message)
            }
            // Answers to what was never asked, TCP relaying (RFC 6062), and methods that nobody knows.
            _ => {}
        }
    }

    /// Whether to answer what nobody has signed: over UDP it may come from anywhere.
    fn may_answer(&self, now: Moment, client: Client) -> bool {
        client.is_stream() || self.rules.unauthenticated.spend(now.at, Origin::from(client.address.ip()))
    }

    fn binding(&mut self, client: Client, message: &Message<'_>) {
        let unknown = not_understood(message);
        let reply = match unknown.is_empty() {
            true => {
                Reply::success(message, None).with(&XorMappedAddress::new(client.address, message.transaction_id()))
            }
            false => Reply::not_understood(message, None, &unknown),
        };
        self.reply(client, reply);
    }

    /// Who it is. Nothing is kept, and nothing is computed that takes long, for a client that does not know a credential.
    fn authenticate(&self, now: Moment, client: Client, message: &Message<'_>) -> Result<Authenticated, ErrorResponse> {
        if !message.has_attribute(MessageIntegrity::TYPE) {
            return Err(ErrorResponse(ErrorCode::UNAUTHORIZED));
        }
        let (Ok(username), Ok(realm), Ok(nonce)) =
            (message.attribute::<Username>(), message.attribute::<Realm>(), message.attribute::<Nonce>())
        else {
            return Err(ErrorResponse(ErrorCode::BAD_REQUEST));
        };
        if !self.rules.nonces.is_good(nonce.nonce(), now.unix, client.address) {
            return Err(ErrorResponse(ErrorCode::STALE_NONCE));
        }
        let username = username.username();
        let id = self.clients.get(&client).copied();
        let key = match id.and_then(|id| self.allocations.get(&id)) {
            Some(allocation) if allocation.username != username => {
                return Err(ErrorResponse(ErrorCode::WRONG_CREDENTIALS));
            }
            // It was checked that it had not expired when the allocation was made.
            Some(allocation) => allocation.key.clone(),
            None => {
                session_of(username, now.unix, self.rules.limits.turn_credential_lifetime)
                    .map_err(|_| ErrorResponse(ErrorCode::UNAUTHORIZED))?;
                self.rules.secret.key(username)
            }
        };
        match message.validate_integrity_with_key(&key) {
            Ok(IntegrityAlgorithm::Sha1) if realm.realm() == REALM => {
                Ok(Authenticated { username: username.to_owned(), key, allocation: id })
            }
            _ => Err(ErrorResponse(ErrorCode::UNAUTHORIZED)),
        }
    }

    fn refuse_unknown(
        &mut self,
        now: Moment,
        client: Client,
        message: &Message<'_>,
        ErrorResponse(code): ErrorResponse,
    ) {
        let mut reply = Reply::brief_error(message, code);
        if let (ErrorCode::UNAUTHORIZED | ErrorCode::STALE_NONCE, Ok(realm)) = (code, Realm::new(REALM))
            && let Ok(nonce) = Nonce::new(&self.rules.nonces.make(now.unix, client.address))
        {
            reply = reply.with(&realm).with(&nonce);
        }
        self.reply(client, reply);
    }

    fn request(&mut self, now: Moment, client: Client, message: &Message<'_>, known: Authenticated) {
        let (key, unknown) = (known.key.clone(), not_understood(message));
        if !unknown.is_empty() {
            return self.reply(client, Reply::not_understood(message, Some(&key), &unknown));
        }
        let done = match (message.method(), known.allocation) {
            (ALLOCATE, None) => return self.allocate(now, client, message, known),
            (ALLOCATE, Some(id)) => return self.allocated_already(now, client, message, &key, id),
            (_, None) => Err(ErrorResponse(ErrorCode::ALLOCATION_MISMATCH)),
            (REFRESH, Some(id)) => match self.refresh(now, message, id) {
                Ok(lifetime) => {
                    let reply = Reply::success(message, Some(&key)).with(&Lifetime::new(whole_seconds(lifetime)));
                    return self.reply(client, reply);
                }
                Err(refused) => Err(refused),
            },
            (CREATE_PERMISSION, Some(id)) => self.permit(now, message, id),
            (_, Some(id)) => self.bind(now, message, id),
        };
        let reply = match done {
            Ok(()) => Reply::success(message, Some(&key)),
            Err(ErrorResponse(code)) => Reply::error(message, Some(&key), code),
        };
        self.reply(client, reply);
    }

    fn allocate(&mut self, now: Moment, client: Client, message: &Message<'_>, known: Authenticated) {
        match self.may_allocate(now, client, message, &known) {
            Ok((ip, permit)) => {
                self.allocated += 1;
                let id = AllocationId(self.allocated);
                let Authenticated { username, key, .. } = known;
                let (request, lifetime) = (message.as_bytes().to_vec(), self.lifetime(message));
                self.opening.insert(id, Opening { client, request, username, key, ip, lifetime, permit });
                let even = message.has_attribute(EvenPort::TYPE);
                self.steps.push_back(Step::Open { allocation: id, family: Family::of(ip), even });
            }
            Err(ErrorResponse(code)) => self.reply(client, Reply::error(message, Some(&known.key), code)),
        }
    }

    fn may_allocate(
        &self,
        now: Moment,
        client: Client,
        message: &Message<'_>,
        known: &Authenticated,
    ) -> Result<(IpAddr, AllocationPermit), ErrorResponse> {
        let transport = message.attribute::<RequestedTransport>().map_err(|_| ErrorResponse(ErrorCode::BAD_REQUEST))?;
        if transport.protocol() != RequestedTransport::UDP {
            return Err(ErrorResponse(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL));
        }
        // The port after an even one is not kept for anybody: that was for RTCP, when it had a port of its own.
        if message.has_attribute(EvenPort::TYPE) && !message.attribute::<EvenPort>().is_ok_and(|even| !even.requested())
        {
            return Err(ErrorResponse(ErrorCode::INSUFFICIENT_CAPACITY));
        }
        let family = requested_family(message)?.unwrap_or(Family::V4);
        let ip = self.rules.relayed(family).ok_or(ErrorResponse(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED))?;
        let session = session_of(&known.username, now.unix, self.rules.limits.turn_credential_lifetime)
            .map_err(|_| ErrorResponse(ErrorCode::UNAUTHORIZED))?;
        let permit =
            self.rules.ledger.allocate(session, Origin::from(client.address.ip())).map_err(|denied| match denied {
                Denied::Unknown => ErrorResponse(ErrorCode::UNAUTHORIZED),
                Denied::Quota => ErrorResponse(ErrorCode::ALLOCATION_QUOTA_REACHED),
                Denied::Full => ErrorResponse(ErrorCode::INSUFFICIENT_CAPACITY),
            })?;
        Ok((ip, permit))
    }

    /// An Allocate request has its port, or will have none.
    pub(super) fn opened(&mut self, now: Moment, id: AllocationId, port: Option<u16>) {
        let Some(Opening { client, request, username, key, ip, lifetime, permit }) = self.opening.remove(&id) else {
            return;
        };
        let Ok(message) = Message::from_bytes(&request) else { return };
        let Some(port) = port else {
            return self.reply(client, Reply::error(&message, Some(&key), ErrorCode::INSUFFICIENT_CAPACITY));
        };
        let (relayed, expires, transaction) = (SocketAddr::new(ip, port), now.at + lifetime, message.transaction_id());
        let contacts = Contacts::default();
        let allocation = Allocation { client, username, key, relayed, transaction, expires, permit, contacts };
        self.reply(client, allocated(&allocation, &message, lifetime));
        self.clients.insert(client, id);
        self.expiries.insert((expires, id));
        self.allocations.insert(id, allocation);
    }

    /// The same request once more gets the same answer; another one gets 437 (RFC 8656, section 7.2).
    fn allocated_already(
        &mut self,
        now: Moment,
        client: Client,
        message: &Message<'_>,
        key: &IntegrityKey,
        id: AllocationId,
    ) {
        let repeated = self.allocations.get(&id).filter(|known| known.transaction == message.transaction_id());
        let reply = match repeated {
            Some(known) => allocated(known, message, known.expires.saturating_duration_since(now.at)),
            None => Reply::error(message, Some(key), ErrorCode::ALLOCATION_MISMATCH),
        };
        let reply = reply.finish();
        self.reply_bytes(client, &reply);
    }

    fn refresh(&mut self, now: Moment, message: &Message<'_>, id: AllocationId) -> Result<Duration, ErrorResponse> {
        let lifetime = self.lifetime(message);
        let allocation = self.allocations.get_mut(&id).ok_or(ErrorResponse(ErrorCode::ALLOCATION_MISMATCH))?;
        if requested_family(message)?.is_some_and(|family| family != Family::of(allocation.relayed.ip())) {
            return Err(ErrorResponse(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH));
        }
        if message.attribute::<Lifetime>().is_ok_and(|lifetime| lifetime.seconds() == 0) {
            self.end(id);
            return Ok(Duration::ZERO);
        }
        self.expiries.remove(&(allocation.expires, id));
        allocation.expires = now.at + lifetime;
        self.expiries.insert((allocation.expires, id));
        Ok(lifetime)
    }

    fn permit(&mut self, now: Moment, message: &Message<'_>, id: AllocationId) -> Result<(), ErrorResponse> {
        let mut ips = Vec::new();
        for (_, attribute) in message.iter_attributes().filter(|(_, found)| found.get_type() == XorPeerAddress::TYPE) {
            let peer = XorPeerAddress::try_from(&attribute).map_err(|_| ErrorResponse(ErrorCode::BAD_REQUEST))?;
            ips.push(self.peer_address(&peer, message.transaction_id(), id)?.ip());
        }
        if ips.is_empty() {
            return Err(ErrorResponse(ErrorCode::BAD_REQUEST));
        }
        self.contacts(id)?.permit(now.at, &ips).map_err(ErrorResponse::from)
    }

    fn bind(&mut self, now: Moment, message: &Message<'_>, id: AllocationId) -> Result<(), ErrorResponse> {
        let (Ok(number), Ok(peer)) = (message.attribute::<ChannelNumber>(), message.attribute::<XorPeerAddress>())
        else {
            return Err(ErrorResponse(ErrorCode::BAD_REQUEST));
        };
        if !CHANNELS.contains(&number.channel()) {
            return Err(ErrorResponse(ErrorCode::BAD_REQUEST));
        }
        let peer = self.peer_address(&peer, message.transaction_id(), id)?;
        if !self.rules.peers.admit(&self.local, peer) {
            return Err(ErrorResponse(ErrorCode::FORBIDDEN));
        }
        self.contacts(id)?.bind(now.at, number.channel(), peer).map_err(ErrorResponse::from)
    }

    /// Whom a request names, if an allocation may talk to it.
    fn peer_address(
        &self,
        peer: &XorPeerAddress,
        transaction: TransactionId,
        id: AllocationId,
    ) -> Result<SocketAddr, ErrorResponse> {
        let peer = canonical(peer.addr(transaction));
        if !self.rules.peers.admit_address(&self.local, peer.ip()) {
            return Err(ErrorResponse(ErrorCode::FORBIDDEN));
        }
        let own = self.allocations.get(&id).map(|allocation| Family::of(allocation.relayed.ip()));
        if own == Some(Family::of(peer.ip())) {
            Ok(peer)
        } else {
            Err(ErrorResponse(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH))
        }
    }

    fn contacts(&mut self, id: AllocationId) -> Result<&mut Contacts, ErrorResponse> {
        let allocation = self.allocations.get_mut(&id).ok_or(ErrorResponse(ErrorCode::ALLOCATION_MISMATCH))?;
        Ok(&mut allocation.contacts)
    }

    /// What the client asks for, within bounds.
    fn lifetime(&self, message: &Message<'_>) -> Duration {
        let asked = message.attribute::<Lifetime>().map_or(0, |lifetime| lifetime.seconds());
        Duration::from_secs(asked.into())
            .clamp(LIFETIME.min(self.rules.limits.turn_lifetime), self.rules.limits.turn_lifetime)
    }

    fn reply(&mut self, client: Client, reply: Reply<'_>) {
        self.reply_bytes(client, &reply.finish());
    }

    fn reply_bytes(&mut self, client: Client, reply: &[u8]) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(reply);
        self.steps.push_back(Step::ToClient { client, bytes: start..self.buffer.len() });
    }
}

/// The answer to an Allocate request that succeeded (RFC 8656, section 7.2).
fn allocated<'a>(allocation: &'a Allocation, request: &'a Message<'a>, lifetime: Duration) -> Reply<'a> {
    let transaction = request.transaction_id();
    Reply::success(request, Some(&allocation.key))
        .with(&XorRelayedAddress::new(allocation.relayed, transaction))
        .with(&Lifetime::new(whole_seconds(lifetime)))
        .with(&XorMappedAddress::new(allocation.client.address, transaction))
}

fn requested_family(message: &Message<'_>) -> Result<Option<Family>, ErrorResponse> {
    if !message.has_attribute(RequestedAddressFamily::TYPE) {
        return Ok(None);
    }
    match message.attribute::<RequestedAddressFamily>().map(|requested| requested.family()) {
        Ok(AddressFamily::IPV4) => Ok(Some(Family::V4)),
        Ok(AddressFamily::IPV6) => Ok(Some(Family::V6)),
        Err(_) => Err(ErrorResponse(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED)),
    }
}

fn whole_seconds(lifetime: Duration) -> u32 {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)
}

impl From<NoContact> for ErrorResponse {
    fn from(no_contact: NoContact) -> Self {
        ErrorResponse(match no_contact {
            NoContact::Conflict => ErrorCode::BAD_REQUEST,
            NoContact::Full => ErrorCode::INSUFFICIENT_CAPACITY,
        })
    }
}
