//! Along depth: how far a small step of the blocks moves the residual stream's end, and how large the sum of its branches is.

use burn::{
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use mup_probe::Probe;
use mup_shapes::{Place, param_paths};
use mup_train::{Family, FamilyRun, MicroBatch, Started};

use super::{Activations, Source, TrialError};

/// A step this much smaller than one of the family's own is of first order: after ordinary steps normalization hides a rate
/// that misses its factor of depth. Much smaller ones drown in the rounding of f32.
const SMALL: f64 = 1.0 / 128.0;

/// A trial of a [`Family`] along depth, for a check of one step with [`Source::ALONG_DEPTH`]: the stream's end before and after
/// one small step of the blocks' tensors alone, on one batch.
///
/// | reported as | what it is | its slope in depth |
/// |---|---|---|
/// | `stream`, [`Source::Stream`] | its change is Δx_L | 0 |
/// | `branches`, [`Source::Branches`] | x_L − x_0, the sum of all branches, over m_L^(½−α), what α makes of a sum of independent ones | 0 |
///
/// α is that of the rules (`mup_rules::Parametrization::alpha`), not of the start that is judged: branches that start otherwise
/// grow or vanish, and a wish that is the same at every depth changes nothing. Rules without depth are held to α = ½, and
/// fail as they should. Before, one ordinary step trains what is outside of the blocks, since a readout that starts at zero sends no gradient
/// back. The model shows the stream by [`Probe::observe_stream`].
///
/// # Errors
///
/// Those of [`FamilyRun::start`] and of [`Family::batch`]; a model that is wider than its base, that has no blocks, or that
/// shows no stream.
///
/// # Reference
///
/// Tensor Programs VI, arXiv:2310.02244, Claims 7.1 to 7.3: α ≥ ½ for a stable start, rates ∝ L^(α−1) for updates of size one;
/// CompleteP, arXiv:2505.01618, for α = 1.
pub fn depth_trial_of<F: Family>(
    family: &F,
    run: &FamilyRun,
    device: &Device,
) -> Result<impl FnMut(&mut Activations) -> Result<(), TrialError> + use<F>, TrialError> {
    let plan = run.plan(family, device)?;
    if let Some(row) = plan.rows().iter().find(|row| row.width_mults() != (1.0, 1.0)) {
        return Err(format!("`{}` is wider than in the base: along depth nothing else may grow", row.path).into());
    }
    let unit = sum_of_branches(plan.depth_mult(), plan.parametrization().alpha());
    let Started { family, model, mut optimizer, .. } = run.start(family, device)?;
    let in_block = |path: &str| plan.row(path).is_ok_and(|row| row.place != Some(Place::Outside));
    let (blocks, outside): (Vec<_>, Vec<_>) = param_paths(&model).into_iter().partition(|(path, _)| in_block(path));
    let [blocks, outside] = [blocks, outside].map(|params| params.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    if blocks.is_empty() {
        return Err("the model has no repeated blocks, so that it has no depth".into());
    }
    let batch = family.batch(0, MicroBatch { step: 0, index: 0, of: 1 }, &device.clone().autodiff())?;
    let mut step = move |model: F::Model, of: &[_], rate: f64| -> Result<(F::Model, Ends), TrialError> {
        let mut ends = Ends::default();
        let mut gradients = family.loss(&model, &batch, &mut ends)?.backward();
        let gradients = GradientsParams::from_params(&mut gradients, &model, of);
        Ok((optimizer.step(rate, model, gradients), ends))
    };
    let rate = run.learning_rate();
    let mut model = Some(step(model, &outside, rate)?.0);
    Ok(move |seen: &mut Activations| {
        let now = model.take().ok_or("this trial has failed before")?;
        let (next, ends) = step(now, &blocks, SMALL * rate)?;
        model = Some(next);
        ends.report(unit, seen)
    })
}

/// How a sum of independent branches grows under rules that multiply each by m_L^−α: m_L^(½−α). Without rules it must not.
fn sum_of_branches(depth_mult: f64, alpha: Option<f64>) -> f64 {
    alpha.map_or(1.0, |alpha| depth_mult.powf(0.5 - alpha))
}

/// The residual stream in front of the blocks and behind them, as vectors.
#[derive(Default)]
struct Ends {
    first: Option<Tensor<2>>,
    last: Option<Tensor<2>>,
}

impl Probe for Ends {
    fn observe<const D: usize>(&mut self, _name: &str, _activation: &Tensor<D>) {}

    fn observe_stream<const D: usize>(&mut self, _name: &str, stream: &Tensor<D>) {
        let dims = stream.dims();
        let d = dims.last().copied().unwrap_or(1).max(1);
        let vectors = stream.clone().detach().reshape([dims.iter().product::<usize>() / d, d]);
        let end = if self.first.is_none() { &mut self.first } else { &mut self.last };
        *end = Some(vectors);
    }
}

impl Ends {
    /// Stream and branches, these in a unit.
    fn report(self, unit: f64, seen: &mut Activations) -> Result<(), TrialError> {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            let shown = "call `probe.observe_stream(\"stream\", &x)` in front of the first block and behind the last";
            return Err(format!("the forward pass shows no residual stream from end to end: {shown}").into());
        };
        let [before, after] = [first.dims(), last.dims()];
        if before != after {
            let differ = format!("{before:?} in front of the blocks and {after:?} behind them");
            return Err(
                format!("what is shown as residual stream is {differ}: show one stream, as it is added to").into()
            );
        }
        seen.push_tensor(Source::Branches, "branches", &(last.clone() - first).div_scalar(unit));
        seen.push_tensor(Source::Stream, "stream", &last);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::sum_of_branches;

    /// By hand.
    #[test]
    #[allow(clippy::float_cmp, reason = "powers of two")]
    fn branches_are_held_to_the_alpha_of_the_rules_and_without_rules_to_no_growth() {
        for (depth_mult, alpha, expected) in [
            (4.0, Some(0.5), 1.0),
            (4.0, Some(1.0), 0.5),
            (16.0, Some(0.75), 0.5),
            (4.0, None, 1.0),
            (1.0, Some(1.0), 1.0),
        ] {
            assert_eq!(sum_of_branches(depth_mult, alpha), expected, "m_L = {depth_mult}, α = {alpha:?}");
        }
    }
}
