//! `Sources`: which address of this machine a connection comes from.
//!
//! A port belongs to one connection between the same two addresses, and there are some 28,000 of them. On loopback the
//! whole of 127.0.0.0/8 is this machine, so that the next address has as many again.

use std::io;
use std::net::{self, IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{Domain, Protocol, SockAddr, Type};

/// Up to 127.0.0.254, so seven million connections: more than any process may have descriptors for.
const LAST: u8 = 254;

/// Where the next connection comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The last octet of 127.0.0.x; `None` = the system's choice.
    octet: Option<u8>,
}

impl Sources {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Begins to connect, from the next address if this one has no port left.
    ///
    /// # Errors
    /// As the system says: no port left at any address, too many descriptors, nobody there.
    pub(crate) fn connect(&mut self, to: SocketAddr) -> io::Result<TcpStream> {
        self.any(to, |source| {
            source.map_or_else(|| TcpStream::connect(to), |source| connect_from(source, to))
        })
    }

    /// Connects within `limit`.
    ///
    /// # Errors
    /// As [`Sources::connect`], or nobody answered in time.
    pub(crate) fn connect_within(&mut self, to: SocketAddr, limit: Duration) -> io::Result<net::TcpStream> {
        self.any(to, |source| match source {
            None => net::TcpStream::connect_timeout(&to, limit),
            Some(source) => {
                let socket = bound(source, to)?;
                socket.connect_timeout(&SockAddr::from(to), limit)?;
                Ok(socket.into())
            }
        })
    }

    fn any<T>(&mut self, to: SocketAddr, open: impl Fn(Option<Ipv4Addr>) -> io::Result<T>) -> io::Result<T> {
        loop {
            match open(self.octet.map(|octet| Ipv4Addr::new(127, 0, 0, octet))) {
                Err(error) if is_out_of_ports(&error) && self.advance(to) => {}
                opened => return opened,
            }
        }
    }

    /// Goes on to the next address; false if there is none.
    fn advance(&mut self, to: SocketAddr) -> bool {
        let is_near = matches!(to.ip(), IpAddr::V4(address) if address.is_loopback());
        let next = self.octet.map_or(Some(2), |octet| Some(octet + 1)).filter(|&octet| octet <= LAST);
        if is_near && next.is_some() {
            self.octet = next;
            return true;
        }
        false
    }
}

fn is_out_of_ports(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
}

fn bound(source: Ipv4Addr, to: SocketAddr) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SockAddr::from(SocketAddr::from((source, 0))))?;
    Ok(socket)
}

fn connect_from(source: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = bound(source, to)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::from(to)) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}

#[cfg(not(unix))]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn another_address_of_the_loopback_reaches_the_same_server() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let to = listener.local_addr().expect("it is bound");
        let mut sources = Sources { octet: Some(7) };
        let want = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 0, 0, 7) } else { Ipv4Addr::LOCALHOST };
        let _stream = sources.connect(to).expect("loopback");
        assert_eq!(listener.accept().expect("somebody connects").1.ip(), IpAddr::V4(want));
        let _stream = sources.connect_within(to, Duration::from_secs(5)).expect("loopback");
        assert_eq!(listener.accept().expect("somebody connects").1.ip(), IpAddr::V4(want));
    }

    #[test]
    fn addresses_follow_one_another_on_loopback_only_and_end() {
        let near = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let mut sources = Sources::new();
        let count = (0..1000).take_while(|_| sources.advance(near)).count();
        assert_eq!((count, sources.octet), (253, Some(LAST)));
        for far in ["192.0.2.1:1", "[::1]:1"] {
            assert!(!Sources::new().advance(far.parse().expect("an address")), "{far}");
        }
    }
}
