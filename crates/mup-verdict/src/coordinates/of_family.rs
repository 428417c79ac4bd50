//! A training run of a family as a trial of the check, and what the family says of its activations.

use burn::{optim::GradientsParams, tensor::Device};
use mup_shapes::PathPattern;
use mup_train::{Family, FamilyRun, MicroBatch, Started};

use super::{Activations, Criteria, TrialError};

/// A trial of a [`Family`]: each call is one step of the run on one batch, the same at every size and seed, at a constant
/// rate and without clipping.
///
/// ```no_run
/// # use burn::tensor::Device;
/// # use mup_train::{Family, FamilyRun};
/// use mup_verdict::coordinates::{CoordCheck, Criteria, trial_of};
///
/// # fn check<F: Family>(family: &F, run: &FamilyRun) -> Result<(), mup_train::FamilyError> {
/// let records = CoordCheck::new([32, 64, 128], 3, 4)?.run(|width, seed| {
///     let run = run.clone().with_size(run.growth.at(width)?).with_seed(seed);
///     trial_of(family, &run, &Device::flex())
/// })?;
/// println!("{}", records.judge(Criteria::of(family))?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`FamilyRun::start`] and of [`Family::batch`].
pub fn trial_of<F: Family>(
    family: &F,
    run: &FamilyRun,
    device: &Device,
) -> Result<impl FnMut(&mut Activations) -> Result<(), TrialError> + use<F>, TrialError> {
    let Started { family, model, mut optimizer, .. } = run.start(family, device)?;
    let batch = family.batch(0, MicroBatch { step: 0, index: 0, of: 1 }, &device.clone().autodiff())?;
    let (rate, mut model) = (run.learning_rate(), Some(model));
    Ok(move |seen: &mut Activations| {
        let now = model.take().ok_or("this trial has failed before")?;
        let gradients = GradientsParams::from_grads(family.loss(&now, &batch, seen)?.backward(), &now);
        seen.observe_parameters(&now);
        seen.observe_gradients(&now, &gradients);
        model = Some(optimizer.step(rate, now, gradients));
        Ok(())
    })
}

impl Criteria {
    /// The default criteria, with what a family says of its activations.
    #[must_use]
    pub fn of<F: Family>(family: &F) -> Self {
        let patterns = |names: Vec<&str>| names.into_iter().map(PathPattern::new).collect::<Vec<_>>();
        let mut criteria = Self::default();
        criteria.transients.extend(patterns(family.transients()));
        criteria.unclaimed.extend(patterns(family.unclaimed()));
        criteria
    }
}
