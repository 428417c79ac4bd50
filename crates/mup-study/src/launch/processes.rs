//! The processes of this machine, where the system says so in files (Linux).

use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

/// A process that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    pub(super) id: Pid,
    pub(super) parent: Pid,
    pub(super) session: i32,
    /// Since the machine's start, in ticks: with its number it names a process for ever.
    pub(super) started: u64,
}

impl Process {
    /// All of them; none where the files number processes otherwise than we do (`unshare --pid` without a `/proc` of its
    /// own): a signal would reach a stranger.
    pub(super) fn all() -> Vec<Self> {
        if fs::read_link("/proc/self").is_ok_and(|link| link != Path::new(&std::process::id().to_string())) {
            return Vec::new();
        }
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| Self::of(entry.file_name().to_str()?.parse().ok()?)).collect()
    }

    /// `PID (NAME) STATE PARENT GROUP SESSION …`, where the name may hold anything.
    pub(super) fn of(id: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let ended = ["Z", "X"].contains(&fields.next()?);
        let parent = Pid::from_raw(fields.next()?.parse().ok()?);
        let session = fields.nth(1)?.parse().ok()?;
        let started = fields.nth(15)?.parse().ok()?;
        (!ended).then_some(Self { id: Pid::from_raw(id), parent, session, started })
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
