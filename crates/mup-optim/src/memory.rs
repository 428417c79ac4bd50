//! What an optimizer remembers of a parameter: a count of steps and some tensors.

use std::marker::PhantomData;

use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor, TensorData};
use burn_pack::Scalar;

use crate::half::widened;

/// Under which names a record keeps the memory of one kind of optimizer.
pub trait Names: Clone + Send + Sync + 'static {
    /// The count of steps, if steps are counted.
    const TIME: Option<&'static str>;
    /// The tensors that every record has after a step.
    const ALWAYS: &'static [&'static str];
    /// Those that depend on the settings.
    const SOMETIMES: &'static [&'static str];
}

/// The memory of one parameter; its tensors in the order of [`Names`], `ALWAYS` first.
///
/// Unlike a state that derives `RecordState`, it comes back from a record in the types in which it was saved: Burn 0.22.1
/// casts to the device's default (burn-derive, `src/record_state/mod.rs:137`), which costs f64 its bits.
#[derive(Clone, Debug)]
pub struct Memory<N, const D: usize> {
    time: usize,
    tensors: Vec<Option<Tensor<D>>>,
    names: PhantomData<N>,
}

impl<N: Names, const D: usize> Memory<N, D> {
    /// After step `time`, from 1.
    pub(crate) fn new<const K: usize>(time: usize, tensors: [Option<Tensor<D>>; K]) -> Self {
        Self { time, tensors: tensors.into(), names: PhantomData }
    }

    /// The number of steps so far and the tensors; 0 and none before the first. Burn's optimizers write 16 bits for weights
    /// of 16 bits, and are continued here in f32.
    pub(crate) fn before<const K: usize>(memory: Option<Self>) -> (usize, [Option<Tensor<D>>; K]) {
        let Some(Self { time, tensors, .. }) = memory else { return (0, std::array::from_fn(|_| None)) };
        let mut tensors = tensors.into_iter();
        (time, std::array::from_fn(|_| tensors.next().flatten().map(widened)))
    }

    /// The memory of trial `k` of several, with a leading dimension of 1.
    pub(crate) fn of_trial(&self, k: usize) -> Self {
        let of = |tensor: &Tensor<D>| tensor.clone().slice_dim(0, k..k + 1);
        Self { tensors: self.tensors.iter().map(|tensor| tensor.as_ref().map(of)).collect(), ..*self }
    }

    /// The memory of all trials. What one does not remember is zero beside those that do.
    pub(crate) fn of_all(trials: Vec<Self>) -> Self {
        let (time, kinds) = trials.first().map_or((0, 0), |first| (first.time, first.tensors.len()));
        let joined = |kind: usize| {
            let mut each: Vec<_> = trials.iter().map(|trial| trial.tensors[kind].clone()).collect();
            let nothing = each.iter().flatten().next()?.zeros_like();
            Some(Tensor::cat(each.iter_mut().map(|one| one.take().unwrap_or_else(|| nothing.clone())).collect(), 0))
        };
        Self { time, tensors: (0..kinds).map(joined).collect(), names: PhantomData }
    }

    pub(crate) fn moved_to(self, device: &Device) -> Self {
        let tensors = self.tensors.into_iter().map(|tensor| tensor.map(|tensor| tensor.to_device(device)));
        Self { tensors: tensors.collect(), ..self }
    }
}

impl<N: Names, const D: usize> RecordState for Memory<N, D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Some(name) = N::TIME {
            out.push_scalar(prefix, name, Scalar::from(self.time));
        }
        for (name, tensor) in N::ALWAYS.iter().chain(N::SOMETIMES).zip(&self.tensors) {
            if let Some(tensor) = tensor {
                out.push_tensor(prefix, name, tensor.clone().into_data());
            }
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let time = match N::TIME {
            Some(name) => usize::try_from(source.take_scalar(prefix, name)?).ok()?,
            None if counts(prefix, source) => return None,
            None => 0,
        };
        let mut take = |name: &&str| source.take_tensor(prefix, name).map(|data| restored(data, device));
        let always: Option<Vec<_>> = N::ALWAYS.iter().map(|name| take(name).map(Some)).collect();
        let tensors = always?.into_iter().chain(N::SOMETIMES.iter().map(take)).collect();
        Some(Self { time, tensors, names: PhantomData })
    }
}

/// Whether the record is of an optimizer that counts steps, here or in Burn. One that does not, and remembers no tensor
/// either (SGD without momentum), would take any record for its own.
fn counts(prefix: &str, source: &mut StateSource) -> bool {
    ["time", "momentum.time", "lr_decay.time"].iter().any(|name| source.take_scalar(prefix, name).is_some())
}

/// A tensor of a record, in the type in which it was saved.
pub(crate) fn restored<const D: usize>(data: TensorData, device: &Device) -> Tensor<D> {
    let dtype = data.dtype();
    Tensor::from_data(data, (device, dtype))
}

/// [`Names`] of one kind of optimizer: the count, tensors always, tensors sometimes.
macro_rules! names {
    ($name:ident: $time:expr, [$($always:literal),*], [$($sometimes:literal),*]) => {
        #[derive(Clone, Debug)]
        pub struct $name;

        impl crate::memory::Names for $name {
            const TIME: Option<&'static str> = $time;
            const ALWAYS: &'static [&'static str] = &[$($always),*];
            const SOMETIMES: &'static [&'static str] = &[$($sometimes),*];
        }
    };
}
pub(crate) use names;

/// A moving average: `(1 − weight)·past + weight·new`, where nothing is past 0.
pub(crate) fn average<const D: usize>(past: Option<Tensor<D>>, new: Tensor<D>, weight: f64) -> Tensor<D> {
    match past {
        Some(past) => past * (1.0 - weight) + new * weight,
        None => new * weight,
    }
}
