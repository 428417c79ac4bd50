//! What to run: widths × seeds × steps, what is recorded, and where finished trials are kept.

use std::{fmt, path::PathBuf, sync::Arc};

use mup_shapes::PathPattern;

use super::{CheckError, Source, Statistic, folder::Identity};

/// What to run: widths × seeds × steps.
///
/// # Example
///
/// See the crate's front page for a check of a module of your own.
#[derive(Clone, Debug)]
pub struct CoordCheck {
    pub(super) widths: Vec<usize>,
    pub(super) seeds: Vec<u64>,
    pub(super) steps: usize,
    pub(super) modules: Vec<PathPattern>,
    pub(super) statistics: Vec<Statistic>,
    pub(super) sources: Vec<Source>,
    pub(super) folder: Option<(PathBuf, String)>,
    on_pass: Option<OnPass>,
}

#[derive(Clone)]
struct OnPass(Arc<dyn Fn(usize, u64, usize) + Send + Sync>);

impl fmt::Debug for OnPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnPass")
    }
}

impl CoordCheck {
    /// Widths (sorted here), number of seeds, and number of optimizer steps.
    ///
    /// # Errors
    ///
    /// [`CheckError::TooFewWidths`], [`CheckError::UnusableWidth`], [`CheckError::NoSeeds`], [`CheckError::NoSteps`].
    pub fn new(widths: impl Into<Vec<usize>>, seeds: u64, steps: usize) -> Result<Self, CheckError> {
        let mut widths = widths.into();
        widths.sort_unstable();
        let repeated = widths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        if let Some(width) = repeated.or_else(|| widths.contains(&0).then_some(0)) {
            return Err(CheckError::UnusableWidth { width, widths });
        }
        if widths.len() < 2 {
            return Err(CheckError::TooFewWidths { widths });
        }
        if seeds == 0 {
            return Err(CheckError::NoSeeds);
        }
        if steps == 0 {
            return Err(CheckError::NoSteps);
        }
        Ok(Self {
            widths,
            seeds: (0..seeds).collect(),
            steps,
            modules: Vec::new(),
            statistics: Statistic::DEFAULT.to_vec(),
            sources: Source::DEFAULT.to_vec(),
            folder: None,
            on_pass: None,
        })
    }

    /// Keeps only what has a name that matches one of the patterns; everything when none is given.
    #[must_use]
    pub fn with_modules<P: Into<PathPattern>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.modules = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Records these statistics instead of [`Statistic::DEFAULT`].
    #[must_use]
    pub fn with_statistics(mut self, statistics: impl IntoIterator<Item = Statistic>) -> Self {
        self.statistics = sorted(statistics);
        self
    }

    /// Records these sources instead of [`Source::DEFAULT`]; with activations always logits too.
    ///
    /// The trial must offer them: see [`Activations::observe_parameters`](super::Activations::observe_parameters).
    #[must_use]
    pub fn with_sources(mut self, sources: impl IntoIterator<Item = Source>) -> Self {
        let of_one = |source| [source].into_iter().chain((source == Source::Activation).then_some(Source::Logits));
        self.sources = sorted(sources.into_iter().flat_map(of_one));
        self
    }

    /// Keeps every finished trial in a folder, and reads it back from there instead of running it again.
    ///
    /// The key says what is trained: model, optimizer, parametrization, learning rate, all that the closure knows and
    /// the check does not. A folder whose trials have another key, number of steps, statistics, sources or module
    /// filter is an error; widths and seeds may be added.
    #[must_use]
    pub fn with_folder(mut self, folder: impl Into<PathBuf>, key: impl Into<String>) -> Self {
        self.folder = Some((folder.into(), key.into()));
        self
    }

    /// Calls back after every pass with width, seed and step, from any thread: for a progress bar of
    /// [`n_passes`](Self::n_passes). Passes that are read back count too.
    #[must_use]
    pub fn on_pass(mut self, callback: impl Fn(usize, u64, usize) + Send + Sync + 'static) -> Self {
        self.on_pass = Some(OnPass(Arc::new(callback)));
        self
    }

    /// Widths, ascending.
    #[must_use]
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// How many times a trial's closure is called in all: every pass of every trial.
    #[must_use]
    pub fn n_passes(&self) -> usize {
        self.widths.len() * self.seeds.len() * (self.steps + 1)
    }

    pub(super) fn passed(&self, width: usize, seed: u64, step: usize) {
        if let Some(OnPass(callback)) = &self.on_pass {
            callback(width, seed, step);
        }
    }

    /// Width and seed of every trial, narrow ones first.
    pub(super) fn trials(&self) -> Vec<(usize, u64)> {
        self.widths.iter().flat_map(|width| self.seeds.iter().map(|seed| (*width, *seed))).collect()
    }

    pub(super) fn identity(&self, key: &str) -> Identity {
        Identity {
            key: key.to_owned(),
            steps: self.steps,
            statistics: self.statistics.clone(),
            sources: self.sources.clone(),
            modules: self.modules.clone(),
        }
    }
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort_unstable();
    items.dedup();
    items
}
