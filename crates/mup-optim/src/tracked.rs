//! The optimizer of one parameter: its factor on the rate, and that no state is lost on the way through a record.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use burn::optim::{DynOptimizer, DynState, LearningRate, StateSink, StateSource};
use burn::tensor::Device;
use burn::tensor::kind::BridgeTensor;
use burn_pack::Scalar;

/// What trains a tensor.
pub(crate) struct Trainer {
    pub(crate) name: Cow<'static, str>,
    /// On the rate of every step.
    pub(crate) factor: f64,
    pub(crate) inner: Arc<dyn DynOptimizer>,
}

/// Burn's `load_record` cannot fail, so it drops what it cannot use and begins anew without a word: the state of another
/// optimizer, and, since it matches by `ParamId`, all states if the weights came another way than by Burn's record of the
/// model. Here such a state is kept as what it is, and the next step says so.
///
/// A record is restored on the model's device: Burn 0.22.1 takes `Device::default()` (burn-optim,
/// `src/optim/module/module_optimizer.rs:248`), which may not answer on this machine.
pub(crate) struct Tracked {
    path: String,
    optimizer: Cow<'static, str>,
    /// What every rate is multiplied by, inside the optimizer, where no schedule can lose it.
    factor: f64,
    inner: Arc<dyn DynOptimizer>,
    device: Device,
    /// States that Burn's `load_record` took from a record and that have not been used yet, of all clones of an optimizer:
    /// they share this, and Burn does not say which of them steps.
    loaded: Mutex<Vec<Weak<()>>>,
}

/// What Burn keeps for the parameter.
#[derive(Clone)]
enum Kept {
    State { state: DynState, _loaded: Option<Arc<()>> },
    Refused { why: String, by_path: bool },
}

/// The scalar by which a record says whose state it is.
const OPTIMIZER: &str = "optimizer";

/// The scalar by which `resume` says that it has matched a state with its parameter, and reports itself what is refused.
pub(crate) const BY_PATH: &str = "by_path";

impl Tracked {
    /// `device` may have autodiff; optimizer state never has.
    pub(crate) fn new(path: String, trainer: Trainer, device: &Device) -> Self {
        let Trainer { name, factor, inner } = trainer;
        Self {
            path,
            optimizer: name,
            factor,
            inner,
            device: device.clone().without_autodiff(),
            loaded: Mutex::default(),
        }
    }

    fn unused(&self) -> std::sync::MutexGuard<'_, Vec<Weak<()>>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|state| state.strong_count() > 0);
        loaded
    }

    /// FNV-1a of the optimizer's name.
    fn mark(&self) -> u64 {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        self.optimizer.bytes().fold(0xcbf2_9ce4_8422_2325, step)
    }

    fn restore(&self, rank: usize, prefix: &str, source: &mut StateSource) -> Option<DynState> {
        let mark = source.take_scalar(prefix, OPTIMIZER).map(u64::try_from);
        let ours = mark.is_none_or(|mark| mark == Ok(self.mark()));
        self.inner.state_unflatten(rank, prefix, source, &self.device).filter(|_| ours)
    }
}

impl DynOptimizer for Tracked {
    fn step_dyn(
        &self,
        rank: usize,
        lr: LearningRate,
        tensor: BridgeTensor,
        grad: BridgeTensor,
        state: Option<DynState>,
    ) -> (BridgeTensor, Option<DynState>) {
        let rate = lr * self.factor;
        assert!(
            rate.is_finite(),
            "the learning rate of this step is {lr}, of which {rate} is made for `{}`: it would spoil every weight",
            self.path
        );
        let before = match state.map(DynState::downcast::<Kept>) {
            Some(Kept::State { state, .. }) => Some(state),
            Some(Kept::Refused { why, .. }) => panic!("{why}"),
            None => {
                assert!(
                    self.unused().is_empty(),
                    "an optimizer's record was loaded, but its state of `{}` is of another id than the parameter: the \
                     weights came another way than by the record of the model (another file, a copy). Load the \
                     optimizer's record by mup_optim::resume, which matches by path",
                    self.path
                );
                None
            }
        };
        let (tensor, state) = self.inner.step_dyn(rank, rate, tensor, grad, before);
        (tensor, state.map(|state| DynState::create(Kept::State { state, _loaded: None }, rank)))
    }

    fn to_device_dyn(&self, state: DynState, device: &Device) -> DynState {
        let rank = state.rank();
        let kept = match state.downcast::<Kept>() {
            Kept::State { state, _loaded } => Kept::State { state: self.inner.to_device_dyn(state, device), _loaded },
            refused @ Kept::Refused { .. } => refused,
        };
        DynState::create(kept, rank)
    }

    fn state_flatten(&self, prefix: &str, state: &DynState, out: &mut StateSink) {
        match state.downcast_ref::<Kept>() {
            Kept::State { state, .. } => {
                out.push_scalar(prefix, OPTIMIZER, Scalar::from(self.mark()));
                self.inner.state_flatten(prefix, state, out);
            }
            Kept::Refused { by_path: true, .. } => {}
            // A record without it might take the place of the good one.
            Kept::Refused { why, .. } => panic!("{why}"),
        }
    }

    fn state_unflatten(
        &self,
        rank: usize,
        prefix: &str,
        source: &mut StateSource,
        _default: &Device,
    ) -> Option<DynState> {
        let by_path = source.take_scalar(prefix, BY_PATH).is_some();
        let kept = match self.restore(rank, prefix, source) {
            Some(state) if by_path => Kept::State { state, _loaded: None },
            Some(state) => {
                let loaded = Arc::new(());
                self.unused().push(Arc::downgrade(&loaded));
                Kept::State { state, _loaded: Some(loaded) }
            }
            None => {
                let why = format!(
                    "the record's state of `{}` is not that of {}: make the optimizer that wrote the record, or begin anew \
                     without it",
                    self.path, self.optimizer
                );
                Kept::Refused { why, by_path }
            }
        };
        Some(DynState::create(kept, rank))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::optim::{Optimizer, RecordState};
    use burn::tensor::{Tensor, TensorData};

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
        let trainer = Trainer { name: "remembering".into(), factor: 1.0, inner: Arc::new(Remembering) };
        let optimizer = Tracked::new("weight".to_owned(), trainer, &Device::flex());
        let mut source = StateSource::new(BTreeMap::new());
        source.insert_tensor("7.memory".to_owned(), TensorData::from([1.0_f32, 2.0]));
        let burns_default = Device::flex().autodiff();
        let state = optimizer.state_unflatten(1, "7", &mut source, &burns_default).expect("the record is whole");
        let Kept::State { state, .. } = state.downcast::<Kept>() else { panic!("it was refused") };
        assert!(!state.downcast::<Memory<1>>().0.device().is_autodiff());
    }
}
