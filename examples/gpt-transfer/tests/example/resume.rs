//! Killed at any moment, the same command continues: nothing finished is repeated, the numbers stay the same.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::place::Place;

const ARGUMENTS: [&str; 1] = ["--rates=-8:-4"];

fn modified(place: &Place) -> Vec<(String, SystemTime)> {
    let trials = place.out().join("trials");
    let time = |name: &String| fs::metadata(trials.join(name)).unwrap().modified().unwrap();
    place.trials().keys().map(|name| (name.clone(), time(name))).collect()
}

/// Starts the binary and kills it (SIGKILL on Unix) once `enough` trials are on disk.
fn kill_after(place: &Place, enough: usize) {
    let mut command = place.command(&ARGUMENTS);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while place.trials().len() < enough {
        assert!(start.elapsed() < Duration::from_secs(120), "no progress");
        assert!(child.try_wait().unwrap().is_none_or(|status| status.success()), "it failed");
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_in_the_middle_it_repeats_nothing_and_ends_with_the_same_numbers() {
    let whole = Place::new();
    whole.succeed(&ARGUMENTS);
    let killed = Place::new();
    for enough in [1, 3, 6] {
        kill_after(&killed, enough);
        let before = (modified(&killed), killed.trials());
        assert!(before.1.len() >= enough);
        // The next life may add trials; these must not change.
        kill_after(&killed, enough + 1);
        let after = (modified(&killed), killed.trials());
        assert!(before.0.iter().all(|trial| after.0.contains(trial)), "a finished trial was written again");
        assert!(before.1.iter().all(|(name, content)| after.1[name] == *content));
    }
    let before = modified(&killed);
    killed.succeed(&ARGUMENTS);
    assert!(before.iter().all(|trial| modified(&killed).contains(trial)), "a finished trial was written again");
    assert_eq!(killed.report()["numbers"], whole.report()["numbers"]);
    let names = |place: &Place| place.trials().into_keys().collect::<Vec<_>>();
    assert_eq!(names(&killed), names(&whole));
}

#[test]
fn a_finished_study_is_read_not_trained() {
    let place = Place::new();
    place.succeed(&ARGUMENTS);
    let (before, report) = (modified(&place), place.report());
    let printed = place.succeed(&ARGUMENTS);
    assert_eq!(modified(&place), before);
    assert_eq!(place.report()["numbers"], report["numbers"]);
    assert_eq!(printed.matches("(finished before)").count(), before.len());
}

#[test]
fn a_wider_target_reuses_the_proxy_s_trials() {
    let place = Place::new();
    place.succeed(&ARGUMENTS);
    let before = modified(&place);
    let mut command = place.command(&ARGUMENTS);
    let wider: Vec<_> = command.get_args().map(|a| if a == "16" { "24".into() } else { a.to_owned() }).collect();
    let program = command.get_program().to_owned();
    command = std::process::Command::new(program);
    assert!(command.args(wider).output().unwrap().status.success());
    let after = modified(&place);
    assert!(before.iter().all(|trial| after.contains(trial)));
    assert_eq!(after.len(), before.len() + 2, "target and control alone are new");
}

#[test]
fn the_number_of_threads_does_not_change_the_numbers() {
    let numbers = ["1", "2"].map(|threads| {
        let place = Place::new();
        // Wide enough that matrix products are shared between threads: from 192³ on, burn-flex 0.22.1 matmul.rs.
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gpt-transfer"));
        command.arg("--text").arg(place.text()).arg("--out").arg(place.out()).args([
            "--proxy-width",
            "32",
            "--target-width",
            "256",
            "--d-head",
            "32",
            "--n-layer",
            "1",
            "--context",
            "32",
            "--batch",
            "8",
            "--steps",
            "3",
            "--rates=-6:-6",
        ]);
        let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", crate::place::text(&output.stderr));
        place.report()["numbers"].clone()
    });
    assert_eq!(numbers[0], numbers[1]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_with_a_word_and_keeps_what_is_finished() {
    let place = Place::new();
    let mut command = place.command(&ARGUMENTS);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while place.trials().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(120), "no progress");
        sleep(Duration::from_millis(1));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", crate::place::text(&output.stderr));
    assert!(crate::place::text(&output.stderr).contains("the same command continues"));
    assert!(!place.trials().is_empty());
    assert!(!place.out().join("report.json").exists());
}
