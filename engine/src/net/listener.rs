//! `Listener`: the bound socket, before any thread exists.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

use super::limits::LISTEN_BACKLOG;

/// Why no socket could be bound; each says what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The text is no address.
    #[error("cannot listen on `{address}`: not an address; write HOST:PORT, for example 127.0.0.1:7777")]
    Address {
        /// What was given.
        address: String,
    },
    /// Another socket has the port.
    #[error(
        "cannot listen on {address}: the port is in use; stop the other program or choose another port (0 = any)"
    )]
    Busy {
        /// What was given.
        address: SocketAddr,
    },
    /// The port needs privileges.
    #[error("cannot listen on {address}: not permitted; choose a port above 1023")]
    Denied {
        /// What was given.
        address: SocketAddr,
    },
    /// The address is not one of this machine.
    #[error("cannot listen on {address}: not an address of this machine; use 127.0.0.1 or 0.0.0.0")]
    NotLocal {
        /// What was given.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// What was given.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}

/// A bound, listening, nonblocking socket.
#[derive(Debug)]
pub struct Listener {
    inner: mio::net::TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds `address` (`HOST:PORT`; port 0 = any free one) and listens.
    ///
    /// # Errors
    /// See [`ListenError`]. Of several addresses of a name the first is taken.
    pub fn bind(address: &str) -> Result<Self, ListenError> {
        let resolved = address.to_socket_addrs().ok().and_then(|mut found| found.next());
        let Some(resolved) = resolved else {
            return Err(ListenError::Address { address: address.to_owned() });
        };
        listen(resolved).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::Busy { address: resolved },
            io::ErrorKind::PermissionDenied => ListenError::Denied { address: resolved },
            io::ErrorKind::AddrNotAvailable => ListenError::NotLocal { address: resolved },
            _ => ListenError::Io { address: resolved, source },
        })
    }

    /// Where it listens: with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn into_inner(self) -> mio::net::TcpListener {
        self.inner
    }
}

fn listen(address: SocketAddr) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for TIME_WAIT. On Windows the option means something else: taking a port over.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    // Accepted sockets inherit it: a peer that stopped acknowledging is given up, whatever its queue holds.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(Some(super::limits::USER_TIMEOUT))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    let inner = mio::net::TcpListener::from_std(socket.into());
    let address = inner.local_addr()?;
    Ok(Listener { inner, address })
}

#[cfg(test)]
mod tests {
    use super::{ListenError, Listener};

    #[test]
    fn port_zero_is_replaced_by_the_real_one() {
        let listener = Listener::bind("127.0.0.1:0").expect("a free port");
        assert_ne!(listener.address().port(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn w3_accepted_sockets_give_up_a_silent_peer_after_20_seconds() {
        let listener = Listener::bind("127.0.0.1:0").expect("a free port");
        let _peer = std::net::TcpStream::connect(listener.address()).expect("listening");
        let inner = listener.into_inner();
        let accepted = loop {
            match inner.accept() {
                Ok((accepted, _)) => break accepted,
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        };
        let timeout = socket2::SockRef::from(&accepted).tcp_user_timeout().expect("an option of TCP");
        assert_eq!(timeout, Some(std::time::Duration::from_secs(20)));
    }

    #[test]
    fn a_busy_port_and_a_wrong_address_say_what_to_do() {
        let listener = Listener::bind("127.0.0.1:0").expect("a free port");
        let busy = Listener::bind(&listener.address().to_string()).expect_err("taken");
        assert!(matches!(busy, ListenError::Busy { .. }), "{busy:?}");
        assert!(busy.to_string().contains("choose another port"), "{busy}");
        for address in ["nonsense", "127.0.0.1", "127.0.0.1:99999", ""] {
            let error = Listener::bind(address).expect_err(address);
            assert!(matches!(error, ListenError::Address { .. }), "{address}: {error:?}");
        }
        let error = Listener::bind("192.0.2.1:7777").expect_err("not of this machine");
        assert!(matches!(error, ListenError::NotLocal { .. }), "{error:?}");
    }
}
