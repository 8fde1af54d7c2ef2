//! How a connection gets in: the listening socket and the opening handshake of RFC 6455. Off the measured path.

use std::io;
use std::net::{TcpListener, ToSocketAddrs as _};

use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use tickwire_netcode::ws::handshake::{HeadBuffer, Request, accept};

/// As deep as the kernel allows: a thousand clients connect at once.
const BACKLOG: i32 = 4096;

/// A listening socket that does not block.
pub(super) fn bind(address: &str) -> io::Result<TcpListener> {
    let no_address = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    let resolved = address.to_socket_addrs()?.next().ok_or_else(no_address)?;
    let family = if resolved.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    net::bind(&socket, &resolved)?;
    net::listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

/// What came of a piece of a request head.
#[derive(Debug, PartialEq)]
pub(super) enum Knock {
    /// There must be more of it.
    Incomplete,
    /// To be answered with this and let in; frames begin after so many bytes of the piece.
    Upgrade { answer: Vec<u8>, consumed: usize },
    /// To be answered with this and shown out.
    Refuse { answer: Vec<u8> },
}

/// Takes the next bytes of a head.
pub(super) fn knock(head: &mut HeadBuffer, bytes: &[u8]) -> Knock {
    let mut answer = Vec::new();
    let consumed = match head.push(bytes) {
        Ok(None) => return Knock::Incomplete,
        Ok(Some(head)) => match Request::parse(head.bytes).map(|request| accept(&request)) {
            Ok(Ok(accepted)) => {
                accepted.write_response(&mut answer);
                Some(head.consumed)
            }
            Ok(Err(error)) => {
                error.write_response(&mut answer);
                None
            }
            Err(error) => {
                error.write_response(&mut answer);
                None
            }
        },
        Err(error) => {
            error.write_response(&mut answer);
            None
        }
    };
    match consumed {
        Some(consumed) => Knock::Upgrade { answer, consumed },
        None => Knock::Refuse { answer },
    }
}
