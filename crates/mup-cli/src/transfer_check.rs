//! `transfer-check`: does the optimum stay where it is as the model grows?

use mup_rules::{Parametrization, RunLaw};
use mup_sweep::Log2Grid;
use mup_train::{FamilyError, FamilyRun, Growth, INIT_SCALE, LEARNING_RATE};
use mup_verdict::{
    Answer,
    transfer::{Comparison, Criteria, Runs},
};

use crate::{
    AnyFamily, RunArguments,
    depth::{control, deepens, usual_rules},
    grow::{Grown, short},
    remembered::Remembered,
    run_axis::RunAxis,
    sweep::{self, Sweep, grid_around},
};

/// What is checked, with what it is compared, and what is checked unasked.
struct Rules {
    subject: Parametrization,
    control: Parametrization,
    usual: Parametrization,
}

/// Trains a grid of values at several sizes, in µP and in SP, and follows the best; where blocks are added, under rules of depth
/// and under rules of width alone.
#[derive(Clone, Debug, clap::Args)]
pub struct TransferCheckCommand {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub runs: RunArguments,
    /// The parametrization that is checked [default: mup, or complete-p where blocks are added]
    #[arg(long, value_parser = Parametrization::named)]
    pub parametrization: Option<Parametrization>,
    /// The hyperparameter whose optimum is followed: learning-rate, init-scale, a factor on the rates of a role (rate-input,
    /// rate-hidden, rate-output, rate-vector), or one of the family's own.
    #[arg(long, default_value = LEARNING_RATE)]
    pub over: String,
    /// Grid of log₂ values, LOW:HIGH or LOW:HIGH:STEP; it extends itself while an optimum lies on its edge
    /// [default: -2:3 around the family's own rate, wide ones for the others]
    #[arg(long, allow_hyphen_values = true)]
    pub grid: Option<Log2Grid>,
    /// log₂ of the learning rate while another hyperparameter varies [default: the family's own]
    #[arg(long, allow_hyphen_values = true)]
    pub log2_rate: Option<f64>,
    /// With --grow batch (over the same data) or --grow tokens: what follows them, none, complete-d, bjorck or power-lines;
    /// the control is none [default: none, without a control]
    #[arg(long, value_name = "NAME", value_parser = RunLaw::named)]
    pub run_law: Option<RunLaw>,
    /// Leave the control out (SP, or where blocks are added µP of width alone); without it the answer is at best undecided.
    #[arg(long)]
    pub no_control: bool,
}

impl TransferCheckCommand {
    /// Trains what is missing, prints, writes.
    ///
    /// # Errors
    ///
    /// Arguments that fit no check or no model of the family, what the family says, [`Interrupted`](crate::Interrupted).
    pub fn answer(&self, family: &dyn AnyFamily) -> Result<Answer, FamilyError> {
        if let Some(axis) = RunAxis::of(&self.runs.grow, family) {
            return self.along_the_run(family, axis);
        }
        if self.run_law.is_some() {
            return Err("--run-law follows batch and tokens, and here the model grows alone: give --grow batch or --grow tokens".into());
        }
        let Rules { subject, control, usual } = self.rules(family)?;
        let trained = Remembered::under(subject, family, &self.runs)?;
        let (base, grid) = self.base_and_grid(trained.run(&trained.growth()))?;
        let control = (!self.no_control).then(|| trained.growth_under(control));
        let growths: Vec<Growth> = [trained.growth()].into_iter().chain(control).collect();
        let sweep = |growth: &Growth| {
            let (run, label) = (base.clone().with_growth(growth.clone()), short(&growth.parametrization.name));
            Sweep::new(&trained, label, &self.over, trained.widths(), move |width, seed, value| {
                let run = run.clone().with_size(run.growth.at(width)?);
                Ok(run.with_seed(seed).with(&self.over, value))
            })
        };
        let swept = sweep::run(&trained, growths.iter().map(sweep).collect(), &grid)?;
        // Other rules have files of their own: they answer another question.
        let asked = self.parametrization.as_ref().filter(|asked| asked.name != usual.name);
        let rules = asked.map_or_else(String::new, |asked| format!("-{}", asked.name));
        self.conclude(&trained, swept, &format!("transfer-{}{rules}", self.over))
    }

    /// Judges what was swept, the subject and its control if there is one, and writes it into a folder of that name.
    pub(crate) fn conclude(&self, trained: &Remembered, swept: Vec<Runs>, folder: &str) -> Result<Answer, FamilyError> {
        let mut reports = swept.into_iter().map(|runs| runs.judge(Criteria::default()));
        let subject = reports.next().ok_or("bug: the subject is always swept")??;
        let folder = self.runs.out.join(folder);
        let title = trained.title(&self.over.replace('-', " "));
        match reports.next().transpose()? {
            Some(control) => {
                let both = Comparison::new(subject, control)?;
                let files = both.write_to(&folder, &title)?;
                trained.finish(&title, &both, both.answer(), &files)
            }
            None => {
                let files = subject.write_to(&folder, &title)?;
                // Without its control a check that passes proves nothing.
                trained.finish(&title, &subject, subject.answer().max(Answer::Undecided), &files)
            }
        }
    }

    /// The rules that are checked, and those of the control. What cannot be varied is refused here, before it leaves a folder
    /// that would refuse the corrected command.
    fn rules(&self, family: &dyn AnyFamily) -> Result<Rules, FamilyError> {
        let Grown { growth, widths } = self.runs.grow.of(family)?;
        self.base_and_grid(family.run(growth.clone(), growth.base.clone()))?;
        let largest = growth.at(widths.last().copied().unwrap_or_default())?;
        let asked = self.parametrization.as_ref();
        let deepens = deepens(family, &growth, asked, &largest, &mup_devices::open(self.runs.device)?)?;
        let (usual, control) = (usual_rules(deepens), control(deepens));
        Ok(Rules { subject: asked.cloned().unwrap_or_else(|| usual.clone()), control, usual })
    }

    /// From a family's own run at the base: the run that varies, and over which grid of log₂ values.
    ///
    /// # Errors
    ///
    /// A hyperparameter that the family has not, or one without octaves around it.
    pub fn base_and_grid(&self, own: FamilyRun) -> Result<(FamilyRun, Log2Grid), FamilyError> {
        let base = self.base_run(own)?;
        let grid = self.grid.map_or_else(|| self.default_grid(&base), Ok)?;
        Ok((base, grid))
    }

    fn base_run(&self, run: FamilyRun) -> Result<FamilyRun, FamilyError> {
        run.value(&self.over).map_err(|error| format!("--over: {error}"))?;
        Ok(match self.log2_rate {
            Some(log2_rate) => run.with(LEARNING_RATE, log2_rate.exp2()),
            None => run,
        })
    }

    fn default_grid(&self, run: &FamilyRun) -> Result<Log2Grid, FamilyError> {
        let value = run.value(&self.over)?;
        match self.over.as_str() {
            LEARNING_RATE => grid_around(value, 2.0, 3.0, 1.0),
            INIT_SCALE => grid_around(value, 3.0, 2.0, 1.0),
            _ if value > 0.0 => grid_around(value, 4.0, 4.0, 2.0),
            over => {
                Err(format!("--over {over} is {value} unasked, so it has no octaves around it: give --grid").into())
            }
        }
    }
}
