//! How layers make their parameters.

use burn::module::{Param, ParamId};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

/// Makes the parameters of one model, or those of a stack, which have an axis of trials in front; all lazy, like Burn's own.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    device: Device,
    trials: Option<usize>,
}

impl Parameters {
    /// Of one model.
    pub(crate) fn of_one(device: &Device) -> Self {
        Self { device: device.clone(), trials: None }
    }

    /// Of a stack of this many trials.
    pub(crate) fn of_trials(trials: usize, device: &Device) -> Self {
        Self { device: device.clone(), trials: Some(trials) }
    }

    /// Drawn like weight and bias of Burn's `Linear`, uniform in ±1/√`fan_in`.
    pub(crate) fn drawn<const D: usize>(&self, dims: &[usize], fan_in: usize) -> Param<Tensor<D>> {
        let uniform = Initializer::KaimingUniform { gain: 1.0 / 3_f64.sqrt(), fan_out_only: false };
        uniform.init_with(self.shape::<D>(dims), Some(fan_in), None, &self.device)
    }

    /// Starting as this says.
    pub(crate) fn started<const D: usize>(&self, dims: &[usize], start: &Initializer) -> Param<Tensor<D>> {
        start.init(self.shape::<D>(dims), &self.device)
    }

    /// A parameter that no optimizer trains, with the same value in every entry.
    pub(crate) fn untrained<const D: usize>(&self, value: f64, size: usize) -> Param<Tensor<D>> {
        let shape = self.shape::<D>(&[size]);
        let full = move |device: &Device, trained| Tensor::full(shape, value, device).set_require_grad(trained);
        Param::uninitialized(ParamId::new(), full, self.device.clone(), false, shape.into())
    }

    fn shape<const D: usize>(&self, dims: &[usize]) -> [usize; D] {
        let shape: Vec<usize> = self.trials.into_iter().chain(dims.iter().copied()).collect();
        shape.try_into().expect("bug: the rank of a parameter is that of one model, or one more in a stack")
    }
}
