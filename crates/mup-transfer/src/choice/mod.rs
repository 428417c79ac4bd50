//! The choice: the values that trained the proxy best, how sure that is, and what speaks against trusting it.

mod anova;
mod candidate;
mod check;
mod counts;
mod distinct;
mod diverged;
mod edge;
mod error;
mod flat;
mod forest;
mod frozen;
mod ignored;
mod importance;
mod interval;
mod noise;
mod order;
mod proxy;
mod rate;
mod surrogate;
mod survival;
mod table;
mod transferable;
mod warning;

use mup_study::{Records, Setting, Space, StudyConfig, StudyRecord, Values};
use serde::{Deserialize, Serialize};

use candidate::{Judged, Judgment, judge, trust_all};
use interval::Evidence;
use surrogate::Surrogate;
use survival::WentWrong;

pub use candidate::Candidate;
pub use counts::Counts;
pub use error::ChoiceError;
pub use frozen::FrozenLoss;
pub use importance::{Importance, SAMPLES_FOR_IMPORTANCE, Share};
pub use interval::Interval;
pub use noise::{Noise, NoiseSource};
pub(crate) use proxy::width_of;
pub(crate) use table::short;
pub(crate) use transferable::of as transfers;
pub use transferable::{Transferable, across_width};
pub use warning::Warning;

/// How many runners-up are kept.
const RUNNERS_UP: usize = 5;

/// What a study found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The sample with the lowest training loss at the longest horizon at which any finished.
    pub best: Candidate,
    /// Each value that the best sample has: varied ones first, the most important first, then in order of name.
    pub values: Vec<Chosen>,
    /// The next best at that horizon.
    pub runners_up: Vec<Candidate>,
    /// Samples at that horizon that are as good as the best, itself included, the same values counted once; none if the
    /// noise is unknown.
    pub as_good: Option<usize>,
    /// What a difference in loss means; none with one seed and too few samples.
    pub noise: Option<Noise>,
    /// None from too few samples, or losses that hardly differ.
    pub importance: Option<Importance>,
    /// What became of the trials, by stage.
    pub counts: Vec<Counts>,
    /// What speaks against trusting the choice.
    pub warnings: Vec<Warning>,
}

/// The value of one hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// Its value in the best sample.
    pub value: Setting,
    /// Whether a search varied it.
    pub varied: bool,
    /// Values that are as good; none if it was fixed or the noise is unknown.
    pub interval: Option<Interval>,
    /// Whether its optimum stays when the model is made wider.
    pub transferable: Transferable,
    /// What that rests on.
    pub reason: String,
}

/// Chooses by training loss (TP-V App. A), seeds averaged, at the longest horizon that has results.
///
/// A sample takes part if all its seeds have finished. One that diverged with any seed counts as infinitely bad, also at
/// the shorter horizons at which it finished: where none of those that went on survived, that is the first warning
/// ([`Warning::NoneSurvived`]). One with a failed or missing trial is left out, counted, and warned about. So is one whose training loss is exactly 0 or
/// stopped at one number, to the last bit ([`Warning::FrozenLoss`]), as long as there is another: trainers that hide NaN
/// log that at rates that diverge, which would win, and who reads `best` alone would train the target at one; a loss that
/// is padded, clipped or rounded is ranked by nothing either. The warning names such samples with their losses, so that
/// who knows better can take one. Samples with the same values are one run, and count as one: it stands under the number
/// of the first. The same records always give the same choice.
///
/// # Errors
///
/// [`ChoiceError`] if no sample has finished with all its seeds.
///
/// # Example
///
/// ```
/// use mup_study::launch::{Silent, run_locally};
/// use mup_study::{TrialCurve, TrialEnd, Space, Stage, Study, StudyConfig, StudyError};
/// use mup_transfer::choose;
///
/// # let folder = tempfile::tempdir()?;
/// let config = StudyConfig::new(Space::named("rate")?, vec![Stage::of(10, 16)]);
/// let study = Study::create(&folder.path().join("rates"), config)?;
/// run_locally(&study, 2, &|| false, &Silent, &|trial, _| {
///     let rate = trial.values.number("learning-rate").unwrap();
///     let end = 2.0 + 0.1 * (rate.log10() + 2.5).powi(2);
///     Ok::<_, StudyError>(TrialEnd::from(TrialCurve { losses: vec![5.0, end], ..TrialCurve::default() }))
/// })?;
/// let choice = choose(study.config(), &study.records()?)?;
/// assert!(choice.best.loss < 2.01);
/// println!("{choice}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn choose(config: &StudyConfig, records: &Records) -> Result<Choice, ChoiceError> {
    let mut judged = judge(config, &records.records);
    // Where nothing else is left the warning has to do.
    if finished(&judged).is_empty() {
        trust_all(&mut judged);
    }
    let counts = counts::count(config, records, &judged);
    let mut finished = finished(&judged);
    let Some(longest) = finished.last().map(|(candidate, _)| candidate.steps) else {
        return Err(nothing_finished(config, records, &counts));
    };
    finished.sort_by(|(a, _), (b, _)| a.order(b));
    let horizons = horizons(&finished, longest);
    let of_longest: Vec<_> = finished.into_iter().filter(|(candidate, _)| candidate.steps == longest).collect();
    let space = order::in_order(&config.space);
    let surrogate = Surrogate::of(&space, &horizons);
    let noise = noise::measure(config.distinct_seeds().len(), &of_longest, surrogate.as_ref());
    let mut candidates: Vec<Candidate> = of_longest.into_iter().map(|(candidate, _)| candidate).collect();
    let good = noise.map(|noise| as_good(&candidates, noise.tolerance));
    let evidence = good.as_deref().zip(noise).map(|(good, noise)| {
        let (surrogate, tolerance) = (surrogate.as_ref(), noise.tolerance);
        Evidence { good, surrogate, tolerance }
    });
    let importance = Importance::of(&space, &judged);
    let values = chosen(&space, &candidates[0].values, evidence, importance.as_ref());
    let as_good = good.map(|good| good.len());
    let best = candidates.remove(0);
    candidates.truncate(RUNNERS_UP);
    let runners_up = candidates;
    let mut choice = Choice { best, values, runners_up, as_good, noise, importance, counts, warnings: Vec::new() };
    choice.warnings = check::check(config, records, &judged, &choice);
    Ok(choice)
}

/// The finished ones that did not go wrong at a longer horizon, with their records, in order of (horizon, sample).
fn finished<'a>(judged: &[Judged<'a>]) -> Vec<(Candidate, Vec<&'a StudyRecord>)> {
    let wrong = WentWrong::of(judged);
    let finished = |one: &Judged<'a>| match &one.judgment {
        Judgment::Finished(candidate) if !wrong.later(one.values, one.steps) => {
            Some((candidate.clone(), one.records.clone()))
        }
        _ => None,
    };
    judged.iter().filter_map(finished).collect()
}

/// The candidates of each horizon, the best first: the longest horizon, then by number of candidates.
fn horizons(finished: &[(Candidate, Vec<&StudyRecord>)], longest: usize) -> Vec<Vec<Candidate>> {
    let mut steps: Vec<usize> = finished.iter().map(|(candidate, _)| candidate.steps).collect();
    steps.sort_unstable();
    steps.dedup();
    let of = |steps: &usize| -> Vec<Candidate> {
        finished.iter().map(|(candidate, _)| candidate).filter(|one| one.steps == *steps).cloned().collect()
    };
    let mut horizons: Vec<Vec<Candidate>> = steps.iter().map(of).collect();
    horizons.sort_by_key(|candidates| (candidates[0].steps != longest, std::cmp::Reverse(candidates.len())));
    horizons
}

fn as_good(candidates: &[Candidate], tolerance: f64) -> Vec<&Candidate> {
    let limit = candidates[0].loss + tolerance;
    candidates.iter().take_while(|candidate| candidate.loss <= limit).collect()
}

fn chosen(
    space: &Space,
    best: &Values,
    evidence: Option<Evidence<'_>>,
    importance: Option<&Importance>,
) -> Vec<Chosen> {
    let one = |(name, value): (&str, &Setting)| {
        let dimension = space.0.get(name).filter(|dimension| dimension.varies());
        let interval =
            dimension.zip(evidence).and_then(|(dimension, evidence)| Interval::of(name, dimension, evidence));
        let (transferable, reason) = transferable::of(space, name);
        let (name, value) = (name.to_owned(), value.clone());
        Chosen { name, value, varied: dimension.is_some(), interval, transferable, reason }
    };
    let mut values: Vec<Chosen> = best.iter().map(one).collect();
    let share =
        |chosen: &Chosen| importance.and_then(|known| known.share(&chosen.name)).map_or(0.0, |share| share.mean);
    // Stable, so that equal ones keep the order of their names.
    values.sort_by(|a, b| b.varied.cmp(&a.varied).then(share(b).total_cmp(&share(a))));
    values
}

fn nothing_finished(config: &StudyConfig, records: &Records, counts: &[Counts]) -> ChoiceError {
    if records.records.is_empty() {
        return ChoiceError::NothingRan { planned: config.n_trials() };
    }
    if let Some((short, long, remedy)) = diverged::later(&config.space, &records.records) {
        return ChoiceError::NoneSurvived { short, long, remedy };
    }
    let sum = |count: fn(&Counts) -> usize| counts.iter().map(count).sum::<usize>();
    let (n_diverged, failed) = (sum(|counts| counts.diverged), sum(|counts| counts.failed));
    let remedy = match records.records.iter().find_map(check::failure) {
        Some(first) if failed >= n_diverged => format!("remove the cause of the failures, then use `retry`: {first}"),
        _ if n_diverged > 0 => diverged::remedy(&config.space, &records.records),
        _ => "run the rest of the study".to_owned(),
    };
    ChoiceError::NothingFinished { diverged: n_diverged, failed, missing: sum(|counts| counts.missing), remedy }
}
