//! Trials whose worker was killed (`kill -9`) and that go on: nobody records them, and the next worker would start the
//! same beside them. On Linux they are found by the mark and the file in their environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::descendants::MARK;
use super::processes::Process;

/// Between two looks whether they have ended.
const LOOK: Duration = Duration::from_millis(50);
/// How long the system may take to end what was killed.
const KILLED: Duration = Duration::from_secs(2);

/// Ends what was started for a trial by workers that are gone: asked politely, then killed. How many processes those
/// were.
pub(super) fn end(file: &Path, log: &Path, patience: Duration) -> usize {
    // Without its file the trial was never started here.
    let Ok(file) = fs::canonicalize(file) else { return 0 };
    let log = fs::canonicalize(log).ok();
    let found = find(&file, log.as_deref());
    for (signal, patience) in [(Signal::SIGTERM, patience), (Signal::SIGKILL, KILLED)] {
        let begun = Instant::now();
        let mut left = find(&file, log.as_deref());
        for process in &left {
            // It may be gone, which is what is wanted.
            let _ = kill(*process, signal);
        }
        while !left.is_empty() && begun.elapsed() < patience {
            std::thread::sleep(LOOK);
            left = find(&file, log.as_deref());
        }
    }
    found.len()
}

/// All with the mark of an orphaned trial.
fn find(file: &Path, log: Option<&Path>) -> Vec<Pid> {
    let of_trial = |process: &Process| -> Option<Vec<u8>> {
        let mark = process.variable(MARK)?;
        let theirs = process.variable("MUP_TRIAL")?;
        let same = fs::canonicalize(OsStr::from_bytes(&theirs)).is_ok_and(|theirs| theirs == file);
        (same && process.is_in_our_namespace() && !worker(&mark)?.lives()).then_some(mark)
    };
    let marked: Vec<(Process, Vec<u8>)> =
        Process::all().into_iter().filter_map(|process| Some((process, of_trial(&process)?))).collect();
    // What a trial that ended left for others (sccache, ray) is in a session of its own, away from the trial's log.
    let of_program = |(process, mark): &(Process, Vec<u8>)| {
        process.speaks_to(log) || worker(mark).is_some_and(|worker| worker.session == process.session)
    };
    let programs: Vec<&Vec<u8>> = marked.iter().filter(|one| of_program(one)).map(|(_, mark)| mark).collect();
    marked.iter().filter(|(_, mark)| programs.contains(&mark)).map(|(process, _)| process.id).collect()
}

/// Who started a trial.
struct Worker {
    id: i32,
    started: u64,
    session: i32,
}

impl Worker {
    /// Its number alone may be another's by now.
    fn lives(&self) -> bool {
        Process::of(self.id).is_some_and(|process| process.started == self.started)
    }
}

/// `NUMBER.STARTED.SESSION-…`, which [`new_mark`](super::descendants::new_mark) writes.
fn worker(mark: &[u8]) -> Option<Worker> {
    let (worker, _) = std::str::from_utf8(mark).ok()?.split_once('-')?;
    let mut fields = worker.split('.');
    let id = fields.next()?.parse().ok()?;
    Some(Worker { id, started: fields.next()?.parse().ok()?, session: fields.next()?.parse().ok()? })
}
