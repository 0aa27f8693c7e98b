//! What those who operate the servers ask, and who answers it.

use std::time::Instant;

use tokio::sync::oneshot;

use super::{Node, NodeBody, NodeMessage};
use crate::metrics::Census;
use crate::operator::{Answer, NodeStatus, Question};

impl Node {
    /// Asks the nodes that know. Without a place in the cluster nobody is asked, and `to` is dropped.
    pub(crate) fn ask(&mut self, now: Instant, question: Question, to: oneshot::Sender<Vec<Answer>>) {
        self.check_lease(now);
        if !self.has_place() {
            return;
        }
        let home = question.room().map(|room| self.homes.home_node(room));
        let elsewhere = home.map_or_else(|| self.bus.others(), |home| vec![home]);
        let elsewhere: Vec<_> = elsewhere.into_iter().filter(|node| *node != self.me).collect();
        let is_asked_here = home.is_none_or(|home| home == self.me);
        let answers = is_asked_here.then(|| self.answer(now, &question)).into_iter().collect();
        if let Some(number) = self.pending.ask(elsewhere.clone(), answers, to) {
            for node in elsewhere {
                self.bus.send(node, NodeMessage(NodeBody::Ask(number, question.clone())));
            }
        }
    }

    pub(super) fn answer(&mut self, now: Instant, question: &Question) -> Answer {
        if let Question::Status = question {
            let Census { connections, rooms, members } = self.census();
            let version = env!("CARGO_PKG_VERSION").to_owned();
            return Answer::Status(NodeStatus { node: self.me, version, connections, rooms, members });
        }
        let answer = self.hub.answer(now, question);
        self.drain_hub();
        answer
    }
}
