//! Resident memory of this process, where the system says it.

use std::fs;

/// Now, in bytes.
pub(super) fn resident() -> Option<u64> {
    of_this_process("VmRSS:")
}

/// The most so far, in bytes.
pub(super) fn peak() -> Option<u64> {
    of_this_process("VmHWM:")
}

fn of_this_process(field: &str) -> Option<u64> {
    parse(&fs::read_to_string("/proc/self/status").ok()?, field)
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
