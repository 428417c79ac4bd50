//! The factors of the schedules.

use mup_train::{Decay, Schedule};

fn factors(schedule: &Schedule, steps: usize) -> Vec<f64> {
    (0..steps).map(|step| schedule.factor(step, steps)).collect()
}

/// The formula of `examples/gpt-transfer`, whose runs must be repeatable.
fn gpt_transfer(step: usize, steps: usize) -> f64 {
    let warm_up = (steps / 20).max(1);
    if step < warm_up {
        return (step + 1) as f64 / warm_up as f64;
    }
    (steps - step) as f64 / (steps - warm_up) as f64
}

#[test]
fn the_default_is_the_formula_of_gpt_transfer_to_the_bit() {
    for steps in 1..400 {
        let wanted: Vec<f64> = (0..steps).map(|step| gpt_transfer(step, steps)).collect();
        assert_eq!(factors(&Schedule::default(), steps), wanted, "{steps} steps");
    }
}

#[test]
fn every_schedule_reaches_its_peak_once_warm_and_ends_where_it_says() {
    let cosine = factors(&Schedule::cosine(0.1).with_warm_up(2), 1002);
    assert_eq!(cosine[..3], [0.5, 1.0, 1.0]);
    // Half-way: the mean of peak and floor.
    assert!((cosine[502] - 0.55).abs() < 1e-12);
    // One step before the end: the floor, and 0.9·(1 − cos(π/1000))/2 = 2.3e-6 more.
    assert!((0.1..0.1 + 3e-6).contains(&cosine[1001]));

    let root = factors(&Schedule { decay: Decay::InverseSquareRoot, warm_up: Some(4) }, 64);
    assert_eq!([root[0], root[3], root[15], root[63]], [0.25, 1.0, 0.5, 0.25]);

    let stable = factors(&Schedule::stable(0.25).with_warm_up(2), 16);
    assert_eq!(stable[..3], [0.5, 1.0, 1.0]);
    assert_eq!(stable[11..], [1.0, 1.0, 0.75, 0.5, 0.25]);

    assert_eq!(factors(&Schedule::constant(), 3), [1.0; 3]);
}

#[test]
fn a_warm_up_as_long_as_the_run_is_a_warm_up_alone() {
    let schedule = Schedule::linear().with_warm_up(4);
    schedule.check(4).unwrap();
    assert_eq!(factors(&schedule, 4), [0.25, 0.5, 0.75, 1.0]);
}
