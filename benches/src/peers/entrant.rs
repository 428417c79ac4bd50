//! Who can take part, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use mup_devices::DeviceName;

use mup_golden::{Precision, Wanted, root};

use super::measured::{Contender, Kind};
use crate::gpu::gpu_of;
use crate::peer::Peer;
use crate::{Outcome, device};

/// Who can take part, before it is started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entrant {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// How it is chosen and started: a device, or a variant of the Python program.
    pub(crate) command: String,
    pub(crate) precision: Precision,
    /// The GPU that it computes on.
    pub(crate) gpu: Option<usize>,
}

/// Variants of the Python program.
const THEIRS: [(&str, Kind, &str); 3] = [
    ("PyTorch eager", Kind::Eager, "eager"),
    ("PyTorch eager, fused AdamW", Kind::Fused, "fused"),
    ("PyTorch compiled, fused AdamW", Kind::Compiled, "compile"),
];

/// Where PyTorch trains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TorchDevice {
    name: String,
    gpu: Option<usize>,
}

impl FromStr for TorchDevice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let index = |digits: &str| digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let gpu = match text.split_once(':') {
            None if text == "cpu" => None,
            None if text == "cuda" => Some(0),
            Some(("cuda", digits)) if index(digits).is_some() => index(digits),
            _ => return Err(format!("PyTorch's device `{text}`: write cpu, cuda or cuda:1")),
        };
        Ok(Self { name: text.to_owned(), gpu })
    }
}

impl TorchDevice {
    pub(crate) fn is_gpu(&self) -> bool {
        self.gpu.is_some()
    }
}

impl Entrant {
    /// A device of ours.
    pub(crate) fn ours(device: DeviceName, wanted: Wanted) -> Self {
        Self::new(device.to_string(), Kind::Ours, &device.to_string(), Precision::of(device, wanted), gpu_of(device))
    }

    fn theirs((name, kind, command): (&str, Kind, &str), on: &TorchDevice, wanted: Wanted) -> Self {
        let (name, precision) = match on.gpu {
            None => (name.to_owned(), Precision::Single),
            Some(_) => (format!("{name} on {}", on.name), Precision::of_torch_on_cuda(wanted)),
        };
        Self::new(name, kind, command, precision, on.gpu)
    }

    fn new(name: String, kind: Kind, command: &str, precision: Precision, gpu: Option<usize>) -> Self {
        let name = if precision == Precision::Tf32 { format!("{name} (TF32)") } else { name };
        Self { name, kind, command: command.to_owned(), precision, gpu }
    }

    /// With nothing measured.
    pub(crate) fn contender(&self) -> Contender {
        let Self { precision, gpu, .. } = *self;
        Contender { precision, gpu, ..Contender::unmeasured(&self.name, self.kind) }
    }
}

/// Those asked for, ours first; without names everybody who trains where PyTorch does. PyTorch eager is always there.
pub(crate) fn entrants(names: &[String], torch: &TorchDevice, wanted: Wanted) -> Outcome<Vec<Entrant>> {
    let is_theirs = |name: &str| THEIRS.iter().any(|(_, _, command)| *command == name);
    let mut ours: Vec<DeviceName> = Vec::new();
    if names.is_empty() {
        ours = if torch.is_gpu() { device::on_gpus() } else { device::names() };
    }
    for name in names.iter().filter(|name| !is_theirs(name)) {
        let device: DeviceName = name.parse().map_err(|error| {
            let theirs = THEIRS.map(|(_, _, command)| command).join(", ");
            format!(
                "contestant `{name}`: PyTorch has {theirs}, and every device of this program is one of ours: {error}"
            )
        })?;
        if !device.backend().is_compiled_in() {
            return Err(mup_devices::DeviceError::NotCompiled { name: device }.into());
        }
        if !ours.contains(&device) {
            ours.push(device);
        }
    }
    let takes_part = |it: &(&str, Kind, &str)| {
        names.is_empty() || it.1 == Kind::Eager || names.iter().any(|name| name.as_str() == it.2)
    };
    let ours = ours.into_iter().map(|device| Entrant::ours(device, wanted));
    Ok(ours.chain(THEIRS.into_iter().filter(takes_part).map(|it| Entrant::theirs(it, torch, wanted))).collect())
}

/// What starting a contestant takes.
pub(crate) struct Start {
    /// Of the environment with PyTorch.
    pub(crate) python: PathBuf,
    /// Where PyTorch trains.
    pub(crate) torch: TorchDevice,
    pub(crate) wanted: Wanted,
    pub(crate) threads: usize,
    /// For weights and logs.
    pub(crate) folder: PathBuf,
    /// Longest time without an answer.
    pub(crate) patience: Duration,
}

impl Start {
    /// A process of its own.
    pub(crate) fn peer(&self, entrant: &Entrant) -> Outcome<Peer> {
        let mut command = if entrant.kind == Kind::Ours {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["bench", "contestant", "--device", &entrant.command]);
            command
        } else {
            let mut command = Command::new(&self.python);
            command.arg(root().join("benches/peers/contestant.py"));
            command.args(["--variant", &entrant.command, "--threads", &self.threads.to_string()]);
            command.args(["--device", &self.torch.name]);
            // PyTorch keeps the defaults that its users have.
            command.env_remove(mup_devices::SPIN_VARIABLE);
            if let Some(path) = std::env::var_os("LD_LIBRARY_PATH") {
                command.env("LD_LIBRARY_PATH", without_libtorch(&path)?);
            }
            command
        };
        self.wanted.apply(&mut command);
        let log = self.folder.join(format!("{}.log", entrant.command.replace(':', "-")));
        Ok(Peer::start(&entrant.name, command, self.threads, log, self.patience)?)
    }
}

/// The libtorch that this program may run on is not the one that Python's torch must load.
fn without_libtorch(path: &std::ffi::OsStr) -> Outcome<std::ffi::OsString> {
    let has_libtorch = |folder: &Path| folder.join("libtorch_cpu.so").exists() || folder.join("libtorch.so").exists();
    Ok(std::env::join_paths(std::env::split_paths(path).filter(|folder| !has_libtorch(folder)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[&str], torch: &str, wanted: Wanted) -> Result<Vec<String>, String> {
        let given: Vec<String> = given.iter().map(|name| (*name).to_owned()).collect();
        let entrants = entrants(&given, &torch.parse()?, wanted).map_err(|error| error.to_string())?;
        Ok(entrants.into_iter().map(|entrant| entrant.name).collect())
    }

    const THREE: [&str; 3] = ["PyTorch eager", "PyTorch eager, fused AdamW", "PyTorch compiled, fused AdamW"];

    #[test]
    fn on_the_processor_every_device_and_variant_takes_part_unless_some_are_named() {
        let all = names(&[], "cpu", Wanted::AsItComes).expect("all");
        assert!(all.contains(&"flex".to_owned()) && all.ends_with(&THREE.map(str::to_owned)), "{all:?}");
        assert_eq!(names(&["flex", "flex"], "cpu", Wanted::AsItComes).expect("flex"), ["flex", THREE[0]]);
        assert_eq!(names(&["compile"], "cpu", Wanted::AsItComes).expect("theirs"), [THREE[0], THREE[2]]);
    }

    #[test]
    fn a_gpu_and_tf32_are_part_of_the_name() {
        let on_gpu = names(&["flex", "fused"], "cuda:1", Wanted::AsItComes).expect("a GPU");
        assert_eq!(on_gpu, ["flex", "PyTorch eager on cuda:1", "PyTorch eager, fused AdamW on cuda:1"]);
        let tf32 = names(&["flex"], "cuda", Wanted::Tf32).expect("a GPU");
        assert_eq!(tf32, ["flex", "PyTorch eager on cuda (TF32)"]);
        assert!(!names(&[], "cuda", Wanted::AsItComes).expect("a GPU").contains(&"flex".to_owned()));
    }

    #[test]
    fn nonsense_is_refused_with_what_there_is() {
        let refused = |given: &str, torch: &str| names(&[given], torch, Wanted::AsItComes).expect_err("refused");
        for given in ["abacus", "Eager", "flex:0", "libtorch:x", ""] {
            let message = refused(given, "cpu");
            assert!(message.contains(&format!("`{given}`")) && message.contains("eager, fused, compile"), "{message}");
        }
        for torch in ["gpu", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "cpu:0", ""] {
            assert!(refused("flex", torch).contains("cpu, cuda or cuda:1"), "{torch}");
        }
        if !mup_devices::Backend::Rocm.is_compiled_in() {
            assert!(refused("rocm", "cpu").contains("--features rocm"));
        }
    }

    #[test]
    fn folders_with_libtorch_are_not_passed_on_to_python() {
        let [torch, other] = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
        std::fs::write(torch.path().join("libtorch_cpu.so"), "").expect("written");
        let path = std::env::join_paths([torch.path(), other.path()]).expect("no colon");
        assert_eq!(without_libtorch(&path).expect("joined"), other.path().as_os_str());
    }
}
