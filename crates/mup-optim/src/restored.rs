//! An optimizer whose state comes back from a record on the model's device.

use burn::optim::{DynOptimizer, DynState, LearningRate, Optimizer, StateSink, StateSource};
use burn::tensor::Device;
use burn::tensor::kind::BridgeTensor;

/// Burn 0.22.1 restores a record on `Device::default()` (burn-optim, `src/optim/module/module_optimizer.rs:248`) and
/// moves it with the next step: in a build with several backends that is another device than the model's, which may
/// not answer on this machine, or may have no f64. Here it is the model's.
#[derive(Debug)]
pub(crate) struct RestoredOn<O> {
    inner: O,
    device: Device,
}

impl<O> RestoredOn<O> {
    /// `device` may have autodiff; optimizer state never has.
    pub(crate) fn new(inner: O, device: Device) -> Self {
        Self { inner, device: device.without_autodiff() }
    }
}

impl<O: Optimizer> DynOptimizer for RestoredOn<O> {
    fn step_dyn(
        &self,
        rank: usize,
        lr: LearningRate,
        tensor: BridgeTensor,
        grad: BridgeTensor,
        state: Option<DynState>,
    ) -> (BridgeTensor, Option<DynState>) {
        self.inner.step_dyn(rank, lr, tensor, grad, state)
    }

    fn to_device_dyn(&self, state: DynState, device: &Device) -> DynState {
        self.inner.to_device_dyn(state, device)
    }

    fn state_flatten(&self, prefix: &str, state: &DynState, out: &mut StateSink) {
        self.inner.state_flatten(prefix, state, out);
    }

    fn state_unflatten(&self, rank: usize, prefix: &str, src: &mut StateSource, _default: &Device) -> Option<DynState> {
        self.inner.state_unflatten(rank, prefix, src, &self.device)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::optim::{DynOptimizer, RecordState, StateSource};
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;

    /// Its state is a tensor, and knows where it is.
    #[derive(Clone, Debug)]
    struct Remembering;

    #[derive(Clone, Debug)]
    struct Memory<const D: usize>(Tensor<D>);

    impl<const D: usize> RecordState for Memory<D> {
        fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
            out.push_tensor(prefix, "memory", self.0.to_data());
        }

        fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
            src.take_tensor(prefix, "memory").map(|data| Self(Tensor::from_data(data, device)))
        }
    }

    impl Optimizer for Remembering {
        type State<const D: usize> = Memory<D>;

        fn step<const D: usize>(
            &self,
            _lr: LearningRate,
            tensor: Tensor<D>,
            grad: Tensor<D>,
            _state: Option<Memory<D>>,
        ) -> (Tensor<D>, Option<Memory<D>>) {
            (tensor, Some(Memory(grad)))
        }

        fn to_device<const D: usize>(state: Memory<D>, device: &Device) -> Memory<D> {
            Memory(state.0.to_device(device))
        }
    }

    /// The default build has one device, so that autodiff tells Burn's choice from ours.
    #[test]
    fn state_is_restored_on_the_models_device_whatever_burns_default_is() {
        let optimizer = RestoredOn::new(Remembering, Device::flex());
        let mut source = StateSource::new(BTreeMap::new());
        source.insert_tensor("7.memory".to_owned(), TensorData::from([1.0_f32, 2.0]));
        let burns_default = Device::flex().autodiff();
        let state = optimizer.state_unflatten(1, "7", &mut source, &burns_default).expect("the record is whole");
        assert!(!state.downcast::<Memory<1>>().0.device().is_autodiff());
    }
}
