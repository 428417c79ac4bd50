//! Runs the real binary at sizes that take a moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};
use std::{fs, str};

use serde_json::Value;

/// Everything but the text and the folder.
pub(crate) const SIZES: [&str; 14] = [
    "--proxy-width=8",
    "--target-width=16",
    "--d-head=8",
    "--n-layer=1",
    "--context=8",
    "--batch=4",
    "--steps=30",
    "--tokenizer=bytes",
    "--order=random",
    "--seeds=0",
    "--target-steps=40",
    "--micro-batches=1",
    "--evaluate-every=10",
    "--device=flex",
];
pub(crate) const RATES: &str = "--rates=-7:-5";

/// A folder with a text and a place for the study.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    pub(crate) fn within(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        fs::write(folder.path().join("text.txt"), words()).unwrap();
        Self { folder }
    }

    /// With a study of three trials that have ended.
    pub(crate) fn tuned() -> Self {
        static TUNED: OnceLock<Place> = OnceLock::new();
        let tuned = TUNED.get_or_init(|| {
            let place = Self::new();
            succeed(&mut place.tune(&[RATES]));
            place
        });
        Self::copy_of(tuned)
    }

    /// With its target and control trained, and a report.
    pub(crate) fn finished() -> Self {
        static FINISHED: OnceLock<Place> = OnceLock::new();
        let finished = FINISHED.get_or_init(|| {
            let place = Self::tuned();
            succeed(&mut place.all(&[RATES]));
            place
        });
        Self::copy_of(finished)
    }

    fn copy_of(place: &Self) -> Self {
        let copy = Self::new();
        copy_folder(&place.study(), &copy.study());
        copy
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn text(&self) -> PathBuf {
        self.path().join("text.txt")
    }

    pub(crate) fn study(&self) -> PathBuf {
        self.path().join("study")
    }

    /// `tune` with the text, and with tiny sizes unless they are given.
    pub(crate) fn tune(&self, arguments: &[&str]) -> Command {
        self.sized(&["tune"], arguments)
    }

    /// No command: everything.
    pub(crate) fn all(&self, arguments: &[&str]) -> Command {
        self.sized(&[], arguments)
    }

    fn sized(&self, command: &[&str], arguments: &[&str]) -> Command {
        let mut program = program();
        program.args(command).arg("--text").arg(self.text()).arg("--study").arg(self.study());
        let name = |argument: &str| argument.split('=').next().map(str::to_owned);
        let given: Vec<_> = arguments.iter().map(|argument| name(argument)).collect();
        program.args(SIZES.iter().filter(|size| !given.contains(&name(size)))).args(arguments);
        program
    }

    /// A command on the study as it is.
    pub(crate) fn on_study(&self, command: &str, arguments: &[&str]) -> Command {
        let mut program = program();
        program.arg(command).arg("--study").arg(self.study()).args(arguments);
        program
    }

    pub(crate) fn records(&self) -> Vec<PathBuf> {
        files(&self.study().join("trials"), ".json")
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.study().join("targets/width16-steps40")
    }

    /// Content and time of every finished result: trials and targets.
    pub(crate) fn finished_results(&self) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        let paths = self.records().into_iter().chain(files(&self.target().join("trials"), ".json"));
        paths.map(|path| (path.clone(), (fs::read(&path).unwrap(), modified(&path)))).collect()
    }

    /// What the report says, without what a clock said.
    pub(crate) fn numbers(&self) -> Value {
        succeed(&mut self.on_study("report", &[]));
        let mut numbers = json(&fs::read_to_string(self.study().join("report.json")).unwrap())["numbers"].take();
        forget(&mut numbers, &["seconds", "made-with"]);
        numbers
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_gpt-transfer"))
}

fn words() -> String {
    let words = ["fn ", "let ", "tensor", " = ", "width", ";\n", "(", ")", "learning ", "rate "];
    (0..4000_usize).map(|i| words[(i * i + i / 7) % words.len()]).collect()
}

/// What a successful run prints.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What `tune` prints when trials failed.
pub(crate) fn tune_with_failures(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The error of a run that has to fail as a user error, not as a crash.
pub(crate) fn fail(command: &mut Command) -> String {
    failure(&command.output().unwrap())
}

pub(crate) fn failure(output: &Output) -> String {
    let error = text(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}: {error}", output.status);
    assert!(!error.contains("panicked"), "{error}");
    assert!(error.contains("error: "), "{error}");
    error
}

pub(crate) fn silent(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

/// Waits for something that happens soon.
pub(crate) fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Processes that run a trial of a study.
pub(crate) fn trials_of(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    let entries = fs::read_dir("/proc").unwrap();
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let speaks = |id: &u32| {
        fs::read_to_string(format!("/proc/{id}/cmdline"))
            .is_ok_and(|line| line.contains(&folder) && line.contains("\0trial\0"))
    };
    ids.filter(speaks).collect()
}

/// Visible files of a folder whose name ends so, in order.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| name(path).ends_with(end) && !name(path).starts_with('.'));
    paths.sort();
    paths
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            fs::copy(&path, &copy).unwrap();
        }
    }
}

pub(crate) fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    str::from_utf8(bytes).unwrap().to_owned()
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Removes the fields of these names wherever they are.
pub(crate) fn forget(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(fields) => {
            names.iter().for_each(|name| drop(fields.remove(*name)));
            fields.values_mut().for_each(|field| forget(field, names));
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| forget(entry, names)),
        _ => {}
    }
}
