//! `wider-check`: is a wider model better at every point of training, with the same hyperparameters?

use mup_train::{FamilyError, FamilyRun, Growth, LEARNING_RATE};
use mup_verdict::{
    Answer,
    wider::{Comparison, Criteria, Curve, Curves, Report},
};

use crate::{AnyFamily, RunArguments, grow::short, output::octaves, remembered::Remembered};

/// Trains several sizes with the same values, in µP and in SP. Runs that a transfer check in the same folder did are read
/// back.
#[derive(Clone, Debug, clap::Args)]
pub struct WiderCheckCommand {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub runs: RunArguments,
    /// log₂ of the learning rate [default: the family's own]
    #[arg(long, allow_hyphen_values = true)]
    pub log2_rate: Option<f64>,
}

impl WiderCheckCommand {
    /// Trains what is missing, prints, writes.
    ///
    /// # Errors
    ///
    /// Arguments that fit no check or no model of the family, what the family says, [`Interrupted`](crate::Interrupted).
    pub fn answer(&self, family: &dyn AnyFamily) -> Result<Answer, FamilyError> {
        let steps =
            self.runs.steps.unwrap_or(family.run(self.runs.grow.of(family)?.growth, family.size()).training.steps);
        let first = Criteria::default().first(steps);
        if steps > 0 && first >= steps {
            return Err(format!(
                "--steps {steps} is too short: curves are smoothed and judged from step {first} on; give more"
            )
            .into());
        }
        let trained = Remembered::new(family, &self.runs)?;
        let own = trained.run(&trained.growth()).learning_rate();
        let rate = self.log2_rate.map_or(own, f64::exp2);
        let report = |growth: Growth| self.report(&trained, growth, rate);
        let both = Comparison::new(report(trained.growth())?, report(trained.standard())?);
        let title = trained.title(&format!("learning rate 2^{}", octaves(rate.log2())));
        let files = both.write_to(&self.runs.out.join("wider"), &title)?;
        trained.finish(&title, &both, both.answer(), &files)
    }

    fn report(&self, trained: &Remembered, growth: Growth, rate: f64) -> Result<Report, FamilyError> {
        let run = trained.run(&growth).with(LEARNING_RATE, rate);
        let models = trained.widths().iter().flat_map(|width| trained.seeds().map(|seed| (*width, seed)));
        let models: Vec<(usize, u64)> = models.collect();
        let run_of = |&(width, seed): &(usize, u64)| -> Result<FamilyRun, FamilyError> {
            Ok(run.clone().with_size(growth.at(width)?).with_seed(seed))
        };
        let runs = models.iter().map(run_of).collect::<Result<Vec<_>, _>>()?;
        let curve = |(width, seed): (usize, u64), mut losses: Vec<f64>| {
            if losses.len() < run.training.steps {
                losses.push(f64::NAN);
            }
            Curve { width, seed, losses }
        };
        let records = trained.records(&runs)?;
        let curves = models.into_iter().zip(records).map(|(model, record)| curve(model, record.curve.losses.clone()));
        Ok(Curves { label: short(&growth.parametrization.name).to_owned(), curves: curves.collect() }
            .judge(Criteria::default())?)
    }
}
