//! Measuring in another process, which may crash or hang.

use std::{
    fmt,
    fs::{self, File},
    io::BufReader,
    process::{Command, Stdio},
    time::Duration,
};

use mup_devices::DeviceName;
use mup_verdict::coordinates::TrialError;
use wait_timeout::ChildExt;

use super::measure::Measurement;
use mup_golden::Wanted;

/// Exit code of the measuring process for a device that cannot be opened.
pub(super) const NO_ANSWER: u8 = 4;

/// Why there is no measurement of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is not compiled in or not there: nothing is known of what it would compute.
    NoAnswer(String),
    /// It was opened, but an error, a crash or the limit of time came before the end.
    Failed(String),
}

impl std::error::Error for Missing {}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NoAnswer(reason) | Self::Failed(reason)) = self;
        f.write_str(reason)
    }
}

/// How devices are measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart {
    /// After which a device counts as hung.
    pub(super) limit: Duration,
    /// Of devices that compute in f32 and in TF32.
    pub(super) wanted: Wanted,
    /// Without coordinate checks.
    pub(super) quick: bool,
}

impl Apart {
    /// What this program, started again, measures on a device.
    ///
    /// # Errors
    ///
    /// What it said when it failed, the signal that ended it, or that it hung.
    pub(super) fn measured(self, name: DeviceName, double: bool) -> Result<Measurement, Missing> {
        eprintln!("measuring {name}{} …", if double { " in float64" } else { "" });
        run(name, double, self).unwrap_or_else(|error| Err(Missing::Failed(error.to_string())))
    }
}

fn run(name: DeviceName, double: bool, apart: Apart) -> Result<Result<Measurement, Missing>, TrialError> {
    let folder = tempfile::tempdir()?;
    let (result, errors) = (folder.path().join("measurement"), folder.path().join("stderr"));
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["devices", "--device", &name.to_string(), "--measure"]).arg(&result);
    if double {
        command.arg("--double");
    }
    if apart.quick {
        command.arg("--quick");
    }
    apart.wanted.apply(&mut command);
    let mut child = command.stdout(Stdio::null()).stderr(File::create(&errors)?).spawn()?;
    let Some(status) = child.wait_timeout(apart.limit)? else {
        child.kill()?;
        child.wait()?;
        return Err(format!("it had not finished after {} minutes", apart.limit.as_secs() / 60).into());
    };
    if status.success() {
        return Ok(Ok(ciborium::from_reader(BufReader::new(File::open(&result)?))?));
    }
    let said = last_words(&String::from_utf8_lossy(&fs::read(&errors)?));
    Ok(Err(match status.code() {
        Some(code) if code == i32::from(NO_ANSWER) => Missing::NoAnswer(said),
        Some(_) => Missing::Failed(said),
        None => Missing::Failed(format!("it was ended by {status}; {said}")),
    }))
}

/// The error that the program printed last, or what its last panic said, or its last line.
fn last_words(said: &str) -> String {
    let error = said.lines().rev().find_map(|line| line.strip_prefix("error: "));
    let panic = || said.rsplit_once(" panicked at ").and_then(|(_, rest)| rest.lines().nth(1));
    let last = || said.lines().rev().find(|line| !line.trim().is_empty());
    let words = error.or_else(panic).or_else(last).unwrap_or("it said nothing");
    words.chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::last_words;

    #[test]
    fn the_last_error_is_the_reason() {
        assert_eq!(last_words("warning: slow\nerror: device `cuda` is not there\n\n"), "device `cuda` is not there");
        assert_eq!(last_words("thread panicked\nno adapter\n"), "no adapter");
        assert_eq!(last_words(""), "it said nothing");
        let panicked =
            "\nthread 'main' (7) panicked at golden/src/case.rs:5:7:\ndata is missing\nnote: run with it\n   0: f\n";
        assert_eq!(last_words(panicked), "data is missing");
    }
}
