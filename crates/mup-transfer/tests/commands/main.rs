//! The program `mup-transfer` as a user meets it.

#![cfg(all(unix, feature = "cli"))]

mod changes;
mod check;
mod choice;
mod folders;
mod mistakes;
mod placeholders;
mod status;
mod walkthrough;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// A program of three steps whose loss is lowest at a rate of 0.01.
const PARABOLA: &str = r#"awk -v rate="$1" 'BEGIN { x = log(rate) / log(10) + 2; for (i = 1; i <= 3; i++) printf "{\"loss\": %.6f}\n", 4 / i + x * x }'"#;

fn program<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    program(arguments).output().unwrap()
}

/// What it prints.
fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What it says, having ended as for every mistake.
fn fail(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{command:?}: {:?} {said}", output.status);
    assert!(said.starts_with("error: "), "{said}");
    said
}

/// A study that has run: its rates are spread over the whole range.
fn tuned(folder: &Path, trials: usize) {
    let trials = trials.to_string();
    let new = ["new", "--space", "rate", "--search", "sobol", "--steps", "3", "--trials", &trials];
    succeed(program(
        [&new[..], &["STUDY", "--", "sh", "-c", PARABOLA, "sh", "{learning-rate}"]]
            .concat()
            .into_iter()
            .map(|word| if word == "STUDY" { folder.as_os_str().to_owned() } else { word.into() }),
    ));
    succeed(program([OsStr::new("tune"), folder.as_os_str()]));
}

/// Writes a study by hand.
fn write_study(folder: &Path, study: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("study.toml"), study).unwrap();
}
