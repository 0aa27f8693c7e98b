//! The program's command `token`.

use std::time::{Duration, SystemTime};

use clap::Args;
use itodenwa_wire::{DisplayName, Identity, RoomName};

use crate::token::{Claims, Secret};

/// A token to be made.
#[derive(Debug, Clone, Args)]
pub struct Mint {
    /// Into which room
    #[arg(value_name = "ROOM")]
    room: RoomName,
    /// Whom: in a room there is one of each identity, and the newest stays
    #[arg(value_name = "IDENTITY")]
    identity: Identity,
    /// What the others see [default: what the person says]
    #[arg(long, value_name = "NAME")]
    name: Option<DisplayName>,
    /// How long it is good for joining: 90s, 15m, 6h, 7d
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = lifetime)]
    valid_for: Duration,
    /// Lets its owner send no media
    #[arg(long)]
    no_publish: bool,
    /// Lets its owner get no media
    #[arg(long)]
    no_subscribe: bool,
    /// Lets its owner remove others
    #[arg(long)]
    admin: bool,
    /// Who makes it: not looked at here, elsewhere it names the secret
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
}

impl Mint {
    /// The token, signed.
    #[must_use]
    pub fn sign(self, secret: &Secret) -> String {
        let mut claims = Claims::new(self.room, self.identity, SystemTime::now(), self.valid_for);
        claims.iss = self.issuer;
        claims.name = self.name.map(String::from);
        claims.video.can_publish = self.no_publish.then_some(false);
        claims.video.can_subscribe = self.no_subscribe.then_some(false);
        claims.video.room_admin = self.admin;
        claims.sign(secret)
    }
}

/// Times as people write them. At most ten years.
fn lifetime(text: &str) -> Result<Duration, &'static str> {
    let seconds = |unit: char| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        _ => None,
    };
    let parsed = || {
        let unit = text.chars().next_back()?;
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_secs(u64::from(number).saturating_mul(seconds(unit)?)))
    };
    parsed()
        .filter(|time| !time.is_zero() && *time <= Duration::from_secs(3650 * 86_400))
        .ok_or("it is no time like 90s, 15m, 6h or 7d, above 0 and up to 3650d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("6h", 21_600), ("3650d", 315_360_000)] {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "6", "0s", "-1s", "6 h", "6w", "3651d", "6時", "99999999999s"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }
}
