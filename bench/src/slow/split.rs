//! `Split`: a scenario of which some connections read too slowly, each side with counts of its own.
//!
//! Slow ones read as the others do until they are ready (a player has its first state). From then on the valve decides;
//! what they have to send they send. The generator's recorder is of the healthy ones alone, and of everybody's sends.

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::valve::{Slowness, Valve};
use crate::load::recorder::Recorder;
use crate::load::schedule::Rates;
use crate::load::{Cx, Flow, Scenario};

/// Who is slow, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slow {
    /// Of all connections; 0 to 1.
    pub(super) share: f64,
    pub(super) slowness: Slowness,
}

impl Slow {
    /// Spread evenly, the same ones in every run.
    pub(super) fn is(&self, number: u32) -> bool {
        // A grain of grace: ten times 0.1 is one.
        let until = |count: u32| (f64::from(count) * self.share + 1e-9).floor();
        until(number + 1) > until(number)
    }
}

/// The connections of one side.
pub(super) struct Side<S> {
    pub(super) scenario: S,
    pub(super) count: u32,
    pub(super) lost: u32,
}

impl<S> Side<S> {
    fn new(scenario: S) -> Self {
        Self { scenario, count: 0, lost: 0 }
    }
}

pub(super) struct Split<S> {
    slow: Option<Slow>,
    pub(super) healthy: Side<S>,
    pub(super) slow_ones: Side<S>,
    /// Of the slow ones.
    pub(super) recorder: Recorder,
}

pub(super) struct Client<C> {
    inner: C,
    /// Of a slow one.
    valve: Option<Valve>,
}

impl<S: Scenario> Split<S> {
    /// `slow`: nobody is without it.
    pub(super) fn new(slow: Option<Slow>, mut make: impl FnMut() -> S) -> Self {
        let (healthy, slow_ones) = (Side::new(make()), Side::new(make()));
        Self { slow, healthy, slow_ones, recorder: Recorder::new() }
    }

    fn side(&self, client: &Client<S::Client>) -> &S {
        if client.valve.is_some() { &self.slow_ones.scenario } else { &self.healthy.scenario }
    }

    /// Lets the right one of both do something.
    fn with<R>(
        &mut self,
        client: &mut Client<S::Client>,
        cx: &mut Cx<'_>,
        call: impl FnOnce(&mut S, &mut S::Client, &mut Cx<'_>) -> R,
    ) -> R {
        if client.valve.is_none() {
            return call(&mut self.healthy.scenario, &mut client.inner, cx);
        }
        self.follow(cx);
        let mut cx = cx.apart(&mut self.recorder);
        call(&mut self.slow_ones.scenario, &mut client.inner, &mut cx)
    }

    /// The slow ones' recorder has the window of the other.
    fn follow(&mut self, cx: &mut Cx<'_>) {
        if self.recorder.window() != cx.recorder().window() {
            self.recorder.set_window(cx.recorder().window().clone());
        }
    }
}

impl<S: Scenario> Scenario for Split<S> {
    type Client = Client<S::Client>;

    fn rate_hz(&self) -> Option<f64> {
        self.healthy.scenario.rate_hz()
    }

    fn opened(&mut self, cx: &mut Cx<'_>) -> Self::Client {
        let slow = self.slow.filter(|slow| slow.is(cx.number()));
        let Some(slow) = slow else {
            self.healthy.count += 1;
            return Client { inner: self.healthy.scenario.opened(cx), valve: None };
        };
        self.slow_ones.count += 1;
        self.follow(cx);
        let valve = Valve::new(slow.slowness, cx.now());
        let inner = self.slow_ones.scenario.opened(&mut cx.apart(&mut self.recorder));
        Client { inner, valve: Some(valve) }
    }

    fn message(
        &mut self,
        client: &mut Self::Client,
        kind: MessageKind,
        payload: &[u8],
        cx: &mut Cx<'_>,
    ) -> Flow {
        self.with(client, cx, |scenario, client, cx| scenario.message(client, kind, payload, cx))
    }

    fn drained(&mut self, client: &mut Self::Client, cx: &mut Cx<'_>) -> Flow {
        self.with(client, cx, |scenario, client, cx| scenario.drained(client, cx))
    }

    fn due_at(&self, client: &Self::Client) -> Option<Time> {
        let opens_at = client.valve.as_ref().and_then(Valve::next_at);
        self.side(client).due_at(&client.inner).into_iter().chain(opens_at).min()
    }

    fn due(&mut self, client: &mut Self::Client, cx: &mut Cx<'_>) -> Flow {
        let now = cx.now();
        if let Some(valve) = &mut client.valve {
            valve.turn(now);
        }
        if self.side(client).due_at(&client.inner).is_none_or(|at| at > now) {
            return Flow::Stay;
        }
        self.with(client, cx, |scenario, client, cx| scenario.due(client, cx))
    }

    fn is_ready(&self, client: &Self::Client) -> bool {
        self.side(client).is_ready(&client.inner)
    }

    /// Nobody waits for answers that are read too slowly.
    fn under_way(&self, client: &Self::Client) -> usize {
        if client.valve.is_some() { 0 } else { self.side(client).under_way(&client.inner) }
    }

    fn left_out(&self, client: &Self::Client, end: Time, rates: &Rates) -> u64 {
        self.side(client).left_out(&client.inner, end, rates)
    }

    fn give_up(&self, client: &Self::Client, now: Time, rates: &Rates, recorder: &mut Recorder) {
        if client.valve.is_none() {
            self.side(client).give_up(&client.inner, now, rates, recorder);
        }
    }

    fn appetite(&self, client: &Self::Client) -> usize {
        match &client.valve {
            Some(valve) if self.is_ready(client) => valve.take(),
            _ => self.side(client).appetite(&client.inner),
        }
    }

    fn leave(&mut self, client: Self::Client, cx: &mut Cx<'_>) {
        if client.valve.is_none() {
            self.healthy.scenario.leave(client.inner, cx);
        } else {
            self.slow_ones.scenario.leave(client.inner, &mut cx.apart(&mut self.recorder));
        }
    }

    fn lost(&mut self, client: Self::Client, recorder: &mut Recorder) {
        if client.valve.is_none() {
            self.healthy.lost += 1;
            self.healthy.scenario.lost(client.inner, recorder);
        } else {
            self.slow_ones.lost += 1;
            self.slow_ones.scenario.lost(client.inner, &mut self.recorder);
        }
    }

    fn add(&mut self, other: Self) {
        for (side, other) in [(&mut self.healthy, other.healthy), (&mut self.slow_ones, other.slow_ones)] {
            side.scenario.add(other.scenario);
            side.count += other.count;
            side.lost += other.lost;
        }
        self.recorder.add(&other.recorder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_ones_are_as_many_as_was_said_and_not_all_in_a_row() {
        for (share, want) in [(0.1, 10), (0.5, 50), (0.33, 33), (1.0, 100), (0.01, 1)] {
            let slow = Slow { share, slowness: Slowness::Stalled };
            let numbers: Vec<u32> = (0..100).filter(|&number| slow.is(number)).collect();
            assert_eq!(numbers.len(), want, "{share}: {numbers:?}");
            assert!(share > 0.5 || numbers.windows(2).all(|pair| pair[1] > pair[0] + 1), "{numbers:?}");
        }
    }
}
