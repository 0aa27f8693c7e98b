//! How many files are open at once: each connection is one.

use crate::accept::CONNECTIONS;
use crate::{Config, Page};

/// For everything else: standard streams, listeners and what waits for events (each once for each thread of the relay), files of
/// certificates, what fetches ICE servers.
const OTHER: usize = 256;

impl Config {
    /// How many files are open at once when everything is used that the limits allow.
    #[must_use]
    pub fn open_files(&self) -> usize {
        let http = match self.page {
            // A request may read a file.
            Page::Folder(_) | Page::LinkedFolder(_) => 2 * CONNECTIONS,
            Page::Embedded | Page::None => CONNECTIONS,
        };
        let relay = match self.turn {
            Some(_) => self.turn_limits.turn_allocations.saturating_add(self.turn_limits.turn_connections),
            None => 0,
        };
        self.limits.connections.saturating_add(http).saturating_add(relay).saturating_add(OTHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::TurnConfig;

    #[test]
    fn the_unit_lets_as_many_be_open_as_the_default_limits_add_up_to() {
        let turn = TurnConfig::new(Config::default().listen, [192, 0, 2, 1].into());
        let config = Config { page: Page::Folder("www".into()), turn: Some(turn), ..Config::default() };
        assert_eq!(config.open_files(), 10_000 + 2 * 4096 + 8192 + 4096 + OTHER);
        let unit = include_str!("../deploy/itodenwa-server.service");
        let given =
            unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE=")).and_then(|limit| limit.parse().ok());
        assert!(
            given.is_some_and(|given: usize| given >= config.open_files()),
            "{given:?} and {}",
            config.open_files()
        );
    }
}
