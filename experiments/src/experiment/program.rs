//! `gpt-transfer`, as a user starts it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mup_train::FamilyError;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

/// The program.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// Where it has its name, as long as experiments need it.
    _folder: Option<TempDir>,
}

impl Program {
    /// This very program where it carries `gpt-transfer` in itself, so that none of an older build is ever started;
    /// otherwise, as in tests, the one beside it, built now if there is none.
    pub(crate) fn find() -> Result<Self, FamilyError> {
        let this = std::env::current_exe()?;
        let carries_it = this.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("xtask"));
        if carries_it { Self::itself(&this) } else { Ok(Self { path: built(&this)?, _folder: None }) }
    }

    /// A program under the name of `gpt-transfer`, by which xtask is that program. Beside the program if it may be, where a
    /// second name takes no room.
    fn itself(this: &Path) -> Result<Self, FamilyError> {
        let beside = tempfile::Builder::new().prefix(".gpt-transfer-").tempdir_in(mup_files::folder_of(this));
        let folder = beside.or_else(|_| tempfile::tempdir())?;
        let path = folder.path().join(name());
        if std::fs::hard_link(this, &path).is_err() {
            std::fs::copy(this, &path)?;
        }
        Ok(Self { path, _folder: Some(folder) })
    }

    /// Runs a command; its progress goes where ours goes.
    pub(crate) fn run(&self, arguments: &[String]) -> Result<(), FamilyError> {
        let status = Command::new(&self.path).args(arguments).stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(failed(arguments, status.code())) }
    }

    /// Runs a command on one thread and reads the JSON that it prints. A run that diverged ends with 1, and its record is
    /// a result; what ends otherwise prints none.
    pub(crate) fn read<T: DeserializeOwned>(&self, arguments: &[String]) -> Result<T, FamilyError> {
        let mut command = Command::new(&self.path);
        command.args(arguments).arg("--json").env("RAYON_NUM_THREADS", "1").stderr(Stdio::inherit());
        let Output { status, stdout, .. } = command.output()?;
        match status.code() {
            Some(0 | 1) if !stdout.is_empty() => Ok(serde_json::from_slice(&stdout)?),
            code => Err(failed(arguments, code)),
        }
    }
}

fn name() -> String {
    format!("gpt-transfer{}", std::env::consts::EXE_SUFFIX)
}

/// Where the build of this program put it; tests lie one folder deeper.
fn built(this: &Path) -> Result<PathBuf, FamilyError> {
    let name = name();
    let find = || this.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.exists());
    if find().is_none() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo).args(["build", "--release", "--package", "gpt-transfer"]).status()?;
        if !status.success() {
            return Err("gpt-transfer does not build".into());
        }
    }
    Ok(find().ok_or_else(|| format!("no {name} beside {}", this.display()))?)
}

fn failed(arguments: &[String], code: Option<i32>) -> FamilyError {
    if code == Some(130) {
        return "stopped; everything finished is kept, and the same command continues".into();
    }
    format!("gpt-transfer {} failed", arguments.join(" ")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_another_name_for_as_long_as_it_is_needed() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let this = folder.path().join("xtask");
        std::fs::write(&this, "the build that runs").expect("written");
        let program = Program::itself(&this).expect("named");
        let path = program.path.clone();
        assert_eq!(path.file_stem().expect("a name"), "gpt-transfer");
        assert_eq!(std::fs::read_to_string(&path).expect("the same"), "the build that runs");
        drop(program);
        assert!(!path.exists() && this.exists());
    }
}
