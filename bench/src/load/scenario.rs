//! `Scenario`: what a load says on its connections, and what it makes of the answers.
//!
//! One value per thread, called by the loop of that thread only. It never sees a socket and never reads a clock of its
//! own: moments come in, messages go out through [`Cx`], so that the same code runs against a simulated server on a
//! virtual clock.

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::recorder::Recorder;
use super::schedule::Rates;
use crate::wire::socket::Outgoing;

/// What becomes of a connection after a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    Stay,
    /// It has done its part: it says goodbye and ends. Not a loss.
    Leave,
    /// Something is wrong with the other side: it ends and counts as lost, for this reason.
    End(String),
}

pub(crate) trait Scenario: Send + 'static {
    /// What is kept for each connection.
    type Client: Send;

    /// Messages that each connection is to send in a second, for [`Cx::rates`]; stages may set it otherwise.
    fn rate_hz(&self) -> Option<f64> {
        None
    }

    /// A connection is upgraded.
    fn opened(&mut self, cx: &mut Cx<'_>) -> Self::Client;

    /// A message has arrived.
    fn message(
        &mut self,
        client: &mut Self::Client,
        kind: MessageKind,
        payload: &[u8],
        cx: &mut Cx<'_>,
    ) -> Flow;

    /// Everything that a read brought has been given.
    fn drained(&mut self, _client: &mut Self::Client, _cx: &mut Cx<'_>) -> Flow {
        Flow::Stay
    }

    /// When [`Scenario::due`] is to be called. Asked after every other call.
    fn due_at(&self, _client: &Self::Client) -> Option<Time> {
        None
    }

    /// The moment of [`Scenario::due_at`] has come. Not called any more once the window is over.
    fn due(&mut self, _client: &mut Self::Client, _cx: &mut Cx<'_>) -> Flow {
        Flow::Stay
    }

    /// Whether the connection takes part by now. The window waits until every one did once.
    fn is_ready(&self, _client: &Self::Client) -> bool {
        true
    }

    /// Answers that are still to come. The end of the run waits for them for a while.
    fn under_way(&self, _client: &Self::Client) -> usize {
        0
    }

    /// The window is over: how many messages were due before `end` and have not been sent.
    fn left_out(&self, _client: &Self::Client, _end: Time, _pace: &Rates) -> u64 {
        0
    }

    /// The run is over at `now`: tells of each message of the window that has no answer, sent or held back.
    fn give_up(&self, _client: &Self::Client, _now: Time, _pace: &Rates, _recorder: &mut Recorder) {}

    /// Bytes that the connection reads at once; 0 = it does not read now. Asked before every read, and a connection
    /// that reads less than there is reads on after its next [`Scenario::due`].
    fn appetite(&self, _client: &Self::Client) -> usize {
        usize::MAX
    }

    /// The run is over, or the connection leaves: last words.
    fn leave(&mut self, _client: Self::Client, _cx: &mut Cx<'_>) {}

    /// The connection is gone, by the other side's doing.
    fn lost(&mut self, _client: Self::Client, _recorder: &mut Recorder) {}

    /// Adds what another thread counted.
    fn add(&mut self, other: Self);
}

/// What a scenario is told and may do in one call, for one connection.
pub(crate) struct Cx<'a> {
    pub(super) number: u32,
    pub(super) now: Time,
    pub(super) clock: &'a dyn Fn() -> Time,
    pub(super) rates: &'a Rates,
    pub(super) is_sending: bool,
    pub(super) recorder: &'a mut Recorder,
    pub(super) out: Outgoing<'a>,
}

impl Cx<'_> {
    /// Of the connection, from 0, among all connections of the run that there ever were.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// When the read returned that brought a message; when what is due is sent.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// The clock, read again: after work whose time is to count.
    pub(crate) fn fresh_now(&self) -> Time {
        (self.clock)()
    }

    pub(crate) fn rates(&self) -> &Rates {
        self.rates
    }

    /// False once the window is over: a closed loop sends nothing more.
    pub(crate) fn is_sending(&self) -> bool {
        self.is_sending
    }

    pub(crate) fn recorder(&mut self) -> &mut Recorder {
        self.recorder
    }

    /// The same call, with its samples in another recorder.
    pub(crate) fn apart<'b>(&'b mut self, recorder: &'b mut Recorder) -> Cx<'b> {
        let Self { number, now, clock, rates, is_sending, .. } = *self;
        Cx { number, now, clock, rates, is_sending, recorder, out: self.out.reborrow() }
    }

    /// Queues a message. All that a call queues is written at once after it.
    pub(crate) fn send(&mut self, kind: MessageKind, message: &[u8]) {
        self.out.send(kind, message);
    }
}
