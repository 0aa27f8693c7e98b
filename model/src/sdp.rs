//! A session description with the lines that matter here (RFC 8866, RFC 8839), and two that only a model has: which
//! connection it comes from, and which offer it answers.

use std::fmt::{self, Write};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Audio,
    Video,
    Application,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Direction {
    pub send: bool,
    pub receive: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Media {
    pub kind: Kind,
    pub mid: String,
    pub direction: Direction,
    /// Its port is zero: it is not used, or not any more (RFC 3264, section 6).
    pub is_rejected: bool,
}

/// Names a description: the connection that made it, and which of its descriptions it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    pub connection: u32,
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Description {
    pub origin: Origin,
    pub answers: Option<Origin>,
    pub fragment: String,
    pub media: Vec<Media>,
    pub candidates: Vec<String>,
}

impl Direction {
    pub const INACTIVE: Direction = Direction { send: false, receive: false };
    pub const RECVONLY: Direction = Direction { send: false, receive: true };
    pub const SENDRECV: Direction = Direction { send: true, receive: true };

    /// What an answer can say to an offer with `offered` (RFC 3264, section 6.1).
    pub fn answering(self, offered: Direction) -> Direction {
        Direction { send: self.send && offered.receive, receive: self.receive && offered.send }
    }

    pub fn name(self) -> &'static str {
        match (self.send, self.receive) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [(true, true), (true, false), (false, true), (false, false)]
            .map(|(send, receive)| Direction { send, receive })
            .into_iter()
            .find(|direction| direction.name() == name)
    }
}

impl Media {
    pub fn new(kind: Kind, mid: String, direction: Direction) -> Self {
        Media { kind, mid, direction, is_rejected: false }
    }
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Audio => "audio",
            Kind::Video => "video",
            Kind::Application => "application",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Kind::Audio, Kind::Video, Kind::Application].into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { connection, version } = self.origin;
        write!(f, "v=0\r\no=- {connection} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n")?;
        if let Some(Origin { connection, version }) = self.answers {
            write!(f, "a=x-answers:{connection} {version}\r\n")?;
        }
        for (index, Media { kind, mid, direction, is_rejected }) in self.media.iter().enumerate() {
            let port = if *is_rejected { 0 } else { 9 };
            write!(f, "m={} {port} UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\n", kind.name())?;
            write!(f, "a=ice-ufrag:{}\r\na={}\r\n", self.fragment, direction.name())?;
            // All media share one transport (RFC 8843), so the first one has the candidates.
            for candidate in self.candidates.iter().filter(|_| index == 0) {
                write!(f, "a={candidate}\r\n")?;
            }
        }
        f.write_char('\n')
    }
}

impl Description {
    /// Reads what [`Display`](fmt::Display) wrote; none if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != "v=0" {
            return None;
        }
        let (mut origin, mut answers, mut fragment) = (None, None, None);
        let (mut media, mut candidates) = (Vec::<Media>::new(), Vec::new());
        for line in lines {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let (name, rest) = value.split_once(':').unwrap_or((value, ""));
            match (key, name) {
                ("o", _) => origin = Origin::parse(value.strip_prefix("- ")?),
                ("a", "x-answers") => answers = Origin::parse(rest),
                ("a", "ice-ufrag") => fragment = Some(rest.to_owned()),
                ("a", "mid") => media.last_mut()?.mid = rest.to_owned(),
                ("a", "candidate") => candidates.push(value.to_owned()),
                ("a", _) => {
                    if let Some(direction) = Direction::parse(name) {
                        media.last_mut()?.direction = direction;
                    }
                }
                ("m", _) => {
                    let mut words = value.split(' ');
                    let (word, port) = (words.next()?, words.next()?);
                    let kind = Kind::parse(word)?;
                    let is_rejected = port == "0";
                    media.push(Media { is_rejected, ..Media::new(kind, String::new(), Direction::INACTIVE) });
                }
                _ => {}
            }
        }
        Some(Description { origin: origin?, answers, fragment: fragment?, media, candidates })
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map_while(|word| word.parse().ok());
        Some(Origin { connection: numbers.next()?, version: numbers.next()? })
    }
}

#[test]
fn descriptions_are_read_as_they_were_written() {
    let line = |kind, mid: &str, direction| Media::new(kind, mid.into(), direction);
    let description = Description {
        origin: Origin { connection: 7, version: 2 },
        answers: Some(Origin { connection: 3, version: 1 }),
        fragment: "f7.1x3".into(),
        media: vec![
            line(Kind::Audio, "0", Direction::SENDRECV),
            line(Kind::Application, "1", Direction::INACTIVE),
            line(Kind::Video, "2", Direction::RECVONLY),
            Media { is_rejected: true, ..line(Kind::Video, "3", Direction::INACTIVE) },
        ],
        candidates: vec!["candidate:1 1 udp 1 192.0.2.7 9 typ host".into()],
    };
    assert_eq!(Description::parse(&description.to_string()), Some(description));
    assert_eq!(Description::parse("v=0"), None);
    assert_eq!(Description::parse("hello"), None);
}
