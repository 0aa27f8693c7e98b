//! What those who operate the servers ask of the rooms, wherever they are kept.

use std::collections::HashMap;

use itodenwa_wire::{Applicant, DisplayName, Identity, PeerId, RoomName};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::node::NodeId;

/// Questions that wait for answers of other nodes.
const PENDING: usize = 64;

/// A question for the nodes that keep rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Question {
    /// The rooms with somebody in them that come next after this one by their names, and not more.
    Rooms(Option<RoomName>, usize),
    /// Who is in a room.
    Room(RoomName),
    /// Somebody is to go.
    Remove(RoomName, PeerId),
    /// Everybody is to go.
    Close(RoomName),
    /// Newcomers are to be kept out, or no longer.
    Lock(RoomName, bool),
    /// Who comes is to wait until somebody lets them in, or no longer.
    WaitingRoom(RoomName, bool),
    /// Who waits to be let in.
    Waiting(RoomName),
    /// Somebody who waits is to be let in, or everybody.
    Admit(RoomName, Option<PeerId>),
    /// Somebody who waits is to be refused.
    TurnAway(RoomName, PeerId),
    /// How much there is on each node.
    Status,
}

/// What a node answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Answer {
    Rooms(Vec<RoomSummary>),
    Room(Vec<MemberSummary>),
    Status(NodeStatus),
    Waiting(Vec<Applicant>),
    Done,
    /// There is no place in the room.
    Full,
    /// There is no such room or member.
    Unknown,
}

/// How much there is on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeStatus {
    /// As the logs call it; another one after each start.
    pub(crate) node: NodeId,
    pub(crate) version: String,
    /// WebSockets that it has.
    pub(crate) connections: usize,
    /// Rooms with somebody in them that it keeps.
    pub(crate) rooms: usize,
    /// Members of those with a connection, to whatever node.
    pub(crate) members: usize,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomSummary {
    pub(crate) room: RoomName,
    pub(crate) members: usize,
    /// Newcomers are kept out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) locked: bool,
    /// Who comes waits until somebody lets them in.
    #[serde(default, rename = "waitingRoom", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) waiting_room: bool,
    /// How many wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) waiting: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberSummary {
    pub(crate) id: PeerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<DisplayName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<Identity>,
    /// False: the connection broke, and the member is waited for.
    pub(crate) connected: bool,
}

impl Question {
    /// The room that it is about; none if it is about all.
    pub(crate) fn room(&self) -> Option<&RoomName> {
        match self {
            Question::Rooms(..) | Question::Status => None,
            Question::Room(room)
            | Question::Remove(room, _)
            | Question::Close(room)
            | Question::Lock(room, _)
            | Question::WaitingRoom(room, _)
            | Question::Waiting(room)
            | Question::Admit(room, _)
            | Question::TurnAway(room, _) => Some(room),
        }
    }
}

/// Questions of this node that others answer. At most [`PENDING`].
#[derive(Debug, Default)]
pub(crate) struct Pending {
    asked: u64,
    questions: HashMap<u64, Asked>,
}

#[derive(Debug)]
struct Asked {
    /// Who has not answered.
    nodes: Vec<NodeId>,
    answers: Vec<Answer>,
    to: oneshot::Sender<Vec<Answer>>,
}

impl Pending {
    /// A question that these nodes are asked, and its number; `answers` are there already. None if there are too many: then
    /// `to` is dropped.
    pub(crate) fn ask(
        &mut self,
        nodes: Vec<NodeId>,
        answers: Vec<Answer>,
        to: oneshot::Sender<Vec<Answer>>,
    ) -> Option<u64> {
        // Those that nobody waits for any more.
        self.questions.retain(|_, asked| !asked.to.is_closed());
        if nodes.is_empty() {
            let _ = to.send(answers);
            return None;
        }
        if self.questions.len() >= PENDING {
            return None;
        }
        self.asked += 1;
        self.questions.insert(self.asked, Asked { nodes, answers, to });
        Some(self.asked)
    }

    pub(crate) fn answered(&mut self, node: NodeId, number: u64, answer: Answer) {
        if let Some(asked) = self.questions.get_mut(&number).filter(|asked| asked.nodes.contains(&node)) {
            asked.answers.push(answer);
            self.has_answered(node, number);
        }
    }

    /// Nobody answers any more.
    pub(crate) fn clear(&mut self) {
        self.questions.clear();
    }

    /// A node does not answer any more: what the others say is the answer.
    pub(crate) fn lost(&mut self, node: NodeId) {
        for number in self.questions.keys().copied().collect::<Vec<_>>() {
            self.has_answered(node, number);
        }
    }

    /// Questions to a node, or its answers, are lost, though it is there and keeps its rooms: without it there is no answer.
    pub(crate) fn unheard(&mut self, node: NodeId) {
        self.questions.retain(|_, asked| !asked.nodes.contains(&node));
    }

    fn has_answered(&mut self, node: NodeId, number: u64) {
        let Some(asked) = self.questions.get_mut(&number) else { return };
        asked.nodes.retain(|other| *other != node);
        if asked.nodes.is_empty()
            && let Some(Asked { answers, to, .. }) = self.questions.remove(&number)
        {
            let _ = to.send(answers);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    #[test]
    fn all_answers_go_together_and_nobody_waits_for_a_node_that_is_gone() {
        let mut pending = Pending::default();
        let (to, mut answer) = oneshot::channel();
        let number = pending.ask(vec![NodeId(1), NodeId(2)], vec![Answer::Done], to).unwrap();
        pending.answered(NodeId(1), number, Answer::Unknown);
        pending.answered(NodeId(1), number, Answer::Unknown);
        pending.answered(NodeId(3), number, Answer::Unknown);
        assert!(answer.try_recv().is_err());
        pending.lost(NodeId(2));
        assert_eq!(answer.try_recv(), Ok(vec![Answer::Done, Answer::Unknown]));
        assert!(pending.questions.is_empty());
    }

    #[test]
    fn without_a_node_that_is_there_and_was_not_heard_there_is_no_answer() {
        let mut pending = Pending::default();
        let [(to, mut asked), (of_other, mut not_asked)] = [(); 2].map(|()| oneshot::channel());
        let number = pending.ask(vec![NodeId(1), NodeId(2)], vec![Answer::Done], to).unwrap();
        pending.ask(vec![NodeId(2)], Vec::new(), of_other).unwrap();
        pending.unheard(NodeId(1));
        pending.answered(NodeId(2), number, Answer::Unknown);
        assert_eq!(asked.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(not_asked.try_recv(), Err(TryRecvError::Empty));
    }

    #[test]
    fn questions_are_bounded_and_forgotten() {
        let mut pending = Pending::default();
        let mut waiting = Vec::new();
        for _ in 0..PENDING {
            let (to, answer) = oneshot::channel();
            assert!(pending.ask(vec![NodeId(1)], Vec::new(), to).is_some());
            waiting.push(answer);
        }
        assert_eq!(pending.ask(vec![NodeId(1)], Vec::new(), oneshot::channel().0), None);
        drop(waiting);
        assert!(pending.ask(vec![NodeId(1)], Vec::new(), oneshot::channel().0).is_some());
        assert_eq!(pending.questions.len(), 1);
    }
}
