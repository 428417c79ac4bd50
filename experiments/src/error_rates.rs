//! `cargo xtask error-rates`: how often a check of few seeds is wrong, from checks drawn out of many seeds.

use std::{collections::BTreeMap, error::Error, path::PathBuf, process::ExitCode};

use mup_rules::Parametrization;
use mup_verdict::{
    Answer,
    coordinates::{Criteria, Record, Records, TrialError},
};

use crate::{
    ablations::{self, Claim},
    choices::{Model, Optimizer, Scaling},
    measure::measure,
    rows::Rows,
    setup::{SEEDS, Setup},
    subjects,
};

const HEADER: &str =
    "| model | scaling | optimizer | rules | checks | hold | undecided | fail |\n|---|---|---|---|---|---|---|---|\n";

/// Arguments of `cargo xtask error-rates`.
#[derive(Debug, clap::Args)]
pub struct ErrorRates {
    /// Number of seeds that are trained.
    #[arg(long, default_value_t = 50)]
    pool: u64,
    /// Number of seeds of a check.
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
    /// Number of checks drawn from the pool, without training anew.
    #[arg(long, default_value_t = 200)]
    draws: u64,
    /// Only this model.
    #[arg(long)]
    model: Option<Model>,
    /// File to which each row is added as soon as it is known; rows that it has are not measured again.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// One row: a setup, and what its check ought to say is in the name.
struct Cell {
    rules: String,
    setup: Setup,
}

impl ErrorRates {
    /// Measures every row that the file does not have.
    ///
    /// # Errors
    ///
    /// Numbers that allow no draw, and the first error of a trial.
    pub fn run(self) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
        if self.seeds == 0 || self.pool < self.seeds || self.draws == 0 {
            return Err("--seeds and --draws must be positive, and --pool at least --seeds".into());
        }
        let rows = Rows::open(self.out.as_deref(), HEADER)?;
        for cell in cells()? {
            let label = cell.label();
            if self.model.is_none_or(|model| model == cell.setup.model) && !rows.has(&label) {
                rows.add(&format!("{label} {}\n", self.measure(&cell.setup)?))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The right half of a row.
    fn measure(&self, setup: &Setup) -> Result<String, TrialError> {
        let criteria = subjects::family(setup).criteria();
        let by_seed = by_seed(measure(std::slice::from_ref(setup), 0..self.pool)?.remove(0), &criteria);
        let mut counts = [0_u64; 3];
        for draw in 0..self.draws {
            let drawn = draw_seeds(draw, self.pool, self.seeds);
            let records = drawn.iter().flat_map(|seed| by_seed.get(seed).into_iter().flatten().cloned());
            let answer = Records::new(records.collect()).judge(criteria.clone())?.answer();
            counts[match answer {
                Answer::Holds => 0,
                Answer::Undecided => 1,
                Answer::Fails => 2,
            }] += 1;
        }
        let [holds, undecided, fails] = counts;
        Ok(format!("{} | {holds} | {undecided} | {fails} |", self.draws))
    }
}

impl Cell {
    /// The left half of a row, which names it.
    fn label(&self) -> String {
        let Setup { model, scaling, optimizer, .. } = &self.setup;
        format!("| {model} | {scaling} | {optimizer} | {} |", self.rules)
    }
}

/// µP and SP for every model, and µP without each rule whose absence is to be seen.
fn cells() -> Result<Vec<Cell>, TrialError> {
    use Scaling::{DFfn, DHead, Heads};
    let mut cells = Vec::new();
    let grown = [
        (Model::Mlp, Heads),
        (Model::ConvNet, Heads),
        (Model::Gpt, Heads),
        (Model::Gpt, DHead),
        (Model::Gpt, DFfn),
        (Model::GptAbsolute, Heads),
        (Model::GptTied, Heads),
        (Model::BurnTransformer, Heads),
    ];
    for (model, scaling) in grown {
        for optimizer in [Optimizer::Sgd, Optimizer::Adam] {
            for parametrization in [Parametrization::mup(), Parametrization::standard()] {
                let rules = parametrization.name.clone();
                let setup = subjects::setup(model, scaling, optimizer)?.with_parametrization(parametrization);
                cells.push(Cell { rules, setup });
            }
        }
    }
    for ablation in ablations::all().filter(|ablation| matches!(ablation.claim, Claim::Seen { .. })) {
        let control = ablation.control()?;
        let rules = format!("{} without {}", control.parametrization.name, ablation.name);
        cells.push(Cell { rules, setup: (ablation.remove)(control) });
    }
    Ok(cells)
}

/// Only what decides is kept.
fn by_seed(records: Records, criteria: &Criteria) -> BTreeMap<u64, Vec<Record>> {
    let mut by_seed: BTreeMap<u64, Vec<Record>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.statistic == criteria.statistic) {
        by_seed.entry(record.seed).or_default().push(record.clone());
    }
    by_seed
}

/// Different seeds below `pool`, the same for the same draw: a Fisher-Yates shuffle with SplitMix64, cut short.
fn draw_seeds(draw: u64, pool: u64, seeds: u64) -> Vec<u64> {
    let mut all: Vec<u64> = (0..pool).collect();
    let mut state = draw.wrapping_mul(0x2545_f491_4f6c_dd1d);
    for i in 0..seeds {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let j = i + (z ^ (z >> 31)) % (pool - i);
        all.swap(i as usize, j as usize);
    }
    all.truncate(seeds as usize);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ErrorRates, cells, draw_seeds};

    #[test]
    fn draws_are_different_seeds_of_the_pool_and_reach_all_of_it() {
        let draws: Vec<Vec<u64>> = (0..200).map(|draw| draw_seeds(draw, 50, 5)).collect();
        for draw in &draws {
            let distinct: BTreeSet<_> = draw.iter().filter(|seed| **seed < 50).collect();
            assert_eq!(distinct.len(), 5, "{draw:?}");
        }
        let reached: BTreeSet<_> = draws.iter().flatten().collect();
        assert_eq!(reached.len(), 50);
        assert!(draws.iter().collect::<BTreeSet<_>>().len() > 190);
    }

    #[test]
    fn mup_is_not_called_wrong_and_sp_is_not_missed_for_an_mlp() {
        let rates = ErrorRates { pool: 8, seeds: 5, draws: 20, model: None, out: None };
        for (cell, expected) in cells().expect("cells").iter().zip(["20 | 20 | 0 | 0 |", "20 | 0 | 0 | 20 |"]) {
            assert_eq!(rates.measure(&cell.setup).expect("runs"), expected, "{}", cell.label());
        }
    }

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let cells = cells().expect("cells");
        let labels: BTreeSet<String> = cells.iter().map(super::Cell::label).collect();
        assert_eq!(labels.len(), cells.len());
    }
}
