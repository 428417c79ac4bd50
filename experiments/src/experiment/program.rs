//! `gpt-transfer`, as a user starts it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use mup_train::FamilyError;
use serde::de::DeserializeOwned;

/// The program.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
}

impl Program {
    /// Beside this one, where the same build put it; otherwise built now.
    pub(crate) fn find() -> Result<Self, FamilyError> {
        let this = std::env::current_exe()?;
        let name = format!("gpt-transfer{}", std::env::consts::EXE_SUFFIX);
        // Tests lie one folder deeper.
        let built = || this.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.exists());
        if built().is_none() {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let status = Command::new(cargo).args(["build", "--release", "--package", "gpt-transfer"]).status()?;
            if !status.success() {
                return Err("gpt-transfer does not build".into());
            }
        }
        let path = built().ok_or_else(|| format!("no {name} beside {}", this.display()))?;
        Ok(Self { path })
    }

    /// Runs a command; its progress goes where ours goes.
    pub(crate) fn run(&self, arguments: &[String]) -> Result<(), FamilyError> {
        let status = Command::new(&self.path).args(arguments).stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(failed(arguments, status.code())) }
    }

    /// Runs a command on one thread and reads the JSON that it prints.
    pub(crate) fn read<T: DeserializeOwned>(&self, arguments: &[String]) -> Result<T, FamilyError> {
        let mut command = Command::new(&self.path);
        command.args(arguments).arg("--json").env("RAYON_NUM_THREADS", "1").stderr(Stdio::inherit());
        let output = command.output()?;
        if !output.status.success() {
            return Err(failed(arguments, output.status.code()));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn failed(arguments: &[String], code: Option<i32>) -> FamilyError {
    if code == Some(130) {
        return "stopped; everything finished is kept, and the same command continues".into();
    }
    format!("gpt-transfer {} failed", arguments.join(" ")).into()
}
