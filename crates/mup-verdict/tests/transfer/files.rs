//! The files of a report, and the figure to look at.

use std::fs;

use mup_verdict::transfer::Comparison;

use super::{QUIET, World};

#[test]
fn a_comparison_is_written_as_table_numbers_runs_figure_and_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let control = World { drift: -0.9, stable: 4.5, noise: 0.03, ..QUIET };
    let comparison =
        Comparison::new(World { noise: 0.03, stable: 5.5, ..QUIET }.report("µP"), control.report("SP")).expect("alike");
    let files = comparison.write_to(folder.path(), "MLP · Adam").expect("a writable folder");
    assert_eq!(files.len(), 6);
    assert!(files.iter().all(|file| fs::metadata(file).is_ok_and(|meta| meta.len() > 300)), "{files:?}");
    let read = |ending: &str| fs::read_to_string(folder.path().join(format!("transfer.{ending}"))).expect("text");
    assert_eq!(read("csv").lines().count(), 1 + 2 * 4 * 3 * 14);
    assert!(read("txt").contains("µP transfers, SP does not."), "{}", read("txt"));
    let json: serde_json::Value = serde_json::from_str(&read("json")).expect("JSON");
    assert_eq!(json["subject"]["verdict"]["kind"], "transfers");
    assert_eq!(json["control"]["verdict"]["kind"], "drifts");
    assert!(read("html").contains("<svg") && read("html").contains("holds"));
    assert!(!read("html").contains("http://www.w3.org/1999/xlink") && !read("html").contains("src="), "self-contained");
}

#[test]
fn the_table_aligns_and_shows_curves() {
    let text = QUIET.report("µP").to_string();
    assert!(text.contains("█") && text.contains("regret") && text.contains("512"), "{text}");
}
