//! A grid of runs per width and seed that extends itself until every optimum is bracketed.

use mup_sweep::Log2Grid;
use mup_train::{FamilyError, FamilyRun};
use mup_verdict::transfer::{self, Runs};

use crate::remembered::Remembered;

/// How many points a grid may gain at one width and seed.
const MAX_EXTENSIONS: usize = 6;

/// The runs of one family of models.
pub(crate) struct Sweep<'a> {
    runs: Runs,
    widths: Vec<usize>,
    describe: Describe<'a>,
}

/// From width, seed and value to a run.
type Describe<'a> = Box<dyn Fn(usize, u64, f64) -> Result<FamilyRun, FamilyError> + 'a>;

/// A run that is missing: of which sweep, width, seed, log₂ value.
type Wanted = (usize, usize, u64, f64);

impl<'a> Sweep<'a> {
    /// `describe` gives the run of a width, a seed and a value of the hyperparameter.
    pub(crate) fn new(
        trained: &Remembered,
        label: &str,
        hyperparameter: &str,
        widths: &[usize],
        describe: impl Fn(usize, u64, f64) -> Result<FamilyRun, FamilyError> + 'a,
    ) -> Self {
        let (label, grows) = (label.to_owned(), trained.grows().to_owned());
        let runs = Runs { label, hyperparameter: hyperparameter.replace('-', " "), grows, runs: Vec::new() };
        Self { runs, widths: widths.to_vec(), describe: Box::new(describe) }
    }
}

/// Trains what is missing of all sweeps together, so that no core waits for one of them.
pub(crate) fn run(trained: &Remembered, mut sweeps: Vec<Sweep>, grid: &Log2Grid) -> Result<Vec<Runs>, FamilyError> {
    let mut wanted = whole_grid(trained, &sweeps, grid);
    while !wanted.is_empty() {
        let described = wanted.iter().map(|(i, width, seed, log2)| (sweeps[*i].describe)(*width, *seed, log2.exp2()));
        let records = trained.records(&described.collect::<Result<Vec<FamilyRun>, _>>()?)?;
        for ((i, width, seed, log2_value), record) in wanted.into_iter().zip(records) {
            let loss = record.outcome.loss();
            sweeps[i].runs.runs.push(transfer::Run { width, seed, log2_value, loss });
        }
        wanted = beyond_the_edges(trained, &sweeps, grid);
    }
    Ok(sweeps.into_iter().map(|sweep| sweep.runs).collect())
}

fn whole_grid(trained: &Remembered, sweeps: &[Sweep], grid: &Log2Grid) -> Vec<Wanted> {
    let each = models(trained, sweeps);
    each.flat_map(|(i, width, seed)| grid.exponents().into_iter().map(move |log2| (i, width, seed, log2))).collect()
}

fn beyond_the_edges(trained: &Remembered, sweeps: &[Sweep], grid: &Log2Grid) -> Vec<Wanted> {
    let next = |(i, width, seed): (usize, usize, u64)| {
        sweeps[i].runs.wanted(width, seed, grid, MAX_EXTENSIONS).map(|log2| (i, width, seed, log2))
    };
    models(trained, sweeps).filter_map(next).collect()
}

fn models(trained: &Remembered, sweeps: &[Sweep]) -> impl Iterator<Item = (usize, usize, u64)> {
    sweeps.iter().enumerate().flat_map(move |(i, sweep)| {
        sweep.widths.iter().flat_map(move |width| trained.seeds().map(move |seed| (i, *width, seed)))
    })
}

/// A grid around what a family does unasked, in whole octaves.
pub(crate) fn grid_around(value: f64, below: f64, above: f64, step: f64) -> Result<Log2Grid, FamilyError> {
    let center = value.log2().round();
    Ok(Log2Grid::new(center - below, center + above, step)?)
}
