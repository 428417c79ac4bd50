//! The README's way from a PyTorch script to a report, word for word, with a stand-in for PyTorch.

use std::fs;

use super::*;

const README: &str = include_str!("../../README.md");

/// The blocks of a section with their languages.
fn blocks(section: &str) -> Vec<(String, String)> {
    let section = README.split("\n## ").find(|part| part.starts_with(section)).expect("the README has the section");
    let mut blocks = Vec::new();
    for block in section.split("\n```").skip(1).step_by(2) {
        let (language, content) = block.split_once('\n').unwrap();
        blocks.push((language.trim().to_owned(), format!("{content}\n")));
    }
    blocks
}

#[test]
fn a_pytorch_user_comes_from_a_script_to_a_report_by_following_the_readme() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tests = std::path::absolute("tests/commands").unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_mup-transfer")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let (mut ran, mut printed) = (0, String::new());
    for (language, content) in blocks("From a PyTorch script to a report") {
        match language.as_str() {
            "python" => {
                let (name, _) = content.strip_prefix("# ").unwrap().split_once(':').expect("its first line names it");
                fs::write(home.path().join(name), &content).unwrap();
            }
            "sh" => {
                // What installs is not what is tried here.
                let lines = content.lines().filter(|line| !line.contains("install"));
                let script = lines.collect::<Vec<_>>().join("\n");
                let mut shell = Command::new("bash");
                shell.args(["-euo", "pipefail", "-c", &script]).current_dir(home.path());
                shell.env("PATH", &path).env("PYTHONPATH", &tests).env("PYTHONDONTWRITEBYTECODE", "1");
                printed += &succeed(shell);
                ran += 1;
            }
            _ => {}
        }
    }
    assert!(ran >= 2, "the section shows commands");
    let study = home.path().join("runs/a");
    assert!(study.join("report.html").exists() && printed.contains("Best: sample"), "{printed}");
    assert!(printed.contains("24 finished") || printed.contains("diverged"), "{printed}");
}
