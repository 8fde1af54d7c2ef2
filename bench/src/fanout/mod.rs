//! Frames of any server that broadcasts: the scenario `fanout`.
//!
//! Every connection reads what comes. Told are how many frames each gets, how evenly they come, and, where frames carry
//! the moment at which they were made, how long they took and how far apart the connections got the same one. Each
//! connection may send inputs beside it, on a schedule, which nobody answers.

mod client;
mod skew;
#[cfg(test)]
mod tests;

use crate::cli;
use crate::failure::Failure;
use crate::load::stages::{Stages, rate};
use crate::load::{self, Live, Outcome, Plan};
use crate::machine::monotonic;
use crate::report::{Distribution, Run, Unit};
use crate::watch::Watch;
pub(crate) use client::Fanout;

/// As large as an input of the arena with what frames it.
const INPUT_BYTES_DEFAULT: u32 = 24;

/// Where the example `fanout` listens, and `floor fanout`.
const URL_DEFAULT: &str = "ws://127.0.0.1:9002/";

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p tickwire --example fanout -- --listen 127.0.0.1:9002 --hz 60 --bytes 200 &
  cargo netbench fanout --url ws://127.0.0.1:9002/ --connections 1000 --stamp-offset 0 --server-pid $!
  cargo netbench fanout --url ws://127.0.0.1:9002/ --stamp-offset 0 --input-bytes 24 --input-rate 60";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES, mut_arg("url", |url| url.default_value(URL_DEFAULT)))]
pub(crate) struct Args {
    /// Where in each frame the server put the moment at which it made it: nanoseconds of this machine's monotonic
    /// clock, 8 bytes, the least first. Without it there is no delivery time and no skew.
    #[arg(long, value_name = "BYTE", allow_negative_numbers = true, help_heading = "Frames", value_parser = clap::value_parser!(u32).range(0..=1 << 20))]
    pub(crate) stamp_offset: Option<u32>,

    /// Bytes of each input [default: 24].
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Inputs", value_parser = clap::value_parser!(u32).range(0..=1 << 20))]
    pub(crate) input_bytes: Option<u32>,

    /// Inputs that each connection sends in a second; none without it.
    #[arg(long, visible_alias = "rate", value_name = "N", allow_negative_numbers = true, help_heading = "Inputs", value_parser = rate)]
    pub(crate) input_rate: Option<f64>,

    #[command(flatten)]
    pub(crate) common: cli::Common,
}

impl Args {
    /// Refuses a size of inputs where there are none.
    ///
    /// # Errors
    /// Neither --input-rate nor stages of rates stand beside it.
    pub(crate) fn refuse_ignored(&self) -> Result<(), Failure> {
        let is_sending =
            self.input_rate.is_some() || self.common.stages.as_ref().and_then(Stages::rates).is_some();
        if self.input_bytes.is_some() && !is_sending {
            return Err(Failure::Usage("--input-bytes is of inputs, which --input-rate asks for".to_owned()));
        }
        Ok(())
    }
}

/// What is read and sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct FanoutPlan {
    pub(crate) stamp_offset: Option<usize>,
    pub(crate) input_bytes: usize,
    /// Of each connection, per second; `None` = no inputs.
    pub(crate) input_rate: Option<f64>,
}

impl FanoutPlan {
    pub(crate) fn new(args: &Args) -> Self {
        let staged = args.common.stages.as_ref().and_then(Stages::rates).map(|rates| rates[0]);
        Self {
            stamp_offset: args.stamp_offset.map(|offset| offset as usize),
            input_bytes: args.input_bytes.unwrap_or(INPUT_BYTES_DEFAULT) as usize,
            input_rate: staged.or(args.input_rate),
        }
    }
}

/// Runs the scenario as the command line says it.
///
/// # Errors
/// See [`measure`].
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    args.common.refuse_two_rates("--input-rate", args.input_rate)?;
    args.refuse_ignored()?;
    let plan = Plan::new(&args.common)?;
    let watch = args.common.server.watch(&plan.route)?;
    measure(&plan, &FanoutPlan::new(args), &watch, &mut Live::stderr())
}

/// Runs the scenario.
///
/// # Errors
/// Not all connections were made, or this machine has no clock to compare stamps with.
pub(crate) fn measure(
    plan: &Plan,
    fanout: &FanoutPlan,
    watch: &Watch,
    live: &mut Live,
) -> Result<Run, Failure> {
    if fanout.stamp_offset.is_some() && monotonic::now_ns().is_none() {
        return Err(Failure::Usage("--stamp-offset needs the monotonic clock of Linux".to_owned()));
    }
    let outcome = load::run(plan, watch, live, |_| Fanout::new(*fanout, plan.seed, monotonic::now_ns))?;
    Ok(report(plan, fanout, &outcome))
}

fn report(plan: &Plan, fanout: &FanoutPlan, outcome: &Outcome<Fanout>) -> Run {
    let headline = if fanout.stamp_offset.is_some() { "delivery" } else { "gap" };
    let mut run = outcome.report(plan, "fanout", headline);
    if let Some(offset) = fanout.stamp_offset {
        run.argument("stamp_offset", &offset);
    }
    if let Some(rate) = fanout.input_rate.filter(|_| !plan.has_staged_rates()) {
        run.argument("input_rate", &rate);
    }
    if fanout.input_rate.is_some() {
        run.argument("input_bytes", &fanout.input_bytes);
    }
    let (seconds, recorder) = (outcome.seconds(), &outcome.recorder);
    outcome.tell_use(recorder.received as f64, "client and tick", &mut run);
    run.figure("frames", "received", "frames received", recorder.received as f64, Unit::Count);
    let per_s = recorder.received as f64 / seconds;
    run.figure("frames", "rate", "  per second", per_s, Unit::PerSecond);
    let bytes = recorder.received_bytes as f64 / recorder.received as f64;
    run.figure("frames", "frame_bytes", "  payload of each", bytes, Unit::Bytes);
    if outcome.players().is_some() {
        tell_each(outcome, &mut run);
    } else {
        run.notes
            .push("Stages change who gets a frame: there is no skew, and nothing by connection.".to_owned());
    }
    tell_delivery(fanout, outcome, &mut run);
    run.distributions.push(Distribution::new(
        "gap",
        "gap between frames",
        Unit::Nanoseconds,
        outcome.scenario.gap.clone(),
    ));
    if fanout.input_rate.is_some() {
        run.distributions.push(Distribution::new(
            "send_lag",
            "send lag",
            Unit::Nanoseconds,
            recorder.lag.clone(),
        ));
        run.figure("inputs", "inputs", "inputs sent", recorder.sends as f64, Unit::Count);
        outcome.tell_sends(&mut run);
    }
    outcome.tell_stages(plan, &mut run);
    outcome.tell_connections(&mut run);
    if recorder.received == 0 {
        run.verdict.failed("no frame came");
    }
    run
}

/// Where every connection is there all the time.
fn tell_each(outcome: &Outcome<Fanout>, run: &mut Run) {
    let seconds = outcome.seconds();
    let each = &outcome.scenario.frames;
    let (least, most) = (each.iter().min().copied(), each.iter().max().copied());
    let mean = each.iter().sum::<u64>() as f64 / each.len() as f64;
    for (name, label, value) in [
        ("per_connection", "per connection and second", mean),
        ("per_connection_min", "  least", least.map_or(f64::NAN, |least| least as f64)),
        ("per_connection_max", "  most", most.map_or(f64::NAN, |most| most as f64)),
    ] {
        run.figure("frames", name, label, value / seconds, Unit::PerSecond);
    }
}

fn tell_delivery(fanout: &FanoutPlan, outcome: &Outcome<Fanout>, run: &mut Run) {
    if fanout.stamp_offset.is_none() {
        return;
    }
    let scenario = &outcome.scenario;
    let delivery = scenario.delivery.clone();
    run.distributions.push(Distribution::new("delivery", "delivery", Unit::Nanoseconds, delivery));
    if outcome.players().is_some() {
        let spread = scenario.ticks.spread(scenario.frames.len());
        run.distributions.push(Distribution::new(
            "skew",
            "skew, first to last",
            Unit::Nanoseconds,
            spread.histogram,
        ));
        run.figure("frames", "ticks", "ticks", spread.ticks as f64, Unit::Count);
        run.figure(
            "frames",
            "ticks_incomplete",
            "  that not everybody got",
            spread.incomplete as f64,
            Unit::Count,
        );
    }
    if scenario.unstamped > 0 {
        run.figure("frames", "unstamped", "  without a moment", scenario.unstamped as f64, Unit::Count);
        run.verdict.failed(format!(
            "{} frames had no moment of the last minute where --stamp-offset says",
            scenario.unstamped
        ));
    }
    run.notes.push(
        "Delivery: from the moment that stands in the frame to the read that brought it. Skew: of one tick, from the first connection that read it to the last; reading them all is in it."
            .to_owned(),
    );
}
