//! `Admission`: who may be taken from the backlog, and the ticket that each connection carries.
//!
//! Owns the capacities: all slots, the share of connections without a session, and what one address may have. Counting
//! is by possession: a [`Ticket`] is part of the connection, so that whatever way a connection goes, on whatever
//! thread, what it took is given back. Does not own sockets. Invariant: no more addresses are remembered than
//! [`ADDRESSES_MAX`].

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::limits::{
    ADDRESS_BURST, ADDRESS_CONNECTIONS_MAX, ADDRESS_INTERVAL, ADDRESSES_MAX, BUSY_ANSWERS_MAX, PENDING_SHARE,
};
use crate::metrics::causes::HandshakeFailure;

/// How many hold a [`Presence`] of it.
#[derive(Debug, Default)]
struct Headcount(Arc<()>);

/// One that counts until it is dropped.
#[derive(Debug)]
struct Presence(#[expect(dead_code, reason = "held for its reference count")] Arc<()>);

impl Headcount {
    fn count(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }

    fn enter(&self) -> Presence {
        Presence(Arc::clone(&self.0))
    }
}

/// What a connection takes up; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// Who it is.
    pub(crate) peer: SocketAddr,
    /// All slots are taken: it gets an answer, but no session.
    pub(crate) is_turned_away: bool,
    /// Of all slots; of the places for answers when turned away.
    _slot: Presence,
    /// Of those without a session.
    pending: Option<Presence>,
    _address: Option<Presence>,
}

impl Ticket {
    /// The connection has a session now: it leaves the share of those without.
    pub(crate) fn settle(&mut self) {
        self.pending = None;
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }
}

/// A network that counts as one: an IPv4 address, or the first 64 bits of an IPv6 address, since a single user has
/// all addresses below them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Network {
    V4(u32),
    V6(u64),
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

#[derive(Debug)]
struct Entry {
    connections: Headcount,
    /// When the connections so far are paid for, at one per interval.
    paid_at: Time,
}

/// What is decided about one socket of the backlog.
#[derive(Debug)]
pub(crate) enum Decision {
    Take(Ticket),
    /// Answer with a status and close at once.
    Refuse(HandshakeFailure),
}

/// The capacities of one server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Capacity {
    /// Connections of all threads together.
    pub(crate) connections_max: usize,
    /// Whether the loopback interface is subject to the limits of one address.
    pub(crate) limit_loopback: bool,
}

#[derive(Debug)]
pub(crate) struct Admission {
    capacity: Capacity,
    all: Headcount,
    pending: Headcount,
    turned_away: Headcount,
    // The standard hasher is keyed at random: addresses can not be chosen to collide.
    networks: HashMap<Network, Entry>,
    swept_at: Time,
}

impl Admission {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            all: Headcount::default(),
            pending: Headcount::default(),
            turned_away: Headcount::default(),
            networks: HashMap::new(),
            swept_at: Time::default(),
        }
    }

    /// Connections that hold a slot, those on their way to another thread included.
    #[cfg(test)]
    pub(crate) fn connections(&self) -> usize {
        self.all.count()
    }

    /// Of those, the ones without a session.
    #[cfg(test)]
    pub(crate) fn pending(&self) -> usize {
        self.pending.count()
    }

    /// Decides about a connection from `peer`. Checks in order: its address, the share without a session, all slots.
    pub(crate) fn admit(&mut self, peer: SocketAddr, now: Time) -> Decision {
        let address = match self.admit_address(peer.ip(), now) {
            Ok(address) => address,
            Err(reason) => return Decision::Refuse(reason),
        };
        let slots = self.capacity.connections_max;
        if self.pending.count() >= (slots / PENDING_SHARE).max(1) {
            return Decision::Refuse(HandshakeFailure::Pending);
        }
        let is_turned_away = self.all.count() >= slots;
        if is_turned_away && self.turned_away.count() >= BUSY_ANSWERS_MAX {
            return Decision::Refuse(HandshakeFailure::Full);
        }
        let slot = if is_turned_away { &self.turned_away } else { &self.all };
        let pending = (!is_turned_away).then(|| self.pending.enter());
        Decision::Take(Ticket { peer, is_turned_away, _slot: slot.enter(), pending, _address: address })
    }

    fn admit_address(&mut self, ip: IpAddr, now: Time) -> Result<Option<Presence>, HandshakeFailure> {
        if ip.to_canonical().is_loopback() && !self.capacity.limit_loopback {
            return Ok(None);
        }
        let network = Network::of(ip);
        if !self.networks.contains_key(&network) && self.networks.len() >= ADDRESSES_MAX {
            self.sweep(now);
            if self.networks.len() >= ADDRESSES_MAX {
                return Err(HandshakeFailure::Addresses);
            }
        }
        let entry = self
            .networks
            .entry(network)
            .or_insert_with(|| Entry { connections: Headcount::default(), paid_at: now });
        if entry.connections.count() >= ADDRESS_CONNECTIONS_MAX {
            return Err(HandshakeFailure::AddressConnections);
        }
        let paid_at = entry.paid_at.max(now);
        if paid_at.since(now) > ADDRESS_INTERVAL * (ADDRESS_BURST - 1) {
            return Err(HandshakeFailure::AddressRate);
        }
        entry.paid_at = paid_at + ADDRESS_INTERVAL;
        Ok(Some(entry.connections.enter()))
    }

    /// Forgets networks that have no connection and owe nothing; at most once a second, since it looks at all.
    fn sweep(&mut self, now: Time) {
        if now.since(self.swept_at) >= Duration::from_secs(1) {
            self.swept_at = now;
            self.networks.retain(|_, entry| entry.connections.count() > 0 || entry.paid_at > now);
        }
    }
}

#[cfg(test)]
impl Ticket {
    /// A ticket of no admission.
    pub(crate) fn loose() -> Self {
        let mut admission = Admission::new(Capacity { connections_max: 1, limit_loopback: false });
        match admission.admit(SocketAddr::from(([127, 0, 0, 1], 1)), Time::default()) {
            Decision::Take(ticket) => ticket,
            Decision::Refuse(reason) => panic!("{reason:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
