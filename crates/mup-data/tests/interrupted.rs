//! A full disk and kill -9 while a folder is prepared: both in a process of their own.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mup_data::{DataSet, Text, Tokenizer, prepare};

/// Where the process below puts its data.
const FOLDER: &str = "MUP_DATA_TEST_FOLDER";

/// Large enough to be interrupted: many pieces.
fn text() -> Text {
    Text::from_string("long", "What rough beast, its hour come round at last. ".repeat(500_000)).unwrap()
}

fn prepare_in(folder: &Path) -> Result<DataSet, mup_data::DataError> {
    prepare(&text(), &Tokenizer::bytes(), folder, 0.5)
}

/// Not a test: what the tests below run and interrupt.
#[test]
fn in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    if let Err(error) = prepare_in(Path::new(&folder)) {
        eprintln!("refused: {error}");
        std::process::exit(3);
    }
}

/// This program once more, through a shell that may set limits first.
fn process(limits: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command.args(["-c", &format!("{limits} exec \"$0\" --exact in_a_process_of_its_own --nocapture")]).arg(program);
    command.env(FOLDER, folder).stdout(Stdio::null());
    command
}

fn temporary_files(folder: &Path) -> usize {
    let names = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".tmp")).count()
}

#[test]
fn a_disk_that_fills_up_is_an_error_that_names_the_file_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A limit on the size of files fails in the middle of writing, as a full disk does (EFBIG instead of ENOSPC).
    let output = process("trap '' XFSZ; ulimit -f 2048;", folder.path()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("cannot write") && error.contains("train.bin"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_killed_preparation_is_repeated_and_gives_the_same_bytes() {
    let whole = tempfile::tempdir().unwrap();
    let expected = prepare_in(whole.path()).unwrap().description;
    let folder = tempfile::tempdir().unwrap();
    for kill in 0..3 {
        let mut child = process("", folder.path()).spawn().unwrap();
        let start = Instant::now();
        while temporary_files(folder.path()) <= kill && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(DataSet::open(folder.path()).is_err(), "killed before it was complete");
    }
    assert!(temporary_files(folder.path()) >= 3, "a killed process cannot tidy up");
    let data = prepare_in(folder.path()).unwrap();
    data.verify().unwrap();
    assert_eq!(data.description, expected);
    for name in ["train.bin", "validation.bin", "tokenizer.json", "data.json"] {
        assert!(fs::read(folder.path().join(name)).unwrap() == fs::read(whole.path().join(name)).unwrap(), "{name}");
    }
}
