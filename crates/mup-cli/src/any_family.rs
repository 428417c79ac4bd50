//! A family without its types: what the commands ask of it, so that they are compiled once.

use std::path::Path;

use burn::module::Module;
use burn::tensor::Device;
use mup_rules::{Run, ScalingPlan};
use mup_study::{Evaluation, TrialCurve, TrialEnd};
use mup_train::{Ended, Event, Family, FamilyError, FamilyRun, Growth, MicroBatch, RunFolder, Size, Trained};
use mup_verdict::coordinates::{Activations, Criteria, depth_trial_of, trial_of};

use crate::{Identity, Interrupted, remedy::on_the_command_line};

/// A training run: each call is a step that reports its activations.
pub type BoxedTrial = Box<dyn FnMut(&mut Activations) -> Result<(), FamilyError>>;

/// A [`Family`] without its types. Every family is one.
pub trait AnyFamily: Send + Sync {
    /// [`Family::name`].
    fn name(&self) -> String;

    /// [`Family::size`].
    fn size(&self) -> Size;

    /// What a growing family is known by.
    ///
    /// # Errors
    ///
    /// A start that cannot be stored.
    fn identity(&self, growth: &Growth) -> Result<Identity, FamilyError>;

    /// [`Family::delta`].
    ///
    /// # Errors
    ///
    /// Those of that function.
    fn delta(&self, growth: &Growth) -> Result<Size, FamilyError>;

    /// Whether there is data for every part of a step: [`Family::batch`] is asked for the first.
    ///
    /// # Errors
    ///
    /// The family's.
    fn check_micro_batches(&self, of: usize, device: &Device) -> Result<(), FamilyError>;

    /// [`Family::loss_without_input`].
    ///
    /// # Errors
    ///
    /// The family's.
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError>;

    /// The family's own values and training, at a size.
    fn run(&self, growth: Growth, size: Size) -> FamilyRun;

    /// [`FamilyRun::in_tokens`].
    ///
    /// # Errors
    ///
    /// Those of that function.
    fn in_tokens(&self, run: &FamilyRun) -> Result<Run, FamilyError>;

    /// Whether the run could begin: its training makes sense, and its plan has an optimizer. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// Those of [`Training::check`](mup_train::Training::check), of the plan and of [`Family::optimizer`].
    fn check_run(&self, run: &FamilyRun, device: &Device) -> Result<ScalingPlan, FamilyError>;

    /// [`FamilyRun::plan`].
    ///
    /// # Errors
    ///
    /// Those of that function.
    fn plan(&self, run: &FamilyRun, device: &Device) -> Result<ScalingPlan, FamilyError>;

    /// [`Family::untested`], from the run's base to its size.
    fn untested(&self, run: &FamilyRun) -> Vec<String>;

    /// What the family says of its activations.
    fn criteria(&self) -> Criteria;

    /// [`Family::flops_per_token`].
    fn flops_per_token(&self, size: &Size) -> Option<f64>;

    /// A trial of the coordinate check.
    ///
    /// # Errors
    ///
    /// Those of [`trial_of`].
    fn trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError>;

    /// A trial of the coordinate check along depth.
    ///
    /// # Errors
    ///
    /// Those of [`depth_trial_of`].
    fn depth_trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError>;

    /// Trains, on from the folder's last checkpoint if there is one; with `sample` the curve has what the model made.
    ///
    /// # Errors
    ///
    /// Those of [`FamilyRun::train_in`], and [`Interrupted`].
    fn train(
        &self,
        run: &FamilyRun,
        folder: Option<RunFolder>,
        device: &Device,
        observe: &mut dyn FnMut(&Event),
        interrupted: &dyn Fn() -> bool,
        sample: bool,
    ) -> Result<TrialEnd, FamilyError>;

    /// [`Family::check_export`], of the run's model before it is trained.
    ///
    /// # Errors
    ///
    /// Those of that function, of [`FamilyRun::family`] and of [`Family::model`].
    fn check_export(&self, run: &FamilyRun, device: &Device, path: &Path, fold: bool) -> Result<(), FamilyError>;

    /// Writes the weights of a run that has ended in the folder, and says what a reader must know; nothing if it diverged.
    ///
    /// # Errors
    ///
    /// Those of [`FamilyRun::train_in`] and of [`Family::export`].
    fn export(
        &self,
        run: &FamilyRun,
        folder: RunFolder,
        device: &Device,
        path: &Path,
        fold: bool,
    ) -> Result<Option<String>, FamilyError>;

    /// A copy.
    fn boxed(&self) -> Box<dyn AnyFamily>;
}

impl<F: Family> AnyFamily for F {
    fn name(&self) -> String {
        Family::name(self)
    }

    fn size(&self) -> Size {
        Family::size(self)
    }

    fn identity(&self, growth: &Growth) -> Result<Identity, FamilyError> {
        Identity::of(self, growth)
    }

    fn delta(&self, growth: &Growth) -> Result<Size, FamilyError> {
        Ok(Family::delta(self, &growth.base, &growth.grows)?)
    }

    fn check_micro_batches(&self, of: usize, device: &Device) -> Result<(), FamilyError> {
        Family::batch(self, 0, MicroBatch { step: 0, index: 0, of }, device)?;
        Ok(())
    }

    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError> {
        Family::loss_without_input(self)
    }

    fn run(&self, growth: Growth, size: Size) -> FamilyRun {
        FamilyRun::new(self, growth, size)
    }

    fn in_tokens(&self, run: &FamilyRun) -> Result<Run, FamilyError> {
        run.in_tokens(self)
    }

    fn check_run(&self, run: &FamilyRun, device: &Device) -> Result<ScalingPlan, FamilyError> {
        run.training.check()?;
        run.check(self, device).map_err(on_the_command_line)
    }

    fn plan(&self, run: &FamilyRun, device: &Device) -> Result<ScalingPlan, FamilyError> {
        run.plan(self, device).map_err(on_the_command_line)
    }

    fn untested(&self, run: &FamilyRun) -> Vec<String> {
        Family::untested(self, &run.growth.base, &run.size)
    }

    fn criteria(&self) -> Criteria {
        Criteria::of(self)
    }

    fn flops_per_token(&self, size: &Size) -> Option<f64> {
        Family::flops_per_token(self, size)
    }

    fn trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError> {
        Ok(Box::new(trial_of(self, run, device)?))
    }

    fn depth_trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError> {
        Ok(Box::new(depth_trial_of(self, run, device)?))
    }

    fn train(
        &self,
        run: &FamilyRun,
        folder: Option<RunFolder>,
        device: &Device,
        observe: &mut dyn FnMut(&Event),
        interrupted: &dyn Fn() -> bool,
        sample: bool,
    ) -> Result<TrialEnd, FamilyError> {
        let plan = run.plan(self, device)?;
        let Trained { model, curve, seconds } = run.train_in(folder, self, device, observe, interrupted)?;
        let finished = match curve.ended {
            Ended::Interrupted => return Err(Interrupted.into()),
            ended => ended == Ended::Finished,
        };
        let sample = if sample && finished { Family::sample(self, &model.valid(), run.seed)? } else { None };
        let mut losses = curve.losses;
        if !finished && losses.iter().all(|loss| loss.is_finite()) {
            // The loss was a number, but its gradient was not.
            losses.push(f64::NAN);
        }
        let evaluations: Vec<Evaluation> =
            curve.evaluations.iter().map(|at| Evaluation { step: at.step, loss: at.loss }).collect();
        let curve = TrialCurve {
            losses,
            validation: evaluations.last().map(|evaluation| evaluation.loss).filter(|_| finished),
            evaluations: if run.training.evaluate_every.is_some() { evaluations } else { Vec::new() },
            tokens: curve.tokens,
            parameters: parameters(&plan),
            sample,
            flops: Family::flops_per_token(self, &run.size).map(|flops| flops * curve.tokens as f64),
            ..TrialCurve::default()
        };
        // It may have had several processes.
        Ok(TrialEnd { seconds: Some(seconds), ..TrialEnd::from(curve) })
    }

    fn check_export(&self, run: &FamilyRun, device: &Device, path: &Path, fold: bool) -> Result<(), FamilyError> {
        let family = run.family(self)?;
        Family::check_export(&family, &Family::model(&family, &run.size, device)?, path, fold)
    }

    fn export(
        &self,
        run: &FamilyRun,
        folder: RunFolder,
        device: &Device,
        path: &Path,
        fold: bool,
    ) -> Result<Option<String>, FamilyError> {
        let trained = run.train_in(Some(folder), self, device, |_| {}, || false)?;
        let (family, finished) = (run.family(self)?, trained.curve.ended == Ended::Finished);
        finished.then(|| Family::export(&family, &trained.model, path, fold)).transpose()
    }

    fn boxed(&self) -> Box<dyn AnyFamily> {
        Box::new(self.clone())
    }
}

/// Numbers that are trained: what a step takes is proportional to it.
pub(crate) fn parameters(plan: &ScalingPlan) -> u64 {
    let trained = plan.rows().iter().filter(|row| row.is_trained());
    trained.map(|row| row.dims.iter().map(|dim| dim.size() as u64).product::<u64>()).sum()
}
