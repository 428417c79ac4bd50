//! Whether what a trial started still runs (Linux).

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

/// The process whose number a file holds, if it runs.
pub(crate) fn running(path: &Path) -> Option<Pid> {
    let id: i32 = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // A zombie waits for its parent only.
    let ended = stat.rsplit_once(')')?.1.trim_start().starts_with(['Z', 'X']);
    (!ended).then(|| Pid::from_raw(id))
}
