//! `cargo xtask devices`, as it is run: in the default build flex alone answers.

use std::path::Path;
use std::process::{Command, Output};

fn devices(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("devices").args(arguments).output().expect("xtask runs")
}

fn document(folder: &Path) -> std::path::PathBuf {
    folder.join("devices.md")
}

#[test]
fn flex_agrees_with_pytorch_and_with_float64_and_a_missing_device_is_named() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = document(folder.path());
    std::fs::write(&path, "# Devices\n<!-- begin: cargo xtask devices -->\n<!-- end: cargo xtask devices -->\n")
        .expect("written");
    let output = devices(&["--out", &path.to_string_lossy()]);
    let (said, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{problems}");
    let written = std::fs::read_to_string(&path).expect("readable");
    for part in ["| gpt: weights after 20 steps | training | 1e-4 |", "- `flex` answers", "`cuda`"] {
        assert!(said.contains(part) && written.contains(part), "{said} lacks {part}");
    }
}

#[test]
fn a_device_that_was_asked_for_and_is_not_there_is_a_failure() {
    let output = devices(&["--device", "cuda:977"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("`cuda:977` was not measured"), "{said}");
}

#[test]
fn a_name_that_is_none_is_a_bad_argument() {
    let output = devices(&["--device", "abacus"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are flex, ndarray"));
}
