//! Resident memory of a process, where the system says it.

use std::fs;

use serde::{Deserialize, Serialize};

/// Resident bytes of a process that trained one model and did nothing else; absent where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Before the model was built.
    pub(crate) before: Option<u64>,
    /// The most that it ever had.
    pub(crate) peak: Option<u64>,
    /// What the memory in use on its GPU grew by while it started and took its first steps, driver and libraries included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<u64>,
}

impl Memory {
    /// What training added.
    pub(crate) fn added(&self) -> Option<u64> {
        Some(self.peak?.saturating_sub(self.before?))
    }
}

/// Now, in bytes.
pub(crate) fn resident() -> Option<u64> {
    of("self", "VmRSS:")
}

/// The most so far, in bytes.
pub(crate) fn peak() -> Option<u64> {
    of("self", "VmHWM:")
}

/// The most that a running process ever had, in bytes.
pub(crate) fn peak_of(process: u32) -> Option<u64> {
    of(&process.to_string(), "VmHWM:")
}

fn of(process: &str, field: &str) -> Option<u64> {
    parse(&fs::read_to_string(format!("/proc/{process}/status")).ok()?, field)
}

fn parse(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_line_of_proc_status_is_read_and_a_missing_one_is_nothing() {
        let status = "Name:\txtask\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n";
        assert_eq!(parse(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(parse(status, "VmSwap:"), None);
        assert_eq!(parse("VmHWM: many kB", "VmHWM:"), None);
    }
}
