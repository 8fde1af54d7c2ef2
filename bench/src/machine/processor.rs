//! Who used the processors in a window: the server, this program, and everybody else. Read from `/proc` of proc(5).
//!
//! Times there are in ticks of 10 ms (`USER_HZ`, 100 on every architecture of today's Linux), sums of exact times. Where the
//! kernel tells the server's exact times as well (`/proc/PID/task/TID/sched`), its total is of those, and the ticks only
//! part it into user and system: a server that uses a tenth of a core for three seconds would be known to 3 % otherwise.
//!
//! What others used is known from two sides, either of which may see too little: the machine's total is sampled at ticks on
//! many kernels and misses who sleeps between them; the processes' own times are exact, but those of other containers, or
//! of whom nobody waited for, are not among them. The larger of the two is told.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(10);
/// Readings of all processes before one is done without; each takes a millisecond, in which processes rarely end.
const SUM_ATTEMPTS: usize = 3;

/// Time in user mode and in the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Used {
    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }

    /// In the same parts, but `total` together. Without parts it is the kernel's, which most of a server's is.
    fn scaled_to(self, total: Duration) -> Self {
        let whole = self.total().as_secs_f64();
        let share = if whole > 0.0 { self.user.as_secs_f64() / whole } else { 0.0 };
        let user = total.mul_f64(share).min(total);
        Self { user, system: total - user }
    }

    fn since(self, before: Self) -> Self {
        Self {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
        }
    }
}

/// One process: in all, and by thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) used: Used,
    pub(crate) resident_bytes: u64,
    /// By thread id: name and time.
    pub(crate) threads: BTreeMap<u32, (String, Used)>,
    /// Of all threads together, to the nanosecond; `None` if the kernel does not tell it of each.
    pub(crate) exact: Option<Duration>,
}

/// The whole machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Machine {
    /// User, nice and system: what processes used, as sampled.
    sampled: Duration,
    /// What the visible processes say of themselves and of the children that they waited for. A process that ends hands its
    /// time on to its parent, so that this only grows. `None`: they could not be added up.
    summed: Option<Duration>,
    /// Interrupts, where the kernel counts them apart: loopback traffic is handled in them.
    interrupts: Duration,
    /// What another virtual machine took.
    stolen: Duration,
}

/// One reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    machine: Machine,
    own: Used,
    server: Option<Process>,
}

/// What was used between two readings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) server: Option<Process>,
    pub(crate) own: Used,
    /// Of all other processes.
    pub(crate) foreign: Duration,
    pub(crate) interrupts: Duration,
    pub(crate) stolen: Duration,
}

impl Reading {
    /// Reads the machine, this program and, by its pid, the server. `None` without a `/proc` that says so.
    pub(crate) fn take(server_pid: Option<u32>) -> Option<Self> {
        let mut machine = parse_machine(&fs::read_to_string("/proc/stat").ok()?)?;
        machine.summed = summed();
        let own = parse_process(&fs::read_to_string("/proc/self/stat").ok()?)?.used;
        Some(Self { machine, own, server: server_pid.and_then(process) })
    }

    pub(crate) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// What was used since `before`. The server counts as gone if it was not there at both.
    pub(crate) fn since(&self, before: &Self) -> Usage {
        let server = self.server.as_ref().zip(before.server.as_ref()).map(|(now, then)| now.since(then));
        let own = self.own.since(before.own);
        let known = own.total() + server.as_ref().map_or(Duration::ZERO, |server| server.used.total());
        let sampled = self.machine.sampled.saturating_sub(before.machine.sampled);
        let summed = self.machine.summed.zip(before.machine.summed);
        let summed = summed.map_or(Duration::ZERO, |(now, then)| now.saturating_sub(then));
        Usage {
            server,
            own,
            foreign: sampled.max(summed).saturating_sub(known),
            interrupts: self.machine.interrupts.saturating_sub(before.machine.interrupts),
            stolen: self.machine.stolen.saturating_sub(before.machine.stolen),
        }
    }
}

impl Process {
    fn since(&self, before: &Self) -> Self {
        let threads = self.threads.iter().map(|(&id, (name, used))| {
            let then = before.threads.get(&id).map_or(Used::default(), |(_, used)| *used);
            (id, (name.clone(), used.since(then)))
        });
        let used = self.used.since(before.used);
        // A thread that has ended takes its exact time with it.
        let is_same = self.threads.keys().eq(before.threads.keys());
        let exact =
            self.exact.zip(before.exact).filter(|_| is_same).and_then(|(now, then)| now.checked_sub(then));
        Self {
            used: exact.map_or(used, |exact| used.scaled_to(exact)),
            resident_bytes: self.resident_bytes,
            threads: threads.collect(),
            exact,
        }
    }

    /// Threads that used anything, busiest first.
    pub(crate) fn busy_threads(&self) -> Vec<(&str, Used)> {
        let named = self.threads.values().map(|(name, used)| (name.as_str(), *used));
        let mut busy: Vec<_> = named.filter(|(_, used)| !used.total().is_zero()).collect();
        busy.sort_by_key(|(_, used)| std::cmp::Reverse(used.total()));
        busy
    }
}

/// The times of all processes that can be seen; `None` when some ended during each of several attempts.
fn summed() -> Option<Duration> {
    (0..SUM_ATTEMPTS).find_map(|_| {
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let pids =
            processes.filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
        // One that is gone may have handed its time to a parent that was read already.
        let times = pids.map(|entry| parse_inherited(&fs::read_to_string(entry.path().join("stat")).ok()?));
        times.sum()
    })
}

fn process(pid: u32) -> Option<Process> {
    let mut process = parse_process(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let mut exact = Some(Duration::ZERO);
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let id = task.file_name().to_str().and_then(|name| name.parse().ok());
        let stat = fs::read_to_string(task.path().join("stat")).ok();
        // A thread may end while it is read.
        let Some((id, stat)) = id.zip(stat) else { continue };
        if let Some(thread) = parse_process(&stat) {
            process.threads.insert(id, (name_in(&stat).to_owned(), thread.used));
            let sched = fs::read_to_string(task.path().join("sched")).ok();
            exact = exact.zip(sched.as_deref().and_then(parse_exact)).map(|(sum, time)| sum + time);
        }
    }
    // The time of a kernel that tells the line but not the value is none.
    process.exact = exact.filter(|exact| *exact + TICK > process.used.total());
    Some(process)
}

/// The name stands in the only parentheses that are not part of it: the outermost.
fn name_in(stat: &str) -> &str {
    let (start, end) = (stat.find('('), stat.rfind(')'));
    start.zip(end).and_then(|(start, end)| stat.get(start + 1..end)).unwrap_or("?")
}

/// What a thread has run for, in milliseconds with six decimals, in its `sched`.
fn parse_exact(sched: &str) -> Option<Duration> {
    let line = sched.lines().find(|line| line.starts_with("se.sum_exec_runtime"))?;
    let (millis, nanos) = line.rsplit_once(':')?.1.trim().split_once('.')?;
    let nanos = (nanos.len() == 6).then(|| nanos.parse().ok()).flatten()?;
    Some(Duration::from_millis(millis.parse().ok()?) + Duration::from_nanos(nanos))
}

/// A `stat` line of a process or thread: fields 14, 15 (user and system time) and 24 (resident pages).
fn parse_process(stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // Fields count from 1, and the first one after the name is the third.
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<u64>().ok());
    let used = Used { user: ticks(field(14)?), system: ticks(field(15)?) };
    let resident_bytes = field(24)? * page_bytes();
    Some(Process { used, resident_bytes, threads: BTreeMap::new(), exact: None })
}

/// A `stat` line's fields 14 to 17: the process's own times and those of the children that it waited for.
fn parse_inherited(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let times = rest.split_whitespace().skip(14 - 3).take(4);
    let counts: Vec<u64> = times.map_while(|text| text.parse().ok()).collect();
    (counts.len() == 4).then(|| ticks(counts.iter().sum()))
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn parse_machine(stat: &str) -> Option<Machine> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let times: Vec<Duration> =
        line.split_whitespace().map_while(|text| text.parse().ok()).map(ticks).collect();
    let [user, nice, system, _, _, irq, softirq, stolen, ..] = times[..] else { return None };
    let sampled = user + nice + system;
    Some(Machine { sampled, summed: None, interrupts: irq + softirq, stolen })
}

fn ticks(count: u64) -> Duration {
    TICK.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(target_os = "linux")]
fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(not(target_os = "linux"))]
fn page_bytes() -> u64 {
    4096
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "S 1 1 1 0 -1 4194560 100 0 0 0 250 50 1 0 20 0 7 0 1000 8192 3 0";

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_stat_line_is_read_behind_any_name() {
        for name in ["arena", "a) R 9 (b", ""] {
            let stat = format!("42 ({name}) {TAIL}");
            let process = parse_process(&stat).expect("a stat line");
            assert_eq!(process.used, Used { user: ms(2500), system: ms(500) }, "{name}");
            assert_eq!(process.resident_bytes, 3 * page_bytes());
            assert_eq!(name_in(&stat), name);
            assert_eq!(parse_inherited(&stat), Some(ms(3010)), "its children's are 10 and no ticks");
        }
        assert_eq!(parse_process("42 (cut) S 1"), None);
        assert_eq!(parse_inherited("42 (cut) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 1"), None);
        assert_eq!(parse_machine("cpu  1 2 3\n"), None);
    }

    #[test]
    fn what_nobody_known_used_is_foreign() {
        let machine = |stat| parse_machine(stat).expect("a cpu line");
        let server = |ticks: u64| {
            let used = Used { user: ms(10 * ticks), system: ms(0) };
            let threads =
                BTreeMap::from([(7, ("io".to_owned(), used)), (8, ("idle".to_owned(), Used::default()))]);
            Process { used, resident_bytes: 4096, threads, exact: None }
        };
        let own = |ticks: u64| Used { user: ms(0), system: ms(10 * ticks) };
        let before = Reading {
            machine: machine("cpu  100 0 50 900 0 0 5 1 0 0\n"),
            own: own(2),
            server: Some(server(40)),
        };
        let after = Reading {
            machine: machine("cpu  200 5 80 999 0 1 9 3 0 0\n"),
            own: own(22),
            server: Some(server(90)),
        };
        let usage = after.since(&before);
        // 135 ticks by processes: 50 of the server, 20 of this program.
        assert_eq!((usage.foreign, usage.interrupts, usage.stolen), (ms(650), ms(50), ms(20)));
        let server = usage.server.expect("it was there at both");
        assert_eq!(server.busy_threads(), [("io", Used { user: ms(500), system: ms(0) })]);
        // The sampled total has missed most of it.
        let summed = |reading: &Reading, ticks: u64| Reading {
            machine: Machine { summed: (ticks > 0).then(|| ms(10 * ticks)), ..reading.machine },
            ..reading.clone()
        };
        let foreign = |then: u64, now: u64| summed(&after, now).since(&summed(&before, then)).foreign;
        assert_eq!((foreign(1000, 1300), foreign(1000, 1100)), (ms(2300), ms(650)), "the larger is told");
        assert_eq!(foreign(0, 1300), ms(650), "it is not known at both ends");
        let gone = Reading { server: None, ..after.clone() };
        assert_eq!(gone.since(&before).server, None);
    }

    #[test]
    fn exact_times_are_parted_as_the_ticks_are() {
        let sched = "io (7, #threads: 2)\n---\nse.exec_start    :   17277473.902881\nse.sum_exec_runtime   :   1234.000056\n";
        assert_eq!(parse_exact(sched), Some(ms(1234) + Duration::from_nanos(56)));
        for bad in ["", "se.sum_exec_runtime : x", "se.sum_exec_runtime : 12", "se.sum_exec_runtime : 1.2"] {
            assert_eq!(parse_exact(bad), None, "{bad}");
        }
        let process = |ticks: u64, exact: Option<u64>| Process {
            used: Used { user: ms(10 * ticks), system: ms(30 * ticks) },
            exact: exact.map(ms),
            ..Process::default()
        };
        let used = |now: Process, then: Process| now.since(&then).used;
        let exact = used(process(4, Some(166)), process(1, Some(42)));
        assert_eq!((exact.user, exact.system), (ms(31), ms(93)));
        let ticks = used(process(4, None), process(1, Some(42)));
        assert_eq!((ticks.user, ticks.system), (ms(30), ms(90)), "it is not told at both ends");
        let ended = Process {
            threads: BTreeMap::from([(9, (String::new(), Used::default()))]),
            ..process(1, Some(42))
        };
        assert_eq!(used(process(4, Some(166)), ended).total(), ms(120), "a thread has gone");
        let short = used(process(0, Some(7)), process(0, Some(3)));
        assert_eq!((short.user, short.system), (ms(0), ms(4)), "less than a tick");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_can_be_read() {
        let reading = Reading::take(Some(std::process::id())).expect("Linux has /proc");
        assert!(reading.has_server() && reading.machine.sampled > Duration::ZERO);
        assert!(reading.machine.summed >= Some(reading.own.total()));
        assert!(Reading::take(Some(u32::MAX)).is_some_and(|reading| !reading.has_server()));
    }
}
