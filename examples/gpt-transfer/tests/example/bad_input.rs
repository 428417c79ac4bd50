//! What a user can get wrong: every message names the thing and the remedy, none is a crash.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::place::{Place, SIZES, failure};

fn with_text(place: &Place, text: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-transfer"));
    command.arg("--text").arg(text).arg("--out").arg(place.out()).args(SIZES);
    command.output().unwrap()
}

fn check_text(content: &[u8], expected: &str) {
    let place = Place::new();
    let path = place.path().join("input");
    fs::write(&path, content).unwrap();
    let error = failure(&with_text(&place, &path));
    assert!(error.contains(expected) && error.contains("input"), "{error}");
    assert!(!place.out().exists(), "a folder was made for nothing");
}

#[test]
fn a_text_that_is_empty_binary_or_too_short_is_named() {
    check_text(b"", "is empty");
    check_text(&[b'a', b'b', 0xff, 0xfe, b'c'], "no UTF-8 text (byte 2");
    check_text(b"abc\0def", "no UTF-8 text (byte 3");
    check_text(b"short", "5 bytes, but a context of 8 needs at least 180");
}

#[test]
fn a_text_that_is_missing_or_a_folder_without_text_is_named() {
    let place = Place::new();
    let error = failure(&with_text(&place, &place.path().join("absent.txt")));
    assert!(error.contains("absent.txt"), "{error}");
    let folder = place.path().join("pictures");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.png"), [0xff, 0xd8]).unwrap();
    let error = failure(&with_text(&place, &folder));
    assert!(error.contains("holds no text file (1 files"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let folder = place.path().join("secret");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything, and then the folder is merely empty.
    let expected = if fs::read_dir(&folder).is_ok() { "holds no text file" } else { "cannot read" };
    let error = failure(&with_text(&place, &folder));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(error.contains(expected) && error.contains("secret"), "{error}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let place = Place::new();
    fs::write(place.out(), "a file in the way").unwrap();
    let error = place.fail(&[]);
    assert!(error.contains("cannot create") && error.contains("out"), "{error}");
}

#[test]
fn a_folder_of_somebody_else_is_not_written_to() {
    let place = Place::new();
    fs::create_dir(place.out()).unwrap();
    fs::write(place.out().join("thesis.tex"), "x").unwrap();
    let error = place.fail(&[]);
    assert!(error.contains("thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(place.out()).unwrap().count(), 1);
}

#[test]
fn another_configuration_in_the_same_folder_is_refused_with_the_difference() {
    let place = Place::new();
    place.succeed(&["--rates=-7:-5"]);
    fs::write(place.text(), "another text. ".repeat(400)).unwrap();
    let error = place.fail(&["--rates=-7:-5"]);
    assert!(error.contains("data.sha256") && error.contains("choose another folder"), "{error}");
}

#[test]
fn a_damaged_trial_is_named_kept_and_run_again() {
    let place = Place::new();
    place.succeed(&["--rates=-7:-5"]);
    let report = place.report();
    let name = place.trials().into_keys().next().unwrap();
    let path = place.out().join("trials").join(&name);
    let content = fs::read(&path).unwrap();
    fs::write(&path, &content[..content.len() / 2]).unwrap();
    let printed = place.succeed(&["--rates=-7:-5"]);
    assert!(printed.contains("was damaged") && printed.contains(&format!("{name}.damaged")), "{printed}");
    assert_eq!(place.report()["numbers"], report["numbers"]);
}

#[test]
fn a_damaged_study_file_is_named() {
    let place = Place::new();
    fs::create_dir(place.out()).unwrap();
    fs::write(place.out().join("study.json"), "{\"version\": 1,").unwrap();
    let error = place.fail(&[]);
    assert!(error.contains("study.json"), "{error}");
}

#[test]
fn unknown_and_missing_devices_are_told_apart() {
    let place = Place::new();
    let error = place.fail(&["--device", "abacus"]);
    assert!(error.contains("unknown device `abacus`; there are flex, ndarray"), "{error}");
    let list = place.succeed(&["--device", "list"]);
    for missing in list.lines().filter(|line| line.contains("needs --features")) {
        let name = missing.split_whitespace().next().unwrap();
        let error = place.fail(&["--device", name]);
        assert!(error.contains(&format!("--features {name}")), "{error}");
    }
}

#[test]
fn sizes_that_make_no_model_are_refused() {
    for (arguments, expected) in [
        (["--seed", "0", "--sweep-widths", "12"], "width of 12"),
        (["--seed", "0", "--sweep", "dropout=0.1"], "unknown hyperparameter `dropout`"),
        (["--seed", "0", "--sweep", "alpha-output=0"], "positive finite number"),
        (["--seed", "0", "--rates", "-3:-5"], "the low end comes first"),
        (["--seed", "x", "--rates", "-5:-3"], "invalid value 'x'"),
    ] {
        let error = Place::new().fail(&arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpt-transfer"));
    let output = command.args(["--proxy-width", "64", "--target-width", "64"]).output().unwrap();
    assert!(failure(&output).contains("wider than the proxy"));
}
