//! What a report shows to people and machines.

use std::fs;

use mup_verdict::coordinates::{Criteria, Quantity, Record, Records, Report, Source, Verdict};

use crate::verdicts::{SEEDS, WIDTHS, grown, judge, logits};

fn records() -> Vec<Record> {
    [
        grown("hidden", 0, Quantity::Value, 0.0, 0.01),
        grown("hidden", 1, Quantity::Change, 0.5, 0.01),
        grown("noisy", 1, Quantity::Change, 0.0, 0.9),
        logits(0, Quantity::Value, -0.5, 0.01),
        logits(1, Quantity::Change, 0.0, 0.01),
    ]
    .concat()
}

/// A diverged model: NaN at the largest width.
fn diverged() -> Report {
    let mut records = records();
    records.iter_mut().filter(|record| record.width == 256).for_each(|record| record.value = f64::NAN);
    judge(records)
}

#[test]
fn every_file_is_written_and_says_what_it_should() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let files = judge(records()).write_to(&folder.path().join("new"), "a title").expect("writes");
    let names: Vec<_> = files.iter().map(|file| file.file_name().expect("a name").to_string_lossy()).collect();
    let kinds = ["html", "txt", "json", "svg", "png"].map(|kind| format!("coord-check.{kind}"));
    assert_eq!(names, [&kinds[..], &["records.csv".to_owned(), "records.json".to_owned()]].concat());
    let text = |i: usize| fs::read_to_string(&files[i]).expect("reads");
    let contains = |text: &str, parts: &[&str]| {
        for part in parts {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    };
    contains(
        &text(0),
        &["<h1>a title</h1>", "<svg", "verdict: grows", "▂▄▅▇", "+0.50", "[+0.49, +0.51]", "exit code 1"],
    );
    contains(&text(0), &["learning rate that does not shrink", "logits x₀", "seeds instead of 3", "reported as such"]);
    assert!(
        !text(0).contains("http") || text(0).matches("http").count() == text(0).matches("http://www.w3.org/").count()
    );
    assert!(text(1).starts_with("a title\n") && text(1).contains("verdict: grows"));
    contains(&text(3), &["<svg", "a title", "hidden", "logits", "+0.50", "x − x₀ after step 1"]);
    let png = fs::read(&files[4]).expect("reads");
    assert!(png.starts_with(b"\x89PNG") && png.len() > 5_000, "{} bytes", png.len());
    assert_eq!(text(5).lines().count(), 1 + records().len());
    let first = "width,seed,step,module,source,quantity,statistic,d,value\n32,0,0,hidden,activation,value,mean-abs,,";
    assert!(text(5).starts_with(first), "{}", text(5));
    assert_eq!(serde_json::from_str::<Vec<Record>>(&text(6)).expect("reads"), records());
}

#[test]
fn machines_read_the_answer_and_every_row() {
    let report = judge(records());
    let json: serde_json::Value = serde_json::from_str(&report.to_json("a title")).expect("is JSON");
    assert_eq!(json["title"], "a title");
    assert_eq!(json["answer"], "fails");
    assert_eq!(json["exit_code"], 1);
    assert_eq!(json["verdict"], "grows");
    assert_eq!(json["n_seeds"], SEEDS);
    assert_eq!(json["widths"], serde_json::json!(WIDTHS));
    assert_eq!(json["criteria"]["tolerance"], 0.25);
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(report.findings().len()));
    let summary = json["summaries"].as_array().expect("a list").iter().find(|row| row["verdict"] == "grows");
    let summary = summary.expect("hidden grows");
    assert_eq!((&summary["module"], &summary["quantity"]), (&"hidden".into(), &"change".into()));
    assert!(summary["slope"]["value"].as_f64().is_some_and(|slope| (slope - 0.5).abs() < 0.01));
}

#[test]
fn numbers_that_are_not_finite_survive_json_and_csv() {
    let report = diverged();
    assert_eq!(report.verdict(), Verdict::NotFinite);
    let json = report.to_json("diverged");
    serde_json::from_str::<serde_json::Value>(&json).expect("is JSON");
    assert!(json.contains("\"NaN\"") && json.contains("not-finite"));
    let folder = tempfile::tempdir().expect("temporary folder");
    let [csv, json] = ["records.csv", "records.json"].map(|name| folder.path().join(name));
    report.records().write_csv(&csv).expect("writes");
    report.records().write_json(&json).expect("writes");
    let from_json: Vec<Record> = serde_json::from_slice(&fs::read(&json).expect("reads")).expect("parses");
    let from_csv: Vec<Record> =
        csv::Reader::from_path(&csv).expect("opens").deserialize().collect::<Result<_, _>>().expect("parses");
    for read in [from_json, from_csv] {
        let same = |(a, b): (&Record, &Record)| a.value.to_bits() == b.value.to_bits() && a.module == b.module;
        assert!(read.iter().zip(report.records()).all(same));
        assert_eq!(read.len(), report.records().iter().count());
    }
}

#[test]
fn every_row_that_is_not_flat_is_explained() {
    let text = judge(records()).to_string();
    let after = |verdict: &str| {
        let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("{verdict} ·")));
        lines.nth(1).unwrap_or_else(|| panic!("no note on {verdict}:\n{text}")).trim().to_owned()
    };
    assert_eq!(after("grows"), "hidden Δx");
    assert_eq!(after("transient"), "logits x₀");
    assert!(after("undecided").starts_with("noisy Δx: about "), "{text}");
    assert!(diverged().to_string().contains("not finite · NaN or infinite at some width"));
    let mut unclaimed = records();
    let noisy = unclaimed.iter_mut().filter(|record| record.module == "noisy");
    noisy.for_each(|record| (record.source, record.quantity) = (Source::Gradient, Quantity::Value));
    let unclaimed = judge(unclaimed).to_string();
    assert!(unclaimed.contains("no claim · Reported without a claim") && !unclaimed.contains("undecided ·"));
    let flat = Records::new(grown("hidden", 0, Quantity::Value, 0.0, 0.01)).judge(Criteria::default()).expect("judges");
    assert!(!flat.to_string().contains(" · Grows"), "{flat}");
}

#[test]
fn the_table_is_readable() {
    let report =
        judge([grown("hidden", 0, Quantity::Value, 0.0, 0.0), grown("hidden", 1, Quantity::Change, 1.0, 0.0)].concat());
    let table = report.to_string();
    let row = table.lines().find(|line| line.contains("Δx") && line.contains("hidden")).expect("a row");
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["hidden", "Δx", "+1.00", "[+1.00, +1.00]", "▁▃▆█", "█", "1/1", "grows"], "{table}");
}
