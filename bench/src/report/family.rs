//! `Family`: distributions of the same events, one of which speaks for the others.
//!
//! A label that begins with a space belongs to the distribution above it, as the table shows it. `service`, the latency from
//! the moment of sending, and the stages of the load belong to the main distribution wherever they stand.

use super::distribution::Distribution;
use super::run::Run;

/// One distribution, and those that are told below it. Of one unit.
pub(crate) struct Family<'a> {
    pub(crate) head: &'a Distribution,
    pub(crate) members: Vec<&'a Distribution>,
}

const SERVICE: &str = "service";
/// Before the number of a stage of the load.
const STAGE: &str = "stage_";

/// All distributions of a run, each in one family; the main one's is the first.
pub(crate) fn families(run: &Run) -> Vec<Family<'_>> {
    let Some(main) = run.main_distribution() else { return Vec::new() };
    let mut families = vec![Family { head: main, members: Vec::new() }];
    // Whose members come next.
    let mut current = 0;
    for distribution in &run.distributions {
        let is_part = distribution.name == SERVICE || distribution.name.starts_with(STAGE);
        let is_of_main = is_part && distribution.unit == main.unit;
        let is_below =
            distribution.label.starts_with(' ') && families[current].head.unit == distribution.unit;
        if distribution.name == main.name {
            current = 0;
        } else if is_of_main {
            families[0].members.push(distribution);
        } else if is_below {
            families[current].members.push(distribution);
        } else {
            current = families.len();
            families.push(Family { head: distribution, members: Vec::new() });
        }
    }
    families
}

/// What a distribution is called where it does not stand below its head.
pub(crate) fn full_label(run: &Run, name: &str) -> String {
    let families = families(run);
    let family = families.iter().find(|family| family.members.iter().any(|member| member.name == name));
    let label = run.distribution(name).map_or(name, |distribution| distribution.label.trim());
    match family {
        Some(family) => format!("{}, {label}", family.head.label.trim()),
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Unit, sample};
    use super::*;

    #[test]
    fn an_indented_label_belongs_to_the_one_above_and_service_and_stages_to_the_main_one() {
        let mut run = sample::arena();
        for (name, label, unit) in [
            ("stage_1", "stage 1: 10", Unit::Nanoseconds),
            ("join", "join", Unit::Nanoseconds),
            ("join_service", "  from connecting", Unit::Nanoseconds),
            ("gap", "  gap", Unit::Bytes),
        ] {
            run.distributions.push(Distribution::new(name, label, unit, sample::ramp(1000)));
        }
        // The main one stands last and is told first.
        run.distributions.rotate_left(1);
        let told: Vec<String> = families(&run)
            .iter()
            .map(|family| {
                let members = family.members.iter().map(|member| member.name.as_str());
                [family.head.name.as_str()].into_iter().chain(members).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(told, ["latency service stage_1", "update_bytes", "join join_service", "gap"]);
        let table = [
            ("latency", "input to state"),
            ("service", "input to state, from sending"),
            ("join_service", "join, from connecting"),
            ("gap", "gap"),
        ];
        for (name, wanted) in table {
            assert_eq!(full_label(&run, name), wanted);
        }
        run.distributions.clear();
        assert!(families(&run).is_empty());
    }
}
