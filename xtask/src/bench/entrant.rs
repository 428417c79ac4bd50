//! Who can take part, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measured::{Contender, Kind, Memory};
use super::peer::Peer;
use super::{Outcome, root};

/// Who can take part, before it is started.
#[derive(Clone, Debug)]
pub(super) struct Entrant {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// How it is chosen and started: a device, or a variant of the Python program.
    pub(super) command: String,
}

impl Entrant {
    /// With nothing measured but its losses.
    pub(super) fn contender(&self, losses: Vec<f64>) -> Contender {
        let memory = Memory { before: None, peak: None };
        Contender { name: self.name.clone(), kind: self.kind, losses, repetitions: Vec::new(), memory }
    }
}

/// What starting a contestant takes.
pub(super) struct Start {
    /// Of the environment with PyTorch.
    pub(super) python: PathBuf,
    pub(super) threads: usize,
    /// For weights and logs.
    pub(super) folder: PathBuf,
}

impl Start {
    /// A process of its own.
    pub(super) fn peer(&self, entrant: &Entrant) -> Outcome<Peer> {
        let mut command = if entrant.kind == Kind::Ours {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["bench", "contestant", "--device", &entrant.command]);
            command
        } else {
            let mut command = Command::new(&self.python);
            command.arg(root().join("benches/peers/contestant.py"));
            command.args(["--variant", &entrant.command, "--threads", &self.threads.to_string()]);
            // PyTorch keeps the defaults that its users have.
            command.env_remove(mup_devices::SPIN_VARIABLE);
            if let Some(path) = std::env::var_os("LD_LIBRARY_PATH") {
                command.env("LD_LIBRARY_PATH", without_libtorch(&path)?);
            }
            command
        };
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, self.threads.to_string());
        }
        let log = self.folder.join(format!("{}.log", entrant.command));
        Ok(Peer::start(&entrant.name, command, log)?)
    }
}

/// The libtorch that this program may run on is not the one that Python's torch must load.
fn without_libtorch(path: &std::ffi::OsStr) -> Outcome<std::ffi::OsString> {
    let has_libtorch = |folder: &Path| folder.join("libtorch_cpu.so").exists() || folder.join("libtorch.so").exists();
    Ok(std::env::join_paths(std::env::split_paths(path).filter(|folder| !has_libtorch(folder)))?)
}

#[cfg(test)]
mod tests {
    use super::without_libtorch;

    #[test]
    fn folders_with_libtorch_are_not_passed_on_to_python() {
        let [torch, other] = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
        std::fs::write(torch.path().join("libtorch_cpu.so"), "").expect("written");
        let path = std::env::join_paths([torch.path(), other.path()]).expect("no colon");
        assert_eq!(without_libtorch(&path).expect("joined"), other.path().as_os_str());
    }
}
