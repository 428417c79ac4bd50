//! The sweep: finds the optimum, extends an unbracketed grid, treats divergence as a result.

use std::convert::Infallible;

use mup_transfer::{Edge, Hyperparameter, Log2Grid, SearchSpace, SpaceError, Sweep, SweepError, sweep};
use proptest::prelude::*;

fn space(low: f64, high: f64) -> SearchSpace {
    SearchSpace::new(Log2Grid::new(low, high, 1.0).unwrap())
}

fn run(space: &SearchSpace, loss: impl Fn(f64) -> Option<f64>) -> Result<Sweep, SweepError<Infallible>> {
    sweep(space, |values| Ok(loss(values.learning_rate.log2())))
}

fn rates(sweep: &Sweep) -> Vec<f64> {
    sweep.best_slice().points.iter().map(|point| point.log2_rate).collect()
}

/// Exact: log₂ of a power of two is an integer.
fn chosen(sweep: &Sweep) -> i32 {
    sweep.best().learning_rate.log2() as i32
}

#[test]
fn an_optimum_inside_the_grid_needs_no_more_trials() {
    let found = run(&space(-8.0, -4.0), |x| Some((x + 6.0).powi(2))).unwrap();
    assert_eq!(rates(&found), [-8.0, -7.0, -6.0, -5.0, -4.0]);
    assert_eq!(chosen(&found), -6);
}

#[test]
fn the_grid_extends_itself_to_either_side() {
    let low = run(&space(-6.0, -4.0), |x| Some((x + 8.0).powi(2))).unwrap();
    assert_eq!(rates(&low), [-9.0, -8.0, -7.0, -6.0, -5.0, -4.0]);
    let high = run(&space(-8.0, -6.0), |x| Some((x + 5.0).powi(2))).unwrap();
    assert_eq!(rates(&high), [-8.0, -7.0, -6.0, -5.0, -4.0]);
    assert!(low.optimum().bracketed() && high.optimum().bracketed());
}

#[test]
fn a_loss_that_falls_forever_ends_unbracketed() {
    let found = run(&space(-8.0, -6.0), |x| Some(-x)).unwrap();
    assert_eq!(found.optimum().edge, Some(Edge::High));
    assert_eq!(rates(&found).len(), 3 + 8);
}

#[test]
fn divergence_above_brackets_the_optimum() {
    let found = run(&space(-8.0, -6.0), |x| (x < -4.5).then_some(-x)).unwrap();
    assert_eq!(chosen(&found), -5);
    assert!(found.optimum().bracketed());
}

#[test]
fn a_grid_that_diverges_everywhere_is_extended_downward_then_given_up() {
    let found = run(&space(-2.0, -1.0), |x| (x < -3.5).then(|| (x + 5.0).powi(2))).unwrap();
    assert_eq!(chosen(&found), -5);
    let never = run(&space(-2.0, -1.0), |_| None);
    assert!(matches!(never, Err(SweepError::AllDiverged { n_trials: 10, lowest: -10.0 })), "{never:?}");
}

#[test]
fn lists_are_multiplied_and_only_the_best_combination_extends() {
    let space = space(-8.0, -6.0).with_list("alpha-output=0.25,1,4").unwrap().with_list("init-scale=1,2").unwrap();
    assert_eq!(space.n_trials(), 18);
    let found = sweep(&space, |values| {
        let distance = (values.learning_rate.log2() + 5.0).powi(2);
        Ok::<_, Infallible>(Some(distance + (values.alpha_output - 4.0).abs() + values.init_scale))
    })
    .unwrap();
    let best = found.best();
    assert_eq!((best.learning_rate, best.alpha_output, best.init_scale), (2.0_f64.powi(-5), 4.0, 1.0));
    let n_points: Vec<usize> = found.slices.iter().map(|slice| slice.points.len()).collect();
    assert_eq!(n_points.iter().sum::<usize>(), 18 + 2);
    assert_eq!(space.varied(), [Hyperparameter::LearningRate, Hyperparameter::InitScale, Hyperparameter::AlphaOutput]);
}

#[test]
fn lists_that_make_no_sense_are_refused() {
    for text in
        ["alpha-output", "alpha-output=", "alpha-output=a", "alpha-output=-1", "alpha-output=nan", "alpha-output=1,1"]
    {
        let error = space(-2.0, -1.0).with_list(text).unwrap_err();
        assert!(matches!(error, SpaceError::List { .. }), "{text}: {error}");
    }
    assert!(space(-2.0, -1.0).with_list("learning-rate=1").is_err());
    let twice = space(-2.0, -1.0).with_list("init-scale=1").unwrap().with_list("init-scale=2");
    assert!(twice.is_err());
    let unknown = space(-2.0, -1.0).with_list("dropout=0.1").unwrap_err();
    assert!(unknown.to_string().contains("alpha-embedding"), "{unknown}");
}

#[test]
fn grids_that_make_no_sense_are_refused() {
    for (low, high, step) in
        [(1.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, f64::NAN, 1.0), (0.0, 1e9, 1.0), (-1.0, 1.0, 1e-9)]
    {
        assert!(Log2Grid::new(low, high, step).is_err(), "{low} {high} {step}");
    }
    assert_eq!(Log2Grid::new(-3.0, -2.0, 0.5).unwrap().exponents(), [-3.0, -2.5, -2.0]);
}

proptest! {
    #[test]
    fn a_parabola_anywhere_near_the_grid_is_found_within_half_a_step(center in -14.0..2.0_f64) {
        let found = run(&space(-8.0, -4.0), |x| Some((x - center).powi(2))).unwrap();
        prop_assert!((found.optimum().log2_rate - center).abs() <= 0.5);
        prop_assert!(found.optimum().bracketed());
        // Rounding of numbers up to 256 with three divided differences: below 1e-10.
        prop_assert!((found.optimum().fit.unwrap().log2_rate - center).abs() < 1e-9);
    }
}
