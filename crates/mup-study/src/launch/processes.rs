//! The processes of this machine, where the system says so in files (Linux).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: Pid,
    pub(super) parent: Pid,
    pub(super) session: i32,
    /// Since the machine's start, in ticks: with its number it names a process for ever.
    pub(super) started: u64,
}

impl Process {
    /// All of them that can be read; none where a number means another process than ours of that number.
    pub(super) fn all() -> Vec<Self> {
        if check_numbers().is_err() {
            return Vec::new();
        }
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| Self::of(entry.file_name().to_str()?.parse().ok()?).ok().flatten()).collect()
    }

    /// The one of that number; none if it has ended.
    ///
    /// # Errors
    ///
    /// Whatever leaves it open: no such files here, no right to read them, no memory.
    pub(super) fn of(id: i32) -> io::Result<Option<Self>> {
        check_numbers()?;
        let content = match fs::read(format!("/proc/{id}/stat")) {
            Ok(content) => content,
            Err(error) if ended(&error) => {
                // Files of others may be hidden (`hidepid`), their numbers are not.
                return match kill(Pid::from_raw(id), None) {
                    Err(Errno::ESRCH) => Ok(None),
                    _ => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        let invalid = || io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{id}/stat is of another form"));
        let (ended, process) = parse(id, &content).ok_or_else(invalid)?;
        Ok((!ended).then_some(process))
    }

    /// Sends it a signal, unless its number is another's by now: it may be gone, which is what is wanted.
    pub(super) fn signal(&self, signal: Signal) {
        if Self::of(self.id.as_raw()).is_ok_and(|now| now.is_some_and(|now| now.started == self.started)) {
            let _ = kill(self.id, signal);
        }
    }

    /// A variable that it was started with.
    pub(super) fn variable(&self, name: &str) -> Option<Vec<u8>> {
        let variables = fs::read(format!("/proc/{}/environ", self.id)).ok()?;
        let value = |variable: &[u8]| Some(variable.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.to_vec());
        variables.split(|byte| *byte == 0).find_map(value)
    }

    /// Whether its standard output or error leads there.
    pub(super) fn speaks_to(&self, place: Option<&Path>) -> bool {
        let link = |number: u32| self.link(&format!("fd/{number}"));
        place.is_some_and(|place| [1, 2].into_iter().any(|number| link(number).as_deref() == Some(place)))
    }

    /// Whether its numbers of processes are ours: in a container they are others.
    pub(super) fn is_in_our_namespace(&self) -> bool {
        let ours = fs::read_link("/proc/self/ns/pid").ok();
        ours.is_some() && self.link("ns/pid") == ours
    }

    fn link(&self, name: &str) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/{name}", self.id)).ok()
    }
}

fn ended(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|number| [Errno::ENOENT, Errno::ESRCH].contains(&Errno::from_raw(number)))
}

/// Whether the files number processes as we do. Under `unshare --pid` without a `/proc` of its own they do not: whoever has
/// a number there is a stranger.
fn check_numbers() -> io::Result<()> {
    let ours = std::process::id().to_string();
    if fs::read_link("/proc/self")? == Path::new(&ours) {
        return Ok(());
    }
    Err(io::Error::other("/proc numbers processes otherwise than we do"))
}

/// `PID (NAME) STATE PARENT GROUP SESSION …`, where the name may hold anything, also half a letter: whether the process has
/// ended, and what it is.
fn parse(id: i32, content: &[u8]) -> Option<(bool, Process)> {
    let end = content.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(&content[end + 1..]).ok()?.split_ascii_whitespace();
    let ended = ["Z", "X"].contains(&fields.next()?);
    let parent = Pid::from_raw(fields.next()?.parse().ok()?);
    let session = fields.nth(1)?.parse().ok()?;
    let started = fields.nth(15)?.parse().ok()?;
    Some((ended, Process { id: Pid::from_raw(id), parent, session, started }))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    use super::*;

    fn of(child: &Child) -> Option<Process> {
        Process::of(child.id() as i32).unwrap()
    }

    #[test]
    fn a_process_whose_name_is_no_text_is_found() {
        let folder = tempfile::tempdir().unwrap();
        // The kernel cuts names after 15 bytes, here within a letter.
        let program = folder.path().join(OsStr::from_bytes("fourteen-bytesé) Z".as_bytes()));
        std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
        let mut child = Command::new(&program).arg0("sleep").arg("600").spawn().unwrap();
        let name = || fs::read(format!("/proc/{}/comm", child.id())).unwrap();
        // It is renamed a moment after it was started.
        while std::str::from_utf8(&name()).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let (found, all) = (of(&child), Process::all());
        child.kill().unwrap();
        assert!(found.is_some_and(|found| all.contains(&found)), "{found:?}");
        // Not reaped yet.
        while of(&child).is_some() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.wait().unwrap();
        assert_eq!(of(&child), None);
    }

    #[test]
    fn no_signal_reaches_a_stranger_that_was_given_the_number() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let process = of(&child).unwrap();
        Process { started: process.started + 1, ..process }.signal(Signal::SIGKILL);
        assert_eq!(of(&child), Some(process), "signalled");
        process.signal(Signal::SIGKILL);
        assert!(!child.wait().unwrap().success());
    }

    #[test]
    fn what_is_of_another_form_is_no_process_that_has_ended() {
        let stat = b"7 (a) b\xff) S 1 2 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 42 0";
        let process = Process { id: Pid::from_raw(7), parent: Pid::from_raw(1), session: 3, started: 42 };
        assert_eq!(parse(7, stat), Some((false, process)));
        assert_eq!(parse(7, b"7 (a) X 1 2 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 42 0"), Some((true, process)));
        assert_eq!((parse(7, b""), parse(7, b"7 (a) S 1")), (None, None));
        assert!(ended(&io::Error::from_raw_os_error(2)) && ended(&io::Error::from_raw_os_error(3)));
        // EPERM, ENOMEM, EACCES, EMFILE.
        assert!([1, 12, 13, 24].into_iter().all(|number| !ended(&io::Error::from_raw_os_error(number))));
    }
}
