//! The series of `/metrics`: names, help and what adds up to them.

use super::causes::{AcceptFailure, CloseReason, HandshakeFailure};
use super::counter::{Counter, Counters, Gauge};
use super::exposition::{Exposition, seconds};
use super::io::IoMetrics;
use super::label::Label;
use super::latency::{BUCKETS_NS, Latency, Summary};
use super::process::Process;
use super::registry::Metrics;
use super::sim::SimMetrics;
use super::stages::{Stage, StageSums};
use super::traffic::{InputVerdict, Received, Skip, Transmitted};

/// The bounds of `latency::BUCKETS_NS` as labels.
const BUCKETS_S: [&str; BUCKETS_NS.len()] =
    ["0.0001", "0.00025", "0.0005", "0.001", "0.002", "0.004", "0.008", "0.016", "0.033", "0.066"];

/// Name without prefix and unit suffix, help, and where each I/O thread keeps it.
type IoCounter = (&'static str, &'static str, fn(&IoMetrics) -> &Counter);
type SimCounter = (&'static str, &'static str, fn(&SimMetrics) -> &Counter);

const IO_COUNTERS: &[IoCounter] = &[
    ("connections_opened_total", "Connections taken.", |io| &io.opened),
    ("upgrades_total", "Opening handshakes completed.", |io| &io.upgrades),
    ("close_timeouts_total", "Closes the peer did not answer in time.", |io| &io.close_timeouts),
    ("received_bytes_total", "Bytes read from sockets.", |io| &io.received_bytes),
    ("sent_bytes_total", "Bytes the kernel took.", |io| &io.sent_bytes),
    ("reads_total", "Read calls that returned bytes.", |io| &io.reads),
    ("writes_total", "Write calls.", |io| &io.writes),
    ("partial_writes_total", "Writes of which the kernel took a part.", |io| &io.partial_writes),
    ("pings_received_total", "Ping frames, each answered.", |io| &io.pings),
    ("pongs_received_total", "Pong frames, asked for or not.", |io| &io.pongs),
    ("read_budget_hits_total", "Reads continued in the next turn.", |io| &io.read_budget_hits),
    ("timer_budget_hits_total", "Turns with more timers due than handled.", |io| &io.timer_budget_hits),
    ("event_loop_turns_total", "Turns of the event loops.", |io| &io.turns),
    ("event_loop_poll_events_total", "Readiness events.", |io| &io.poll_events),
    ("harvests_total", "Read passes of live sessions before a tick.", |io| &io.harvests),
    ("harvests_late_total", "Read passes that ended after the deadline of their tick.", |io| {
        &io.harvests_late
    }),
    ("ack_strikes_total", "Acks of what was not sent, or that went back.", |io| &io.ack_strikes),
    ("resyncs_total", "Full updates that clients asked for.", |io| &io.resyncs),
    ("commands_duplicate_total", "Commands that came again.", |io| &io.commands_duplicate),
];

const SIM_COUNTERS: &[SimCounter] = &[
    ("ticks_total", "Ticks run.", |sim| &sim.ticks),
    ("tick_overruns_total", "Ticks that ended after their deadline.", |sim| &sim.overruns),
    ("ticks_dropped_total", "Ticks left out after a stall.", |sim| &sim.dropped_ticks),
    ("rooms_made_total", "Rooms made.", |sim| &sim.rooms_made),
    ("room_panics_total", "Rooms ended by a panic of the game.", |sim| &sim.room_panics),
    ("joins_refused_total", "Seats asked for and not granted.", |sim| &sim.joins_refused),
];

impl Metrics {
    /// The text of `/metrics`.
    pub(crate) fn render(&self) -> String {
        let mut to = Exposition::default();
        build(&mut to);
        self.connections(&mut to);
        for (name, help, of) in IO_COUNTERS {
            let sum = self.io.iter().map(|io| of(io).value()).fold(0, u64::wrapping_add);
            to.single(&prefixed(name), "counter", help, sum);
        }
        self.causes(&mut to);
        self.simulation_series(&mut to);
        self.inputs(&mut to);
        self.latencies(&mut to);
        Process::read().expose(&mut to);
        to.into_text()
    }

    fn connections(&self, to: &mut Exposition) {
        let sum = |of: fn(&IoMetrics) -> &Gauge| self.io.iter().map(|io| of(io).value()).sum::<u64>();
        to.single("tickwire_connections", "gauge", "Sockets held.", sum(|io| &io.connections));
        to.single("tickwire_sessions", "gauge", "Upgraded connections.", sum(|io| &io.sessions));
        self.read_modes(to);
        let longest = self.io.iter().map(|io| io.send_queue_bytes_max.value()).max().unwrap_or_default();
        let help = "Longest unsent rest of a connection so far.";
        to.single("tickwire_send_queue_bytes", "gauge", help, longest);
        let slow = self.closed(CloseReason::Slow) + self.closed(CloseReason::SlowClient);
        let help = "Connections closed since the peer did not keep up.";
        to.single("tickwire_slow_client_closes_total", "counter", help, slow);
    }

    fn read_modes(&self, to: &mut Exposition) {
        let name = "tickwire_io_threads";
        to.family(
            name,
            "gauge",
            "I/O threads by how they read live sessions: at each edge, or once per tick.",
        );
        let coalescing = self.io.iter().map(|io| io.coalescing.value()).sum::<u64>();
        to.sample(name, &[("reads", "waking")], self.io.len() as u64 - coalescing);
        to.sample(name, &[("reads", "coalescing")], coalescing);
        let lead = self.io.iter().map(|io| io.harvest_lead_ns.value()).max().unwrap_or_default();
        let help =
            "How long before its tick a read pass begins, the longest of all threads; 0 while none does.";
        to.single("tickwire_harvest_lead_seconds", "gauge", help, seconds(lead));
    }

    fn closed(&self, reason: CloseReason) -> u64 {
        self.io.iter().map(|io| io.closed.value(reason)).sum()
    }

    fn causes(&self, to: &mut Exposition) {
        let name = "tickwire_connections_closed_total";
        to.family(name, "counter", "Connections by how they ended.");
        self.by_label::<CloseReason, { CloseReason::COUNT }>(to, name, "reason", |io| &io.closed);
        let name = "tickwire_handshake_failures_total";
        to.family(name, "counter", "Connections refused before they had a session.");
        self.by_label::<HandshakeFailure, { HandshakeFailure::COUNT }>(to, name, "reason", |io| {
            &io.handshake_failures
        });
        let name = "tickwire_accept_failures_total";
        to.family(name, "counter", "Failed calls of accept.");
        self.by_label::<AcceptFailure, { AcceptFailure::COUNT }>(to, name, "errno", |io| &io.accept_failures);
        let name = "tickwire_messages_received_total";
        to.family(name, "counter", "Messages of game sessions.");
        self.by_label::<Received, { Received::COUNT }>(to, name, "kind", |io| &io.received);
        let name = "tickwire_messages_sent_total";
        to.family(name, "counter", "Messages to clients of game sessions: those of the send pass once the kernel took them, replies when made.");
        self.by_label::<Transmitted, { Transmitted::COUNT }>(to, name, "kind", |io| &io.transmitted);
        let name = "tickwire_updates_skipped_total";
        to.family(name, "counter", "Send passes in which a player got no update.");
        self.by_label::<Skip, { Skip::COUNT }>(to, name, "reason", |io| &io.updates_skipped);
    }

    fn by_label<L: Label, const N: usize>(
        &self,
        to: &mut Exposition,
        name: &str,
        key: &str,
        of: fn(&IoMetrics) -> &Counters<L, N>,
    ) {
        for &label in L::ALL {
            let sum = self.io.iter().map(|io| of(io).value(label)).fold(0, u64::wrapping_add);
            to.sample(name, &[(key, label.text())], sum);
        }
    }

    fn simulation_series(&self, to: &mut Exposition) {
        let sum =
            |of: fn(&SimMetrics) -> &Gauge| self.simulations.iter().map(|sim| of(sim).value()).sum::<u64>();
        to.family("tickwire_rooms", "gauge", "Rooms by kind.");
        for (index, kind) in self.kinds.iter().enumerate() {
            let rooms = self.simulations.iter().filter_map(|sim| Some(sim.rooms.get(index)?.value()));
            to.sample("tickwire_rooms", &[("kind", kind)], rooms.sum::<u64>());
        }
        to.single("tickwire_players", "gauge", "Seats taken.", sum(|sim| &sim.players));
        for (name, help, of) in SIM_COUNTERS {
            let sum = self.simulations.iter().map(|sim| of(sim).value()).fold(0, u64::wrapping_add);
            to.single(&prefixed(name), "counter", help, sum);
        }
        self.channels(to);
        let help = "Log lines left out by the rate limit.";
        let suppressed = self.both(|io| &io.log_suppressed, |sim| &sim.log_suppressed);
        to.single("tickwire_log_suppressed_total", "counter", help, suppressed);
    }

    /// A counter that threads of both sorts have.
    fn both(&self, of_io: fn(&IoMetrics) -> &Counter, of_sim: fn(&SimMetrics) -> &Counter) -> u64 {
        let io = self.io.iter().map(|io| of_io(io).value());
        io.chain(self.simulations.iter().map(|sim| of_sim(sim).value())).fold(0, u64::wrapping_add)
    }

    /// What inputs met, and where their time went.
    fn inputs(&self, to: &mut Exposition) {
        let name = "tickwire_inputs_total";
        to.family(name, "counter", "Inputs by what they met at their player's buffer.");
        for &verdict in InputVerdict::ALL {
            let counts = self.simulations.iter().map(|sim| sim.inputs.value(verdict));
            to.sample(name, &[("verdict", verdict.text())], counts.fold(0, u64::wrapping_add));
        }
        let help = "Applied inputs without a measured way to their player's update.";
        let unwritten = self.both(|io| &io.inputs_unwritten, |sim| &sim.inputs_unwritten);
        to.single("tickwire_inputs_unwritten_total", "counter", help, unwritten);

        // Read once: all sums are of the same inputs.
        let threads: Vec<(String, StageSums)> =
            self.io.iter().enumerate().map(|(thread, io)| (thread.to_string(), io.stages.sums())).collect();
        let name = "tickwire_input_stage_seconds";
        to.family(
            name,
            "summary",
            "Stages of the way of an applied input from its socket to its player's update.",
        );
        for (io, (thread, sums)) in self.io.iter().zip(&threads) {
            for &stage in Stage::ALL {
                let labels = [("thread", thread.as_str()), ("stage", stage.text())];
                let (sum_ns, summary) = (sums.stages_ns[stage.index()], io.stages.stage(stage));
                summarize(to, name, &labels, summary, (sums.count, sum_ns));
            }
        }
        let name = "tickwire_input_latency_seconds";
        to.family(name, "summary", "All stages of the same inputs together: from socket read to written.");
        for (io, (thread, sums)) in self.io.iter().zip(&threads) {
            let labels = [("thread", thread.as_str())];
            summarize(to, name, &labels, io.stages.whole(), (sums.count, sums.whole_ns));
        }
        let name = "tickwire_input_latency_max_seconds";
        to.family(name, "gauge", "The longest way of an input so far.");
        for (io, (thread, _)) in self.io.iter().zip(&threads) {
            to.sample(name, &[("thread", thread)], seconds(io.stages.whole().max_ns));
        }
    }

    fn latencies(&self, to: &mut Exposition) {
        let sims = |of: fn(&SimMetrics) -> &Latency| self.simulations.iter().map(|sim| of(sim)).collect();
        let ios = |of: fn(&IoMetrics) -> &Latency| self.io.iter().map(|io| of(io)).collect();
        let each: [(&str, &str, Vec<&Latency>); 5] = [
            ("tick_start_jitter", "From a tick's deadline to its begin", sims(|sim| &sim.start_jitter)),
            ("tick_duration", "From a tick's begin to its end", sims(|sim| &sim.duration)),
            (
                "input_wait",
                "From an input's arrival in its player's buffer to the tick that used it",
                sims(|sim| &sim.input_wait),
            ),
            (
                "send_skew",
                "From the first to the last player of a room that a send pass wrote to",
                ios(|io| &io.send_skew),
            ),
            (
                "rtt",
                "Least time from update to ack in a session's last ten seconds, once a second; holds up to a tick of the client's",
                ios(|io| &io.rtt),
            ),
        ];
        for (name, what, threads) in each {
            latency(to, name, what, &threads);
        }
    }

    /// The two directions of the bridge.
    fn channels(&self, to: &mut Exposition) {
        let inbound = |of: fn(&IoMetrics) -> u64| self.io.iter().map(|io| of(io)).sum::<u64>();
        let outbound = |of: fn(&SimMetrics) -> u64| self.simulations.iter().map(|sim| of(sim)).sum::<u64>();
        let name = "tickwire_channel_depth";
        to.family(name, "gauge", "Entries that wait for a place in a channel between threads.");
        to.sample(name, &[("channel", "inbound")], inbound(|io| io.inbound_depth.value()));
        to.sample(name, &[("channel", "outbound")], outbound(|sim| sim.outbound_depth.value()));
        let name = "tickwire_channel_full_total";
        to.family(name, "counter", "Hand-overs that found no place in a channel between threads.");
        to.sample(name, &[("channel", "inbound")], inbound(|io| io.inbound_full.value()));
        to.sample(name, &[("channel", "outbound")], outbound(|sim| sim.outbound_full.value()));
    }
}

/// A classic histogram, a summary of the HdrHistogram and its maximum, each by thread.
fn latency(to: &mut Exposition, name: &str, what: &str, threads: &[&Latency]) {
    let (family, hdr) = (format!("tickwire_{name}_seconds"), format!("tickwire_{name}_hdr_seconds"));
    let max = format!("tickwire_{name}_max_seconds");
    to.family(&family, "histogram", &format!("{what}."));
    for (thread, latency) in threads.iter().enumerate() {
        let (thread, buckets) = (thread.to_string(), latency.buckets());
        let bucket = format!("{family}_bucket");
        for (bound, count) in BUCKETS_S.iter().zip(buckets.cumulative) {
            to.sample(&bucket, &[("thread", &thread), ("le", bound)], count);
        }
        to.sample(&bucket, &[("thread", &thread), ("le", "+Inf")], buckets.count);
        to.sample(&format!("{family}_sum"), &[("thread", &thread)], seconds(buckets.sum_ns));
        to.sample(&format!("{family}_count"), &[("thread", &thread)], buckets.count);
    }
    let summaries: Vec<_> = threads.iter().map(|latency| (latency.summary(), latency.buckets())).collect();
    to.family(&hdr, "summary", &format!("{what}, since the start, from an HdrHistogram."));
    for (thread, (summary, buckets)) in summaries.iter().enumerate() {
        let totals = (summary.count, buckets.sum_ns);
        summarize(to, &hdr, &[("thread", &thread.to_string())], *summary, totals);
    }
    to.family(&max, "gauge", &format!("{what}, the longest so far."));
    for (thread, (summary, _)) in summaries.iter().enumerate() {
        to.sample(&max, &[("thread", &thread.to_string())], seconds(summary.max_ns));
    }
}

/// The samples of one summary; `totals` are its count and its sum in nanoseconds.
fn summarize(
    to: &mut Exposition,
    name: &str,
    labels: &[(&str, &str)],
    summary: Summary,
    (count, sum_ns): (u64, u64),
) {
    let quantiles = [("0.5", summary.p50_ns), ("0.99", summary.p99_ns), ("0.999", summary.p999_ns)];
    for (quantile, ns) in quantiles {
        to.sample(name, &[labels, &[("quantile", quantile)]].concat(), seconds(ns));
    }
    to.sample(&format!("{name}_sum"), labels, seconds(sum_ns));
    to.sample(&format!("{name}_count"), labels, count);
}

fn build(to: &mut Exposition) {
    to.family("tickwire_build_info", "gauge", "What is running.");
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("rev", option_env!("TICKWIRE_REV").unwrap_or("unknown")),
        ("protocol", "1"),
    ];
    to.sample("tickwire_build_info", &labels, 1);
}

fn prefixed(name: &str) -> String {
    format!("tickwire_{name}")
}
