//! Verdicts on records whose growth is known.

use mup_verdict::coordinates::{Criteria, Quantity, Record, Records, Report, Source, Statistic, Verdict};

pub(crate) const WIDTHS: [usize; 4] = [32, 64, 128, 256];
pub(crate) const SEEDS: u64 = 3;

/// A statistic ∝ width^slope, with ± `noise` (relative) alternating between seeds.
pub(crate) fn grown(module: &str, step: usize, quantity: Quantity, slope: f64, noise: f64) -> Vec<Record> {
    let value = |width: usize, seed: u64| {
        let sign = [-1.0, 0.0, 1.0][(seed as usize + width.ilog2() as usize) % 3];
        (width as f64).powf(slope) * (1.0 + noise * sign)
    };
    let record = |width, seed| {
        let (module, value) = (module.to_owned(), value(width, seed));
        let (source, statistic) = (Source::Activation, Statistic::MeanAbs);
        Record { width, seed, step, module, source, quantity, statistic, d: None, value }
    };
    WIDTHS.iter().flat_map(|width| (0..SEEDS).map(move |seed| (*width, seed))).map(|(w, s)| record(w, s)).collect()
}

/// The same of what the model reports as logits.
pub(crate) fn logits(step: usize, quantity: Quantity, slope: f64, noise: f64) -> Vec<Record> {
    let mut records = grown("logits", step, quantity, slope, noise);
    records.iter_mut().for_each(|record| record.source = Source::Logits);
    records
}

/// A change that is flat: what was trained.
pub(crate) fn trained() -> Vec<Record> {
    grown("trained", 1, Quantity::Change, 0.0, 0.02)
}

pub(crate) fn judge(records: Vec<Record>) -> Report {
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
fn an_activation_without_a_claim_is_reported_with_its_slope_and_does_not_decide() {
    let records = [
        grown("hidden", 1, Quantity::Change, 0.0, 0.02),
        grown("attention.bias_position", 1, Quantity::Change, -0.5, 0.02),
    ]
    .concat();
    assert_eq!(judge(records.clone()).exit_code(), 1, "with a claim it fails");
    let criteria = Criteria { unclaimed: vec!["**.bias_position".into()], ..Criteria::default() };
    let report = Records::new(records).judge(criteria).expect("judges");
    assert_eq!((report.exit_code(), report.deciding().count()), (0, 1), "{report}");
    let table = report.to_string();
    let row = table.lines().find(|line| line.contains("bias_position")).expect("it is in the table");
    assert!(row.contains("-0.50") && row.contains("no claim"), "{row}");
}

#[test]
fn logits_may_shrink_at_initialization_and_hidden_layers_may_not() {
    let check = |records: Vec<Record>, verdict, exit_code| {
        let report = judge([records, trained()].concat());
        assert_eq!((report.findings()[0].verdict, report.exit_code()), (verdict, exit_code), "{report}");
    };
    check(logits(0, Quantity::Value, -0.5, 0.02), Verdict::Transient, 0);
    check(logits(0, Quantity::Value, 0.5, 0.02), Verdict::Grows, 1);
    check(grown("logits", 0, Quantity::Value, -0.5, 0.02), Verdict::Vanishes, 1);
}

#[test]
fn the_change_of_logits_may_not_shrink() {
    assert_eq!(judge(logits(1, Quantity::Change, -0.5, 0.02)).verdict(), Verdict::Vanishes);
}

#[test]
fn zeros_are_reported_as_zeros_without_a_slope() {
    let zeros = |module| {
        let mut records = grown(module, 0, Quantity::Value, 0.0, 0.0);
        records.iter_mut().for_each(|record| record.value = 0.0);
        records
    };
    let report = judge(zeros("logits"));
    assert_eq!((report.findings()[0].slope, report.findings()[0].verdict), (None, Verdict::Zero));
    assert_eq!(report.exit_code(), 3, "nothing but zeros decides nothing");
    let report = judge([zeros("logits"), trained()].concat());
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
            grown("hidden", 0, Quantity::Value, 0.0, 0.01),
            grown("hidden", 1, Quantity::Value, 0.0, 0.01),
            grown("hidden", 1, Quantity::Change, 0.5, 0.01),
        ]
        .concat(),
    );
    assert_eq!(report.verdict(), Verdict::Grows);
    assert_eq!(report.summaries().len(), 2);
}

#[test]
fn parameters_gradients_and_signed_means_are_reported_and_decide_nothing() {
    let of = |source, statistic, slope| {
        let mut records = grown("w", 1, Quantity::Change, slope, 0.02);
        records.iter_mut().for_each(|record| (record.source, record.statistic) = (source, statistic));
        records
    };
    let flat = || trained();
    let report = judge([flat(), of(Source::Parameter, Statistic::MeanAbs, -1.0)].concat());
    assert_eq!(report.exit_code(), 0, "{report}");
    let summary = &report.summaries()[1];
    assert_eq!((summary.source, summary.verdict), (Source::Parameter, Verdict::NoClaim));
    assert!(summary.slope.is_some_and(|slope| (slope.value + 1.0).abs() < 0.05));
    assert_eq!(judge(of(Source::Parameter, Statistic::MeanAbs, 0.0)).exit_code(), 3, "nothing is claimed");

    let mut overflowed = grown("w", 0, Quantity::Value, 0.0, 0.0);
    overflowed.iter_mut().for_each(|record| (record.source, record.value) = (Source::Gradient, f64::NAN));
    let report = judge([flat(), overflowed].concat());
    assert_eq!((report.exit_code(), report.summaries()[1].verdict), (0, Verdict::NotFinite), "{report}");

    let negative = |mut records: Vec<Record>| {
        records.iter_mut().for_each(|record| record.value = -record.value);
        records
    };
    let report = judge([flat(), negative(of(Source::Activation, Statistic::Mean, -0.5))].concat());
    let mean = report.findings().iter().find(|finding| finding.statistic == Statistic::Mean).expect("a finding");
    assert_eq!(mean.verdict, Verdict::NoClaim);
    assert!(mean.slope.is_some_and(|slope| (slope.value + 0.5).abs() < 0.05), "of the absolute value");
}

#[test]
fn an_input_decides_like_an_activation() {
    let mut records = grown("hidden", 1, Quantity::Change, 0.5, 0.02);
    records.iter_mut().for_each(|record| record.source = Source::Input);
    assert_eq!(judge(records).verdict(), Verdict::Grows);
}

#[test]
fn some_seeds_can_be_judged_without_the_others() {
    let records = Records::new(grown("hidden", 1, Quantity::Change, 0.0, 0.02));
    let some = records.with_seeds(&[0, 2]);
    assert_eq!(some.iter().count(), 2 * WIDTHS.len());
    assert!(some.iter().all(|record| record.seed != 1));
    assert_eq!(some.judge(Criteria::default()).expect("judges").n_seeds(), 2);
}
