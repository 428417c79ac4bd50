//! What a program started, wherever it has gone: processes in sessions of their own outlive their group's end.
//!
//! On Linux they are found in `/proc`: by their parents, by a mark in their environment, or because they hold the
//! program's standard output. Elsewhere, only its process group is. A program that ends by itself may leave daemons.

use std::fs;
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

#[cfg(target_os = "linux")]
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
#[cfg(target_os = "linux")]
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::ending::{Signalled, end};
use super::processes::Process;

/// The variable that marks what a trial started.
pub(super) const MARK: &str = "MUP_TRIAL_MARK";
/// A mark that no other trial has, on this machine or in this container. It begins with who this worker is: its number,
/// when it was started, its session; zeros where the system does not say.
pub(super) fn new_mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let id = std::process::id();
    let (started, session) = match Process::of(id as i32) {
        Ok(Some(process)) => (process.started, process.session),
        _ => (0, 0),
    };
    format!("{id}.{started}.{session}-{}-{}", since.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A program and all that it started.
#[derive(Debug)]
pub(super) struct Descendants {
    program: Pid,
    mark: String,
    /// What a link to its standard output leads to.
    stdout: Option<PathBuf>,
    /// Its log, where its standard error goes.
    log: Option<PathBuf>,
    /// Whether daemons are its own.
    daemons: bool,
}

impl Descendants {
    pub(super) fn of(child: &Child, mark: &str, stdout: &ChildStdout, log: &Path) -> Self {
        let stdout = fs::read_link(format!("/proc/self/fd/{}", stdout.as_raw_fd())).ok();
        let (program, log) = (Pid::from_raw(child.id() as i32), fs::canonicalize(log).ok());
        Self { program, mark: mark.to_owned(), stdout, log, daemons: true }
    }

    /// Without the daemons, which a program that ended by itself left for others (sccache, ray): each in a session of
    /// its own, away from the program's streams.
    pub(super) fn but_daemons(self) -> Self {
        Self { daemons: false, ..self }
    }

    /// Ends all of them: asked politely, then killed. Returns when they are gone, or cannot be ended.
    ///
    /// The program is not reaped before: from then on its number, and its group's, may be those of a stranger.
    /// Meanwhile `listen` takes what they say for so long: one that waits for a reader would not come to its end.
    pub(super) fn end(
        &self,
        child: &mut Child,
        patience: Duration,
        listen: &mut dyn FnMut(Duration) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let (mut group, mut signalled) = (false, Signalled::default());
        let mut signal = |signal: Signal| {
            let (found, running) = (self.find(), ended(child)?.is_none());
            let some = running || !found.is_empty();
            // The group's number is the program's, which is not reaped. It may be gone, which is what is wanted.
            if signal == Signal::SIGKILL || some && !std::mem::replace(&mut group, true) {
                let _ = killpg(self.program, signal);
            }
            signalled.send(signal, &found);
            Ok(some)
        };
        end(patience, &mut signal, listen)?;
        child.try_wait().map(drop)
    }

    /// Those that still run, without the program itself.
    fn find(&self) -> Vec<Process> {
        let processes = Process::all();
        let me = Pid::this();
        let mut found: Vec<Process> = Vec::new();
        let session = processes.iter().find(|process| process.id == me).map(|process| process.session);
        let processes: Vec<Process> = processes
            .into_iter()
            .filter(|process| ![me, self.program].contains(&process.id))
            .filter(|process| self.daemons || Some(process.session) == session || self.is_heard(process))
            .collect();
        let candidates = || processes.iter();
        found.extend(candidates().filter(|process| self.is_marked(process)));
        // Children, their children, and so on; a child's number may be below its parent's.
        loop {
            let parents: Vec<Pid> = found.iter().map(|process| process.id).chain([self.program]).collect();
            let is_new = |process: &&Process| parents.contains(&process.parent) && !parents.contains(&process.id);
            let new: Vec<Process> = candidates().filter(is_new).copied().collect();
            if new.is_empty() {
                return found;
            }
            found.extend(new);
        }
    }

    fn is_marked(&self, process: &Process) -> bool {
        let marked = process.variable(MARK).is_some_and(|mark| mark == self.mark.as_bytes());
        marked || process.speaks_to(self.stdout.as_deref())
    }

    /// Whether a process speaks where the program did.
    fn is_heard(&self, process: &Process) -> bool {
        process.speaks_to(self.stdout.as_deref()) || process.speaks_to(self.log.as_deref())
    }
}

/// How a program ended, if it did; it is not reaped, where the system can tell without.
#[cfg(target_os = "linux")]
pub(super) fn ended(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    match waitid(Id::Pid(Pid::from_raw(child.id() as i32)), flags) {
        Ok(WaitStatus::Exited(_, code)) => Ok(Some(ExitStatus::from_raw((code & 0xff) << 8))),
        Ok(WaitStatus::Signaled(_, signal, dumped)) => {
            Ok(Some(ExitStatus::from_raw(signal as i32 | if dumped { 0x80 } else { 0 })))
        }
        Ok(_) | Err(Errno::EINTR) => Ok(None),
        // A signal without a name (real time).
        Err(_) => child.try_wait(),
    }
}

/// How a program ended, if it did.
#[cfg(not(target_os = "linux"))]
pub(super) fn ended(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    child.try_wait()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// A script that has ended, and how; not reaped.
    fn run(script: &str) -> (Child, ExitStatus) {
        let mut command = Command::new("sh");
        let mut child = command.args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        loop {
            if let Some(status) = ended(&mut child).unwrap() {
                return (child, status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_program_keeps_its_number_until_all_that_it_started_has_ended() {
        let (mut child, status) = run("exit 7");
        let number = format!("/proc/{}", child.id());
        assert_eq!((status.code(), Path::new(&number).exists()), (Some(7), true), "nobody else can have it");
        let descendants = Descendants::of(&child, "no-such-mark", child.stdout.as_ref().unwrap(), Path::new("/no/log"));
        descendants.end(&mut child, Duration::ZERO, &mut |_| Ok(())).unwrap();
        assert!(!Path::new(&number).exists(), "reaped at last");
        assert_eq!(child.wait().unwrap(), status);
    }

    #[test]
    fn how_a_program_ended_is_the_same_before_and_after_it_is_reaped() {
        for (script, code, signal) in [
            ("exit 0", Some(0), None),
            ("exit 255", Some(255), None),
            ("kill -9 $$", None, Some(9)),
            ("kill -34 $$", None, Some(34)),
        ] {
            let (mut child, status) = run(script);
            assert_eq!((status.code(), status.signal()), (code, signal), "{script}");
            assert_eq!(child.wait().unwrap(), status, "{script}");
        }
    }
}
