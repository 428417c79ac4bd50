//! `choose` and `report` for the study of any program.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::*;

#[test]
fn the_best_values_are_chosen_for_people_and_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    tuned(&study, 24);
    let shown = succeed(program([OsStr::new("choose"), study.as_os_str()]));
    assert!(["Best: sample", "learning-rate", "importance"].iter().all(|part| shown.contains(part)), "{shown}");
    let json = succeed(program([OsStr::new("choose"), study.as_os_str(), OsStr::new("--json")]));
    let choice: Value = serde_json::from_str(&json).unwrap();
    let rate = choice["best"]["values"]["learning-rate"].as_f64().unwrap();
    assert!((rate.log10() + 2.0).abs() < 0.15, "{rate}");
}

#[test]
fn a_report_is_one_page_with_figures_and_every_number_and_no_word_of_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("my study");
    tuned(&study, 24);
    let said = succeed(program([OsStr::new("report"), study.as_os_str()]));
    let page = study.join("report.html");
    assert!(said.contains("the best reaches") && said.contains(&page.display().to_string()), "{said}");
    for name in ["loss-vs-hyperparameters.svg", "loss-vs-hyperparameters.png", "importance.svg", "report.json"] {
        assert!(study.join(name).exists(), "{name}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Study my study") && page.contains("Chosen values") && !page.contains("<h2>Target</h2>"));
    assert!(page.contains("mup-transfer report &#39;") || page.contains("mup-transfer report '"), "how to repeat it");
    let printed = succeed(program([OsStr::new("report"), study.as_os_str(), OsStr::new("--json")]));
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let written: Value = serde_json::from_slice(&fs::read(study.join("report.json")).unwrap()).unwrap();
    assert_eq!(printed, written);
    let repeated = format!("{} report '{}' --json", env!("CARGO_BIN_EXE_mup-transfer"), study.display());
    assert_eq!(printed["circumstances"]["command"], repeated, "as a shell takes it, with the path that no PATH has");
    assert_eq!(printed["numbers"]["trials"].as_array().unwrap().len(), 24);
}

#[test]
fn a_page_is_shown_in_a_browser_if_there_is_one_and_named_if_not() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    tuned(&study, 2);
    let browser = folder.path().join("xdg-open");
    fs::write(&browser, "#!/bin/sh\necho \"$1\" > \"$0.opened\"\n").unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let report = |path: &str| {
        let mut report = program([OsStr::new("report"), study.as_os_str(), OsStr::new("--open")]);
        report.env("PATH", path).env_remove("BROWSER");
        report
    };
    succeed(report(&format!("{}:/usr/bin:/bin", folder.path().display())));
    let opened = folder.path().join("xdg-open.opened");
    let begun = std::time::Instant::now();
    while !opened.exists() && begun.elapsed() < std::time::Duration::from_secs(10) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(opened.exists(), "the browser was not started");
    let output = report("/nowhere").output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success() && study.join("report.html").exists(), "it is written: {said}");
    assert!(said.contains("report.html yourself"), "{said}");
}

#[test]
fn a_report_is_written_into_another_folder_if_one_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (study, out) = (folder.path().join("study"), folder.path().join("out"));
    tuned(&study, 2);
    let report = ["report".as_ref(), study.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let said = succeed(program(report));
    assert!(said.contains(&out.join("report.html").display().to_string()), "{said}");
    assert!(out.join("report.html").exists() && !study.join("report.html").exists());
}

#[test]
fn a_study_without_results_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    succeed(program(["new", study.to_str().unwrap(), "--steps", "3", "--trials", "2", "--", "false"]));
    for command in ["choose", "report"] {
        let said = fail(program([command, study.to_str().unwrap()]));
        assert!(said.contains("run the study first (`tune`), it has 2 to run"), "{said}");
        let said = fail(program([command, folder.path().join("nowhere").to_str().unwrap()]));
        assert!(said.contains("there is no study at") && said.contains("`mup-transfer new`"), "{said}");
    }
    assert!(!study.join("report.html").exists());
}
