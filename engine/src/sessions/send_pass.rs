//! The send pass: the one place where updates are encoded, at the moment they can leave.
//!
//! Per room with a newly latched snapshot: the public slot is encoded once and shared by all players; each player adds a header,
//! the own slot and the events that are due, in one buffer and one write. Nothing encoded outlives the pass. Invariant: a send
//! that took no byte leaves session and connection as if it had not been tried; one that took a byte commits all of it.

use std::sync::Arc;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::limits::SERVER_MESSAGE_BYTES_MAX;
use tickwire_netcode::schema::Layout;
use tickwire_netcode::session::{Pending, UpdatePlan};
use tickwire_netcode::snapshot::Snapshot;
use tickwire_netcode::snapshot::update::{PartKey, encode_slot};
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::{MessageKind, WebSocket};

use super::PlayerSession;
use super::room_view::{RoomPlayer, RoomView, RoomViews};
use crate::metrics::io::IoMetrics;
use crate::net::connections::Connections;
use crate::net::service::ConnectionId;
use crate::net::transport::Transport;
use crate::sim::KindWire;

/// Buffers of the pass, kept between ticks.
#[derive(Debug, Default)]
pub(super) struct SendPass {
    public: Vec<u8>,
    own: Vec<u8>,
    /// Whose update was longer than a client takes, and by how many bytes it was.
    oversized: Vec<(ConnectionId, usize)>,
}

/// What the players of a room share in one pass.
#[derive(Clone, Copy)]
struct Body<'a> {
    layout: &'a Layout,
    snapshot: &'a Snapshot,
    public: &'a [u8],
    now: Time,
}

impl SendPass {
    /// Sends the newest state of each room to each of its players whose gate is open.
    pub(super) fn run<T: Transport>(
        &mut self,
        rooms: &mut RoomViews,
        kinds: &[Arc<KindWire>],
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
        metrics: &IoMetrics,
        now: Time,
    ) {
        for view in rooms.iter_mut().filter(|view| view.fresh) {
            view.fresh = false;
            let Some(snapshot) = &view.latched else { continue };
            let layout = &kinds[view.kind].layout;
            self.public.clear();
            encode_slot(layout, snapshot, PartKey::Everyone, true, &mut self.public);
            let body = Body { layout, snapshot, public: &self.public, now };
            for player in &view.players {
                send(body, player, &mut self.own, &mut self.oversized, connections, metrics);
            }
            self.close_oversized(view, kinds, connections);
        }
    }

    /// Ends the sessions that cannot be told the state of their room: silence would look like a bad link.
    fn close_oversized<T: Transport>(
        &mut self,
        view: &RoomView,
        kinds: &[Arc<KindWire>],
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
    ) {
        if let Some(&(_, size)) = self.oversized.first() {
            tracing::error!(
                room = %view.name,
                kind = %kinds[view.kind].name,
                players = self.oversized.len(),
                size,
                max = SERVER_MESSAGE_BYTES_MAX,
                "the room's state does not fit into an Update: show less, or smaller fields; its players are closed"
            );
        }
        for (connection, _) in self.oversized.drain(..) {
            connections.close(connection, CloseCode::Internal.code(), "the room's state is too large");
        }
    }
}

fn send<T: Transport>(
    body: Body<'_>,
    player: &RoomPlayer,
    own: &mut Vec<u8>,
    oversized: &mut Vec<(ConnectionId, usize)>,
    connections: &mut Connections<'_, T, Box<PlayerSession>>,
    metrics: &IoMetrics,
) {
    let (mut pending, mut is_open, mut has_welcome) = (None, false, false);
    let sent = connections.send(player.connection, |session, ws, buffer| {
        has_welcome = !session.welcome.is_empty();
        if has_welcome {
            ws.send(MessageKind::Binary, &session.welcome, buffer);
        }
        is_open = session.protocol.gate_open();
        if is_open {
            match encode(body, player, session, own, ws, buffer) {
                Ok(encoded) => pending = encoded,
                Err(Oversized(size)) => oversized.push((player.connection, size)),
            }
        }
    });
    metrics.count_send(sent, has_welcome, is_open, pending.is_some());
    if !sent.is_committed() {
        return;
    }
    if let Some(session) = connections.session(player.connection) {
        session.welcome = Vec::new();
        if let Some(pending) = pending {
            session.reanchor = false;
            session.protocol.commit(pending, body.now);
        }
    }
}

/// An Update of so many bytes, which no client takes.
struct Oversized(usize);

/// Appends the update of one player, and the events that are due after it.
fn encode(
    body: Body<'_>,
    player: &RoomPlayer,
    session: &PlayerSession,
    own: &mut Vec<u8>,
    ws: &mut WebSocket,
    buffer: &mut Vec<u8>,
) -> Result<Option<Pending>, Oversized> {
    own.clear();
    let key = PartKey::Own(player.player());
    encode_slot(body.layout, body.snapshot, key, false, own);
    let line = player.line;
    let plan = UpdatePlan {
        tick: body.snapshot.tick(),
        reanchor: session.reanchor,
        input: (line.input_applied.0 != 0).then_some((line.input_applied, line.input_margin_q4)),
        commands_run: line.command_ack,
        slots: &[body.public, own],
        full: true,
    };
    let mark = ws.begin(MessageKind::Binary, buffer);
    let start = buffer.len();
    let Some(mut pending) = session.protocol.begin_update(&plan, body.now, buffer) else {
        ws.cancel(mark, buffer);
        return Ok(None);
    };
    let size = buffer.len() - start;
    if size > SERVER_MESSAGE_BYTES_MAX {
        ws.cancel(mark, buffer);
        return Err(Oversized(size));
    }
    ws.end(mark, buffer);
    loop {
        let mark = ws.begin(MessageKind::Binary, buffer);
        if !session.protocol.append_events(&mut pending, buffer) {
            ws.cancel(mark, buffer);
            return Ok(Some(pending));
        }
        ws.end(mark, buffer);
    }
}
