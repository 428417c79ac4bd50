//! The learning rate alone, swept on a proxy and averaged over seeds.

use std::path::PathBuf;

use mup_study::StudyRecord;
use mup_sweep::Point;
use mup_train::{FamilyError, LEARNING_RATE};
use mup_transfer::Spent;

use super::runs::{Runs, Shape, options};

/// What is swept.
pub(crate) struct ProxySweep<'a> {
    /// Of its study.
    pub(crate) name: &'a str,
    pub(crate) shape: Shape,
    /// Of the proxy, whatever the base of the shape is.
    pub(crate) width: usize,
    pub(crate) rates: &'a [f64],
    /// Other hyperparameters.
    pub(crate) fixed: &'a [(&'static str, f64)],
    pub(crate) seeds: &'a [u64],
    pub(crate) steps: usize,
}

/// What came of it.
pub(crate) struct ProxyRates {
    /// Folder of its study.
    pub(crate) study: PathBuf,
    /// Means over all seeds.
    pub(crate) points: Vec<Point>,
    pub(crate) spent: Spent,
}

impl Runs<'_> {
    /// Runs what has not been run.
    pub(crate) fn sweep(&self, sweep: &ProxySweep<'_>) -> Result<ProxyRates, FamilyError> {
        let ProxySweep { name, shape, width, rates, fixed, seeds, steps } = *sweep;
        let mut search = self.grid(name, rates, fixed)?;
        let said: Vec<String> = seeds.iter().map(ToString::to_string).collect();
        search.push(format!("--seeds={}", said.join(",")));
        search.extend(options(&[("steps", steps)]));
        let study = self.tune(name, self.common.jobs(), (shape, width), &search)?;
        let records = study.records()?.records;
        let point = |rate: &f64| {
            let loss = mean(&losses(&records, *rate), seeds.len());
            loss.map(|loss| Point { log2_rate: rate.log2(), loss })
                .map_err(|error| format!("{name}, rate {rate}: {error}"))
        };
        Ok(ProxyRates {
            study: study.folder().to_owned(),
            points: rates.iter().map(point).collect::<Result<_, _>>()?,
            spent: Spent::of_trials(&records),
        })
    }
}

/// Of each seed; none if it diverged.
fn losses(records: &[StudyRecord], rate: f64) -> Vec<Option<f64>> {
    let of_rate = |record: &&StudyRecord| {
        record.trial.values.number(LEARNING_RATE).is_some_and(|known| known.total_cmp(&rate).is_eq())
    };
    records.iter().filter(of_rate).map(|record| record.outcome.loss()).collect()
}

/// None if one diverged.
fn mean(losses: &[Option<f64>], seeds: usize) -> Result<Option<f64>, String> {
    if losses.is_empty() || losses.len() != seeds {
        return Err(format!("{} of {seeds} seeds have a record; the same command continues", losses.len()));
    }
    let finished: Option<Vec<f64>> = losses.iter().copied().collect();
    Ok(finished.map(|losses| losses.iter().sum::<f64>() / losses.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::mean;

    #[test]
    fn a_mean_is_over_every_seed_and_there_is_none_where_one_diverged() {
        assert_eq!(mean(&[Some(1.0), Some(2.0)], 2), Ok(Some(1.5)));
        assert_eq!(mean(&[Some(1.0), None], 2), Ok(None));
        let missing = mean(&[Some(1.0)], 2).expect_err("a seed has no record");
        assert!(missing.starts_with("1 of 2 seeds"), "{missing}");
        assert!(mean(&[], 0).is_err());
    }
}
