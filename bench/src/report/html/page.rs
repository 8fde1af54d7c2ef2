//! The page: what stands where.

use std::fmt::Write as _;

use super::{escape, tables, tiles};
use crate::report::label;
use crate::report::run::Run;

/// Colours there are: more runs than this begin again.
pub(super) const COLOURS: usize = 8;

const STYLE: &str = include_str!("style.css");

/// A page of one or more runs, in their order. Empty for none.
pub(crate) fn write(runs: &[Run]) -> String {
    let labels = label::explained(runs);
    let Some(first) = runs.first() else { return String::new() };
    let page = Page { runs, labels: &labels, first };
    let sections = [
        page.head(),
        page.percentiles(),
        page.timeline(),
        page.breakdown(),
        page.processor(),
        page.others(),
        page.tables(),
        page.foot(),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        escape(&page.title()),
        sections.concat()
    )
}

/// What is shown.
pub(super) struct Page<'a> {
    pub(super) runs: &'a [Run],
    /// One for each run, all different.
    pub(super) labels: &'a [String],
    pub(super) first: &'a Run,
}

impl Page<'_> {
    pub(super) fn is_single(&self) -> bool {
        self.runs.len() == 1
    }

    fn title(&self) -> String {
        let (scenario, count) = (&self.first.scenario, self.runs.len());
        match &self.first.label {
            _ if !self.is_single() => format!("{scenario}: {count} runs compared"),
            Some(label) => format!("{scenario}: {label}"),
            None => format!("{scenario}: {}", self.headline()),
        }
    }

    /// What the main distribution is called.
    fn headline(&self) -> &str {
        self.first.main_distribution().map_or("report", |main| &main.label)
    }

    fn head(&self) -> String {
        let mut html = format!("<header>\n<h1>{}</h1>\n", escape(&self.title()));
        let mode =
            |run: &Run| run.mode.as_ref().map_or(String::new(), |mode| format!(", server reads {mode}"));
        if self.is_single() {
            let run = self.first;
            let _ = writeln!(
                html,
                "<p class=\"lead\">{} at {}, {:.1} s measured{}</p>",
                escape(self.headline()),
                escape(&run.url),
                run.measured_s,
                escape(&mode(run))
            );
        } else {
            let _ = writeln!(
                html,
                "<p class=\"lead\">{}; {}</p>",
                escape(self.headline()),
                self.labels.iter().map(|label| escape(label)).collect::<Vec<_>>().join(" · ")
            );
        }
        html += &self.chips();
        html += &self.machines();
        html += &self.flaws();
        html += &if self.is_single() { tiles::single(self.first) } else { tiles::several(self.runs) };
        html + "</header>\n"
    }

    /// The arguments that all runs share.
    fn chips(&self) -> String {
        let is_shared = |name: &str, value: &str| {
            self.runs.iter().all(|run| run.arguments.get(name).is_some_and(|other| other == value))
        };
        let shared =
            self.first.arguments.iter().filter(|(name, value)| !value.is_empty() && is_shared(name, value));
        let chip = |(name, value): (&String, &String)| {
            format!("<li><span>{}</span><b>{}</b></li>", escape(name), escape(value))
        };
        let chips: String = shared.map(chip).collect();
        if chips.is_empty() { chips } else { format!("<ul class=\"chips\">{chips}</ul>\n") }
    }

    fn machines(&self) -> String {
        let mut machines: Vec<String> = self.runs.iter().map(|run| run.machine.to_string()).collect();
        machines.dedup();
        let warning = if machines.len() > 1 { "<b>Different machines</b>: " } else { "" };
        let all = machines.iter().map(|machine| escape(machine)).collect::<Vec<_>>().join(" — ");
        format!("<p class=\"machine\">{warning}{all}</p>\n")
    }

    fn flaws(&self) -> String {
        let mut html = String::new();
        for (run, label) in self.runs.iter().zip(self.labels) {
            let whose =
                if self.is_single() { String::new() } else { format!("<span>{}</span>", escape(label)) };
            let mut tell = |class: &str, what: &str| {
                let what = escape(what);
                let _ = writeln!(
                    html,
                    "<div class=\"{class}\" role=\"alert\"><strong>{what}</strong>{whose}</div>"
                );
            };
            run.verdict.flaws().iter().for_each(|flaw| tell("flaw", &flaw.to_string()));
            run.verdict.disturbance().iter().for_each(|disturbance| tell("flaw doubtful", disturbance));
        }
        let good = "<p class=\"verdict\">✓ all that was sent and received was as it should be</p>\n";
        if html.is_empty() && self.is_single() { good.to_owned() } else { html }
    }

    fn tables(&self) -> String {
        if self.is_single() { tables::single(self.first) } else { tables::several(self.runs, self.labels) }
    }

    fn foot(&self) -> String {
        let mut html = String::from("<footer>\n");
        for (run, label) in self.runs.iter().zip(self.labels) {
            let whose = if self.is_single() { String::new() } else { format!("{}: ", escape(label)) };
            for note in &run.notes {
                let _ = writeln!(html, "<p>{whose}{}</p>", escape(note));
            }
            let tool = format!("{} {} ({})", run.tool.name, run.tool.version, run.tool.revision);
            let _ = writeln!(
                html,
                "<p>{whose}<code>{}</code> — {}</p>",
                escape(&run.command_line.join(" ")),
                escape(&tool)
            );
        }
        html + "<p>No percentile is shown with fewer than ten samples beyond it.</p>\n</footer>\n"
    }
}

/// A card of the page.
pub(super) fn section(title: &str, why: &str, body: &str) -> String {
    format!("<section>\n<h2>{title}</h2>\n<p>{why}</p>\n{body}</section>\n")
}
