//! The address under which others on the network reach a server that listens on all of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The machine's address with the server's port; `None` for a server that listens on one address only, or without a network.
///
/// Connecting a UDP socket sends nothing: it only asks the routing table which local address would be used. The targets are
/// addresses reserved for documentation.
pub(super) fn network_address(listening: SocketAddr) -> Option<SocketAddr> {
    if !listening.ip().is_unspecified() {
        return None;
    }
    let (local, target): (IpAddr, IpAddr) = match listening {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        SocketAddr::V6(_) => {
            (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())
        }
    };
    let socket = UdpSocket::bind((local, 0)).ok()?;
    socket.connect((target, 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(SocketAddr::new(ip, listening.port()))
}

#[cfg(test)]
mod tests {
    use super::network_address;

    #[test]
    fn a_server_on_one_address_has_no_other() {
        assert_eq!(network_address(([127, 0, 0, 1], 7777).into()), None);
    }

    #[test]
    fn a_server_on_all_addresses_keeps_its_port_in_the_one_it_tells() {
        // A machine without a network has none to tell.
        if let Some(address) = network_address(([0, 0, 0, 0], 7777).into()) {
            assert_eq!(address.port(), 7777);
            assert!(!address.ip().is_unspecified() && !address.ip().is_loopback());
        }
    }
}
