//! Studies whose losses are a formula: everything a real one has, in no time.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod reports;

use mup_study::{Failure, Records, Search, Stage, StudyConfig, StudyTrial, TrialCurve, TrialEnd, Values};

/// How a synthetic trial ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// With this loss.
    Loss(f64),
    /// With these losses.
    Losses(Vec<f64>),
    /// Not finite.
    Diverged,
    /// Its run failed.
    Failed,
    /// It has not run.
    Missing,
}

/// In memory where there is such a place: thousands of fsyncs test the disk.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Runs every trial of a study by formula, in a directory that is gone when this returns.
pub(crate) fn run(config: &StudyConfig, end: impl Fn(&StudyTrial) -> End) -> Records {
    let folder = folder();
    let study = mup_study::Study::create(&folder.path().join("study"), config.clone()).unwrap();
    let mut ran = true;
    while std::mem::take(&mut ran) {
        for (_, trial) in &study.missing().unwrap() {
            let ended = match end(trial) {
                End::Loss(loss) => TrialEnd::from(curve(trial.steps, loss)),
                End::Losses(losses) => TrialEnd::from(TrialCurve { losses, ..TrialCurve::default() }),
                End::Diverged => TrialEnd::from(curve(trial.steps, f64::NAN)),
                End::Failed => {
                    let failure = Failure::Exit { code: 3, said: "no <device> & no \"luck\"".to_owned() };
                    TrialEnd { failure: Some(failure), ..TrialEnd::default() }
                }
                End::Missing => continue,
            };
            study.run(trial, || Ok::<_, mup_study::StudyError>(ended)).unwrap();
            ran = true;
        }
    }
    let mut records = study.records().unwrap();
    // The clock's: the only part that differs between two runs.
    records.records.iter_mut().for_each(|record| record.seconds = 2.0);
    records
}

/// Falls from 5.5 to the loss, which it has reached well before its last tenth.
pub(crate) fn curve(steps: usize, end: f64) -> TrialCurve {
    let at = |step: usize| end + (5.5 - end) * (-(step as f64) / (0.05 * steps as f64)).exp();
    let mut losses: Vec<f64> = (0..steps).map(|step| if step * 10 >= steps * 8 { end } else { at(step) }).collect();
    if !end.is_finite() {
        losses[0] = 5.5;
    }
    let tokens = 64 * steps as u64;
    TrialCurve { losses, tokens, parameters: 1000, flops: Some(6.0 * 1000.0 * tokens as f64), ..TrialCurve::default() }
}

/// A number by name.
pub(crate) fn number(values: &Values, name: &str) -> f64 {
    values.number(name).unwrap()
}

/// In −1..1, without a pattern that a fit could follow.
pub(crate) fn chance(trial: &StudyTrial) -> f64 {
    let mut bits = (trial.sample as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (trial.seed + 77).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits ^= bits >> 29;
    bits = bits.wrapping_mul(0x94D0_49BB_1331_11EB);
    (bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// The loss of a GPT in the space of GPT-3: best at a rate of 10^−2.4 and an init scale of 2, both mattering; the rest
/// hardly. Too high a rate diverges.
pub(crate) fn gpt(trial: &StudyTrial) -> End {
    let log = |name: &str| number(&trial.values, name).log10();
    if log("learning-rate") + 0.5 * log("init-scale") > -1.3 {
        return End::Diverged;
    }
    let rate = log("learning-rate") + 2.4;
    let scale = log("init-scale") - 0.3;
    let rest = 0.01 * log("alpha-embedding").powi(2) + 0.01 * log("alpha-output").powi(2);
    let horizon = 0.2 * (200.0 / trial.steps as f64).log2();
    End::Loss(2.5 + horizon + 0.35 * rate.powi(2) + 0.12 * scale.powi(2) + rest + 0.004 * chance(trial))
}

/// The two horizons of the paper, small.
pub(crate) fn gpt3_study() -> StudyConfig {
    let stages = vec![Stage::of(200, 64), Stage::of_best(800, 16)];
    StudyConfig { search: Search::Sobol, ..StudyConfig::new(mup_study::Space::gpt3(), stages) }
}
