//! Known drifts are recognized, noise is not taken for one, and the negative control is asked.

use mup_verdict::{
    Answer,
    transfer::{Comparison, Criteria, Reason, Verdict},
};

use super::{QUIET, World};

fn check(world: World, expected: Answer) {
    let report = world.report("µP");
    assert_eq!(report.answer(), expected, "{report}");
    assert_eq!(report.exit_code(), expected.exit_code());
}

fn compare(subject: World, control: World) -> Comparison {
    Comparison::new(subject.report("µP"), control.report("SP")).expect("the same widths")
}

#[test]
fn a_known_drift_is_measured_exactly_where_there_is_no_noise() {
    for drift in [-1.0, -0.5, 0.0, 0.2] {
        let found = World { drift, noise: 0.0, ..QUIET }.report("µP").drift().expect("four widths");
        // Rounding of losses of size 10 in parabolas of curvature 0.1: 1e-9 leaves a factor of 1000.
        assert!((found.value - drift).abs() < 1e-9 && found.high - found.low < 1e-6, "{drift}: {found:?}");
    }
}

#[test]
fn an_optimum_that_stays_transfers_and_one_that_moves_drifts() {
    check(QUIET, Answer::Holds);
    check(World { drift: 0.1, ..QUIET }, Answer::Holds);
    check(World { drift: -1.0, ..QUIET }, Answer::Fails);
    check(World { drift: 0.5, ..QUIET }, Answer::Fails);
}

#[test]
fn noise_that_hides_the_optimum_is_undecided() {
    check(World { noise: 0.4, ..QUIET }, Answer::Undecided);
}

#[test]
fn regret_is_what_the_transferred_value_costs() {
    let report = World { drift: -1.0, noise: 0.0, ..QUIET }.report("SP");
    // Three octaves beside the optimum at a rise of 0.1: 0.9, read between grid points, where a chord lies at most
    // 0.1 / 4 above the parabola.
    let (width, regret) = report.worst_regret().expect("inside the grid");
    assert_eq!(width, 512);
    assert!((0.9..=0.925).contains(&regret), "{report}");
    assert!(report.landscapes()[0].regret.is_some_and(|regret| regret.value.abs() < 1e-12), "{report}");
}

#[test]
fn a_transferred_value_that_diverges_costs_infinitely_much() {
    let report = World { drift: -1.0, stable: 2.5, ..QUIET }.report("SP");
    let regrets: Vec<f64> = report.landscapes().iter().filter_map(|one| one.regret.map(|r| r.value)).collect();
    assert!(regrets[1].is_finite() && regrets[3].is_infinite(), "{report}");
}

#[test]
fn a_diverged_neighbor_widens_the_interval_by_half_a_step() {
    let world = World { stable: 0.5, noise: 0.0, ..QUIET };
    let report = world.report("µP");
    let (_, estimate) = report.landscapes()[0].estimates[0];
    assert!(estimate.fit.is_none() && estimate.edge.is_none());
    assert!((estimate.log2_value + 8.0).abs() < 1e-12 && (estimate.uncertainty - 0.5).abs() < 1e-12, "{estimate:?}");
    // Half a step at each of x = 0, 1, 2, 3: Σ|x − 1.5| / Σ(x − 1.5)² · 0.5 = 4 / 5 · 0.5.
    let drift = report.drift().expect("four widths");
    assert!((drift.high - 0.4).abs() < 1e-9 && (drift.low + 0.4).abs() < 1e-9, "{drift:?}");
}

#[test]
fn an_optimum_on_the_edge_is_undecided_and_named() {
    let mut runs = QUIET.runs("SP", &super::WIDTHS);
    runs.runs.retain(|run| run.width != 256 || run.log2_value < -8.5);
    let verdict = runs.judge(Criteria::default()).expect("usable runs").verdict();
    assert_eq!(verdict, Verdict::Undecided { reason: Reason::Unbracketed { width: 256, seed: 0 } });
}

#[test]
fn two_widths_or_one_seed_are_too_few() {
    let two = QUIET.runs("µP", &[64, 128]).judge(Criteria::default()).expect("usable runs").verdict();
    assert_eq!(two, Verdict::Undecided { reason: Reason::TooFewWidths { found: 2 } });
    let one = World { seeds: 1, ..QUIET }.report("µP").verdict();
    assert_eq!(one, Verdict::Undecided { reason: Reason::TooFewSeeds { found: 1 } });
}

#[test]
fn in_a_flat_landscape_that_ends_somewhere_any_value_will_do() {
    let report = World { rise: 0.0, noise: 0.01, ..QUIET }.report("µP");
    assert!(report.landscapes().iter().any(|one| one.flat), "{report}");
    assert_ne!(report.answer(), Answer::Fails, "{report}");
    let mut runs = World { rise: 0.0, noise: 0.0, ..QUIET }.runs("µP", &super::WIDTHS);
    for run in runs.runs.iter_mut().filter(|run| run.log2_value > -3.5) {
        run.loss = run.loss.map(|loss| loss + 1.0);
    }
    let ends = runs.judge(Criteria::default()).expect("usable runs");
    assert!(ends.landscapes().iter().all(|one| one.flat && one.dependent), "{ends}");
    assert_eq!(ends.answer(), Answer::Holds, "{ends}");
    assert!(ends.sentence().contains("will do"), "{ends}");
    let diverges = World { rise: 0.0, noise: 0.0, stable: 4.5, ..QUIET }.report("µP");
    assert_eq!(diverges.answer(), Answer::Holds, "{diverges}");
}

#[test]
fn losses_that_do_not_depend_on_the_value_do_not_transfer() {
    let same = World { rise: 0.0, noise: 0.0, ..QUIET }.report("µP");
    assert_eq!(same.verdict(), Verdict::Undecided { reason: Reason::NoEffect { width: 64 } }, "{same}");
    assert!(same.sentence().contains("was anything trained") && same.sentence().contains("loss at 64"), "{same}");
    // The same with what a seed adds to every loss of its own.
    let mut runs = World { rise: 0.0, noise: 0.0, ..QUIET }.runs("µP", &super::WIDTHS);
    runs.runs.iter_mut().for_each(|run| run.loss = run.loss.map(|loss| loss + 0.1 * run.seed as f64));
    assert_eq!(runs.judge(Criteria::default()).expect("usable runs").answer(), Answer::Undecided);
    for seed in 0..20 {
        let mut noise = super::Noise::new(seed);
        let mut runs = World { rise: 0.0, noise: 0.0, ..QUIET }.runs("µP", &super::WIDTHS);
        runs.runs.iter_mut().for_each(|run| run.loss = run.loss.map(|loss| loss + 1e-4 * noise.gaussian()));
        let report = runs.judge(Criteria::default()).expect("usable runs");
        assert_ne!(report.answer(), Answer::Holds, "noise {seed}: {report}");
    }
}

#[test]
fn one_width_that_was_not_trained_is_named() {
    let mut runs = World { noise: 0.0, ..QUIET }.runs("µP", &super::WIDTHS);
    runs.runs.iter_mut().filter(|run| run.width == 256).for_each(|run| run.loss = Some(4.0));
    let report = runs.judge(Criteria::default()).expect("usable runs");
    assert_eq!(report.verdict(), Verdict::Undecided { reason: Reason::NoEffect { width: 256 } }, "{report}");
}

#[test]
fn a_flat_proxy_whose_value_is_costly_at_a_larger_width_does_not_transfer() {
    let mut runs = World { drift: -1.5, noise: 0.002, seeds: 4, ..QUIET }.runs("SP", &super::WIDTHS);
    for run in runs.runs.iter_mut().filter(|run| run.width == 64) {
        run.loss = Some(2.0 + 0.001 * ((run.seed + 1) as f64));
    }
    let report = runs.judge(Criteria::default()).expect("usable runs");
    assert!(report.landscapes()[0].flat && !report.landscapes()[3].flat, "{report}");
    assert!(matches!(report.verdict(), Verdict::Costs { .. }), "{report}");
}

#[test]
fn a_sharp_landscape_is_not_called_flat() {
    let report = QUIET.report("µP");
    assert!(report.landscapes().iter().all(|one| !one.flat), "{report}");
}

#[test]
fn the_claim_holds_only_against_a_control_that_drifts() {
    let drifting = World { drift: -1.0, ..QUIET };
    assert_eq!(compare(QUIET, drifting).answer(), Answer::Holds);
    assert_eq!(compare(drifting, drifting).answer(), Answer::Fails);
    let blind = compare(QUIET, QUIET);
    assert_eq!(blind.exit_code(), 3);
    assert!(blind.sentence().contains("cannot tell"), "{blind}");
    assert_eq!(compare(World { noise: 0.4, ..QUIET }, drifting).answer(), Answer::Undecided);
}

/// 95 % intervals cover a drift of 0 in at least 90 % of 200 worlds: three standard errors below 95 %.
#[test]
fn the_interval_covers_the_truth_as_often_as_it_says() {
    let mut noise = super::Noise::new(3);
    let covered = (0..200).filter(|_| {
        let mut runs = World { noise: 0.0, ..QUIET }.runs("µP", &super::WIDTHS);
        runs.runs.iter_mut().for_each(|run| run.loss = run.loss.map(|loss| loss + 0.02 * noise.gaussian()));
        let drift = runs.judge(Criteria::default()).expect("usable runs").drift().expect("four widths");
        drift.low <= 0.0 && drift.high >= 0.0
    });
    let covered = covered.count();
    assert!(covered >= 180, "{covered} of 200");
}
