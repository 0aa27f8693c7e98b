//! What the system tells a worker of, as a number.

use mio::Token;

use crate::relay::io::AllocationId;

/// What has something to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Udp,
    Tcp,
    /// Another thread has changed something.
    Wake,
    Allocation(AllocationId),
    Connection(u64),
}

/// The first number of allocations, which have the even ones, and connections, which have the odd ones.
const FIRST: usize = 4;

impl Source {
    pub(super) fn of(Token(number): Token) -> Self {
        let of_kind = |number: usize| ((number - FIRST) / 2) as u64;
        match number {
            0 => Source::Udp,
            1 => Source::Tcp,
            2..FIRST => Source::Wake,
            _ if number % 2 == 0 => Source::Allocation(AllocationId(of_kind(number))),
            _ => Source::Connection(of_kind(number)),
        }
    }

    pub(super) fn token(self) -> Token {
        let first_and = |number: u64| FIRST + 2 * number as usize;
        Token(match self {
            Source::Udp => 0,
            Source::Tcp => 1,
            Source::Wake => 2,
            Source::Allocation(AllocationId(number)) => first_and(number),
            Source::Connection(number) => first_and(number) + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_number() {
        let allocation = |number| Source::Allocation(AllocationId(number));
        let connection = Source::Connection;
        for source in
            [Source::Udp, Source::Tcp, Source::Wake, allocation(0), allocation(7), connection(0), connection(7)]
        {
            assert_eq!(Source::of(source.token()), source);
        }
    }
}
