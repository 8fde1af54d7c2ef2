//! `Process`: what the operating system counts for this process, under the names every Prometheus client uses.

use super::exposition::Exposition;

/// One reading.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Process {
    cpu_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    open_descriptors: u64,
    max_descriptors: u64,
    start_seconds: f64,
}

/// Ticks a second of the times in `/proc`: 100 on every architecture that Linux runs on today (its `USER_HZ`).
#[cfg(target_os = "linux")]
const TICKS_PER_S: f64 = 100.0;

impl Process {
    /// Reads `/proc`; what can not be read is 0. Takes some tens of microseconds.
    #[cfg(target_os = "linux")]
    pub(crate) fn read() -> Self {
        use rustix::process::{Resource, getrlimit};
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let boot = std::fs::read_to_string("/proc/stat").ok().and_then(|text| boot_seconds(&text));
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::parse(&stat, boot.unwrap_or_default(), open_descriptors(), limit)
    }

    /// Nothing: only Linux has `/proc`.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn read() -> Self {
        Self::default()
    }

    /// Reads proc(5)'s `stat` line. The second field is the program's name and may hold anything but ends the last `)`.
    #[cfg(target_os = "linux")]
    fn parse(stat: &str, boot_seconds: f64, open_descriptors: u64, max_descriptors: u64) -> Self {
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or_else(Vec::new, |(_, rest)| rest.split_whitespace().collect());
        // Fields are numbered from 1 and the third is the first one here.
        let field = |number: usize| -> u64 {
            fields.get(number - 3).and_then(|text| text.parse().ok()).unwrap_or_default()
        };
        let page_bytes = rustix::param::page_size() as u64;
        Self {
            cpu_seconds: (field(14) + field(15)) as f64 / TICKS_PER_S,
            resident_bytes: field(24) * page_bytes,
            virtual_bytes: field(23),
            open_descriptors,
            max_descriptors,
            start_seconds: boot_seconds + field(22) as f64 / TICKS_PER_S,
        }
    }

    pub(crate) fn expose(&self, to: &mut Exposition) {
        to.single("process_cpu_seconds_total", "counter", "User and system time.", self.cpu_seconds);
        to.single("process_resident_memory_bytes", "gauge", "Resident memory.", self.resident_bytes);
        to.single("process_virtual_memory_bytes", "gauge", "Virtual memory.", self.virtual_bytes);
        to.single("process_open_fds", "gauge", "Open descriptors.", self.open_descriptors);
        to.single("process_max_fds", "gauge", "Limit of open descriptors.", self.max_descriptors);
        to.single(
            "process_start_time_seconds",
            "gauge",
            "Start, in seconds of Unix time.",
            self.start_seconds,
        );
    }
}

#[cfg(target_os = "linux")]
fn boot_seconds(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// Since Linux 6.2 the directory's size is the count; before, its entries are counted, one of which is the reading.
#[cfg(target_os = "linux")]
fn open_descriptors() -> u64 {
    let size = std::fs::metadata("/proc/self/fd").map_or(0, |directory| directory.len());
    if size > 0 {
        return size;
    }
    std::fs::read_dir("/proc/self/fd").map_or(0, |entries| (entries.count() as u64).saturating_sub(1))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Process, boot_seconds};

    #[test]
    fn the_stat_line_is_read_behind_any_program_name() {
        let tail = "S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 1000 8192 3 18446744073709551615";
        for name in ["arena", "a) R 9 (b", ""] {
            let process = Process::parse(&format!("42 ({name}) {tail}"), 1e9, 12, 1024);
            assert_eq!((process.cpu_seconds, process.start_seconds), (3.0, 1e9 + 10.0), "{name}");
            assert_eq!(process.virtual_bytes, 8192);
            assert_eq!(process.resident_bytes % 3, 0);
            assert!(process.resident_bytes >= 3 * 4096);
        }
        assert_eq!(Process::parse("", 0.0, 0, 0), Process::default());
        assert_eq!(boot_seconds("cpu 1 2\nbtime 77\n"), Some(77.0));
    }

    #[test]
    fn this_process_has_memory_descriptors_and_a_start() {
        let process = Process::read();
        assert!(process.resident_bytes > 0 && process.open_descriptors > 2 && process.start_seconds > 1e9);
        assert!(process.open_descriptors <= process.max_descriptors);
    }
}
