//! The send pass: the one place where updates are encoded, at the moment they can leave.
//!
//! Per room with a newly latched snapshot: the public slot is encoded once and shared by all players; each player adds a header,
//! the own slot and the events that are due, in one buffer and one write. Nothing encoded outlives the pass. Invariant: a send
//! that took no byte leaves session and connection as if it had not been tried; one that took a byte commits all of it.

use std::sync::Arc;

use tickwire_netcode::schema::Layout;
use tickwire_netcode::session::{Pending, UpdatePlan};
use tickwire_netcode::snapshot::Snapshot;
use tickwire_netcode::snapshot::update::{PartKey, encode_slot};
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::{MessageKind, WebSocket};

use super::PlayerSession;
use super::room_view::{RoomPlayer, RoomViews};
use crate::net::connections::Connections;
use crate::net::transport::Transport;
use crate::sim::KindWire;

/// Buffers of the pass, kept between ticks.
#[derive(Debug, Default)]
pub(super) struct SendPass {
    public: Vec<u8>,
    own: Vec<u8>,
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
                send(body, player, &mut self.own, connections);
            }
        }
    }
}

fn send<T: Transport>(
    body: Body<'_>,
    player: &RoomPlayer,
    own: &mut Vec<u8>,
    connections: &mut Connections<'_, T, Box<PlayerSession>>,
) {
    let mut pending = None;
    let sent = connections.send(player.connection, |session, ws, buffer| {
        for greeting in &session.greetings {
            ws.send(MessageKind::Binary, greeting, buffer);
        }
        if session.protocol.gate_open() {
            pending = encode(body, player, session, own, ws, buffer);
        }
    });
    if !sent.is_committed() {
        return;
    }
    if let Some(session) = connections.session(player.connection) {
        session.greetings = Vec::new();
        if let Some(pending) = pending {
            session.reanchor = false;
            session.protocol.commit(pending, body.now);
        }
    }
}

/// Appends the update of one player, and the events that are due after it.
fn encode(
    body: Body<'_>,
    player: &RoomPlayer,
    session: &PlayerSession,
    own: &mut Vec<u8>,
    ws: &mut WebSocket,
    buffer: &mut Vec<u8>,
) -> Option<Pending> {
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
    let Some(mut pending) = session.protocol.begin_update(&plan, body.now, buffer) else {
        ws.cancel(mark, buffer);
        return None;
    };
    ws.end(mark, buffer);
    loop {
        let mark = ws.begin(MessageKind::Binary, buffer);
        if !session.protocol.append_events(&mut pending, buffer) {
            ws.cancel(mark, buffer);
            return Some(pending);
        }
        ws.end(mark, buffer);
    }
}
