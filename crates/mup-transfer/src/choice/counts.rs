//! What became of a study's trials.

use mup_study::{Records, StudyConfig};
use serde::{Deserialize, Serialize};

use super::candidate::{Judged, Judgment};

/// Trials of one stage, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Horizon.
    pub steps: usize,
    /// Those with a final loss.
    pub finished: usize,
    /// Those that diverged.
    pub diverged: usize,
    /// Those whose run failed.
    pub failed: usize,
    /// Those without a record.
    pub missing: usize,
}

/// One for each stage, of places: a run that stands at two is counted twice. A stage of the best has no more samples
/// than finished before it; since version 2 it takes the same values once.
pub(super) fn count(config: &StudyConfig, records: &Records, judged: &[Judged<'_>]) -> Vec<Counts> {
    let mut stages: Vec<Counts> = Vec::new();
    for (number, stage) in config.stages.iter().enumerate() {
        let mut counts = Counts { steps: stage.steps, ..Counts::default() };
        for record in records.records.iter().filter(|record| record.trial.stage == number) {
            let count = match (record.outcome.loss(), record.outcome.failed()) {
                (Some(_), _) => &mut counts.finished,
                (None, true) => &mut counts.failed,
                (None, false) => &mut counts.diverged,
            };
            *count += 1;
        }
        let mut samples = stage.samples();
        if let Some(before) = stages.last().filter(|before| stage.best.is_some() && before.missing == 0) {
            let finished =
                |sample: &&Judged<'_>| matches!(sample.judgment, Judgment::Finished(_) | Judgment::Doubtful(_));
            let before = judged.iter().filter(|one| one.steps == before.steps).filter(finished);
            samples = samples.min(before.map(|one| if config.version == 1 { one.places } else { 1 }).sum());
        }
        let ended = counts.finished + counts.diverged + counts.failed;
        counts.missing = (samples * config.distinct_seeds().len()).saturating_sub(ended);
        stages.push(counts);
    }
    stages
}
