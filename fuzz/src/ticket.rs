//! Tickets: what a server has sealed says what it said, for its time; everything else says nothing.

use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_server::TicketSecret;
use itodenwa_server::fuzzing::{open_ticket, seal_ticket, tickets};
use itodenwa_wire::{Member, PeerId, RoomName, Ticket};

use crate::values::{display_name, text};

const LIFETIME: Duration = Duration::from_secs(3600);

/// The target.
pub fn run(data: &[u8]) {
    // Bytes that are too few for a ticket say nothing.
    let _ = sealed(Unstructured::new(data));
}

fn sealed(mut u: Unstructured) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "this never runs in a browser")]
    let start = (std::time::Instant::now(), u64::from(u32::arbitrary(&mut u)?));
    let secret = |bytes: [u8; 16]| TicketSecret::new(bytes).expect("it is long enough");
    let (ours, theirs) = (<[u8; 16]>::arbitrary(&mut u)?, <[u8; 16]>::arbitrary(&mut u)?);
    let server = tickets(&secret(ours), LIFETIME, start);
    let room = RoomName::new(text(&mut u)?).unwrap_or_else(|_| RoomName::new("room").expect("it is valid"));
    let member = Member {
        id: PeerId::new(Arbitrary::arbitrary(&mut u)?),
        session: Arbitrary::arbitrary(&mut u)?,
        name: display_name(&mut u)?,
        pass: None,
        offered: None,
    };
    let ticket = seal_ticket(&server, start.0, &room, &member).expect("everybody can have a ticket");
    let passed = Duration::from_secs(u.int_in_range(0..=7200)?);
    let told = Some((room, member.id, member.session)).filter(|_| passed < LIFETIME);
    assert_eq!(open_ticket(&server, start.0 + passed, &ticket), told);
    if ours != theirs {
        let stranger = tickets(&secret(theirs), LIFETIME, start);
        assert_eq!(open_ticket(&stranger, start.0, &ticket), None, "another secret");
    }
    let mut changed = ticket.as_str().as_bytes().to_vec();
    for _ in 0..u.int_in_range(1..=4)? {
        let place = u.choose_index(changed.len())?;
        changed[place] = *u.choose(b"ABCDEFghijklmnop0123456789-_=.")?;
    }
    changed.truncate(u.int_in_range(0..=changed.len())?);
    let changed = String::from_utf8_lossy(&changed).into_owned();
    for forged in [changed, text(&mut u)?, String::from_utf8_lossy(u.take_rest()).into_owned()] {
        if forged == ticket.as_str() {
            continue;
        }
        if let Ok(forged) = Ticket::new(forged) {
            assert_eq!(open_ticket(&server, start.0, &forged), None, "{forged:?} is forged");
        }
    }
    Ok(())
}
