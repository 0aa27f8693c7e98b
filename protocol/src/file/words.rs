//! What both sides say beside the blocks: short texts.

use super::HASH_BYTES;

/// Why a transfer is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What came is no message of a transfer, or a block of another size.
    Malformed,
    /// A block that is not the next one, or an acknowledgement of what was not sent.
    Order,
    /// The bytes of a block do not have the hash that was said.
    Hash,
    /// It can't be stored any more.
    Storage,
    /// It can't be read any more.
    Unreadable,
}

impl Fault {
    const ALL: [Fault; 5] = [Fault::Malformed, Fault::Order, Fault::Hash, Fault::Storage, Fault::Unreadable];

    const fn as_str(self) -> &'static str {
        match self {
            Fault::Malformed => "malformed",
            Fault::Order => "order",
            Fault::Hash => "hash",
            Fault::Storage => "storage",
            Fault::Unreadable => "unreadable",
        }
    }
}

/// Something that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The receiver: begin with this block.
    From(u32),
    /// The receiver: so many blocks are stored.
    Stored(u32),
    /// The receiver: everything is stored for good.
    Done,
    /// The receiver, before it begins: it has so many blocks of such a file, of before. Which has the sender?
    Compare(u32),
    /// The sender: the digest of as many of its own blocks.
    Digest([u8; HASH_BYTES]),
    /// Either: the person wants it to wait.
    Pause,
    /// Either: it need not wait any more.
    Resume,
    /// Either: it is given up.
    Failed(Fault),
}

impl Word {
    /// As it goes through the channel.
    #[must_use]
    pub fn write(self) -> String {
        match self {
            Word::From(block) => ["from ", &block.to_string()].concat(),
            Word::Stored(count) => ["stored ", &count.to_string()].concat(),
            Word::Done => "done".to_owned(),
            Word::Compare(count) => ["compare ", &count.to_string()].concat(),
            Word::Digest(digest) => ["digest ", &hex(&digest)].concat(),
            Word::Pause => "pause".to_owned(),
            Word::Resume => "resume".to_owned(),
            Word::Failed(fault) => ["failed ", fault.as_str()].concat(),
        }
    }

    /// As it came; none if it is no word.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number = || rest.parse().ok();
        match word {
            "from" => number().map(Word::From),
            "stored" => number().map(Word::Stored),
            "compare" => number().map(Word::Compare),
            "digest" => from_hex(rest).map(Word::Digest),
            "failed" => Fault::ALL.into_iter().find(|fault| fault.as_str() == rest).map(Word::Failed),
            _ if !rest.is_empty() => None,
            "done" => Some(Word::Done),
            "pause" => Some(Word::Pause),
            "resume" => Some(Word::Resume),
            _ => None,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn from_hex(text: &str) -> Option<[u8; HASH_BYTES]> {
    let digits: Vec<u8> =
        text.chars().map(|digit| digit.to_digit(16)).map(|digit| digit?.try_into().ok()).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_as_they_were_said_and_others_are_none() {
        let faults = Fault::ALL.map(Word::Failed);
        let digest = std::array::from_fn(|at| at as u8 * 7);
        let words = [
            Word::From(0),
            Word::Stored(u32::MAX),
            Word::Done,
            Word::Compare(1),
            Word::Digest(digest),
            Word::Pause,
            Word::Resume,
        ];
        for word in words.into_iter().chain(faults) {
            assert_eq!(Word::read(&word.write()), Some(word));
        }
        let digit = |count| ["digest ", &"0".repeat(count)].concat();
        for text in [digit(63), digit(65), digit(66), "digest é".to_owned(), ["digest ", &"+1".repeat(32)].concat()] {
            assert_eq!(Word::read(&text), None, "{text}");
        }
        for text in [
            "",
            "compare",
            "compare -1",
            "digest",
            "from",
            "from x",
            "from -1",
            "stored 4294967296",
            "failed",
            "failed x",
            "done 1",
            "hello",
        ] {
            assert_eq!(Word::read(text), None, "{text}");
        }
    }
}
