//! `transfer-check --grow batch` and `--grow tokens`: does the optimum stay as the run grows, with a law and without?

use mup_rules::RunLaw;
use mup_train::{FamilyError, FamilyRun};
use mup_verdict::Answer;

use crate::{
    AnyFamily, TransferCheckCommand,
    remembered::Remembered,
    run_axis::RunAxis,
    sweep::{self, Sweep},
    target_run::from_run,
};

impl TransferCheckCommand {
    /// Trains the model of the base in runs of several batches, or lengths, under the law that is asked for and, as the
    /// control, without any.
    pub(crate) fn along_the_run(&self, family: &dyn AnyFamily, axis: RunAxis) -> Result<Answer, FamilyError> {
        if self.parametrization.is_some() {
            let name = axis.name();
            return Err(format!(
                "--parametrization says what follows the model's size, and with --grow {name} the model stays the base's: leave it out"
            )
            .into());
        }
        let law = self.run_law.clone().unwrap_or_else(RunLaw::none);
        let trained = Remembered::along_the_run(family, &self.runs, axis, |own| self.base_and_grid(own).map(|_| ()))?;
        let (base, grid) = self.base_and_grid(trained.run(&trained.growth()))?;
        let controlled = !self.no_control && !law.is_none();
        let laws = if controlled { vec![law, RunLaw::none()] } else { vec![law] };
        let sweep = |law: RunLaw| -> Result<_, FamilyError> {
            let label = if law.is_none() { "no law".to_owned() } else { law.name.clone() };
            let run: FamilyRun = base.clone().with_growth(from_run(family, &base, law, trained.device())?);
            Ok(Sweep::new(&trained, &label, &self.over, trained.widths(), move |times, seed, value| {
                Ok(axis.at(run.clone(), times)?.with_seed(seed).with(&self.over, value))
            }))
        };
        let swept = sweep::run(&trained, laws.into_iter().map(sweep).collect::<Result<_, _>>()?, &grid)?;
        self.conclude(&trained, swept, &format!("transfer-{}-{}", self.over, axis.name()))
    }
}
