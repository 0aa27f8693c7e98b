use std::cmp::Ordering;
use std::collections::VecDeque;

use itodenwa_wire::PeerId;

use super::{Binding, Code, Digest, Fingerprint, Message, NONCE_BYTES, Violation};

/// Another way of making words has another one.
const PURPOSE: &[u8] = b"itodenwa verification 1";
const COMMIT: &[u8] = b"commit";
const CODE: &[u8] = b"code";

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Something came through a channel.
    Message(Vec<u8>),
    /// The hash that was asked for.
    Digest(Digest),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Hash this, and give it as [`Input::Digest`]. One is asked for at a time.
    Digest(Vec<u8>),
    /// Say this on every channel that there is or will be, in this order.
    Send(Message),
    /// It is over; said once.
    Done(Result<Code, Violation>),
}

/// One side of one exchange. What comes out for each input is bounded: three things at most.
///
/// ```text
/// Committing -> Waiting -> Checking -> Coding -> Over, and from each to Over
/// ```
#[derive(Debug)]
pub struct Exchange {
    binding: Binding,
    nonce: [u8; NONCE_BYTES],
    state: State,
    /// What one is committed to.
    commitment: Option<Digest>,
    /// What they are committed to, and as whom.
    theirs: Option<(PeerId, Digest)>,
    /// What they revealed.
    revealed: Option<[u8; NONCE_BYTES]>,
    outputs: VecDeque<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The own commitment is being hashed.
    Committing,
    /// For what they reveal.
    Waiting,
    /// What they revealed is hashed.
    Checking,
    /// The code is hashed.
    Coding,
    Over,
}

impl Exchange {
    /// The nonce has to be random, and another one for each exchange.
    #[must_use]
    pub fn new(binding: Binding, nonce: [u8; NONCE_BYTES]) -> Self {
        let mut exchange = Exchange {
            state: State::Committing,
            commitment: None,
            theirs: None,
            revealed: None,
            outputs: VecDeque::new(),
            binding,
            nonce,
        };
        if exchange.binding.local == exchange.binding.remote {
            exchange.end(Err(Violation::Reflected));
        } else {
            let Binding { me, local, remote, .. } = exchange.binding;
            let committed = exchange.committed(me, [local, remote], &nonce);
            exchange.outputs.push_back(Output::Digest(committed));
        }
        exchange
    }

    /// Takes what happens.
    pub fn handle(&mut self, input: Input) {
        match input {
            _ if self.state == State::Over => {}
            Input::Digest(digest) => self.digested(digest),
            Input::Message(bytes) => match Message::read(&bytes) {
                Some(Message::Commit(id, digest)) => self.committed_by_them(id, digest),
                Some(Message::Reveal(nonce)) => self.revealed_by_them(nonce),
                None => self.end(Err(Violation::Malformed)),
            },
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether it depends on what the other side says.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Committing | State::Waiting)
    }

    fn digested(&mut self, digest: Digest) {
        match self.state {
            State::Committing => {
                self.state = State::Waiting;
                self.commitment = Some(digest);
                self.outputs.push_back(Output::Send(Message::Commit(self.binding.me, digest)));
                self.reveal();
            }
            State::Checking if self.theirs.is_some_and(|(_, theirs)| theirs == digest) => {
                self.state = State::Coding;
                let code = self.coded();
                self.outputs.push_back(Output::Digest(code));
            }
            State::Checking => self.end(Err(Violation::BrokenCommitment)),
            State::Coding => self.end(Ok(Code::of(&digest))),
            // Nothing was asked for.
            State::Waiting | State::Over => {}
        }
    }

    fn committed_by_them(&mut self, id: PeerId, digest: Digest) {
        match self.theirs {
            None => {
                self.theirs = Some((id, digest));
                self.reveal();
            }
            Some(theirs) if theirs == (id, digest) => {}
            Some(_) => self.end(Err(Violation::BrokenCommitment)),
        }
    }

    fn revealed_by_them(&mut self, nonce: [u8; NONCE_BYTES]) {
        match (self.theirs, self.revealed) {
            (_, Some(revealed)) if revealed == nonce => {}
            (_, Some(_)) => self.end(Err(Violation::BrokenCommitment)),
            // They reveal when they have our commitment, and not before theirs.
            (Some((id, _)), None) if self.state == State::Waiting => {
                self.state = State::Checking;
                self.revealed = Some(nonce);
                let Binding { local, remote, .. } = self.binding;
                let committed = self.committed(id, [remote, local], &nonce);
                self.outputs.push_back(Output::Digest(committed));
            }
            _ => self.end(Err(Violation::Malformed)),
        }
    }

    /// Reveals the own nonce, if both are committed.
    fn reveal(&mut self) {
        if self.commitment.is_some() && self.theirs.is_some() {
            self.outputs.push_back(Output::Send(Message::Reveal(self.nonce)));
        }
    }

    fn end(&mut self, outcome: Result<Code, Violation>) {
        self.state = State::Over;
        self.outputs.push_back(Output::Done(outcome));
    }

    /// What somebody commits themselves to: their certificate is the first.
    fn committed(&self, id: PeerId, [own, other]: [Fingerprint; 2], nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
        [self.begun(COMMIT), side(id, own, nonce), other.0.to_vec()].concat()
    }

    /// What the code is made of: both sides in the order of their certificates.
    fn coded(&self) -> Vec<u8> {
        let Binding { me, local, remote, .. } = self.binding;
        let mut sides = [side(me, local, &self.nonce), Vec::new()];
        if let ((Some((id, _)), Some(nonce)), [_, theirs]) = ((self.theirs, self.revealed), &mut sides) {
            *theirs = side(id, remote, &nonce);
        }
        if local.cmp(&remote) == Ordering::Greater {
            sides.reverse();
        }
        [self.begun(CODE), sides.concat()].concat()
    }

    /// Each part with its length before it, so that no two things are the same bytes.
    fn begun(&self, what: &[u8]) -> Vec<u8> {
        let parts = [PURPOSE, what, self.binding.room.as_bytes()];
        parts.into_iter().flat_map(|part| [&(part.len() as u32).to_be_bytes()[..], part].concat()).collect()
    }
}

fn side(id: PeerId, certificate: Fingerprint, nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
    [&id.get().to_be_bytes()[..], &certificate.0, nonce].concat()
}
