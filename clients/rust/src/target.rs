//! [`Target`]: a server's address, read from a URL.

use std::fmt;
use std::str::FromStr;

/// Port of `ws://` when none is given.
const PORT: u16 = 80;
/// Path of game sessions when none is given.
const PATH: &str = "/ws";

/// Where to connect: `ws://HOST[:PORT][/PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name or address, without the brackets of IPv6.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// With its leading slash; `/ws` when the URL has none.
    pub path: String,
}

/// Why a URL is no address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUrl {
    /// `wss://`: this client has no TLS yet.
    Tls,
    /// It does not begin with `ws://`.
    Scheme,
    /// There is no host, or it has characters that no host has.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
}

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "wss:// is not supported yet by this client: use ws://, or a proxy that ends TLS",
            Self::Scheme => "the URL must begin with ws://, such as ws://127.0.0.1:7777/ws",
            Self::Host => "the URL has no host, such as 127.0.0.1 in ws://127.0.0.1:7777/ws",
            Self::Port => "the URL's port must be a number from 1 to 65535",
        })
    }
}

impl std::error::Error for BadUrl {}

impl FromStr for Target {
    type Err = BadUrl;

    fn from_str(url: &str) -> Result<Self, BadUrl> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(BadUrl::Scheme);
        };
        if scheme.eq_ignore_ascii_case("wss") {
            return Err(BadUrl::Tls);
        }
        if !scheme.eq_ignore_ascii_case("ws") {
            return Err(BadUrl::Scheme);
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, PATH),
        };
        let (host, port) = split_port(authority)?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || "@?#".contains(c)) {
            return Err(BadUrl::Host);
        }
        Ok(Self { host: host.into(), port, path: path.into() })
    }
}

impl Target {
    /// As it stands in a Host header.
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

fn split_port(authority: &str) -> Result<(&str, u16), BadUrl> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(BadUrl::Host)?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(BadUrl::Host)?) })
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    match port {
        None => Ok((host, PORT)),
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => Err(BadUrl::Port),
            Ok(port) => Ok((host, port)),
        },
    }
}
