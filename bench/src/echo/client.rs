//! `Echo`: what each connection sends, and how the answers are matched to it.
//!
//! Answers come in the order of the messages, so a queue of what is under way is all there is to know. Each answer must
//! be as long as its message and begin with its number: a server that drops, doubles or reorders is found out.

use std::collections::VecDeque;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::EchoPlan;
use crate::limits::UNDER_WAY_MAX;
use crate::load::schedule::{Rates, Schedule, phase};
use crate::load::{Cx, Flow, Recorder, Scenario};

/// Messages of one connection that are sent at once when it is behind.
const BATCH_MAX: u32 = 64;
/// Bytes of a message that hold its number.
const NUMBER_BYTES: usize = 8;

/// A message that is not back yet.
struct UnderWay {
    due: Time,
    sent: Time,
}

pub(crate) struct Client {
    /// `None`: closed loop.
    schedule: Option<Schedule>,
    under_way: VecDeque<UnderWay>,
    /// Of the next message.
    number: u64,
    /// Since when there is room for one more under way.
    free_since: Time,
    /// Answers that have come and are not followed by messages yet; in a closed loop.
    answers: u32,
}

pub(crate) struct Echo {
    plan: EchoPlan,
    seed: u64,
    /// The grid of all schedules begins with the first connection.
    origin: Option<Time>,
    message: Vec<u8>,
    /// Text messages, which are not what was sent.
    pub(crate) unasked: u64,
}

impl Echo {
    pub(crate) fn new(plan: EchoPlan, seed: u64) -> Self {
        // Anything that no server on the way could make smaller.
        let noise = (0..plan.bytes as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8);
        Self { plan, seed, origin: None, message: noise.collect(), unasked: 0 }
    }

    fn under_way_max(&self) -> usize {
        let closed = if self.plan.is_open_loop() { UNDER_WAY_MAX } else { 1 };
        self.plan.pipeline.map_or(closed, |pipeline| pipeline as usize)
    }

    fn send(&mut self, client: &mut Client, due: Time, sent: Time, cx: &mut Cx<'_>) {
        let length = NUMBER_BYTES.min(self.message.len());
        self.message[..length].copy_from_slice(&client.number.to_le_bytes()[..length]);
        client.number += 1;
        client.under_way.push_back(UnderWay { due, sent });
        cx.send(MessageKind::Binary, &self.message);
    }

    fn send_at_will(&mut self, client: &mut Client, count: u32, cx: &mut Cx<'_>) {
        let now = cx.fresh_now();
        for _ in 0..count {
            self.send(client, now, now, cx);
            cx.recorder().sent_at_will(now);
        }
    }

    /// What is due before `end` and not sent waits for the server.
    fn is_held_back(&self, client: &Client, end: Time) -> bool {
        client.under_way.len() >= self.under_way_max() || client.free_since >= end
    }

    /// Whether `payload` is the message that has been under way longest.
    fn is_answer(&self, client: &Client, payload: &[u8]) -> bool {
        let number = client.number - client.under_way.len() as u64;
        let length = NUMBER_BYTES.min(self.message.len());
        payload.len() == self.message.len() && payload[..length] == number.to_le_bytes()[..length]
    }
}

impl Scenario for Echo {
    type Client = Client;

    fn rate_hz(&self) -> Option<f64> {
        self.plan.rate
    }

    fn opened(&mut self, cx: &mut Cx<'_>) -> Client {
        let origin = *self.origin.get_or_insert(cx.now());
        let phase = phase(cx.number(), self.seed);
        let schedule = self.plan.is_open_loop().then(|| Schedule::new(cx.rates(), phase, origin, cx.now()));
        let is_closed = schedule.is_none();
        let mut client =
            Client { schedule, under_way: VecDeque::new(), number: 0, free_since: cx.now(), answers: 0 };
        if is_closed {
            self.send_at_will(&mut client, self.under_way_max() as u32, cx);
        }
        client
    }

    fn message(&mut self, client: &mut Client, kind: MessageKind, payload: &[u8], cx: &mut Cx<'_>) -> Flow {
        if kind == MessageKind::Text {
            self.unasked += 1;
            return Flow::Stay;
        }
        if client.under_way.is_empty() || !self.is_answer(client, payload) {
            let (got, sent) = (payload.len(), self.message.len());
            return Flow::End(format!(
                "no echo: a message of {got} B came that is not the next one sent, of {sent} B"
            ));
        }
        let now = cx.now();
        let was_full = client.under_way.len() >= self.under_way_max();
        if let Some(UnderWay { due, sent }) = client.under_way.pop_front() {
            match client.schedule {
                Some(_) => cx.recorder().answered(due, sent, now),
                None => cx.recorder().served(sent, now),
            }
        }
        if was_full {
            client.free_since = now;
        }
        client.answers += 1;
        Flow::Stay
    }

    fn drained(&mut self, client: &mut Client, cx: &mut Cx<'_>) -> Flow {
        let answers = std::mem::take(&mut client.answers);
        if client.schedule.is_none() && cx.is_sending() {
            self.send_at_will(client, answers, cx);
        }
        Flow::Stay
    }

    fn due_at(&self, client: &Client) -> Option<Time> {
        let is_full = client.under_way.len() >= self.under_way_max();
        client.schedule.as_ref().filter(|_| !is_full).map(Schedule::due)
    }

    fn due(&mut self, client: &mut Client, cx: &mut Cx<'_>) -> Flow {
        let now = cx.now();
        for _ in 0..BATCH_MAX {
            let Some(due) = self.due_at(client).filter(|&due| due <= now) else { break };
            if let Some(schedule) = &mut client.schedule {
                schedule.advance(cx.rates());
            }
            cx.recorder().sent(due, client.free_since, now);
            self.send(client, due, now, cx);
        }
        let under_way = client.under_way.len();
        if self.plan.pipeline.is_none() && under_way >= UNDER_WAY_MAX {
            return Flow::End(format!("the server does not answer: {under_way} messages wait"));
        }
        Flow::Stay
    }

    fn under_way(&self, client: &Client) -> usize {
        client.under_way.len()
    }

    fn left_out(&self, client: &Client, end: Time, rates: &Rates) -> u64 {
        // What waits for the server is not this program's doing: `give_up` tells of it.
        let is_held_back = self.is_held_back(client, end);
        client.schedule.as_ref().filter(|_| !is_held_back).map_or(0, |rest| rest.count_until(end, rates))
    }

    fn give_up(&self, client: &Client, now: Time, rates: &Rates, recorder: &mut Recorder) {
        for message in &client.under_way {
            match client.schedule {
                Some(_) => recorder.never_answered(message.due, message.sent, now),
                None => recorder.never_served(message.sent, now),
            }
        }
        let end = recorder.window().end();
        let Some(mut rest) = client.schedule.clone().filter(|_| self.is_held_back(client, end)) else {
            return;
        };
        let is_full = client.under_way.len() >= self.under_way_max();
        let until = if is_full { now } else { client.free_since };
        while rest.due() < end {
            recorder.held_back(rest.due(), until);
            rest.advance(rates);
        }
    }

    fn add(&mut self, other: Self) {
        self.unasked += other.unasked;
    }
}
