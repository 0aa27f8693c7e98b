//! What the server counts, and how Prometheus reads it.

mod process;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use itodenwa_wire::RefusalCode;

use crate::cluster::Figures;
use crate::webhook::WebhookCounts;
pub(crate) use process::{Process, ProcessReader};

/// What was counted since the start. One owner counts, so these are plain numbers. Nothing in them is about anybody.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    started: SystemTime,
    pub(crate) connections: u64,
    pub(crate) denied_by_address: u64,
    pub(crate) denied_by_origin: u64,
    pub(crate) denied_when_full: u64,
    pub(crate) denied_without_place: u64,
    pub(crate) joins: u64,
    pub(crate) received: u64,
    pub(crate) unknown: u64,
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) signals: u64,
    /// By their codes, of which there are few.
    refusals: BTreeMap<&'static str, u64>,
}

/// What is there at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    /// Open WebSockets.
    pub connections: usize,
    /// Those of them that are in a room.
    pub members: usize,
    /// Rooms with somebody in them.
    pub rooms: usize,
}

/// All that the connection registry knows. It is copied there and written elsewhere: everybody waits for the registry.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    pub(crate) counts: Counts,
    pub(crate) census: Census,
    /// With a cluster: its figures, and whether this node is in it.
    pub(crate) cluster: Option<(Figures, bool)>,
    pub(crate) webhooks: Option<WebhookCounts>,
}

impl Counts {
    pub(crate) fn new() -> Self {
        Counts {
            started: SystemTime::now(),
            connections: 0,
            denied_by_address: 0,
            denied_by_origin: 0,
            denied_when_full: 0,
            denied_without_place: 0,
            joins: 0,
            received: 0,
            unknown: 0,
            sent: 0,
            sent_bytes: 0,
            signals: 0,
            refusals: BTreeMap::new(),
        }
    }

    pub(crate) fn refused(&mut self, code: RefusalCode) {
        *self.refusals.entry(code.as_str()).or_default() += 1;
    }
}

impl Numbers {
    /// In Prometheus' text format, version 0.0.4.
    pub(crate) fn text(&self, process: Process) -> String {
        let Numbers { counts, census, cluster, webhooks } = self;
        let mut text = Text(String::new());
        text.head("build_info", "gauge", "Which version this is.");
        text.sample("build_info", Some(("version", env!("CARGO_PKG_VERSION"))), 1);
        text.gauge("connections", "Open WebSockets.", census.connections);
        text.gauge("members", "Open WebSockets that are in a room.", census.members);
        text.gauge("rooms", "Rooms with somebody in them.", census.rooms);
        text.counter("connections_total", "WebSockets that were let in.", counts.connections);
        text.head("connections_denied_total", "counter", "WebSockets that were not let in.");
        let denied = [
            ("address", counts.denied_by_address),
            ("cluster", counts.denied_without_place),
            ("full", counts.denied_when_full),
            ("origin", counts.denied_by_origin),
        ];
        for (reason, count) in denied {
            text.sample("connections_denied_total", Some(("reason", reason)), count);
        }
        text.counter("joins_total", "Joins that succeeded.", counts.joins);
        text.counter("messages_received_total", "Messages from clients.", counts.received);
        text.counter("messages_unknown_total", "Messages of later versions, which were ignored.", counts.unknown);
        text.counter("messages_sent_total", "Messages to clients.", counts.sent);
        text.counter("message_bytes_sent_total", "Bytes of the messages to clients.", counts.sent_bytes);
        text.counter("signals_total", "Packets that were passed on from member to member.", counts.signals);
        text.head("refusals_total", "counter", "What was refused, by its code.");
        for (code, count) in &counts.refusals {
            text.sample("refusals_total", Some(("code", code)), *count);
        }
        if let Some((figures, is_in)) = cluster {
            text.cluster(figures, *is_in);
        }
        if let Some(webhooks) = webhooks {
            text.webhooks(webhooks);
        }
        text.process(counts.started, process);
        text.0
    }
}

struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text can't fail.
        let _ = writeln!(self.0, "# HELP itodenwa_{name} {help}\n# TYPE itodenwa_{name} {kind}");
    }

    /// Labels are ours and need no escapes.
    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: u64) {
        let _ = match label {
            Some((key, label)) => writeln!(self.0, "itodenwa_{name}{{{key}=\"{label}\"}} {value}"),
            None => writeln!(self.0, "itodenwa_{name} {value}"),
        };
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        self.head(name, "gauge", help);
        self.sample(name, None, value as u64);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.sample(name, None, value);
    }

    fn cluster(&mut self, figures: &Figures, is_in: bool) {
        self.gauge("cluster_in", "1 while this node has its place in the cluster.", is_in.into());
        self.gauge("cluster_nodes", "Nodes that this one sees, with itself.", figures.nodes);
        self.counter("cluster_messages_sent_total", "Messages to other nodes.", figures.sent);
        self.counter("cluster_messages_received_total", "Messages from other nodes.", figures.received);
        let help = "What came from other nodes and was no message, or of a later version.";
        self.counter("cluster_messages_dropped_total", help, figures.dropped);
        self.counter("cluster_links_broken_total", "Losses of messages from or to a node.", figures.broken);
        self.counter("cluster_rejoins_total", "How often this node lost its place and came back.", figures.rejoined);
        self.head("cluster_engine_seconds", "gauge", "How long Redis took to answer last.");
        let (seconds, micros) = (figures.answer_micros / 1_000_000, figures.answer_micros % 1_000_000);
        let _ = writeln!(self.0, "itodenwa_cluster_engine_seconds {seconds}.{micros:06}");
    }

    fn webhooks(&mut self, counts: &WebhookCounts) {
        self.counter("webhooks_delivered_total", "Events that the webhook took.", counts.delivered);
        self.counter("webhooks_failed_total", "Attempts that it did not take.", counts.failed);
        let help = "Events that nobody took in time, or that found too many before them.";
        self.counter("webhooks_dropped_total", help, counts.dropped);
    }

    /// The usual numbers about a process, under their usual names, where the system tells them.
    fn process(&mut self, started: SystemTime, process: Process) {
        let mut gauge = |name: &str, help: &str, value: Option<u64>| {
            if let Some(value) = value {
                let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
            }
        };
        let started = started.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
        gauge("process_start_time_seconds", "When it started, in seconds since 1970.", started);
        gauge("process_resident_memory_bytes", "Memory that it uses.", process.resident);
        gauge("process_open_fds", "Files and sockets that it has open.", process.descriptors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_in_the_format() {
        let mut counts = Counts::new();
        counts.refused(RefusalCode::RoomFull);
        counts.refused(RefusalCode::RoomFull);
        let numbers = Numbers {
            counts,
            census: Census { connections: 3, members: 2, rooms: 1 },
            cluster: Some((Figures { answer_micros: 1_000_020, ..Figures::default() }, true)),
            webhooks: Some(WebhookCounts { delivered: 4, ..WebhookCounts::default() }),
        };
        assert!(!numbers.text(Process::default()).contains("process_open_fds"), "what the system does not tell");
        let text = numbers.text(Process { resident: Some(4096), descriptors: Some(7) });
        assert!(text.contains("\nprocess_open_fds 7\n"));
        assert!(text.ends_with('\n'));
        assert!(text.contains("\nitodenwa_connections 3\n"));
        assert!(text.contains("\nitodenwa_refusals_total{code=\"room/full\"} 2\n"));
        assert!(text.contains("\nitodenwa_webhooks_delivered_total 4\n"));
        assert!(text.contains("\nitodenwa_cluster_engine_seconds 1.000020\n"));
        let mut described = "";
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                described = help.split_once(' ').expect("a sentence").0;
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(name, described);
                assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            } else {
                let (name, value) = line.rsplit_once(' ').unwrap();
                assert_eq!(name.split('{').next(), Some(described));
                value.parse::<f64>().unwrap();
            }
        }
    }
}
