//! `Memory`: what another process holds, from `/proc` of proc(5): memory and descriptors.
//!
//! Anonymous memory is heap and stacks: what the program asked for. The resident set has the pages of its file as well.

use std::fs;

/// One reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// `RssAnon`.
    pub(crate) anonymous_bytes: u64,
    /// `VmRSS`.
    pub(crate) resident_bytes: u64,
    /// Open descriptors; `None` if they may not be counted.
    pub(crate) descriptors: Option<u64>,
}

impl Memory {
    /// `None`: there is no such process, or no `/proc` that tells.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let mut memory = Self::parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)?;
        memory.descriptors = fs::read_dir(format!("/proc/{pid}/fd")).ok().map(|open| open.count() as u64);
        Some(memory)
    }

    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let (count, unit) = line.trim().split_once(' ')?;
            // The unit is always this one; another would be a number that is not understood.
            let kibibytes: u64 = count.parse().ok().filter(|_| unit == "kB")?;
            kibibytes.checked_mul(1024)
        };
        let (anonymous_bytes, resident_bytes) = (field("RssAnon:")?, field("VmRSS:")?);
        Some(Self { anonymous_bytes, resident_bytes, descriptors: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_kibibytes() {
        let status = "Name:\ta\nVmRSS:\t    5120 kB\nRssAnon:\t     840 kB\nRssFile:\t    4280 kB\n";
        let want = Memory { anonymous_bytes: 840 * 1024, resident_bytes: 5120 * 1024, descriptors: None };
        assert_eq!(Memory::parse(status), Some(want));
        // A kernel thread has neither.
        for bad in ["", "Name:\tkthreadd\n", "VmRSS: 1 MB\nRssAnon: 1 kB\n", "VmRSS: 1 kB\nRssAnon: x kB\n"] {
            assert_eq!(Memory::parse(bad), None, "{bad}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_holds_memory_and_descriptors() {
        let memory = Memory::of(std::process::id()).expect("Linux has /proc");
        assert!(memory.anonymous_bytes > 0 && memory.resident_bytes >= memory.anonymous_bytes);
        assert!(memory.descriptors.is_some_and(|count| count >= 3));
        assert_eq!(Memory::of(u32::MAX), None);
    }
}
