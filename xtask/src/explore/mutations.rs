//! What is broken, one after the other, to see that the exploration notices.

/// One way to break the rules.
pub(super) struct Mutation {
    pub(super) name: &'static str,
    /// File, what stands there once, and what stands there instead.
    pub(super) edits: &'static [(&'static str, &'static str, &'static str)],
    /// The exploration that catches it.
    pub(super) plan: &'static str,
}

const LINK: &str = "protocol/src/link.rs";
const NEGOTIATOR: &str = "protocol/src/negotiator.rs";
const EXCHANGE: &str = "protocol/src/negotiator/exchange.rs";
const PAIR: &str = "protocol/src/pair.rs";
const WAYS: &str = "protocol/src/pair/ways.rs";
const BROWSER: &str = "model/src/browser.rs";
const HEALTH: &str = "protocol/src/health.rs";
const RECOVERY: &str = "protocol/src/pair/recovery.rs";
const DELIVERY: &str = "protocol/src/delivery.rs";
const CANDIDATES: &str = "protocol/src/candidates.rs";

/// An offer that is not answered in time is taken back, and another one made.
const ROLL_BACK: [(&str, &str, &str); 2] = [
    (
        PAIR,
        "if self.deadline().is_some_and(|at| at <= context.now) && self.link.tick",
        "if self.deadline().is_some_and(|at| at <= context.now)
            && let State::Live { negotiator, .. } = &mut self.state
        {
            negotiator.roll_back(context.now);
        }
        if self.deadline().is_some_and(|at| at <= context.now) && self.link.tick",
    ),
    (
        NEGOTIATOR,
        "    /// What we want carried.\n    pub(crate) fn wanted",
        "    pub(crate) fn roll_back(&mut self, now: Time) {
        if matches!(self.phase, Phase::AwaitingAnswer { .. }) {
            self.phase = Phase::Stable;
            self.make_offer(now);
        }
    }

    pub(crate) fn wanted",
    ),
];

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "no epoch check",
        edits: &[
            (LINK, "if packet.from_epoch < self.theirs {", "if false {"),
            (LINK, "let restarted = packet.from_epoch > self.theirs;", "let restarted = false;"),
            (LINK, "if packet.to_epoch != self.mine {", "if false {"),
        ],
        plan: "2 reloads (Chromium)",
    },
    Mutation {
        name: "newest wins instead of in order",
        edits: &[(
            LINK,
            "                self.held.entry(seq).or_insert(body);",
            "                self.held.clear();\n                self.next_in = seq;\n                self.held.insert(seq, body);",
        )],
        plan: "a change, slowly (Chromium)",
    },
    Mutation {
        name: "no Hello",
        edits: &[(LINK, "            return Some((0, Some(Body::Hello)));\n", "")],
        plan: "2 resets (Chromium)",
    },
    Mutation { name: "roll back on timeout", edits: &ROLL_BACK, plan: "early timers (Chromium)" },
    Mutation {
        name: "answer without its offer's name",
        edits: &[
            // Nothing else brings a second offer while an answer to the first is on its way.
            ROLL_BACK[0],
            ROLL_BACK[1],
            (BROWSER, "                self.expect_state(Signaling::Stable, \"an offer was made\");\n", ""),
            (
                EXCHANGE,
                "if self.phase != (Phase::AwaitingAnswer { id }) {\n            return self.note",
                "if !matches!(self.phase, Phase::AwaitingAnswer { .. }) {\n            return self.note",
            ),
        ],
        plan: "early timers (Chromium)",
    },
    Mutation {
        name: "two operations in flight",
        edits: &[(
            NEGOTIATOR,
            "| Phase::AwaitingAnswer { .. })\n    }\n\n    fn take_turn",
            "| Phase::AwaitingAnswer { .. } | Phase::SettingAnswer { .. })\n    }\n\n    fn take_turn",
        )],
        plan: "a change, slowly (Chromium)",
    },
    Mutation {
        name: "candidates not filtered",
        edits: &[
            (
                CANDIDATES,
                "fragment.filter(|fragment| !fragment.ended) else { return Admission::Stale };",
                "fragment else { return Admission::Admitted };",
            ),
            (CANDIDATES, "if fragment.is_some_and(|name| !self.fragments.contains(name)) {", "if false {"),
        ],
        plan: "a restart, slowly (Chromium)",
    },
    Mutation {
        name: "the turn not handed back",
        edits: &[(
            NEGOTIATOR,
            "(Role::Follower, _) => self.turn = Turn::Theirs { asked: false },",
            "(Role::Follower, _) => {}",
        )],
        plan: "2 changes and a restart (Chromium)",
    },
    Mutation {
        name: "acknowledging before consuming",
        edits: &[(
            LINK,
            "seq, ack: self.next_in - 1, body",
            "seq, ack: (self.next_in..).take_while(|seq| self.held.contains_key(seq)).last().unwrap_or(self.next_in - 1), body",
        )],
        plan: "a change, slowly (Chromium)",
    },
    Mutation {
        name: "silence after new paths is left alone",
        edits: &[(
            HEALTH,
            "Some((from(restarted, 3, 5).max(from(self.since, 0, 1)), Remedy::Renew))",
            "{ let _ = restarted; None }",
        )],
        plan: "2 connections fall silent (Chromium)",
    },
    Mutation {
        name: "what the channel does not acknowledge keeps to it",
        edits: &[(WAYS, "let is_enough = !(is_late || ", "let is_enough = !(")],
        plan: "a change, and the channel is dead (Chromium)",
    },
    Mutation {
        name: "what came over the server is answered over the channel",
        edits: &[(WAYS, " || answers_by_server);", ");")],
        plan: "a change, and the channel is dead (Chromium)",
    },
    Mutation {
        name: "the channel is never used",
        edits: &[(WAYS, "(Some(*id), !is_enough)", "(None, true)")],
        plan: "a change, and the server is dead (Chromium)",
    },
    Mutation {
        name: "the leader makes its own offer although one came with the join",
        edits: &[(
            RECOVERY,
            "let begins = self.role == Role::Leader && self.offered != Some(self.link.epochs());",
            "let begins = self.role == Role::Leader;",
        )],
        plan: "an offer with the join, a change, 1 fault (Chromium)",
    },
    Mutation {
        name: "the offer of the join is not counted",
        edits: &[(LINK, "            let _ = self.send(now, body);\n", "            let _ = (now, body);\n")],
        plan: "an offer with the join, a change, 1 fault (Chromium)",
    },
    Mutation {
        name: "the offer of the join is waited for after either side began anew",
        edits: &[(RECOVERY, "self.offered != Some(self.link.epochs())", "self.offered.is_none()")],
        plan: "the connection of the offer is lost, 1 fault (Chromium)",
    },
    Mutation {
        name: "delivered and not read",
        edits: &[(
            DELIVERY,
            "        incoming.arrived = number;\n",
            "        incoming.arrived = number;\n        incoming.read = number;\n",
        )],
        plan: "3 messages",
    },
    Mutation {
        name: "read twice",
        edits: &[(DELIVERY, "incoming.arrived.checked_add(1) == Some(number)", "true")],
        plan: "3 messages",
    },
    Mutation {
        name: "read out of order",
        edits: &[
            (
                DELIVERY,
                "        self.channel = Channel::Opened;\n        self.sent = 0;\n",
                "        self.channel = Channel::Opened;\n",
            ),
            (DELIVERY, "incoming.arrived.checked_add(1) == Some(number)", "incoming.arrived < number"),
        ],
        plan: "3 messages",
    },
    Mutation {
        name: "an acknowledgement lost with its channel",
        edits: &[(DELIVERY, "again: true, ..known", "again: false, ..known")],
        plan: "3 messages",
    },
    Mutation {
        name: "no room for what a sender may send",
        edits: &[(DELIVERY, "self.unread >= UNREAD_TEXTS", "self.unread >= 63")],
        plan: "a receiver that is full",
    },
];
