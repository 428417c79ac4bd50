//! Types of 16 bits, in which squares and sums of them do not fit, nor most hyperparameters.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{DType, Device, FloatDType, Tensor};

pub(crate) fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16)
}

/// In f32 if it is of 16 bits.
pub(crate) fn widened<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if is_half(tensor.dtype()) { tensor.cast(FloatDType::F32) } else { tensor }
}

/// Updates weights of 16 bits in f32, with state in f32, and rounds them once.
///
/// Computed in bf16, β₂ = 0.999 and 1 − ηλ are 1, so that nothing is forgotten and nothing decays, and in f16 an ε of 1e-8
/// is 0.
#[derive(Clone, Debug)]
pub(crate) struct Widening<O>(pub(crate) O);

impl<O: Optimizer> Optimizer for Widening<O> {
    type State<const D: usize> = O::State<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let dtype = weight.dtype();
        if !is_half(dtype) {
            return self.0.step(rate, weight, gradient, state);
        }
        let (weight, state) = self.0.step(rate, widened(weight), widened(gradient), state);
        (weight.cast(dtype), state)
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        O::to_device(state, device)
    }
}
