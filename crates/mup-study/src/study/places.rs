//! Where samples stand in a study: stages, each of one wave, or of one for each round of an adaptive search.

use super::StudyConfig;
use crate::Search;

/// Where a wave lies in the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) stage: usize,
    /// Samples of the stage that it has.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Index of its first trial.
    pub(super) first: usize,
}

/// How a stage's samples are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    /// Number of its first sample.
    pub(super) first: usize,
    /// Its first point of a grid or of a Sobol sequence.
    pub(super) point: usize,
    /// Which scrambling of a Sobol sequence.
    pub(super) scramble: usize,
}

/// More than a study may have trials, so that no two stages share a number.
const STREAM: usize = 1_000_000;

impl StudyConfig {
    /// One after the other, as they are asked for.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> + use<'_> {
        let (mut first, seeds) = (0, self.distinct_seeds().len());
        let stages = (0..self.stages.len()).flat_map(|stage| {
            let (samples, size) = (self.stages[stage].samples(), self.wave_size(stage));
            (0..samples).step_by(size).map(move |from| (stage, from, from.saturating_add(size).min(samples)))
        });
        stages.map(move |(stage, from, to)| {
            let place = Place { stage, from, to, first };
            first += (to - from) * seeds;
            place
        })
    }

    /// Samples of a wave of a stage.
    fn wave_size(&self, stage: usize) -> usize {
        let adaptive = self.is_adaptive(stage);
        (if adaptive { self.round } else { self.stages[stage].samples() }).max(1)
    }

    /// Whether new samples of a stage depend on results of its others.
    pub(super) fn is_adaptive(&self, stage: usize) -> bool {
        self.search == Search::Tpe && self.stages[stage].trials.is_some()
    }

    /// Since version 2 each stage has its own, so that more trials in one change no other. Before, a stage began where
    /// the one before ended.
    pub(super) fn stream(&self, stage: usize) -> Stream {
        if self.version == 1 {
            let before = self.stages[..stage].iter().filter_map(|stage| stage.trials).sum();
            return Stream { first: before, point: before, scramble: 0 };
        }
        Stream { first: stage * STREAM, point: 0, scramble: stage }
    }
}
