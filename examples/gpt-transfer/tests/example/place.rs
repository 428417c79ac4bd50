//! Runs the real binary at sizes that take a second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, str};

use serde_json::Value;

/// A folder with a text and a place for the study.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let words = ["fn ", "let ", "tensor", " = ", "width", ";\n", "(", ")", "learning ", "rate "];
        let text: String = (0..4000_usize).map(|i| words[(i * i + i / 7) % words.len()]).collect();
        fs::write(folder.path().join("text.txt"), text).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn text(&self) -> PathBuf {
        self.path().join("text.txt")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path().join("out")
    }

    /// The binary with tiny sizes; further arguments may repeat none of these.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-transfer"));
        command.arg("--text").arg(self.text()).arg("--out").arg(self.out());
        command.args(SIZES).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The error of a run that has to fail as a user error, not as a crash.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        failure(&self.run(arguments))
    }

    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.out().join("report.json")).unwrap()).unwrap()
    }

    /// Name and content of every trial's file.
    pub(crate) fn trials(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.out().join("trials")) else { return BTreeMap::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        let finished = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let visible = finished.filter(|path| !name(path).starts_with('.'));
        visible.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
    }
}

pub(crate) const SIZES: [&str; 14] = [
    "--proxy-width",
    "8",
    "--target-width",
    "16",
    "--d-head",
    "8",
    "--n-layer",
    "1",
    "--context",
    "8",
    "--batch",
    "4",
    "--steps",
    "30",
];

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    str::from_utf8(bytes).unwrap().to_owned()
}

pub(crate) fn failure(output: &Output) -> String {
    let error = text(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}: {error}", output.status);
    assert!(!error.contains("panicked"), "{error}");
    assert!(error.starts_with("error: "), "{error}");
    error
}
