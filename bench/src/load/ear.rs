//! `Ear`: what one read of a connection tells, on its way to the scenario.

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::recorder::Recorder;
use super::scenario::{Cx, Flow, Scenario};
use super::schedule::Rates;
use super::slot::Standing;
use crate::wire::socket::{Listen, Outgoing};

/// Borrows all of the thread that a call of the scenario may touch.
pub(super) struct Ear<'a, S: Scenario> {
    pub(super) scenario: &'a mut S,
    pub(super) standing: &'a mut Standing<S::Client>,
    pub(super) recorder: &'a mut Recorder,
    pub(super) rates: &'a Rates,
    pub(super) clock: &'a dyn Fn() -> Time,
    pub(super) number: u32,
    pub(super) since: Time,
    /// When the newest read returned.
    pub(super) now: Time,
    pub(super) is_sending: bool,
    pub(super) flow: Flow,
    pub(super) has_heard: bool,
}

impl<S: Scenario> Listen for Ear<'_, S> {
    fn opened(&mut self, at: Time, out: &mut Outgoing<'_>) {
        self.now = at;
        if matches!(self.standing, Standing::Closing) {
            return;
        }
        let Self { scenario, recorder, rates, clock, number, now, is_sending, .. } = self;
        recorder.upgraded(now.since(self.since));
        let out = out.reborrow();
        let mut cx =
            Cx { number: *number, now: *now, clock: *clock, rates, is_sending: *is_sending, recorder, out };
        let client = scenario.opened(&mut cx);
        *self.standing = Standing::Playing { client, was_ready: false };
        self.has_heard = true;
    }

    fn message(&mut self, kind: MessageKind, payload: &[u8], at: Time, out: &mut Outgoing<'_>) -> bool {
        self.now = at;
        let Self { scenario, recorder, rates, clock, number, now, is_sending, .. } = self;
        if self.flow != Flow::Stay {
            return false;
        }
        let Standing::Playing { client, .. } = &mut self.standing else { return true };
        recorder.arrived(payload.len(), *now);
        let out = out.reborrow();
        let mut cx =
            Cx { number: *number, now: *now, clock: *clock, rates, is_sending: *is_sending, recorder, out };
        self.flow = scenario.message(client, kind, payload, &mut cx);
        self.has_heard = true;
        self.flow == Flow::Stay
    }
}
