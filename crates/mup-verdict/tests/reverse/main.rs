//! Reverse transfer on landscapes whose optimum and edge are known.

#[path = "../noise/mod.rs"]
mod noise;

use std::fs;

use mup_verdict::{
    Answer,
    reverse::{Criteria, Diagnosis, Validation},
    transfer::{Run, Runs},
};
use noise::Noise;

/// Loss before training: where a landscape stops being stable, the loss comes back to it.
const UNTRAINED: f64 = 4.0;

/// How SP's landscape moves with width.
#[derive(Clone, Copy)]
struct World {
    optimum: f64,
    edge: f64,
    noise: f64,
    seed: u64,
}

const SP: World = World { optimum: -1.0, edge: -1.0, noise: 0.005, seed: 1 };

impl World {
    fn diagnosis(self, label: &str) -> Diagnosis {
        let mut noise = Noise::new(self.seed);
        let mut runs = Vec::new();
        for width in [64, 128, 256] {
            let doublings = (width as f64 / 64.0).log2();
            let (optimum, edge) = (-6.2 + self.optimum * doublings, -3.7 + self.edge * doublings);
            for seed in 0..3 {
                for log2_value in (-13..=-1).map(f64::from) {
                    let valley = 2.0 + 0.08 * (log2_value - optimum).powi(2) + self.noise * noise.gaussian();
                    let wall = 2.0 + (log2_value - edge + 1.0).max(0.0);
                    let loss = (log2_value < edge + 2.0).then_some(valley.max(wall));
                    runs.push(Run { width, seed, log2_value, loss });
                }
            }
        }
        let runs = Runs {
            label: label.to_owned(),
            hyperparameter: "learning rate".to_owned(),
            grows: "width".to_owned(),
            runs,
        };
        Diagnosis::new(runs, UNTRAINED, Criteria::default()).expect("usable runs")
    }
}

fn validate(simulated: World, real: World) -> Validation {
    Validation::new(simulated.diagnosis("simulated"), real.diagnosis("SP")).expect("the same widths")
}

#[test]
fn the_edge_and_the_optimum_of_each_width_are_found() {
    let diagnosis = World { noise: 0.0, ..SP }.diagnosis("simulated");
    for (fate, (optimum, edge)) in diagnosis.fates().iter().zip([(-6.2, -3.7), (-7.2, -4.7), (-8.2, -5.7)]) {
        assert!((fate.optimum.value - optimum).abs() < 0.05, "{diagnosis}");
        // The mark is 3, which the wall reaches at the edge.
        assert!((fate.edge.expect("inside the grid").value - edge).abs() < 0.05, "{diagnosis}");
    }
    let forecast = diagnosis.forecast().join(" ");
    assert!(
        forecast.contains("SP of width 256: the best learning rate is near 2^−8.2, unstable above 2^−5.7."),
        "{forecast}"
    );
}

#[test]
fn equal_shifts_hold() {
    let validation = validate(SP, World { seed: 2, ..SP });
    assert_eq!(validation.answer(), Answer::Holds, "{validation}");
    assert!(validation.shapes().iter().all(|shape| shape.offset.abs() < 0.1), "{validation}");
    assert!(validation.shapes().iter().all(|shape| shape.correlation.is_some_and(|r| r > 0.99)), "{validation}");
}

#[test]
fn a_simulation_that_does_not_move_fails() {
    let validation = validate(World { optimum: 0.0, edge: 0.0, ..SP }, SP);
    assert_eq!(validation.exit_code(), 1, "{validation}");
}

#[test]
fn an_edge_that_moves_otherwise_is_said_and_the_optimum_decides() {
    let validation = validate(World { edge: -0.5, ..SP }, SP);
    assert_eq!(validation.optimum().answer, Answer::Holds, "{validation}");
    assert_eq!(validation.edge().answer, Answer::Fails, "{validation}");
    assert_eq!(validation.answer(), Answer::Holds);
    let sentence = validation.sentence();
    assert!(sentence.contains("Edge (not judged): −0.5") && sentence.contains("not alike"), "{sentence}");
}

#[test]
fn an_optimum_that_moves_otherwise_fails_though_the_edge_does_not() {
    let validation = validate(World { optimum: -1.5, ..SP }, SP);
    assert_ne!(validation.edge().answer, Answer::Fails, "{validation}");
    assert_eq!(validation.answer(), Answer::Fails, "{validation}");
}

#[test]
fn two_landscapes_at_rest_validate_nothing() {
    let rest = World { optimum: 0.0, edge: 0.0, ..SP };
    assert_eq!(validate(rest, World { seed: 2, ..rest }).answer(), Answer::Undecided);
}

/// Losses that do not depend on the rate, and losses that depend on it but are never below the untrained one.
#[test]
fn what_was_not_trained_forecasts_and_validates_nothing() {
    let untrained = |change: fn(Option<f64>) -> Option<f64>| {
        let mut runs = SP.diagnosis("SP").report().runs().clone();
        runs.runs.iter_mut().for_each(|run| run.loss = change(run.loss));
        Diagnosis::new(runs, UNTRAINED, Criteria::default()).expect("usable runs")
    };
    for diagnosis in [untrained(|_| Some(UNTRAINED)), untrained(|loss| loss.map(|loss| loss + 2.5))] {
        let forecast = diagnosis.forecast();
        assert!(forecast.iter().all(|line| line.contains("nothing was learned")), "{diagnosis}");
        for (a, b) in [(diagnosis.clone(), diagnosis.clone()), (SP.diagnosis("SP"), diagnosis)] {
            let validation = Validation::new(a, b).expect("the same widths");
            assert_eq!(validation.exit_code(), 3, "{validation}");
            assert!(validation.sentence().contains("nothing was learned at width 64 of SP"), "{validation}");
        }
    }
}

#[test]
fn a_grid_without_edge_is_undecided_and_said() {
    let cut = |mut runs: Runs| {
        runs.runs.retain(|run| run.log2_value < -5.5);
        Diagnosis::new(runs, UNTRAINED, Criteria::default()).expect("usable runs")
    };
    let short = cut(SP.diagnosis("SP").report().runs().clone());
    assert!(short.edge_shift().is_none() && short.forecast()[0].contains("stable as far as the grid goes"), "{short}");
    let validation = Validation::new(short, SP.diagnosis("SP")).expect("the same widths");
    assert_eq!(validation.edge().answer, Answer::Undecided, "{validation}");
    assert!(validation.sentence().contains("Edge (not judged): unknown simulated"), "{validation}");
}

#[test]
fn other_widths_and_senseless_criteria_are_refused() {
    let fewer = |mut runs: Runs| {
        runs.runs.retain(|run| run.width > 64);
        Diagnosis::new(runs, UNTRAINED, Criteria::default()).expect("usable runs")
    };
    let fewer = fewer(SP.diagnosis("SP").report().runs().clone());
    let error = Validation::new(SP.diagnosis("simulated"), fewer).expect_err("refused").to_string();
    assert!(error.contains("[128, 256] for `SP`"), "{error}");
    let runs = || SP.diagnosis("SP").report().runs().clone();
    assert!(Diagnosis::new(runs(), f64::NAN, Criteria::default()).is_err());
    assert!(Diagnosis::new(runs(), UNTRAINED, Criteria { rise: 1.0, ..Criteria::default() }).is_err());
}

#[test]
fn a_validation_is_written_as_six_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let validation = validate(SP, World { seed: 2, ..SP });
    assert_eq!(validation.write_to(folder.path(), "MLP · reverse transfer").expect("a writable folder").len(), 6);
    let text = fs::read_to_string(folder.path().join("reverse.txt")).expect("text");
    assert!(text.contains("holds: The simulated widths") && text.contains("correlation"), "{text}");
    let json = fs::read_to_string(folder.path().join("reverse.json")).expect("text");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["optimum"]["answer"], "holds");
}
