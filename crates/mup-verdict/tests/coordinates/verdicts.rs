//! Verdicts on records whose growth is known, and the files of a report.

use mup_verdict::coordinates::{Criteria, Quantity, Record, Records, Report, Statistic, Verdict};

const WIDTHS: [usize; 4] = [32, 64, 128, 256];
const SEEDS: u64 = 3;

/// A statistic ∝ width^slope, with ± `noise` (relative) alternating between seeds.
fn grown(module: &str, step: usize, quantity: Quantity, slope: f64, noise: f64) -> Vec<Record> {
    let value = |width: usize, seed: u64| {
        let sign = [-1.0, 0.0, 1.0][(seed as usize + width.ilog2() as usize) % 3];
        (width as f64).powf(slope) * (1.0 + noise * sign)
    };
    let record = |width, seed| {
        let (module, value) = (module.to_owned(), value(width, seed));
        Record { width, seed, step, module, quantity, statistic: Statistic::MeanAbs, value }
    };
    WIDTHS.iter().flat_map(|width| (0..SEEDS).map(move |seed| (*width, seed))).map(|(w, s)| record(w, s)).collect()
}

fn judge(records: Vec<Record>) -> Report {
    Records::new(records).judge(Criteria::default()).expect("judges")
}

fn check(step: usize, quantity: Quantity, module: &str, slope: f64, noise: f64, expected: Verdict, exit_code: u8) {
    let report = judge(grown(module, step, quantity, slope, noise));
    assert_eq!(report.findings()[0].verdict, expected, "{report}");
    assert_eq!(report.exit_code(), exit_code, "{report}");
}

#[test]
fn known_growth_is_recognized() {
    let change = |slope, noise, verdict, exit| check(1, Quantity::Change, "hidden", slope, noise, verdict, exit);
    change(0.0, 0.02, Verdict::Flat, 0);
    change(0.05, 0.02, Verdict::Flat, 0);
    change(0.5, 0.02, Verdict::Grows, 1);
    change(1.0, 0.02, Verdict::Grows, 1);
    change(-0.5, 0.02, Verdict::Vanishes, 1);
    change(0.0, 0.9, Verdict::Undecided, 3);
}

#[test]
fn logits_may_shrink_at_initialization_and_hidden_layers_may_not() {
    let initial = |module, slope, verdict, exit| check(0, Quantity::Activation, module, slope, 0.02, verdict, exit);
    initial("logits", -0.5, Verdict::Transient, 0);
    initial("blocks.0.attention.logits", -0.5, Verdict::Transient, 0);
    initial("hidden", -0.5, Verdict::Vanishes, 1);
    initial("logits", 0.5, Verdict::Grows, 1);
}

#[test]
fn the_change_of_logits_may_not_shrink() {
    check(1, Quantity::Change, "logits", -0.5, 0.02, Verdict::Vanishes, 1);
}

#[test]
fn zeros_are_reported_as_zeros_without_a_slope() {
    let zeros = |module| {
        let mut records = grown(module, 0, Quantity::Activation, 0.0, 0.0);
        records.iter_mut().for_each(|record| record.value = 0.0);
        records
    };
    let report = judge(zeros("logits"));
    assert_eq!((report.findings()[0].slope, report.findings()[0].verdict), (None, Verdict::Zero));
    assert_eq!(report.exit_code(), 3, "nothing but zeros decides nothing");
    let report = judge([zeros("logits"), grown("hidden", 0, Quantity::Activation, 0.0, 0.02)].concat());
    assert_eq!(report.exit_code(), 0);
    assert!(!report.to_string().contains("NaN"), "{report}");
}

#[test]
fn zero_at_some_widths_only_is_undecided() {
    let mut records = grown("hidden", 1, Quantity::Change, 0.0, 0.0);
    records[0].value = 0.0;
    assert_eq!(judge(records).exit_code(), 3);
}

#[test]
fn two_widths_with_one_seed_each_leave_the_verdict_open() {
    let records: Vec<Record> = grown("hidden", 1, Quantity::Change, 1.0, 0.0);
    let few = records.into_iter().filter(|record| record.seed == 0 && record.width <= 64).collect();
    assert_eq!(judge(few).exit_code(), 3);
}

#[test]
fn the_change_decides_after_initialization_and_not_the_activation() {
    let report = judge(
        [
            grown("hidden", 0, Quantity::Activation, 0.0, 0.01),
            grown("hidden", 1, Quantity::Activation, 0.0, 0.01),
            grown("hidden", 1, Quantity::Change, 0.5, 0.01),
        ]
        .concat(),
    );
    assert_eq!(report.verdict(), Verdict::Grows);
    assert_eq!(report.summaries().len(), 2);
}

#[test]
fn the_report_writes_every_record_and_two_figures() {
    let records = [
        grown("hidden", 0, Quantity::Activation, 0.0, 0.01),
        grown("hidden", 1, Quantity::Change, 0.5, 0.01),
        grown("logits", 0, Quantity::Activation, -0.5, 0.01),
        grown("logits", 1, Quantity::Change, 0.0, 0.01),
    ]
    .concat();
    let n_records = records.len();
    let folder = tempfile::tempdir().expect("temporary folder");
    let files = judge(records).write_to(&folder.path().join("new"), "a title").expect("writes");
    let text = |i: usize| std::fs::read_to_string(&files[i]).expect("reads");
    assert_eq!(text(0).lines().count(), 1 + n_records);
    assert!(text(0).starts_with("width,seed,step,module,quantity,statistic,value\n32,0,0,hidden,activation,mean-abs,"));
    assert!(text(1).starts_with("a title\n") && text(1).contains("verdict: grows"));
    for part in ["<svg", "a title", "hidden", "logits", "+0.50", "x − x₀ after step 1"] {
        assert!(text(2).contains(part), "{part} is missing in the SVG");
    }
    let png = std::fs::read(&files[3]).expect("reads");
    assert!(png.starts_with(b"\x89PNG") && png.len() > 5_000, "{} bytes", png.len());
}

#[test]
fn the_table_is_readable() {
    let report = judge(
        [grown("hidden", 0, Quantity::Activation, 0.0, 0.0), grown("hidden", 1, Quantity::Change, 1.0, 0.0)].concat(),
    );
    let table = report.to_string();
    let row = table.lines().find(|line| line.contains("Δx") && line.contains("hidden")).expect("a row");
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["hidden", "Δx", "+1.00", "[+1.00, +1.00]", "▁▃▆█", "█", "1/1", "grows"], "{table}");
}
