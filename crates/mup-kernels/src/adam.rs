//! The update of Adam and AdamW in one pass.

use burn::tensor::Tensor;

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
    let split = |tensor: Tensor<D>| tensor.chunk(steps.len(), 0);
    let [moment_1, moment_2] = moments.map(split);
    let parts = split(weight).into_iter().zip(moment_1.into_iter().zip(moment_2)).zip(split(gradient));
    let stepped = steps.iter().zip(parts).map(|(step, ((weight, (moment_1, moment_2)), gradient))| {
        let (weight, [moment_1, moment_2]) = portable(step, weight, [moment_1, moment_2], gradient);
        (weight, (moment_1, moment_2))
    });
    let (weights, (first, second)): (Vec<_>, (Vec<_>, Vec<_>)) = stepped.unzip();
    (Tensor::cat(weights, 0), [Tensor::cat(first, 0), Tensor::cat(second, 0)])
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
    let correction = |beta: f64| 1.0 - beta.powf(step.time as f64);
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
