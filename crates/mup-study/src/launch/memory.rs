//! Whether the system ended processes for memory: signal 9 alone does not say so.

use std::fs;

/// Processes that the kernel has ended for memory since it started, where it says so.
pub(super) fn killed_for_memory() -> Option<u64> {
    fs::read_to_string("/proc/vmstat")
        .ok()?
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}
