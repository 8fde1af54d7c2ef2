//! The send pass: the one place where updates are encoded, at the moment they can leave.
//!
//! Per room with a newly latched snapshot: a body is encoded once for all players who hold the same points; each player adds a
//! header, the own slot and the events that are due, in one buffer and one write. Nothing encoded outlives the pass. Invariant:
//! a send that took no byte leaves session and connection as if it had not been tried; one that took a byte commits all of it.

use std::sync::Arc;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::limits::SERVER_MESSAGE_BYTES_MAX;
use tickwire_netcode::schema::Layout;
use tickwire_netcode::session::{Pending, ServerSession, UpdatePlan};
use tickwire_netcode::snapshot::body_cache::Coded;
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::snapshot::{BodyCache, BodyKey, History};
use tickwire_netcode::time::{Tick, Time};
use tickwire_netcode::ws::{MessageKind, WebSocket};

use super::PlayerSession;
use super::room_view::{RoomPlayer, RoomView, RoomViews};
use super::send_meter::{SendMeter, Written};
use crate::net::connections::Connections;
use crate::net::service::ConnectionId;
use crate::net::transport::Transport;
use crate::sim::KindWire;

/// Buffers of the pass, kept between ticks.
#[derive(Debug, Default)]
pub(super) struct SendPass {
    bodies: BodyCache,
    /// Whose update was longer than a client takes, and how long it was.
    oversized: Vec<(ConnectionId, usize)>,
}

/// What is sent to the players of a room in one pass.
#[derive(Clone, Copy)]
struct Sending<'a> {
    layout: &'a Layout,
    history: &'a History,
    tick: Tick,
    now: Time,
}

impl SendPass {
    /// Sends the newest state of each room to each of its players whose gate is open.
    pub(super) fn run<T: Transport>(
        &mut self,
        rooms: &mut RoomViews,
        kinds: &[Arc<KindWire>],
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
        meter: &mut SendMeter,
        now: Time,
    ) {
        meter.begin(rooms.iter_mut().filter(|view| view.fresh).map(|view| view.players.len()).sum(), now);
        for view in rooms.iter_mut().filter(|view| view.fresh) {
            view.fresh = false;
            let Some(newest) = view.history.newest() else { continue };
            let layout = &kinds[view.kind].layout;
            let sending = Sending { layout, history: &view.history, tick: newest.tick(), now };
            self.bodies.clear();
            let (mut inputs, mut room) = (view.unwritten.pass(), Written::default());
            for player in &view.players {
                let mine = inputs.of(player.player());
                let outcome = send(sending, player, &mut self.bodies, connections, (meter, &mut room));
                if outcome.size > SERVER_MESSAGE_BYTES_MAX {
                    self.oversized.push((player.connection, outcome.size));
                }
                match outcome.update {
                    Some(Moments { encoded: Some(encoded), written }) => meter.shown(mine, encoded, written),
                    Some(Moments { encoded: None, .. }) => {}
                    None => inputs.keep(),
                }
            }
            meter.lost(inputs.finish());
            meter.room_done(room);
            self.close_oversized(view, kinds, connections);
        }
        meter.publish(now);
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

/// What became of one player's part of a pass.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    /// Of the update that was encoded, 0 if none was.
    size: usize,
    /// `None` when the player got none.
    update: Option<Moments>,
}

/// When an update had been encoded, if this one's moments were taken, and when the kernel had taken it.
#[derive(Clone, Copy, Debug)]
struct Moments {
    encoded: Option<Time>,
    written: Time,
}

fn send<T: Transport>(
    sending: Sending<'_>,
    player: &RoomPlayer,
    bodies: &mut BodyCache,
    connections: &mut Connections<'_, T, Box<PlayerSession>>,
    (meter, room): (&mut SendMeter, &mut Written),
) -> Outcome {
    let (mut update, mut is_open, mut size) = (None, false, 0);
    let sent = connections.send(player.connection, |session, ws, buffer| {
        for greeting in &session.greetings {
            ws.send(MessageKind::Binary, greeting, buffer);
        }
        is_open = session.protocol.gate_open();
        if is_open {
            let pending = encode(sending, player, session, bodies, &mut size, ws, buffer);
            update = pending.map(|pending| (pending, meter.encoded()));
        }
    });
    meter.metrics.count_send(sent, is_open, update.is_some());
    if !sent.is_committed() {
        return Outcome { size, update: None };
    }
    let Some(session) = connections.session(player.connection) else {
        return Outcome { size, update: None };
    };
    for greeting in std::mem::take(&mut session.greetings) {
        meter.metrics.count_message(&greeting);
    }
    let update = update.map(|(Encoded { pending, events }, encoded)| {
        let written = meter.written(encoded, room);
        meter.metrics.count_update(events);
        session.reanchor = false;
        session.protocol.commit(pending, written);
        Moments { encoded, written }
    });
    Outcome { size, update }
}

/// An update in the buffer, with the events after it.
#[derive(Debug)]
struct Encoded {
    pending: Pending,
    /// How many messages of events.
    events: u64,
}

/// One slot of one player: a body that others may share, and whether this player is due its hash.
struct CodedSlot {
    body: BodyKey,
    hash: Option<u32>,
    coded: Coded,
}

impl CodedSlot {
    fn plan<'a>(&self, bodies: &'a BodyCache) -> SlotPlan<'a> {
        let Self { body, hash, ref coded } = *self;
        SlotPlan { body, same: coded.same, hash, bytes: bodies.bytes(coded) }
    }
}

/// Codes the slot at `place` against what the player holds of it.
fn code(
    sending: Sending<'_>,
    session: &ServerSession,
    place: usize,
    key: PartKey,
    bodies: &mut BodyCache,
) -> Option<CodedSlot> {
    let Sending { layout, history, tick, now } = sending;
    let body = session.body_key(place, key, tick, history, now)?;
    let hash = session.hash_due(place, &body).then(|| bodies.hash(layout, history, &body));
    let coded = bodies.body(layout, history, &body);
    Some(CodedSlot { body, hash, coded })
}

/// Appends the update of one player, and the events that are due after it. `size` is that of the update; nothing is
/// appended if no client takes so much.
fn encode(
    sending: Sending<'_>,
    player: &RoomPlayer,
    session: &PlayerSession,
    bodies: &mut BodyCache,
    size: &mut usize,
    ws: &mut WebSocket,
    buffer: &mut Vec<u8>,
) -> Option<Encoded> {
    let Sending { tick, now, .. } = sending;
    let public = code(sending, &session.protocol, 0, PartKey::Everyone, bodies)?;
    let own = code(sending, &session.protocol, 1, PartKey::Own(player.player()), bodies)?;
    let line = player.line;
    let plan = UpdatePlan {
        tick,
        reanchor: session.reanchor,
        input: (line.input_applied.0 != 0).then_some((line.input_applied, line.input_margin_q4)),
        commands_run: line.command_ack,
        slots: &[public.plan(bodies), own.plan(bodies)],
    };
    let mark = ws.begin(MessageKind::Binary, buffer);
    let start = buffer.len();
    let Some(mut pending) = session.protocol.begin_update(&plan, now, buffer) else {
        ws.cancel(mark, buffer);
        return None;
    };
    *size = buffer.len() - start;
    if *size > SERVER_MESSAGE_BYTES_MAX {
        ws.cancel(mark, buffer);
        return None;
    }
    ws.end(mark, buffer);
    let mut events = 0;
    loop {
        let mark = ws.begin(MessageKind::Binary, buffer);
        if !session.protocol.append_events(&mut pending, buffer) {
            ws.cancel(mark, buffer);
            return Some(Encoded { pending, events });
        }
        ws.end(mark, buffer);
        events += 1;
    }
}
