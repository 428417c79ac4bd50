//! A family without its types: what the commands ask of it, so that they are compiled once.

use burn::tensor::Device;
use mup_rules::ScalingPlan;
use mup_study::TrialCurve;
use mup_train::{Ended, Event, Family, FamilyError, FamilyRun, Growth, Size};
use mup_verdict::coordinates::{Activations, Criteria, trial_of};

use crate::Interrupted;

/// A training run: each call is a step that reports its activations.
pub type BoxedTrial = Box<dyn FnMut(&mut Activations) -> Result<(), FamilyError>>;

/// A [`Family`] without its types. Every family is one.
pub trait AnyFamily: Send + Sync {
    /// [`Family::name`].
    fn name(&self) -> String;

    /// [`Family::size`].
    fn size(&self) -> Size;

    /// [`Family::fingerprint`].
    fn fingerprint(&self) -> String;

    /// [`Family::loss_without_input`].
    ///
    /// # Errors
    ///
    /// The family's.
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError>;

    /// The family's own values and training, at a size.
    fn run(&self, growth: Growth, size: Size) -> FamilyRun;

    /// [`Growth::plan`].
    ///
    /// # Errors
    ///
    /// Those of that function.
    fn plan(&self, growth: &Growth, size: &Size, device: &Device) -> Result<ScalingPlan, FamilyError>;

    /// What the family says of its activations.
    fn criteria(&self) -> Criteria;

    /// A trial of the coordinate check.
    ///
    /// # Errors
    ///
    /// Those of [`trial_of`].
    fn trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError>;

    /// Trains; the callback sees each loss.
    ///
    /// # Errors
    ///
    /// Those of [`FamilyRun::train`], and [`Interrupted`].
    fn train(
        &self,
        run: &FamilyRun,
        device: &Device,
        on_loss: &mut dyn FnMut(f64),
        interrupted: &dyn Fn() -> bool,
    ) -> Result<TrialCurve, FamilyError>;
}

impl<F: Family> AnyFamily for F {
    fn name(&self) -> String {
        Family::name(self)
    }

    fn size(&self) -> Size {
        Family::size(self)
    }

    fn fingerprint(&self) -> String {
        Family::fingerprint(self)
    }

    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError> {
        Family::loss_without_input(self)
    }

    fn run(&self, growth: Growth, size: Size) -> FamilyRun {
        FamilyRun::new(self, growth, size)
    }

    fn plan(&self, growth: &Growth, size: &Size, device: &Device) -> Result<ScalingPlan, FamilyError> {
        growth.plan(self, size, device)
    }

    fn criteria(&self) -> Criteria {
        Criteria::of(self)
    }

    fn trial(&self, run: &FamilyRun, device: &Device) -> Result<BoxedTrial, FamilyError> {
        Ok(Box::new(trial_of(self, run, device)?))
    }

    fn train(
        &self,
        run: &FamilyRun,
        device: &Device,
        on_loss: &mut dyn FnMut(f64),
        interrupted: &dyn Fn() -> bool,
    ) -> Result<TrialCurve, FamilyError> {
        let observe = |event: &Event| {
            if let Event::Step(report) = event {
                on_loss(report.loss);
            }
        };
        let curve = FamilyRun::train(run, self, device, observe, interrupted)?.curve;
        let finished = match curve.ended {
            Ended::Interrupted => return Err(Interrupted.into()),
            ended => ended == Ended::Finished,
        };
        let mut losses = curve.losses;
        if !finished && losses.iter().all(|loss| loss.is_finite()) {
            // The loss was a number, but its gradient was not.
            losses.push(f64::NAN);
        }
        let validation = curve.evaluations.last().map(|evaluation| evaluation.loss).filter(|_| finished);
        Ok(TrialCurve { losses, validation, tokens: curve.tokens, ..TrialCurve::default() })
    }
}
