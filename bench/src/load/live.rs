//! `Live`: one line a second on standard error about how the run goes.
//!
//! On a terminal the line is written over and over, and cut to its width; elsewhere each is a line of its own. What is
//! wrong stands first, so that it is never cut off. Reports go to standard output and never meet it.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::recorder::Pulse;
use super::shared::Shared;
use crate::quantiles::is_told;
use crate::report::Unit;

const EVERY: Duration = Duration::from_secs(1);
/// Of a terminal that does not tell.
const COLUMNS_DEFAULT: usize = 80;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Quiet,
    Lines,
    Terminal,
}

/// What goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Progress {
    Connecting { connections: u32 },
    WarmingUp,
    Measuring { begin: Time, end: Time },
}

pub(crate) struct Live {
    form: Form,
    next_at: Option<Time>,
    /// Until when was told.
    last_at: Time,
    /// A line stands on the terminal.
    is_shown: bool,
}

impl Live {
    /// Tells nothing.
    pub(crate) fn quiet() -> Self {
        Self { form: Form::Quiet, next_at: None, last_at: Time::default(), is_shown: false }
    }

    /// Tells on standard error.
    pub(crate) fn stderr() -> Self {
        let form = if std::io::stderr().is_terminal() { Form::Terminal } else { Form::Lines };
        Self { form, ..Self::quiet() }
    }

    /// When there is something to tell again.
    pub(super) fn next_at(&self) -> Option<Time> {
        self.next_at.filter(|_| self.form != Form::Quiet)
    }

    /// Tells how it goes, if a second has passed.
    pub(super) fn look(&mut self, now: Time, progress: Progress, shared: &Shared) {
        if self.form == Form::Quiet {
            return;
        }
        match self.next_at {
            None => (self.next_at, self.last_at) = (Some(now + EVERY), now),
            Some(at) if now < at => {}
            Some(_) => {
                let pulse = shared.take_pulse();
                let line = line(now, pulse.until.since(self.last_at), progress, shared, &pulse);
                (self.next_at, self.last_at) = (Some(now + EVERY), pulse.until.max(self.last_at));
                self.write(&line);
            }
        }
    }

    /// Tells a line of one's own, if a second has passed since the last one.
    pub(crate) fn tell(&mut self, now: Time, line: impl FnOnce() -> String) {
        if self.form == Form::Quiet || self.next_at.is_some_and(|at| now < at) {
            return;
        }
        if self.next_at.is_some() {
            self.write(&line());
        }
        self.next_at = Some(now + EVERY);
    }

    fn write(&mut self, line: &str) {
        // Nobody has to watch.
        let _ = match self.form {
            Form::Quiet => Ok(()),
            Form::Lines => writeln!(std::io::stderr(), "{line}"),
            // To the first column, and what is left of the old line is erased (ECMA-48 EL).
            Form::Terminal => write!(std::io::stderr(), "\r{}\x1b[K", cut(line, columns())),
        };
        self.is_shown = self.form == Form::Terminal;
    }

    /// Says something now, on a line that stays.
    pub(super) fn say(&mut self, line: &str) {
        self.clear();
        if self.form != Form::Quiet {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Takes the line away: a report follows.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        self.next_at = None;
    }
}

fn line(now: Time, passed: Duration, progress: Progress, shared: &Shared, pulse: &Pulse) -> String {
    let mut text = match progress {
        Progress::Connecting { connections } => {
            format!("connecting {} of {}", count(shared.ready() as u64), count(connections.into()))
        }
        Progress::WarmingUp => "warming up".to_owned(),
        Progress::Measuring { begin, end } => {
            let (passed, all) = (now.since(begin).as_secs(), end.since(begin).as_secs_f64());
            format!("measuring {passed} of {all:.0} s")
        }
    };
    for (name, times) in [("late sends", pulse.late), ("connections lost", shared.gone() as u64)] {
        if times > 0 {
            text += &format!(" | {name} {}", count(times));
        }
    }
    let per_s = |times: u64| {
        count((times as f64 / passed.as_secs_f64().max(f64::MIN_POSITIVE)).round() as u64) + "/s"
    };
    text += &format!(" | sends {} | messages received {}", per_s(pulse.sends), per_s(pulse.received));
    let values = &pulse.headline;
    if !values.is_empty() {
        text += " |";
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            if is_told(quantile, values.len()) {
                text += &format!(" {name} {:.2}", values.value_at_quantile(quantile) as f64 / 1e6);
            }
        }
        text += &format!(" max {:.2} ms", values.max() as f64 / 1e6);
    }
    text
}

/// As tables have it.
pub(crate) fn count(of: u64) -> String {
    Unit::Count.text(of as f64)
}

/// What stays on one line, without the last column: a terminal may go on to the next line there.
fn cut(line: &str, columns: usize) -> String {
    line.chars().take(columns.saturating_sub(1)).collect()
}

#[cfg(unix)]
fn columns() -> usize {
    let columns = rustix::termios::tcgetwinsize(std::io::stderr()).map_or(0, |size| size.ws_col);
    if columns == 0 { COLUMNS_DEFAULT } else { columns.into() }
}

#[cfg(not(unix))]
fn columns() -> usize {
    COLUMNS_DEFAULT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rates_times_and_what_is_wrong() {
        let shared = Shared::new(std::thread::current());
        let mut pulse = Pulse::new();
        let second = Duration::from_secs(1);
        let now = Time::default() + second * 3;
        let progress =
            Progress::Measuring { begin: Time::default() + second, end: Time::default() + second * 11 };
        assert_eq!(
            line(now, second, progress, &shared, &pulse),
            "measuring 2 of 10 s | sends 0/s | messages received 0/s"
        );
        (pulse.sends, pulse.received, pulse.late) = (5000, 7122, 1003);
        (0..100).for_each(|_| pulse.headline.saturating_record(2_000_000));
        shared.one_is_gone();
        let text = line(now, second * 2, Progress::WarmingUp, &shared, &pulse);
        let want = "warming up | late sends 1,003 | connections lost 1 | sends 2,500/s | messages received 3,561/s | p50 2.0";
        assert!(text.starts_with(want), "{text}");
        assert!(!text.contains("p99") && text.ends_with(" ms"), "{text}");
        let connecting = Progress::Connecting { connections: 50_000 };
        assert!(line(now, second, connecting, &shared, &pulse).starts_with("connecting 0 of 50,000 | "));
    }

    #[test]
    fn a_line_never_reaches_the_end_of_the_terminal() {
        let line = "warming up | sends 60/s";
        for (columns, want) in
            [(80, line), (24, line), (23, "warming up | sends 60/"), (2, "w"), (1, ""), (0, "")]
        {
            assert_eq!(cut(line, columns), want, "{columns}");
        }
        assert!(columns() > 0);
    }

    #[test]
    fn nothing_is_told_before_a_second_has_passed_or_to_nobody() {
        let shared = Shared::new(std::thread::current());
        let progress = Progress::Connecting { connections: 1 };
        let mut live = Live { form: Form::Lines, ..Live::quiet() };
        live.look(Time::default(), progress, &shared);
        assert_eq!(live.next_at(), Some(Time::default() + EVERY));
        let mut live = Live::quiet();
        live.look(Time::default(), progress, &shared);
        assert_eq!(live.next_at(), None);
    }
}
