//! The check that wider is better, on curves whose order is known.

#[path = "../noise/mod.rs"]
mod noise;

use std::fs;

use mup_verdict::{
    Answer, VerdictError,
    wider::{Comparison, Criteria, Curve, Curves, Idle, Report},
};
use noise::Noise;

const WIDTHS: [usize; 4] = [32, 64, 128, 256];

/// How curves of a parametrization lie.
#[derive(Clone, Copy)]
struct World {
    /// What a doubling of width gains at the end; negative loses.
    gain: f64,
    /// Noise of each step that the seed shares over widths, as batches are.
    batches: f64,
    /// Noise of each step on its own.
    steps: f64,
    /// Noise of each run, throughout.
    runs: f64,
    seeds: u64,
}

const QUIET: World = World { gain: 0.05, batches: 0.3, steps: 0.02, runs: 0.002, seeds: 3 };

impl World {
    fn curves(self, label: &str, noise: &mut Noise) -> Curves {
        let batches: Vec<Vec<f64>> =
            (0..self.seeds).map(|_| (0..300).map(|_| self.batches * noise.gaussian()).collect()).collect();
        let mut curves = Vec::new();
        for width in WIDTHS {
            let doublings = (width as f64 / 32.0).log2();
            for (seed, shared) in batches.iter().enumerate() {
                let offset = self.runs * noise.gaussian();
                let loss = |(step, batch): (usize, &f64)| {
                    let part = step as f64 / 300.0;
                    2.0 + 2.0 * (-6.0 * part).exp() - self.gain * doublings * part.min(0.5) * 2.0
                        + offset
                        + batch
                        + self.steps * noise.gaussian()
                };
                let losses = shared.iter().enumerate().map(loss).collect();
                curves.push(Curve { width, seed: seed as u64, losses });
            }
        }
        Curves { label: label.to_owned(), curves }
    }

    fn report(self) -> Report {
        judge(self.curves("µP", &mut Noise::new(5)))
    }
}

fn judge(curves: Curves) -> Report {
    curves.judge(Criteria::default()).expect("usable curves")
}

fn refused(change: impl Fn(&mut Vec<Curve>), parts: &[&str]) {
    let mut curves = QUIET.curves("µP", &mut Noise::new(5));
    change(&mut curves.curves);
    let error = curves.judge(Criteria::default()).expect_err("refused").to_string();
    for part in parts {
        assert!(error.contains(part), "{error:?} lacks {part:?}");
    }
}

#[test]
fn wider_is_better_is_seen_through_the_noise_of_batches() {
    let report = QUIET.report();
    assert_eq!(report.answer(), Answer::Holds, "{report}");
    assert_eq!(report.crossings(), 0);
}

#[test]
fn wider_is_worse_is_a_crossing_for_every_pair() {
    let report = World { gain: -0.05, ..QUIET }.report();
    assert_eq!(report.exit_code(), 1, "{report}");
    assert!(report.pairs().iter().all(|pair| pair.crossings == 1 && !pair.better), "{report}");
}

#[test]
fn curves_that_cross_half_way_fail_and_the_pair_is_named() {
    let mut curves = QUIET.curves("SP", &mut Noise::new(5));
    for curve in curves.curves.iter_mut().filter(|curve| curve.width == 256) {
        curve.losses[150..].iter_mut().for_each(|loss| *loss += 0.2);
    }
    let report = judge(curves);
    assert_eq!(report.answer(), Answer::Fails, "{report}");
    assert!(report.sentence().contains("128 → 256") && !report.sentence().contains("64 → 128"), "{report}");
    let pair = &report.pairs()[2];
    assert!(!pair.gaps[0].worse && pair.gaps[9].worse, "{report}");
}

#[test]
fn one_seed_and_equal_widths_are_undecided() {
    let one = World { seeds: 1, ..QUIET }.report();
    assert_eq!(one.exit_code(), 3, "{one}");
    let equal = World { gain: 0.0, runs: 0.05, ..QUIET }.report();
    assert_eq!(equal.answer(), Answer::Undecided, "{equal}");
}

#[test]
fn equal_curves_of_all_widths_are_not_better() {
    let mut curves = World { gain: 0.0, runs: 0.0, steps: 0.0, ..QUIET }.curves("µP", &mut Noise::new(5));
    let report = judge(curves.clone());
    assert_eq!(report.idle(), Some(Idle::SameCurves { narrow: 32, wide: 64 }), "{report}");
    assert_eq!(report.exit_code(), 3, "{report}");
    assert!(report.sentence().contains("widths 32 and 64 are the same numbers"), "{report}");
    // One width of its own does not help the others.
    curves.curves.iter_mut().filter(|curve| curve.width == 256).for_each(|curve| {
        curve.losses.iter_mut().for_each(|loss| *loss *= 0.9);
    });
    assert_eq!(judge(curves).exit_code(), 3);
}

/// Constant, with the noise of batches, of steps, or none; smaller for wider models or not.
#[test]
fn curves_that_do_not_fall_are_not_better() {
    for (seed, (shared, own)) in [(0.0, 0.0), (0.3, 0.0), (0.1, 0.01)].into_iter().enumerate() {
        let mut noise = Noise::new(seed as u64);
        let batches: Vec<f64> = (0..3 * 300).map(|_| shared * noise.gaussian()).collect();
        let mut curve = |width: usize, seed: usize| {
            let level = 4.0 - 0.1 * (width as f64).log2();
            let batches = &batches[300 * seed..300 * (seed + 1)];
            let losses = batches.iter().map(|batch| level + batch + own * noise.gaussian()).collect();
            Curve { width, seed: seed as u64, losses }
        };
        let curves = WIDTHS.iter().flat_map(|width| (0..3).map(move |seed| (*width, seed)));
        let curves = curves.map(|(width, seed)| curve(width, seed)).collect();
        let report = judge(Curves { label: "µP".to_owned(), curves });
        assert_eq!(report.idle(), Some(Idle::NothingLearned { width: 32 }), "{report}");
        assert_eq!(report.exit_code(), 3, "{report}");
        assert!(report.sentence().contains("ask what was trained"), "{report}");
    }
}

#[test]
fn models_that_all_diverge_are_not_better() {
    let mut curves = QUIET.curves("µP", &mut Noise::new(5));
    curves.curves.iter_mut().for_each(|curve| curve.losses[100..].fill(f64::INFINITY));
    assert_eq!(judge(curves).exit_code(), 3);
}

#[test]
fn only_the_wider_model_diverging_is_a_crossing_even_with_one_seed() {
    let mut curves = World { seeds: 1, ..QUIET }.curves("SP", &mut Noise::new(5));
    let widest = curves.curves.iter_mut().find(|curve| curve.width == 256).expect("four widths");
    widest.losses.truncate(200);
    widest.losses[199] = f64::NAN;
    let report = judge(curves);
    assert_eq!(report.answer(), Answer::Fails, "{report}");
    assert_eq!(report.crossings(), 1, "{report}");
}

/// Equal widths, so that every crossing is a false alarm: of 400 checks at 95 %, at most 5 % and three standard
/// errors (0.033) of the kind of noise that lasts, and hardly any of the kind that does not.
#[test]
fn equal_widths_rarely_cross() {
    let rate = |world: World| {
        let mut noise = Noise::new(17);
        let alarms = (0..400).filter(|_| judge(world.curves("µP", &mut noise)).answer() == Answer::Fails).count();
        alarms as f64 / 400.0
    };
    let lasting = rate(World { gain: 0.0, batches: 0.0, steps: 0.001, runs: 0.05, seeds: 3 });
    let passing = rate(World { gain: 0.0, batches: 0.0, steps: 0.1, runs: 0.0, seeds: 3 });
    assert!(lasting < 0.083, "{lasting}");
    assert!(passing < 0.03, "{passing}");
}

#[test]
fn curves_that_cannot_be_paired_or_judged_are_refused() {
    refused(|curves| curves.retain(|curve| curve.width == 64), &["[64]"]);
    refused(|curves| curves.push(curves[1].clone()), &["width 32, seed 1", "twice"]);
    refused(|curves| drop(curves.remove(4)), &["seeds", "[0, 1, 2]", "[0, 2]", "width 64"]);
    refused(|curves| curves[0].losses.truncate(100), &["number of steps", "100", "300"]);
    refused(|curves| curves.iter_mut().for_each(|curve| curve.losses.truncate(19)), &["19 steps", "step 19"]);
    let error = QUIET.curves("µP", &mut Noise::new(5)).judge(Criteria { window: 0, ..Criteria::default() });
    assert!(matches!(error, Err(VerdictError::Criterion { name: "window", .. })), "{error:?}");
}

/// The log-likelihood of a density, or a problem that can be solved to the last digit.
#[test]
fn losses_of_zero_and_below_are_judged_as_any_others() {
    let mut below = QUIET.curves("µP", &mut Noise::new(5));
    let expected = below.clone().judge(Criteria::default()).expect("usable curves").answer();
    below.curves.iter_mut().flat_map(|curve| &mut curve.losses).for_each(|loss| *loss -= 9.0);
    below.curves[0].losses[7] = 0.0;
    assert_eq!(below.judge(Criteria::default()).expect("usable curves").answer(), expected);
}

#[test]
fn a_comparison_is_written_as_six_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let control = judge(World { gain: -0.03, ..QUIET }.curves("SP", &mut Noise::new(9)));
    let comparison = Comparison::new(QUIET.report(), control);
    let files = comparison.write_to(folder.path(), "GPT · wider is better").expect("a writable folder");
    assert_eq!(files.len(), 6);
    let read = |ending: &str| fs::read_to_string(folder.path().join(format!("wider.{ending}"))).expect("text");
    assert_eq!(read("csv").lines().count(), 1 + 2 * 4 * 3 * 300);
    let json: serde_json::Value = serde_json::from_str(&read("json")).expect("JSON");
    assert_eq!(json["subject"]["answer"], "holds");
    assert!(read("svg").contains("SP: 3 crossings"), "{}", read("txt"));
    assert!(read("txt").contains("32 → 64"));
}
