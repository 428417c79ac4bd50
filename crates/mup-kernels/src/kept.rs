//! Constants that stay on their device.

use std::sync::{Mutex, PoisonError};

use burn::tensor::{DType, Device, Tensor, TensorData};

/// Constants of a training, such as a mask or sinusoids: made and uploaded once for each key, device and element type.
///
/// Whatever a step brings to a GPU from the host stops the GPU's queue. The last `room` constants are kept, in a static
/// for the life of the process. They serve a device with and without autodiff; no gradient flows to them.
///
/// ```
/// use burn::tensor::{DType, Device, TensorData};
/// use mup_kernels::Kept;
/// static ONE_TO: Kept<usize, 1> = Kept::new(8);
///
/// let one_to = |n: usize| {
///     let values = || TensorData::new((1..=n).map(|i| i as f64).collect(), [n]);
///     ONE_TO.get(n, (&Device::flex(), DType::F32), values)
/// };
/// assert_eq!(one_to(3).sum().into_scalar::<f32>(), 6.0); // uploaded
/// assert_eq!(one_to(3).sum().into_scalar::<f32>(), 6.0); // found
/// ```
#[derive(Debug)]
pub struct Kept<K, const D: usize> {
    room: usize,
    /// The latest last.
    entries: Mutex<Vec<Entry<K, D>>>,
}

#[derive(Debug)]
struct Entry<K, const D: usize> {
    key: K,
    device: Device,
    dtype: DType,
    tensor: Tensor<D>,
}

impl<K: PartialEq, const D: usize> Kept<K, D> {
    /// Nothing yet, and room for this many constants.
    #[must_use]
    pub const fn new(room: usize) -> Self {
        Self { room, entries: Mutex::new(Vec::new()) }
    }

    /// The constant of a key, which decides all of `values`; these are only asked for if it is not there.
    #[must_use]
    pub fn get(&self, key: K, (device, dtype): (&Device, DType), values: impl FnOnce() -> TensorData) -> Tensor<D> {
        on(self.without_autodiff(key, (device.clone().without_autodiff(), dtype), values), device)
    }

    fn without_autodiff(
        &self,
        key: K,
        (device, dtype): (Device, DType),
        values: impl FnOnce() -> TensorData,
    ) -> Tensor<D> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |entry: &Entry<K, D>| entry.key == key && entry.device == device && entry.dtype == dtype;
        let entry = match entries.iter().position(wanted) {
            Some(at) => entries.remove(at),
            None => {
                let tensor = Tensor::from_data(values(), (&device, dtype));
                Entry { key, device, dtype, tensor }
            }
        };
        let tensor = entry.tensor.clone();
        entries.push(entry);
        let too_many = entries.len().saturating_sub(self.room);
        entries.drain(..too_many);
        tensor
    }
}

/// The tensor as one that was made on `device`, which may have autodiff.
fn on<const D: usize>(tensor: Tensor<D>, device: &Device) -> Tensor<D> {
    match device.gradient_checkpointing_strategy() {
        Some(strategy) => tensor.autodiff().with_gradient_checkpointing_strategy(strategy),
        None => tensor,
    }
}

/// Numbers `[n]` that many tensors of a step are computed with, such as a hyperparameter of each trial: uploaded once.
#[must_use]
pub fn kept_numbers(numbers: &[f64], place: (&Device, DType)) -> Tensor<1> {
    static NUMBERS: Kept<Vec<u64>, 1> = Kept::new(64);
    let bits = numbers.iter().map(|number| number.to_bits()).collect();
    NUMBERS.get(bits, place, || TensorData::new(numbers.to_vec(), [numbers.len()]))
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use std::cell::Cell;

    use burn::tensor::{DType, Device, TensorData};

    use super::Kept;

    /// Constants, and how often their values were asked for.
    struct Counted {
        kept: Kept<usize, 1>,
        made: Cell<usize>,
    }

    impl Counted {
        fn new(room: usize) -> Self {
            Self { kept: Kept::new(room), made: Cell::new(0) }
        }

        fn get(&self, key: usize, device: &Device, dtype: DType) -> Vec<f64> {
            let values = || {
                self.made.set(self.made.get() + 1);
                TensorData::new(vec![key as f64, 0.1], [2])
            };
            let tensor = self.kept.get(key, (device, dtype), values);
            assert_eq!((tensor.device().is_autodiff(), tensor.dtype()), (device.is_autodiff(), dtype));
            assert!(!tensor.is_require_grad());
            tensor.into_data().iter::<f64>().collect()
        }
    }

    #[test]
    fn a_constant_is_made_once_for_each_key_and_element_type_with_and_without_autodiff() {
        let counted = Counted::new(8);
        let (plain, autodiff) = (Device::flex(), Device::flex().autodiff());
        for device in [&plain, &autodiff, &plain, &autodiff.clone().gradient_checkpointing()] {
            assert_eq!(counted.get(1, device, DType::F64), [1.0, 0.1]);
        }
        assert_eq!(counted.made.get(), 1);
        assert_eq!(counted.get(1, &plain, DType::F32), [1.0, f64::from(0.1_f32)]);
        assert_eq!(counted.get(2, &plain, DType::F64), [2.0, 0.1]);
        assert_eq!(counted.made.get(), 3);
        assert_eq!(counted.get(1, &autodiff, DType::F32), [1.0, f64::from(0.1_f32)]);
        assert_eq!(counted.made.get(), 3);
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let counted = Counted::new(2);
        let device = Device::flex();
        for key in [1, 2, 1, 3, 1] {
            counted.get(key, &device, DType::F32);
        }
        assert_eq!(counted.made.get(), 3);
        counted.get(2, &device, DType::F32);
        assert_eq!(counted.made.get(), 4);
    }

    #[test]
    fn a_constant_keeps_the_checkpointing_of_the_graph_that_it_enters() {
        let device = Device::flex().autodiff().gradient_checkpointing();
        let kept = Kept::<(), 1>::new(1);
        let constant = kept.get((), (&device, DType::F32), || TensorData::new(vec![3.0, 4.0], [2]));
        let x = burn::tensor::Tensor::<1>::ones([2], &device).require_grad();
        let gradients = (x.clone() * constant).sum().backward();
        assert_eq!(x.grad(&gradients).unwrap().into_data().iter::<f64>().collect::<Vec<_>>(), [3.0, 4.0]);
    }
}
