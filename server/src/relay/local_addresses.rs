//! What this computer is reached at: nothing of it may be talked to through the relay but other allocations.

use std::io;
use std::net::IpAddr;

/// The addresses that the system has now. They change: with a network, a lease, an address that moves between computers.
pub(super) fn local_addresses() -> io::Result<Vec<IpAddr>> {
    let mut ips: Vec<_> = if_addrs::get_if_addrs()?.iter().map(|interface| interface.ip().to_canonical()).collect();
    ips.sort_unstable();
    ips.dedup();
    Ok(ips)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_unit_lets_the_system_tell_them() {
        let unit = include_str!("../../deploy/itodenwa-server.service");
        let families = unit.lines().find_map(|line| line.strip_prefix("RestrictAddressFamilies=")).unwrap_or_default();
        assert!(families.split(' ').any(|family| family == "AF_NETLINK"), "{families}");
    }
}
