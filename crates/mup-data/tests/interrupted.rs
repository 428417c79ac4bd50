//! A full disk and kill -9 while a folder is prepared: both in a process of their own.
#![cfg(unix)]

mod moments;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use moments::Moments;
use mup_data::{DataSet, Text, Tokenizer, prepare};

/// Where the process below puts its data.
const FOLDER: &str = "MUP_DATA_TEST_FOLDER";

/// Large enough to be interrupted: many pieces.
fn text() -> Text {
    Text::from_string("long", "What rough beast, its hour come round at last. ".repeat(200_000)).unwrap()
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

/// What killed processes leave behind; it may be deleted.
fn remove_temporary_files(folder: &Path) -> usize {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let temporary: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "tmp")).collect();
    temporary.iter().for_each(|path| fs::remove_file(path).unwrap());
    temporary.len()
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
fn a_preparation_killed_at_random_moments_is_repeated_and_gives_the_same_bytes() {
    let (whole, begun) = (tempfile::tempdir().unwrap(), Instant::now());
    assert!(process("", whole.path()).status().unwrap().success());
    let (mut moments, mut left_behind) = (Moments::below(begun.elapsed().as_millis() as u64 + 1), 0);
    while moments.left() > 0 {
        let folder = tempfile::tempdir().unwrap();
        while moments.left() > 0 && moments.kill(vec![process("", folder.path()).spawn().unwrap()]) {
            let there = DataSet::open(folder.path()).map(|data| data.verify());
            assert!(there.is_err() || there.is_ok_and(|verified| verified.is_ok()), "whole, or not there");
            // Some stay, as they do for a user.
            left_behind += if moments.draw(2) == 0 { remove_temporary_files(folder.path()) } else { 0 };
        }
        moments.run_ended();
        prepare_in(folder.path()).unwrap().verify().unwrap();
        left_behind += remove_temporary_files(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
        for name in ["train.bin", "validation.bin", "tokenizer.json", "data.json"] {
            let [ours, wanted] = [folder.path(), whole.path()].map(|folder| fs::read(folder.join(name)).unwrap());
            assert!(ours == wanted, "{name}");
        }
    }
    println!("{left_behind} temporary files were left behind");
}
