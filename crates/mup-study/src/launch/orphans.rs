//! Trials whose worker was killed (`kill -9`) and that go on: nobody records them, and the next worker would start the
//! same beside them. On Linux they are found by the mark and the file in their environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use nix::unistd::Pid;

use super::descendants::MARK;
use super::ending::{self, Signalled};
use super::processes::Process;

/// What was found of a trial that nobody records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Orphans {
    /// Processes.
    pub(super) found: usize,
    /// Numbers of those that could not be ended.
    left: Vec<Pid>,
}

impl std::fmt::Display for Orphans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.found.saturating_sub(self.left.len()) {
            1 => write!(f, "1 process was ended, and it begins anew")?,
            ended => write!(f, "{ended} processes were ended, and it begins anew")?,
        }
        let numbers: Vec<String> = self.left.iter().map(Pid::to_string).collect();
        match &numbers[..] {
            [] => Ok(()),
            [one] => write!(f, " beside process {one}, which still runs: end it"),
            more => write!(f, " beside processes {}, which still run: end them", more.join(", ")),
        }
    }
}

/// Ends what was started for a trial by workers that are gone: asked politely, then killed.
pub(super) fn end(file: &Path, log: &Path, patience: Duration) -> Orphans {
    // Without its file the trial was never started here.
    let Ok(file) = fs::canonicalize(file) else { return Orphans::default() };
    let log = fs::canonicalize(log).ok();
    if find(&file, log.as_deref()).is_empty() {
        return Orphans::default();
    }
    let (mut signalled, mut left) = (Signalled::default(), Vec::new());
    let mut signal = |signal| {
        let found = find(&file, log.as_deref());
        signalled.send(signal, &found);
        left = found.iter().map(|process| process.id).collect();
        Ok(!found.is_empty())
    };
    let wait = &mut |time| {
        std::thread::sleep(time);
        Ok(())
    };
    ending::end(patience, &mut signal, wait).expect("bug: neither of the two fails");
    Orphans { found: signalled.len(), left }
}

/// All with the mark of an orphaned trial.
fn find(file: &Path, log: Option<&Path>) -> Vec<Process> {
    let others = Process::all().into_iter().filter(|process| process.id != Pid::this());
    let marked: Vec<(Process, Vec<u8>)> =
        others.filter_map(|process| Some((process, orphaned(&process, file)?))).collect();
    // What a trial that ended left for others (sccache, ray) is in a session of its own, away from the trial's log.
    let of_program = |(process, mark): &(Process, Vec<u8>)| {
        process.speaks_to(log) || worker(mark).is_some_and(|worker| worker.session == process.session)
    };
    let programs: Vec<&Vec<u8>> = marked.iter().filter(|one| of_program(one)).map(|(_, mark)| mark).collect();
    marked.iter().filter(|(_, mark)| programs.contains(&mark)).map(|(process, _)| *process).collect()
}

/// The mark of a process that a worker which is gone has started for the trial of that file.
fn orphaned(process: &Process, file: &Path) -> Option<Vec<u8>> {
    let mark = process.variable(MARK)?;
    let theirs = process.variable("MUP_TRIAL")?;
    let theirs = Path::new(OsStr::from_bytes(&theirs));
    // By its name first: the path of another trial may lead to a file system that does not answer.
    if theirs.file_name() != file.file_name() || !process.is_in_our_namespace() || worker(&mark)?.lives() {
        return None;
    }
    fs::canonicalize(theirs).is_ok_and(|theirs| theirs == file).then_some(mark)
}

/// Who started a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Worker {
    id: i32,
    /// 0 if it could not tell.
    started: u64,
    session: i32,
}

impl Worker {
    /// Unless it is certain that it has ended: its number alone may be another's by now.
    fn lives(&self) -> bool {
        let there = |now: Option<Process>| now.is_some_and(|now| now.started == self.started);
        self.started == 0 || Process::of(self.id).map_or(true, there)
    }
}

/// `NUMBER.STARTED.SESSION-…`, which [`new_mark`](super::descendants::new_mark) writes.
fn worker(mark: &[u8]) -> Option<Worker> {
    let (worker, _) = std::str::from_utf8(mark).ok()?.split_once('-')?;
    let mut fields = worker.split('.');
    let id = fields.next()?.parse().ok()?;
    Some(Worker { id, started: fields.next()?.parse().ok()?, session: fields.next()?.parse().ok()? })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command};

    use super::super::descendants::new_mark;
    use super::*;

    #[test]
    fn a_worker_lives_unless_it_is_certain_that_it_has_ended() {
        let mark = new_mark();
        let me = worker(mark.as_bytes()).unwrap();
        assert_eq!(me.id, Pid::this().as_raw());
        assert!(me.started > 0 && me.lives());
        assert!(!Worker { started: me.started + 1, ..me }.lives(), "its number is another's");
        assert!(Worker { started: 0, ..me }.lives(), "it could not tell");
        let mut child = Command::new("true").spawn().unwrap();
        let ended = Worker { id: child.id() as i32, ..me };
        child.wait().unwrap();
        assert!(!ended.lives());
        for mark in ["", "7", "7-1", "7.8-1", "a.8.9-1", "7.8.x-1"] {
            assert_eq!(worker(mark.as_bytes()), None, "{mark}");
        }
    }

    #[test]
    fn what_was_ended_is_told_from_what_still_runs() {
        let said = |found, left: &[i32]| {
            Orphans { found, left: left.iter().map(|id| Pid::from_raw(*id)).collect() }.to_string()
        };
        assert_eq!(said(1, &[]), "1 process was ended, and it begins anew");
        assert_eq!(
            said(3, &[7]),
            "2 processes were ended, and it begins anew beside process 7, which still runs: end it"
        );
        assert!(said(2, &[7, 8]).ends_with("beside processes 7, 8, which still run: end them"), "{}", said(2, &[7, 8]));
    }

    /// Sleeps, marked as started for the trial of a file.
    fn started(mark: &str, file: &Path) -> Child {
        let child = Command::new("sleep").arg("600").env(MARK, mark).env("MUP_TRIAL", file).spawn().unwrap();
        // Its variables are there a moment after it was started.
        while Process::of(child.id() as i32).unwrap().is_some_and(|one| one.variable("MUP_TRIAL").is_none()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    }

    #[test]
    fn what_a_worker_that_is_gone_started_is_ended_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other] = ["a.json", "b.json"].map(|name| folder.path().join(name));
        fs::write(&file, "").unwrap();
        let me = new_mark();
        let Worker { id, started: when, session } = worker(me.as_bytes()).unwrap();
        // As if another process had had our number.
        let gone = format!("{id}.{}.{session}-1-0", when + 1);
        let mut theirs = started(&gone, &file);
        let mut spared = [(me.as_str(), &file), (gone.as_str(), &other)].map(|(mark, file)| started(mark, file));
        let ended = end(&file, &folder.path().join("a.log"), Duration::from_secs(60));
        let survived = spared.each_mut().map(|child| child.try_wait().unwrap().is_none());
        spared.each_mut().into_iter().for_each(|child| child.kill().unwrap());
        for child in &mut spared {
            child.wait().unwrap();
        }
        assert_eq!((ended, survived), (Orphans { found: 1, left: vec![] }, [true, true]));
        assert!(!theirs.wait().unwrap().success());
    }
}
