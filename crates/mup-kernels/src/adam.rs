//! The update of Adam and AdamW in one pass.

use burn::tensor::{Tensor, TensorData};

#[cfg(feature = "flex")]
use crate::slices::adam::{AdamStep, adam};

/// The numbers of one step of Adam or AdamW for one tensor, or for one group of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// η, the learning rate of this step.
    pub rate: f64,
    /// Decay of the first moment.
    pub beta_1: f64,
    /// Decay of the second moment.
    pub beta_2: f64,
    /// Added outside the square root.
    pub epsilon: f64,
    /// Decoupled decay: the weight is multiplied by 1 − rate · decay.
    pub decay: f64,
    /// Coupled L2: added to the gradient, times the weight.
    pub l2: f64,
    /// Number of this step, from 1.
    pub time: usize,
}

/// w ← (1 − ηλ) w − η m̂ / (√v̂ + ε) with moments of g + l2 · w; returns the weight and the moments.
///
/// With several steps, the first axis of every tensor is divided among them: one step for each group. On flex everything is
/// updated in place, in one pass, unless somebody else holds the tensors.
///
/// # Panics
///
/// Panics if the shapes differ or cannot be divided.
///
/// # Reference
///
/// Kingma & Ba, arXiv:1412.6980; Loshchilov & Hutter, arXiv:1711.05101.
#[must_use]
pub fn adam_step<const D: usize>(
    steps: &[Adam],
    weight: Tensor<D>,
    moments: [Tensor<D>; 2],
    gradient: Tensor<D>,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let shape = weight.dims();
    assert!(moments.iter().all(|moment| moment.dims() == shape) && gradient.dims() == shape, "tensors of one shape");
    assert!(steps.len() == 1 || shape[0].is_multiple_of(steps.len()), "an axis that can be divided among the groups");
    #[cfg(feature = "flex")]
    if crate::is_fused(&weight) && gradient.dtype() == weight.dtype() && moments[0].dtype() == weight.dtype() {
        return in_place(steps, weight, moments, gradient);
    }
    if let [step] = steps {
        return portable(step, weight, moments, gradient);
    }
    let size = weight.shape().num_elements() / steps.len();
    let rows = |tensor: Tensor<D>| -> Tensor<2> { tensor.reshape([steps.len(), size]) };
    let (weight, moments) = portable_each(steps, rows(weight), moments.map(rows), rows(gradient));
    (weight.reshape(shape), moments.map(|moment| moment.reshape(shape)))
}

/// [`portable`] of several steps at once: each number of a step is one of a column.
fn portable_each(
    steps: &[Adam],
    weight: Tensor<2>,
    [moment_1, moment_2]: [Tensor<2>; 2],
    gradient: Tensor<2>,
) -> (Tensor<2>, [Tensor<2>; 2]) {
    let (device, dtype) = (weight.device(), weight.dtype());
    let each = |of: fn(&Adam) -> f64| -> Tensor<2> {
        let values: Vec<f64> = steps.iter().map(of).collect();
        Tensor::from_data(TensorData::new(values, [steps.len(), 1]), (&device, dtype))
    };
    let gradient = match steps.iter().any(|step| step.l2 != 0.0) {
        true => gradient + weight.clone() * each(|step| step.l2),
        false => gradient,
    };
    let moment_1 = moment_1 * each(|step| step.beta_1) + gradient.clone() * each(|step| 1.0 - step.beta_1);
    let moment_2 = moment_2 * each(|step| step.beta_2) + gradient.square() * each(|step| 1.0 - step.beta_2);
    let scale = (moment_2.clone() / each(|step| correction(step.beta_2, step.time))).sqrt() + each(|step| step.epsilon);
    let rate = each(|step| step.rate / correction(step.beta_1, step.time));
    let kept = each(|step| 1.0 - step.rate * step.decay);
    (weight * kept - moment_1.clone() / scale * rate, [moment_1, moment_2])
}

/// 1 − βᵗ.
fn correction(beta: f64, time: usize) -> f64 {
    1.0 - beta.powf(time as f64)
}

fn portable<const D: usize>(
    step: &Adam,
    weight: Tensor<D>,
    [moment_1, moment_2]: [Tensor<D>; 2],
    gradient: Tensor<D>,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let gradient = if step.l2 == 0.0 { gradient } else { gradient + weight.clone() * step.l2 };
    let moment_1 = moment_1 * step.beta_1 + gradient.clone() * (1.0 - step.beta_1);
    let moment_2 = moment_2 * step.beta_2 + gradient.square() * (1.0 - step.beta_2);
    let correction = |beta| correction(beta, step.time);
    let scale = (moment_2.clone() / correction(step.beta_2)).sqrt() + step.epsilon;
    let update = moment_1.clone() / scale * (step.rate / correction(step.beta_1));
    (weight * (1.0 - step.rate * step.decay) - update, [moment_1, moment_2])
}

#[cfg(feature = "flex")]
fn in_place<const D: usize>(
    steps: &[Adam],
    weight: Tensor<D>,
    moments: [Tensor<D>; 2],
    gradient: Tensor<D>,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    use burn::backend::Flex;
    use burn::backend::flex::FlexTensor;
    use burn::tensor::DType;

    let flat = |tensor: Tensor<D>| {
        let tensor =
            tensor.try_into_primitive::<Flex>().expect("an optimizer's tensors are on the device, without autodiff");
        let contiguous = tensor.to_contiguous();
        drop(tensor);
        contiguous
    };
    let [moment_1, moment_2] = moments;
    let [mut weight, mut moment_1, mut moment_2, gradient] = [weight, moment_1, moment_2, gradient].map(flat);
    let steps = steps.iter().map(|step| {
        let Adam { rate, beta_1, beta_2, epsilon, decay, l2, time } = *step;
        AdamStep { rate, beta_1, beta_2, epsilon, decay, l2, time }
    });
    let steps: Vec<AdamStep> = steps.collect();
    let run = |tensors: [&mut FlexTensor; 3]| match gradient.dtype() {
        DType::F32 => update::<f32>(&steps, tensors, &gradient),
        _ => update::<f64>(&steps, tensors, &gradient),
    };
    run([&mut weight, &mut moment_1, &mut moment_2]);
    let [weight, moment_1, moment_2] = [weight, moment_1, moment_2].map(Tensor::from_primitive::<Flex>);
    (weight, [moment_1, moment_2])
}

#[cfg(feature = "flex")]
fn update<R: crate::slices::real::Real>(
    steps: &[AdamStep],
    tensors: [&mut burn::backend::flex::FlexTensor; 3],
    gradient: &burn::backend::flex::FlexTensor,
) {
    let [weight, moment_1, moment_2] = tensors.map(|tensor| tensor.storage_mut::<R>());
    let gradient: &[R] = gradient.as_slice().expect("contiguous");
    if gradient.is_empty() {
        return;
    }
    let size = gradient.len() / steps.len();
    let moments = moment_1.chunks_mut(size).zip(moment_2.chunks_mut(size));
    let weights = weight.chunks_mut(size).zip(gradient.chunks(size));
    for (step, ((weight, gradient), (moment_1, moment_2))) in steps.iter().zip(weights.zip(moments)) {
        adam(*step, weight, [moment_1, moment_2], gradient);
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::tensor::{Device, Distribution, Tensor, Tolerance};

    use super::{Adam, adam_step, portable, portable_each};

    const GROUPS: usize = 3;

    fn steps(l2: f64) -> Vec<Adam> {
        let step = |group: f64| Adam {
            rate: 0.01 * group,
            beta_1: 1.0 - 0.1 * group,
            beta_2: 1.0 - 0.02 * group,
            epsilon: 1e-3 * group,
            decay: 0.1 * group,
            l2: l2 * group,
            time: 3,
        };
        [1.0, 2.0, 3.0].map(step).to_vec()
    }

    fn random(low: f64) -> Tensor<2> {
        Tensor::random([GROUPS, 7], Distribution::Uniform(low, 1.0), &Device::flex())
    }

    /// Rounded in another order, some ten times: to a few units of 6e-8 relative.
    fn same(a: &Tensor<2>, b: &Tensor<2>) {
        a.to_data().assert_approx_eq::<f32>(&b.to_data(), Tolerance::rel_abs(2e-6, 1e-6));
    }

    #[test]
    fn several_steps_at_once_are_each_step_on_its_own_group() {
        for l2 in [0.0, 0.1] {
            let (steps, weight, gradient) = (steps(l2), random(-1.0), random(-1.0));
            let moments = [random(-1.0), random(0.0)];
            let part = |tensor: &Tensor<2>, group| tensor.clone().narrow(0, group, 1);
            let (all, all_moments) = portable_each(&steps, weight.clone(), moments.clone(), gradient.clone());
            let (fused, fused_moments) = adam_step(&steps, weight.clone(), moments.clone(), gradient.clone());
            for (group, step) in steps.iter().enumerate() {
                let own = moments.each_ref().map(|moment| part(moment, group));
                let (one, one_moments) = portable(step, part(&weight, group), own, part(&gradient, group));
                same(&part(&all, group), &one);
                same(&part(&fused, group), &one);
                for moment in [0, 1] {
                    same(&part(&all_moments[moment], group), &one_moments[moment]);
                    same(&part(&fused_moments[moment], group), &one_moments[moment]);
                }
            }
        }
    }
}
