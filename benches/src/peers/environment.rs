//! The Python environment of the peers: made once for each set of requirements, in a cache folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use mup_files::Sha256;
use mup_golden::root;

/// What is installed with its dependencies, and what without (mup asks for packages that only its plots use).
const REQUIREMENTS: [(&str, &[&str]); 2] =
    [("requirements.txt", &[]), ("requirements-without-dependencies.txt", &["--no-deps"])];
/// Written last, so that an environment that was cut short is made again.
const READY: &str = "READY";
/// Written first: what is in this folder may be deleted.
const OURS: &str = "mup-peers";

/// An environment that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    /// No file, no folder.
    #[error("Python environment: {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// Nowhere to put it.
    #[error("Python environment: there is no home folder to keep it in; name a folder with --environment")]
    NoHome,
    /// Somebody else's folder.
    #[error(
        "Python environment: {} is not empty and was not made by this command, which would empty it; name another folder \
         with --environment, or delete it",
        path.display()
    )]
    NotOurs { path: PathBuf },
    /// No Python.
    #[error("Python environment: `{program}` cannot be started ({source}); name another one with --python")]
    NoPython { program: String, source: std::io::Error },
    /// Python or pip said no.
    #[error(
        "Python environment: `{command}` failed, see {}: {last}\nDebian needs the package python3-venv; the \
         pinned versions need Python 3.11 or later (--python)",
        log.display()
    )]
    Failed { command: String, log: PathBuf, last: String },
}

/// The Python of the environment in `folder`, or in the user's cache, made with `python` unless it is there.
pub(crate) fn python(folder: Option<PathBuf>, python: &str) -> Result<PathBuf, EnvironmentError> {
    let requirements = root().join("benches/peers");
    let folder = match folder {
        Some(folder) => folder,
        None => cache()?.join("mup").join(format!("peers-{}", fingerprint(&requirements)?)),
    };
    let interpreter = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !folder.join(READY).is_file() {
        make(&folder, python, &interpreter, &requirements)?;
    }
    Ok(interpreter)
}

fn cache() -> Result<PathBuf, EnvironmentError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || Some(set("HOME").or_else(|| set("USERPROFILE"))?.join(".cache"));
    set("XDG_CACHE_HOME").or_else(home).ok_or(EnvironmentError::NoHome)
}

/// A short digest of the requirements: other versions get another environment.
fn fingerprint(requirements: &Path) -> Result<String, EnvironmentError> {
    let mut digest = Sha256::default();
    for (file, _) in REQUIREMENTS {
        let path = requirements.join(file);
        digest.update(fs::read(&path).map_err(|source| EnvironmentError::Io { path, source })?);
    }
    let mut digest = digest.finish();
    digest.truncate(12);
    Ok(digest)
}

fn make(folder: &Path, python: &str, interpreter: &Path, requirements: &Path) -> Result<(), EnvironmentError> {
    let io = |source| EnvironmentError::Io { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(io)?;
    let is_empty = fs::read_dir(folder).map_err(io)?.next().is_none();
    if !is_empty && !folder.join(OURS).is_file() {
        return Err(EnvironmentError::NotOurs { path: folder.to_owned() });
    }
    fs::write(folder.join(OURS), "").map_err(io)?;
    let log = folder.join("pip.log");
    eprintln!(
        "making a Python environment with PyTorch in {} (minutes, once; log: {})",
        folder.display(),
        log.display()
    );
    run(python, ["-m", "venv", "--clear"].map(OsString::from).into_iter().chain([folder.into()]).collect(), None)?;
    fs::write(folder.join(OURS), "").map_err(io)?;
    for (file, options) in REQUIREMENTS {
        let mut arguments: Vec<OsString> = ["-m", "pip", "install"].map(OsString::from).into();
        arguments.extend(options.iter().map(OsString::from));
        arguments.extend([OsString::from("--requirement"), requirements.join(file).into()]);
        run(&interpreter.to_string_lossy(), arguments, Some(&log))?;
    }
    fs::write(folder.join(READY), "").map_err(io)
}

fn run(program: &str, arguments: Vec<OsString>, log: Option<&Path>) -> Result<(), EnvironmentError> {
    let scratch = log_of_venv();
    let path = log.unwrap_or(&scratch);
    let io = |source| EnvironmentError::Io { path: path.to_owned(), source };
    let output = File::options().create(true).append(true).open(path).map_err(io)?;
    let errors = output.try_clone().map_err(io)?;
    let mut command = Command::new(program);
    command.args(&arguments).stdout(output).stderr(errors);
    let started = command.status();
    let status = started.map_err(|source| EnvironmentError::NoPython { program: program.to_owned(), source })?;
    if status.success() {
        return Ok(());
    }
    let printed = fs::read_to_string(path).unwrap_or_default();
    let last = printed.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("(nothing printed)").to_owned();
    let words: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    Err(EnvironmentError::Failed { command: format!("{program} {}", words.join(" ")), log: path.to_owned(), last })
}

/// `venv --clear` empties the folder that its log would be in.
fn log_of_venv() -> PathBuf {
    std::env::temp_dir().join(format!("mup-peers-venv-{}.log", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_is_ready_is_used_and_nothing_is_run() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(READY), "").expect("written");
        let found = python(Some(folder.path().to_owned()), "/nowhere/python").expect("it is there");
        assert!(found.starts_with(folder.path()));
    }

    #[test]
    fn a_python_that_is_not_there_is_named_with_the_option() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = python(Some(folder.path().to_owned()), "/nowhere/python").expect_err("none").to_string();
        assert!(message.contains("`/nowhere/python` cannot be started") && message.contains("--python"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_python_that_fails_is_quoted_and_the_environment_is_not_ready() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = python(Some(folder.path().to_owned()), "false").expect_err("it fails").to_string();
        assert!(message.contains("`false -m venv --clear") && message.contains("python3-venv"), "{message}");
        assert!(!folder.path().join(READY).exists());
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_emptied() {
        let folder = tempfile::tempdir().expect("a folder");
        let precious = folder.path().join("thesis.tex");
        fs::write(&precious, "").expect("written");
        let message = python(Some(folder.path().to_owned()), "python3").expect_err("refused").to_string();
        assert!(message.contains("is not empty and was not made by this command") && precious.exists(), "{message}");
    }

    #[test]
    fn other_requirements_get_another_environment() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |torch: &str| {
            for (file, _) in REQUIREMENTS {
                fs::write(folder.path().join(file), format!("torch=={torch}")).expect("written");
            }
            fingerprint(folder.path()).expect("read")
        };
        assert_ne!(of("2.15.0"), of("2.9.0"));
    }
}
