//! Finished trials are kept and read back, if they are whole and of the same check.

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
};

use mup_verdict::coordinates::{Activations, CheckError, CoordCheck, Criteria, Records, Source, Statistic, TrialError};

fn check(folder: &Path) -> CoordCheck {
    CoordCheck::new([32, 64], 2, 3).expect("valid").with_folder(folder, "mlp, Adam, µP")
}

/// Runs it; returns which trials really ran.
fn run(check: &CoordCheck) -> (Result<Records, CheckError>, Vec<(usize, u64)>) {
    let ran = RefCell::new(Vec::new());
    let records = check.run(|width, seed| {
        ran.borrow_mut().push((width, seed));
        let mut step = 0.0;
        Ok(move |seen: &mut Activations| -> Result<(), TrialError> {
            step += 0.1;
            let diverged = if width == 64 && step > 0.35 { f32::NAN } else { 1.0 };
            seen.insert("x", &[diverged, step / 3.0, width as f32 / 7.0]);
            Ok(())
        })
    });
    (records, ran.into_inner())
}

fn file(folder: &Path, width: usize, seed: u64) -> PathBuf {
    folder.join(format!("width-{width}-seed-{seed}.trial"))
}

/// Bits, because NaN is not equal to itself.
fn bits(records: &Records) -> Vec<u64> {
    records.iter().map(|record| record.value.to_bits()).collect()
}

#[test]
fn finished_trials_are_read_back_to_the_bit_and_widths_may_be_added() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (first, ran) = run(&check(folder.path()));
    assert_eq!(ran, [(32, 0), (32, 1), (64, 0), (64, 1)]);
    let (second, ran) = run(&check(folder.path()));
    assert!(ran.is_empty(), "{ran:?} ran again");
    assert_eq!(bits(&first.expect("runs")), bits(&second.expect("reads")));
    let wider = CoordCheck::new([32, 64, 128], 2, 3).expect("valid").with_folder(folder.path(), "mlp, Adam, µP");
    assert_eq!(run(&wider).1, [(128, 0), (128, 1)]);
}

#[test]
fn an_interrupted_check_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let failed = check(folder.path()).run(|width, _| match width {
        32 => Ok(|seen: &mut Activations| -> Result<(), TrialError> {
            seen.insert("x", &[1.0]);
            Ok(())
        }),
        _ => Err("power cut".into()),
    });
    assert!(failed.is_err());
    assert_eq!(run(&check(folder.path())).1, [(64, 0), (64, 1)]);
}

#[test]
fn a_damaged_trial_is_run_again_and_named_in_the_report() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let whole = bits(&run(&check(folder.path())).0.expect("runs"));
    let path = file(folder.path(), 32, 1);
    let bytes = fs::read(&path).expect("reads");
    fs::write(file(folder.path(), 999, 1), "another width, which is not needed").expect("writes");
    let changed: Vec<u8> = String::from_utf8_lossy(&bytes).replace("0.", "1.").into_bytes();
    for damaged in [&bytes[..bytes.len() / 2], &changed, b"", b"\xff\xfe\n{}"] {
        fs::write(&path, damaged).expect("writes");
        let (records, ran) = run(&check(folder.path()));
        let records = records.expect("runs");
        assert_eq!(ran, [(32, 1)]);
        assert_eq!(bits(&records), whole);
        assert_eq!(records.damaged().len(), 1);
        let report = records.judge(Criteria::default()).expect("judges");
        assert!(report.to_string().contains("width-32-seed-1.trial"), "{report}");
        assert!(report.to_html("a title").expect("draws").contains("width-32-seed-1.trial"));
        assert!(run(&check(folder.path())).0.expect("reads").damaged().is_empty(), "it was written again");
    }
}

#[test]
fn a_folder_of_another_check_is_an_error_that_names_the_difference() {
    let folder = tempfile::tempdir().expect("temporary folder");
    run(&check(folder.path())).0.expect("runs");
    let refused = |other: CoordCheck, parts: &[&str]| {
        let (error, ran) = run(&other);
        let message = error.expect_err("another check").to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(ran.is_empty());
    };
    let again = || check(folder.path());
    refused(again().with_folder(folder.path(), "mlp, Adam, SP"), &["key", "mlp, Adam, µP", "mlp, Adam, SP"]);
    refused(again().with_statistics([Statistic::Rms]), &["statistics", "mean-abs, rms, std, max", "[rms]"]);
    refused(again().with_sources([Source::Activation]), &["sources", "activation, logits, input"]);
    refused(again().with_modules(["x"]), &["modules", "[]", "[x]"]);
    let longer = CoordCheck::new([32, 64], 2, 4).expect("valid").with_folder(folder.path(), "mlp, Adam, µP");
    refused(longer, &["steps is 3", "here it is 4"]);
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_before_anything_runs() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let in_the_way = folder.path().join("in-the-way");
    fs::write(&in_the_way, "not a folder").expect("writes");
    let (error, ran) = run(&check(&in_the_way));
    assert!(matches!(error, Err(CheckError::Write { path, .. }) if path == in_the_way));
    assert!(ran.is_empty());
    fs::create_dir(file(folder.path(), 32, 0)).expect("creates");
    let (error, ran) = run(&check(folder.path()));
    assert!(matches!(error, Err(CheckError::Read { path, .. }) if path == file(folder.path(), 32, 0)));
    assert!(ran.is_empty());
}

#[test]
fn passes_that_are_read_back_are_counted() {
    let folder = tempfile::tempdir().expect("temporary folder");
    run(&check(folder.path())).0.expect("runs");
    let n_passes = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&n_passes);
    let check = check(folder.path()).on_pass(move |_, _, _| {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    run(&check).0.expect("reads");
    assert_eq!(n_passes.load(std::sync::atomic::Ordering::Relaxed), check.n_passes());
}
