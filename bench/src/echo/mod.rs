//! Messages to any WebSocket echo server, and how soon they are back: the scenario `echo`.
//!
//! Three ways to send. At a *rate*, open loop: every connection sends on its schedule, answered or not. *Pipelined*,
//! closed loop: every connection keeps so many messages under way and sends the next one when one is back; it measures
//! the server's capacity, and its times suffer from coordinated omission. *Both*: on a schedule, but never more than so
//! many under way; what is held back counts from when it was due.

mod client;
#[cfg(test)]
mod tests;

use crate::cli;
use crate::failure::Failure;
use crate::limits::UNSENT_BYTES_MAX;
use crate::load::recorder::UNANSWERED_SHARE_MAX;
use crate::load::stages::{RATE_MAX, Stages, rate};
use crate::load::{self, Live, Outcome, Plan};
use crate::report::{Distribution, Run, Unit};
use crate::watch::Watch;
use client::Echo;

/// Messages a second of each connection, where nothing else is said.
const RATE_DEFAULT: f64 = 10.0;
/// The largest message that is read back.
const BYTES_MAX: i64 = 16 << 20;
/// RFC 6455 section 5.2, with a mask.
const HEADER_BYTES_MAX: usize = 14;

/// Where the example `ws_echo` listens, and `floor echo`.
const URL_DEFAULT: &str = "ws://127.0.0.1:9001/";

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p tickwire --example ws_echo -- --listen 127.0.0.1:9001 &
  cargo netbench echo --url ws://127.0.0.1:9001/ --connections 1000 --rate 60
  cargo netbench echo --url ws://127.0.0.1:9001/ --connections 20 --pipeline 16 --pin 1 --server-pid $!
  cargo netbench echo --url ws://127.0.0.1:9001/ --stages 10s:100/s,10s:1000/s --html echo.html";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES, mut_arg("url", |url| url.default_value(URL_DEFAULT)))]
pub(crate) struct Args {
    /// Bytes of each message.
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true, help_heading = "Messages", value_parser = clap::value_parser!(u32).range(0..=BYTES_MAX))]
    pub(crate) bytes: u32,

    /// Messages that each connection sends in a second, whether or not they are answered [default: 10 without
    /// --pipeline].
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Messages", value_parser = rate)]
    pub(crate) rate: Option<f64>,

    /// Messages that each connection has under way at most; without --rate it sends as fast as they come back.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Messages", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) pipeline: Option<u32>,

    #[command(flatten)]
    pub(crate) common: cli::Common,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct EchoPlan {
    pub(crate) bytes: usize,
    /// Of each connection, per second; `None` = closed loop, and `pipeline` is 1 if not given.
    pub(crate) rate: Option<f64>,
    /// Under way at most.
    pub(crate) pipeline: Option<u32>,
}

impl EchoPlan {
    pub(crate) fn new(args: &Args) -> Self {
        let staged = args.common.stages.as_ref().and_then(Stages::rates).map(|rates| rates[0]);
        let rate = staged.or(args.rate);
        let default = args.pipeline.is_none().then_some(RATE_DEFAULT);
        Self { bytes: args.bytes as usize, rate: rate.or(default), pipeline: args.pipeline }
    }

    /// Refuses more under way than a connection keeps for a server that does not read.
    fn refuse_too_much(&self) -> Result<(), Failure> {
        let under_way =
            self.pipeline.map_or(0, |pipeline| pipeline as usize * (self.bytes + HEADER_BYTES_MAX));
        if under_way <= UNSENT_BYTES_MAX {
            return Ok(());
        }
        let (bytes, most) = (self.bytes, UNSENT_BYTES_MAX >> 20);
        Err(Failure::Usage(format!(
            "--pipeline of messages of {bytes} B would be more than {most} MiB under way"
        )))
    }

    fn is_open_loop(&self) -> bool {
        self.rate.is_some()
    }
}

/// Runs the scenario as the command line says it.
///
/// # Errors
/// See [`measure`].
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    args.common.refuse_two_rates("--rate", args.rate)?;
    let plan = Plan::new(&args.common)?;
    let watch = args.common.server.watch(&plan.route)?;
    measure(&plan, &EchoPlan::new(args), &watch, &mut Live::stderr())
}

/// Runs the scenario.
///
/// # Errors
/// Not all connections were made, or each would have too much under way.
pub(crate) fn measure(plan: &Plan, echo: &EchoPlan, watch: &Watch, live: &mut Live) -> Result<Run, Failure> {
    echo.refuse_too_much()?;
    debug_assert!(echo.rate.is_none_or(|rate| rate > 0.0 && rate <= RATE_MAX));
    let outcome = load::run(plan, watch, live, |_| Echo::new(*echo, plan.seed))?;
    Ok(report(plan, echo, &outcome))
}

fn report(plan: &Plan, echo: &EchoPlan, outcome: &Outcome<Echo>) -> Run {
    let recorder = &outcome.recorder;
    let headline = if echo.is_open_loop() { "latency" } else { "service" };
    let mut run = outcome.report(plan, "echo", headline);
    run.argument("bytes", &echo.bytes);
    if let Some(rate) = echo.rate.filter(|_| !plan.has_staged_rates()) {
        run.argument("rate", &rate);
    }
    if let Some(pipeline) = echo.pipeline {
        run.argument("pipeline", &pipeline);
    }
    if echo.is_open_loop() {
        outcome.tell_open_loop(&mut run, "latency");
    } else {
        let service = recorder.service.clone();
        run.distributions.push(Distribution::new("service", "service time", Unit::Nanoseconds, service));
        run.notes.push(
            "A closed loop waits for its answers: while the server stalls nothing is sent, and the times do not show it. Use --rate for latencies."
                .to_owned(),
        );
    }
    outcome.tell_stages(plan, &mut run);
    outcome.tell_connections(&mut run);
    run.figure("messages", "unanswered", "never answered", recorder.unanswered as f64, Unit::Count);
    let per_s = recorder.received as f64 / outcome.seconds();
    run.figure("messages", "sent", "sent", recorder.sends as f64, Unit::Count);
    run.figure("messages", "received", "received", recorder.received as f64, Unit::Count);
    run.figure("messages", "rate", "  per second", per_s, Unit::PerSecond);
    let bytes = recorder.received_bytes as f64 / outcome.seconds();
    run.figure("messages", "bytes", "  payload", bytes, Unit::BytesPerSecond);
    if outcome.scenario.unasked > 0 {
        run.figure(
            "messages",
            "unasked",
            "texts nobody asked for",
            outcome.scenario.unasked as f64,
            Unit::Count,
        );
    }
    outcome.tell_use(recorder.received as f64, "message", &mut run);
    if recorder.received == 0 {
        run.verdict.failed("no message came back");
    } else if recorder.unanswered > 0 && outcome.losses.count == 0 {
        run.verdict.failed(format!("{} messages did not come back", recorder.unanswered));
    } else if recorder.unanswered_share() > UNANSWERED_SHARE_MAX && outcome.losses.count == 0 {
        run.verdict.failed(format!(
            "{} messages waited for answers to those before until the end",
            recorder.held_back
        ));
    }
    run
}
