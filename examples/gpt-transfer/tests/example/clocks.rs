//! Clocks: no result depends on the time of day, whatever it says on files.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::place::{Place, forget, json, succeed};

/// Gives every file below a folder a time.
fn set_times(folder: &Path, time: SystemTime) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            set_times(&path, time);
        } else {
            File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        }
    }
}

#[test]
fn files_of_the_past_and_of_the_future_are_files_like_others() {
    let whole = Place::finished();
    let wanted = whole.numbers();
    let century = Duration::from_secs(100 * 365 * 24 * 3600);
    for time in [SystemTime::UNIX_EPOCH, SystemTime::now() + century] {
        let place = Place::tuned();
        std::fs::remove_file(&place.records()[0]).unwrap();
        set_times(place.path(), time);
        let before = place.finished_results();
        succeed(&mut place.tune(&[crate::place::RATES]));
        succeed(&mut place.on_study("train", &["--checkpoint-every=7"]));
        // Checkpoints are ordered by their steps, not by their times.
        std::fs::remove_dir_all(place.target().join("trials")).unwrap();
        set_times(place.path(), time);
        succeed(&mut place.all(&[crate::place::RATES]));
        let after = place.finished_results();
        assert!(before.iter().all(|(path, record)| after.get(path) == Some(record)));
        assert_eq!(place.numbers(), wanted);
    }
}

#[test]
fn a_run_continued_in_another_year_has_the_same_numbers() {
    let place = Place::tuned();
    let faked = |year: &str, arguments: &[&str]| {
        let command = place.on_study("train", arguments);
        let mut faked = std::process::Command::new("faketime");
        faked.arg(format!("{year}-01-01")).arg(command.get_program()).args(command.get_args());
        faked
    };
    if faked("2001", &["--help"]).output().is_err() {
        println!("skipped: faketime is not installed");
        return;
    }
    let record = |mut command: std::process::Command| {
        let mut record = json(&succeed(&mut command));
        forget(&mut record, &["seconds"]);
        record
    };
    let arguments = ["--json", "--checkpoint-every=7"];
    let future = record(faked("2091", &arguments));
    // Without its last checkpoint and its record it continues from the one before.
    let run = crate::place::files(&place.target().join("runs"), "").remove(0);
    std::fs::remove_dir_all(crate::place::files(&run.join("checkpoints"), "").pop().unwrap()).unwrap();
    std::fs::remove_dir_all(place.target().join("trials")).unwrap();
    assert_eq!(record(faked("2001", &arguments)), future);
}
