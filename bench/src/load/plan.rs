//! `Plan`: how many connections, from when, for how long, on which cores. What they say is the scenario's.

use std::time::Duration;

use super::stages::Stages;
use crate::cli;
use crate::failure::Failure;
use crate::machine::descriptors;
use crate::report::Run;
use crate::wire::route::Route;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) route: Route,
    /// In all; at the first stage, if stages set them.
    pub(crate) connections: u32,
    /// That begin in each second; all threads together.
    pub(crate) connect_rate: u32,
    pub(crate) threads: u32,
    /// Thread `n` runs on core `pin[n % len]`, and so does who runs the plan, on the first. None: anywhere.
    pub(crate) pin: Vec<usize>,
    pub(crate) seed: u64,
    pub(crate) warmup: Duration,
    /// Of the window, all stages together.
    pub(crate) duration: Duration,
    pub(crate) stages: Option<Stages>,
}

impl Plan {
    /// Looks the server up and makes room for the connections.
    ///
    /// # Errors
    /// A flag would be ignored, nobody answers there, or the hard limit of descriptors is too low.
    pub(crate) fn new(common: &cli::Common) -> Result<Self, Failure> {
        common.refuse_ignored()?;
        let stages = common.stages.clone();
        let first = stages.as_ref().and_then(Stages::connections).map(|counts| counts[0]);
        let plan = Self {
            route: Route::wait_for(&common.server.url)?,
            connections: first.unwrap_or(common.connections()),
            connect_rate: common.connect_rate,
            threads: common.threads,
            pin: common.server.pin.clone(),
            seed: common.seed,
            warmup: common.warmup,
            duration: stages.as_ref().map_or(common.duration, Stages::total),
            stages,
        };
        plan.reserve()?;
        Ok(plan)
    }

    /// Raises the limit of descriptors to what the plan needs.
    pub(crate) fn reserve(&self) -> Result<(), Failure> {
        descriptors::reserve(self.connections_max() as usize).map_err(Failure::Descriptors)
    }

    /// Connections of the stage that has most.
    pub(crate) fn connections_max(&self) -> u32 {
        let stages = self.stages.as_ref().and_then(Stages::connections);
        stages.into_iter().flatten().max().unwrap_or(0).max(self.connections)
    }

    /// The connections are the same all the time.
    pub(super) fn is_steady(&self) -> bool {
        self.levels().is_empty()
    }

    /// Offsets and connections of the stages, if those set any.
    pub(super) fn levels(&self) -> Vec<(Duration, u32)> {
        let Some(stages) = &self.stages else { return Vec::new() };
        stages.offsets().zip(stages.connections().unwrap_or_default()).collect()
    }

    /// Stages set the rate of each connection: there is no other one to tell.
    pub(crate) fn has_staged_rates(&self) -> bool {
        self.stages.as_ref().is_some_and(|stages| stages.rates().is_some())
    }

    /// Tells a report what decided the load: of what stages set, the stages only.
    pub(super) fn tell(&self, run: &mut Run) {
        if self.is_steady() {
            run.argument("connections", &self.connections);
        }
        run.argument("connect_rate", &self.connect_rate);
        run.argument("threads", &self.threads);
        run.argument("seed", &self.seed);
        run.argument("warmup", &cli::typed(self.warmup));
        run.argument("duration", &cli::typed(self.duration));
        if let Some(stages) = &self.stages {
            run.argument("stages", stages);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stages_set_is_told_as_stages_only() {
        let target: tickwire_client::Target = "ws://127.0.0.1:1/".parse().expect("a URL");
        let plan = |stages: Option<&str>| Plan {
            route: Route {
                target: target.clone(),
                address: ([127, 0, 0, 1], 1).into(),
                paths: Default::default(),
            },
            connections: 50,
            connect_rate: 500,
            threads: 1,
            pin: Vec::new(),
            seed: 1,
            warmup: Duration::from_secs(2),
            duration: Duration::from_secs(6),
            stages: stages.map(|text| text.parse().expect("stages")),
        };
        for (stages, connections, has_rates) in [
            (None, Some("50"), false),
            (Some("2s:50,2s:100,2s:20"), None, false),
            (Some("3s:10/s,3s:20/s"), Some("50"), true),
        ] {
            let (plan, mut run) = (plan(stages), Run::new("echo", "ws://127.0.0.1:1/"));
            plan.tell(&mut run);
            let told = |name: &str| run.arguments.get(name).map(String::as_str);
            assert_eq!((told("connections"), told("stages")), (connections, stages));
            assert_eq!((told("duration"), plan.has_staged_rates()), (Some("6s"), has_rates));
        }
    }
}
