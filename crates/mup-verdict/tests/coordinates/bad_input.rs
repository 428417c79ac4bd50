//! What a user can get wrong, and what the check answers.

use mup_verdict::coordinates::{
    Activations, CheckError, CoordCheck, Criteria, Quantity, Record, Records, Source, Statistic, TrialError, Verdict,
};

/// A model without tensors: `activation` gives the values from width and step.
fn run(
    check: &CoordCheck,
    activation: impl Fn(usize, usize) -> Vec<(&'static str, Vec<f32>)>,
) -> Result<Records, CheckError> {
    let activation = &activation;
    check.run(|width, _seed| {
        let mut step = 0;
        Ok(move |seen: &mut Activations| {
            for (module, values) in activation(width, step) {
                seen.insert(module, &values);
            }
            step += 1;
            Ok(())
        })
    })
}

fn two_widths() -> CoordCheck {
    CoordCheck::new([32, 64], 1, 1).expect("two widths, one seed, one step")
}

fn check_message(error: CheckError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn a_check_needs_two_different_widths_a_seed_and_a_step() {
    let refused = |widths: &[usize], seeds, steps| CoordCheck::new(widths, seeds, steps).expect_err("refused");
    check_message(refused(&[], 1, 1), &["two different widths", "[]"]);
    check_message(refused(&[32], 1, 1), &["two different widths", "[32]"]);
    check_message(refused(&[32, 64, 32], 1, 1), &["32", "use seeds"]);
    check_message(refused(&[32, 0], 1, 1), &["positive", "0"]);
    check_message(refused(&[32, 64], 0, 1), &["one seed"]);
    check_message(refused(&[32, 64], 1, 0), &["one optimizer step"]);
}

#[test]
fn a_probe_that_never_fires_is_an_error_that_says_how_to_report() {
    let error = run(&two_widths(), |_, _| Vec::new()).expect_err("nothing reported");
    check_message(error, &["width 32", "probe.observe"]);
}

#[test]
fn a_module_filter_that_matches_nothing_lists_the_names() {
    let check = two_widths().with_modules(["blocks.*.attention"]);
    let error = run(&check, |_, _| vec![("hidden", vec![1.0]), ("logits", vec![1.0])]).expect_err("unknown name");
    check_message(error, &["blocks.*.attention", "hidden, logits"]);
}

#[test]
fn a_module_filter_keeps_what_matches() {
    let check = two_widths().with_modules(["hidden.*"]);
    let records = run(&check, |_, _| vec![("hidden.0", vec![1.0]), ("logits", vec![1.0])]).expect("runs");
    assert!(records.iter().all(|record| record.module == "hidden.0"));
}

#[test]
fn an_empty_activation_is_an_error_that_names_it() {
    check_message(run(&two_widths(), |_, _| vec![("hidden", vec![])]).expect_err("empty"), &["hidden", "batch empty"]);
}

#[test]
fn a_batch_that_changes_between_steps_is_an_error() {
    let error = run(&two_widths(), |_, step| vec![("hidden", vec![1.0; 4 + step])]).expect_err("another size");
    check_message(error, &["hidden", "4 values in the first pass and 5 in step 1", "same batch"]);
    let error = run(&two_widths(), |_, step| vec![(["a", "b"][step], vec![1.0])]).expect_err("another module");
    check_message(error, &["`a`", "1 values in the first pass and 0 in step 1"]);
}

#[test]
fn a_module_that_only_some_widths_have_is_an_error() {
    let records = run(&two_widths(), |width, _| {
        let mut seen = vec![("hidden", vec![1.0])];
        seen.extend((width > 32).then(|| ("extra", vec![1.0])));
        seen
    });
    let error = records.expect("runs").judge(Criteria::default()).expect_err("uneven");
    check_message(error, &["extra", "1 of 2", "same depth"]);
}

#[test]
fn errors_of_the_users_closures_say_where_they_happened() {
    let failing = || -> TrialError { "out of memory".into() };
    let build = two_widths().run(|_, _| Err::<fn(&mut Activations) -> Result<(), TrialError>, _>(failing()));
    check_message(build.expect_err("build fails"), &["building", "width 32, seed 0", "out of memory"]);
    let step = two_widths().run(|_, _| Ok(|_: &mut Activations| Err(failing())));
    check_message(step.expect_err("step fails"), &["step 0", "width 32, seed 0", "out of memory"]);
}

#[test]
fn a_panic_in_the_users_closures_is_an_error_that_says_where() {
    let error = run(&two_widths(), |width, step| {
        assert!(width < 64 || step == 0, "head size does not divide {width}");
        vec![("x", vec![1.0])]
    });
    check_message(error.expect_err("panics"), &["width 64, seed 0", "panicked", "head size does not divide 64"]);
    type Trial = fn(&mut Activations) -> Result<(), TrialError>;
    let error = two_widths().run(|_, _| -> Result<Trial, TrialError> { panic!("while building") });
    check_message(error.expect_err("panics"), &["width 32, seed 0", "while building"]);
}

#[test]
fn a_source_that_the_trial_does_not_offer_is_an_error_that_says_what_to_call() {
    let check = two_widths().with_sources([Source::Activation, Source::Gradient]);
    let error = run(&check, |_, _| vec![("x", vec![1.0])]).expect_err("no gradients");
    check_message(error, &["gradients", "width 32, seed 0", "seen.observe_gradients"]);
}

#[test]
fn a_statistic_that_decides_but_was_not_recorded_is_an_error_that_lists_what_was() {
    let check = two_widths().with_statistics([Statistic::Std, Statistic::Rms]);
    let records = run(&check, |_, _| vec![("x", vec![1.0, 2.0])]).expect("runs");
    let error = records.judge(Criteria::default()).expect_err("mean-abs is absent");
    check_message(error, &["mean-abs", "rms, std", "with_statistics"]);
}

#[test]
fn criteria_that_make_no_sense_are_refused() {
    let judge = |criteria| run(&two_widths(), |_, _| vec![("x", vec![1.0])]).expect("runs").judge(criteria);
    let bad_tolerances = [0.0, -1.0, f64::NAN, f64::INFINITY];
    for tolerance in bad_tolerances {
        let error = judge(Criteria { tolerance, ..Criteria::default() }).expect_err("tolerance");
        check_message(error, &["tolerance", "(0, ∞)"]);
    }
    for confidence in [0.0, 1.0, 1.5, f64::NAN] {
        let error = judge(Criteria { confidence, ..Criteria::default() }).expect_err("confidence");
        check_message(error, &["confidence", "(0, 1)"]);
    }
}

#[test]
fn records_of_one_width_cannot_be_judged() {
    let record = |seed| Record {
        width: 64,
        seed,
        step: 0,
        module: "x".to_owned(),
        source: Source::Activation,
        quantity: Quantity::Value,
        statistic: Statistic::MeanAbs,
        d: None,
        value: 1.0,
    };
    for records in [vec![], vec![record(0), record(1)]] {
        let error = Records::new(records).judge(Criteria::default()).expect_err("one width");
        check_message(error, &["two different widths"]);
    }
}

#[test]
fn activations_that_are_not_numbers_are_a_verdict_and_no_crash() {
    let value = |width: usize, step: usize| if width == 64 && step == 1 { f32::NAN } else { 1.0 + step as f32 };
    let records = run(&two_widths(), |width, step| vec![("hidden", vec![value(width, step); 3])]).expect("runs");
    let report = records.judge(Criteria::default()).expect("judges");
    assert_eq!((report.verdict(), report.exit_code()), (Verdict::NotFinite, 1));
    assert!(report.to_string().contains("not finite"));
    let folder = tempfile::tempdir().expect("temporary folder");
    assert_eq!(report.write_to(folder.path(), "diverged").expect("draws what is finite").len(), 7);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("writes");
    let records = run(&two_widths(), |_, step| vec![("x", vec![1.0 + step as f32])]).expect("runs");
    let report = records.judge(Criteria::default()).expect("judges");
    let error = report.write_to(&file.join("below"), "title").expect_err("a file is no folder");
    assert!(matches!(error, CheckError::Write { .. }), "{error}");
}

/// Every write to /dev/full says that the disk is full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let records = run(&two_widths(), |_, step| vec![("x", vec![1.0 + step as f32])]).expect("runs");
    let error = records.write_csv(std::path::Path::new("/dev/full")).expect_err("full");
    check_message(error, &["/dev/full", "No space left"]);
}
