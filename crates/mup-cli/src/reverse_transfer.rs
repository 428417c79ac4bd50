//! `reverse-transfer`: what a standard model of width n will do, from a narrow one in µP.

use mup_sweep::Log2Grid;
use mup_train::{FamilyError, LEARNING_RATE};
use mup_verdict::{
    Answer,
    reverse::{Criteria, Diagnosis, Validation},
};

use crate::{
    AnyFamily, RunArguments,
    remembered::Remembered,
    sweep::{self, Sweep, grid_around},
};

/// A narrow model is trained in µP with each width as its base: at its base width µP is the standard parametrization, so
/// the base is the width that the narrow model simulates. Runs that a transfer check in the same folder did are read back.
#[derive(Clone, Debug, clap::Args)]
pub struct ReverseTransferCommand {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub runs: RunArguments,
    /// Width of the model that simulates [default: the narrowest]
    #[arg(long)]
    pub narrow: Option<usize>,
    /// Widths to simulate [default: all that are wider]
    #[arg(long, value_delimiter = ',')]
    pub simulate: Vec<usize>,
    /// Grid of log₂ learning rates, LOW:HIGH or LOW:HIGH:STEP; it extends itself while an optimum lies on its edge
    /// [default: -3:4 around the family's own rate]
    #[arg(long, allow_hyphen_values = true)]
    pub grid: Option<Log2Grid>,
    /// Loss of a model that makes no use of its input, to which an unstable run falls back [default: what the family says]
    #[arg(long, value_name = "LOSS")]
    pub loss_without_input: Option<f64>,
    /// Train no wide model: say what the narrow one says, and leave open whether it is true.
    #[arg(long)]
    pub no_validation: bool,
}

impl ReverseTransferCommand {
    /// Trains what is missing, prints, writes.
    ///
    /// # Errors
    ///
    /// Arguments that fit no check or no model of the family, what the family says, [`Interrupted`](crate::Interrupted).
    pub fn answer(&self, family: &dyn AnyFamily) -> Result<Answer, FamilyError> {
        let trained = Remembered::new(family, &self.runs)?;
        let fallen_back = self.fallen_back(&trained)?;
        let narrow = self.narrow.unwrap_or(trained.widths()[0]);
        let widths = self.simulated(trained.widths(), narrow);
        let title = trained.title(&format!("{narrow} simulates {widths:?}"));
        let folder = self.runs.out.join(format!("reverse-{narrow}"));
        let run = trained.run(&trained.growth());
        let grid = self.grid.map_or_else(|| grid_around(run.learning_rate(), 3.0, 4.0, 1.0), Ok)?;
        let (mup, standard) = (trained.growth(), trained.standard());
        let name = format!("µP, width {narrow}, simulated");
        let mut sweeps = vec![Sweep::new(&trained, &name, LEARNING_RATE, &widths, |width, seed, rate| {
            let run = run.clone().with_growth(mup.from(width)?).with_size(mup.at(narrow)?);
            Ok(run.with_seed(seed).with(LEARNING_RATE, rate))
        })];
        if !self.no_validation {
            sweeps.push(Sweep::new(&trained, "SP, trained", LEARNING_RATE, &widths, |width, seed, rate| {
                let run = run.clone().with_growth(standard.clone()).with_size(standard.at(width)?);
                Ok(run.with_seed(seed).with(LEARNING_RATE, rate))
            }));
        }
        let diagnose = |runs| Diagnosis::new(runs, fallen_back, Criteria::default());
        let mut diagnoses = sweep::run(&trained, sweeps, &grid)?.into_iter().map(diagnose);
        let simulated = diagnoses.next().ok_or("bug: the narrow model is always swept")??;
        let Some(real) = diagnoses.next().transpose()? else {
            let files = simulated.write_to(&folder, &title)?;
            return trained.finish(&title, &simulated, Answer::Undecided, &files);
        };
        let validation = Validation::new(simulated, real)?;
        let files = validation.write_to(&folder, &title)?;
        trained.finish(&title, &validation, validation.answer(), &files)
    }

    fn fallen_back(&self, trained: &Remembered) -> Result<f64, FamilyError> {
        let said = match self.loss_without_input {
            Some(loss) => Some(loss),
            None => trained.family().loss_without_input()?,
        };
        said.ok_or_else(|| {
            "the loss of a model that makes no use of its input is not known: give --loss-without-input, such as ln(classes), \
             or implement Family::loss_without_input"
                .into()
        })
    }

    /// A single width has no trend; then the narrow one, which simulates itself, is the other.
    fn simulated(&self, widths: &[usize], narrow: usize) -> Vec<usize> {
        let wider = || widths.iter().copied().filter(|width| *width > narrow).collect();
        let asked: Vec<usize> = if self.simulate.is_empty() { wider() } else { self.simulate.clone() };
        match asked[..] {
            [one] if one != narrow => vec![narrow, one],
            _ => asked,
        }
    }
}
