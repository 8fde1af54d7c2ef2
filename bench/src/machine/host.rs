//! `Host`: what machine this is, as a report names it.
//!
//! Read from `/proc` and `/sys`; what does not stand there is left open, never guessed. No name of the machine and no
//! address: reports are shared.

use std::fmt;
use std::fs;

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;

/// The machine that a run was measured on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Host {
    /// Name and release, such as `Linux 6.12.9`.
    pub(crate) kernel: String,
    /// The processor's own name.
    pub(crate) cpu: Option<String>,
    /// Logical ones, whether or not this process may use them.
    pub(crate) cores: usize,
    /// Of the first core, such as `performance`; `None` where frequencies are not the kernel's to set.
    pub(crate) governor: Option<String>,
    pub(crate) memory_bytes: Option<u64>,
    /// The processor says that a hypervisor runs beneath.
    pub(crate) is_virtual: bool,
}

impl Host {
    /// Reads this machine.
    pub(crate) fn read() -> Self {
        let text = |path: &str| fs::read_to_string(path).ok();
        let trimmed =
            |path: &str| text(path).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let processors = text("/proc/cpuinfo").unwrap_or_default();
        let release =
            trimmed("/proc/sys/kernel/osrelease").map_or(String::new(), |release| format!(" {release}"));
        let usable = || std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            kernel: trimmed("/proc/sys/kernel/ostype").unwrap_or_else(|| std::env::consts::OS.to_owned())
                + &release,
            cpu: model(&processors),
            cores: Some(count(&processors)).filter(|count| *count > 0).unwrap_or_else(usable),
            governor: trimmed("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            memory_bytes: memory(&text("/proc/meminfo").unwrap_or_default()),
            is_virtual: is_virtual(&processors),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpu = self.cpu.as_deref().unwrap_or("processor unknown");
        let plural = if self.cores == 1 { "" } else { "s" };
        write!(f, "{cpu}, {} core{plural}", self.cores)?;
        if let Some(bytes) = self.memory_bytes {
            // What the kernel keeps for itself is missing from the sum: 23.5 GiB of 24 is told as 24.
            write!(f, ", {:.0} GiB", (bytes as f64 / (1024 * MIB) as f64).ceil())?;
        }
        write!(f, ", {}", self.kernel)?;
        if self.is_virtual {
            f.write_str(", virtual")?;
        }
        match &self.governor {
            Some(governor) => write!(f, ", governor {governor}"),
            None => f.write_str(", no governor"),
        }
    }
}

fn value<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == wanted)
        .map(|(_, value)| value.trim())
}

/// x86 has a name; 64-bit ARM has numbers only, which still tell one machine from another.
fn model(processors: &str) -> Option<String> {
    let named = ["model name", "Model", "cpu model", "cpu"].iter().find_map(|key| value(processors, key));
    if let Some(name) = named {
        return Some(name.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let (implementer, part) = value(processors, "CPU implementer").zip(value(processors, "CPU part"))?;
    Some(format!("{} {implementer} {part}", std::env::consts::ARCH))
}

fn count(processors: &str) -> usize {
    processors
        .lines()
        .filter(|line| line.split(':').next().is_some_and(|key| key.trim() == "processor"))
        .count()
}

fn is_virtual(processors: &str) -> bool {
    value(processors, "flags").is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor"))
}

/// `MemTotal`, which is in KiB.
fn memory(meminfo: &str) -> Option<u64> {
    value(meminfo, "MemTotal")?.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const X86: &str = "processor\t: 0\nmodel name\t: Fast(R)  CPU @ 3.00GHz\nflags\t\t: fpu sse hypervisor avx\n\n\
                       processor\t: 1\nmodel name\t: Fast(R)  CPU @ 3.00GHz\nflags\t\t: fpu\n";
    const ARM: &str = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";

    #[test]
    fn processors_are_counted_and_named() {
        assert_eq!((count(X86), model(X86).as_deref()), (2, Some("Fast(R) CPU @ 3.00GHz")));
        assert!(is_virtual(X86) && !is_virtual(ARM));
        assert!(model(ARM).is_some_and(|name| name.ends_with(" 0x41 0xd0c")));
        assert_eq!((count(""), model("")), (0, None));
    }

    #[test]
    fn memory_is_told_in_bytes() {
        assert_eq!(memory("MemTotal:       24635308 kB\nMemFree: 1 kB\n"), Some(24_635_308 * 1024));
        assert_eq!(memory("MemTotal: much\n"), None);
    }

    #[test]
    fn a_machine_is_one_line() {
        let host = Host {
            kernel: "Linux 6.12.9".into(),
            cpu: Some("Fast CPU".into()),
            cores: 2,
            governor: None,
            memory_bytes: Some(24_635_308 * 1024),
            is_virtual: true,
        };
        assert_eq!(host.to_string(), "Fast CPU, 2 cores, 24 GiB, Linux 6.12.9, virtual, no governor");
        let bare = Host {
            kernel: "macos".into(),
            cores: 1,
            governor: Some("performance".into()),
            ..Host::default()
        };
        assert_eq!(bare.to_string(), "processor unknown, 1 core, macos, governor performance");
    }

    #[test]
    fn this_machine_has_a_kernel_and_a_core() {
        let host = Host::read();
        assert!(!host.kernel.is_empty() && host.cores > 0);
    }
}
