//! What a record keeps of a parameter with a master.

use burn::optim::{Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use crate::memory::restored;

/// The name of the f32 weights in a record.
pub(crate) const MASTER: &str = "master";

/// The master of a 16-bit parameter, and the state of the optimizer that trains it.
pub struct MasterWeightsState<O: Optimizer, const D: usize> {
    pub(super) master: Option<Tensor<D>>,
    pub(super) inner: Option<O::State<D>>,
}

impl<O: Optimizer, const D: usize> MasterWeightsState<O, D> {
    /// The f32 weights; none for a parameter of 32 or 64 bits.
    #[must_use]
    pub fn master(&self) -> Option<&Tensor<D>> {
        self.master.as_ref()
    }

    pub(super) fn moved_to(self, device: &Device) -> Self {
        Self {
            master: self.master.map(|master| master.to_device(device)),
            inner: self.inner.map(|inner| O::to_device(inner, device)),
        }
    }
}

impl<O: Optimizer, const D: usize> Clone for MasterWeightsState<O, D> {
    fn clone(&self) -> Self {
        Self { master: self.master.clone(), inner: self.inner.clone() }
    }
}

impl<O: Optimizer, const D: usize> std::fmt::Debug for MasterWeightsState<O, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterWeightsState").field(MASTER, &self.master).finish_non_exhaustive()
    }
}

/// The inner state stands under `inner`, so that a record of the inner optimizer alone is not taken for this one.
impl<O: Optimizer, const D: usize> RecordState for MasterWeightsState<O, D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Some(master) = &self.master {
            out.push_tensor(prefix, MASTER, master.clone().into_data());
        }
        if let Some(inner) = &self.inner {
            inner.state_flatten(&inside(prefix), out);
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let master = source.take_tensor(prefix, MASTER).map(|data| restored(data, device));
        let inner = O::State::<D>::state_unflatten(&inside(prefix), source, device);
        (master.is_some() || inner.is_some()).then_some(Self { master, inner })
    }
}

fn inside(prefix: &str) -> String {
    format!("{prefix}.inner")
}
