//! What a user can get wrong, and what the check answers.

use mup_sweep::Log2Grid;
use mup_verdict::{
    VerdictError,
    transfer::{Comparison, Criteria, Run, Runs},
};

use super::{QUIET, WIDTHS};

fn refused(change: impl Fn(&mut Vec<Run>), parts: &[&str]) {
    let mut runs = QUIET.runs("µP", &WIDTHS);
    change(&mut runs.runs);
    let error = runs.judge(Criteria::default()).expect_err("refused").to_string();
    for part in parts {
        assert!(error.contains(part), "{error:?} lacks {part:?}");
    }
}

#[test]
fn losses_that_are_no_losses_are_refused() {
    for loss in [f64::NAN, f64::INFINITY] {
        refused(|runs| runs[5].loss = Some(loss), &["width 64, seed 0", "finite", &loss.to_string()]);
    }
    refused(|runs| runs[0].log2_value = f64::NAN, &["NaN"]);
}

/// The log-likelihood of a density, or a problem that can be solved to the last digit.
#[test]
fn losses_of_zero_and_below_are_judged_as_any_others() {
    let (above, mut below) = (QUIET.runs("µP", &WIDTHS), QUIET.runs("µP", &WIDTHS));
    let least = above.runs.iter().filter_map(|run| run.loss).fold(f64::INFINITY, f64::min);
    below.runs.iter_mut().for_each(|run| run.loss = run.loss.map(|loss| loss - least - 1.0));
    below.runs[5].loss = Some(0.0);
    let mut above = above;
    above.runs[5].loss = Some(least + 1.0);
    let judge = |runs: Runs| runs.judge(Criteria::default()).expect("usable runs");
    let (above, below) = (judge(above), judge(below));
    assert_eq!((above.answer(), above.verdict()), (below.answer(), below.verdict()));
    let [drift, shifted] = [above, below].map(|report| report.drift().expect("a drift").value);
    assert!((drift - shifted).abs() < 1e-9, "{drift} is not {shifted}");
}

#[test]
fn a_width_at_which_everything_diverged_is_named() {
    let kill = |runs: &mut Vec<Run>| runs.iter_mut().filter(|r| r.width == 128).for_each(|run| run.loss = None);
    refused(kill, &["width 128, seed 0", "all 14 runs diverged", "2^-15"]);
}

#[test]
fn one_width_and_no_width_are_refused() {
    refused(|runs| runs.retain(|run| run.width == 64), &["[64]", "two different"]);
    refused(Vec::clear, &["[]"]);
    refused(|runs| runs[0].width = 0, &["width 0"]);
}

#[test]
fn a_run_twice_is_refused() {
    refused(|runs| runs.push(runs[3]), &["width 64, seed 0", "twice", "2^-12"]);
}

#[test]
fn criteria_out_of_range_are_refused() {
    let judge = |criteria| QUIET.runs("µP", &WIDTHS).judge(criteria);
    for (tolerance, confidence) in [(0.0, 0.95), (f64::NAN, 0.95), (0.25, 1.0), (0.25, 0.0)] {
        let error = judge(Criteria { tolerance, confidence, ..Criteria::default() }).expect_err("refused");
        assert!(matches!(error, VerdictError::Criterion { .. }), "{error}");
    }
}

#[test]
fn different_widths_or_hyperparameters_are_not_compared() {
    let judge = |runs: Runs| runs.judge(Criteria::default()).expect("usable runs");
    let (subject, fewer) = (judge(QUIET.runs("µP", &WIDTHS)), judge(QUIET.runs("SP", &WIDTHS[..3])));
    let error = Comparison::new(subject.clone(), fewer).expect_err("refused").to_string();
    assert!(error.contains("[64, 128, 256, 512] for `µP`") && error.contains("[64, 128, 256] for `SP`"), "{error}");
    let other = judge(Runs { hyperparameter: "weight decay".to_owned(), ..QUIET.runs("SP", &WIDTHS) });
    assert!(Comparison::new(subject, other).expect_err("refused").to_string().contains("weight decay"));
}

#[test]
fn a_driver_is_told_what_to_run_until_the_optimum_is_bracketed_or_it_gives_up() {
    let grid = Log2Grid::new(-6.0, -4.0, 1.0).expect("a grid");
    let drive = |loss: fn(f64) -> Option<f64>| {
        let mut runs =
            Runs { label: String::new(), hyperparameter: String::new(), grows: String::new(), runs: Vec::new() };
        while let Some(log2_value) = runs.wanted(64, 1, &grid, 3) {
            runs.runs.push(Run { width: 64, seed: 1, log2_value, loss: loss(log2_value) });
        }
        runs.runs.iter().map(|run| run.log2_value as i32).collect::<Vec<i32>>()
    };
    assert_eq!(drive(|x| Some(1.0 + (x + 5.0).powi(2))), [-6, -5, -4]);
    assert_eq!(drive(|x| Some(1.0 + (x + 3.0).powi(2))), [-6, -5, -4, -3, -2]);
    assert_eq!(drive(|x| (x < -5.5).then_some(1.0 - x)), [-6, -5, -4, -7]);
    assert_eq!(drive(|_| None), [-6, -5, -4, -7, -8, -9], "three extensions at most");
}
