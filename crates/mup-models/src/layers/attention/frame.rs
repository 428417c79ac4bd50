//! What all attention layers of a model share in one forward pass.

use burn::tensor::{DType, Device, Tensor, TensorData};
use mup_kernels::Kept;

use super::sinusoids;

/// The causal mask and the sinusoids, which stay on the device.
///
/// `M` is the rank of a matrix: 2, or 3 in a stack of trials.
#[derive(Clone, Debug)]
pub struct AttentionFrame<const M: usize = 2> {
    queries: usize,
    keys: usize,
    device: Device,
    dtype: DType,
    sinusoids: Option<Tensor<M>>,
}

impl AttentionFrame {
    /// With the sinusoids of every distance, times `alpha_relative`, for layers with relative positions.
    #[must_use]
    pub fn with_relative(self, d_model: usize, alpha_relative: f64) -> Self {
        self.with_relative_each(d_model, &[alpha_relative])
    }
}

impl<const M: usize> AttentionFrame<M> {
    /// For the last `queries` of `keys` positions, on the device and with the element type of the activations.
    #[must_use]
    pub fn new(queries: usize, keys: usize, device: &Device, dtype: DType) -> Self {
        Self { queries, keys, device: device.clone(), dtype, sinusoids: None }
    }

    /// With the sinusoids of every distance, times each trial's `alpha_relative`.
    pub(crate) fn with_relative_each(self, d_model: usize, alphas: &[f64]) -> Self {
        let sinusoids = sinusoids(self.keys, d_model, alphas, (&self.device, self.dtype));
        Self { sinusoids: Some(sinusoids), ..self }
    }

    pub(super) fn sinusoids(&self) -> Tensor<M> {
        let sinusoids = self.sinusoids.clone();
        sinusoids.expect("AttentionFrame::with_relative is called for layers with relative positions")
    }

    /// The position of the first query.
    pub(super) fn first(&self) -> usize {
        self.keys - self.queries
    }

    /// Logits of the last keys that a window shows, with those of keys that a query does not see at −∞. A single query, the
    /// newest token of a cached sequence, sees them all.
    pub(super) fn masked(&self, logits: Tensor<5>, window: Option<usize>) -> Tensor<5> {
        let keys = logits.dims()[4];
        if self.queries == 1 { logits } else { logits + self.mask(keys, window) }
    }

    fn mask(&self, keys: usize, window: Option<usize>) -> Tensor<5> {
        static MASKS: Kept<[usize; 3], 5> = Kept::new(16);
        let (queries, window) = (self.queries, window.unwrap_or(keys));
        let seen = |query: usize, key: usize| {
            let own = keys - queries + query;
            key <= own && own < key + window
        };
        let row = |query| (0..keys).map(move |key| if seen(query, key) { 0.0 } else { f64::NEG_INFINITY });
        let values = || TensorData::new((0..queries).flat_map(row).collect::<Vec<f64>>(), [1, 1, 1, queries, keys]);
        MASKS.get([queries, keys, window], (&self.device, self.dtype), values)
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{DType, Device, Tensor};

    use super::AttentionFrame;

    /// Where a tensor's numbers lie; equal for two tensors that live at once only if they are one allocation.
    fn address<const D: usize>(tensor: &Tensor<D>) -> usize {
        let primitive = tensor.clone().inner().try_into_primitive::<Flex>().unwrap();
        primitive.as_slice::<f32>().unwrap().as_ptr() as usize
    }

    #[test]
    fn frames_of_the_same_sizes_share_one_mask_and_one_table_of_sinusoids() {
        let frame = |device: &Device, keys: usize, d_model: usize, alpha: f64| {
            AttentionFrame::new(3, keys, device, DType::F32).with_relative(d_model, alpha)
        };
        let (training, evaluation) = (Device::flex().autodiff(), Device::flex());
        let frames = [frame(&training, 7, 10, 0.5), frame(&training, 7, 10, 0.5), frame(&evaluation, 7, 10, 0.5)];
        let masks = frames.each_ref().map(|frame| frame.mask(7, None));
        let sinusoids = frames.each_ref().map(AttentionFrame::sinusoids);
        assert!(masks.iter().all(|mask| address(mask) == address(&masks[0])));
        assert!(sinusoids.iter().all(|table| address(table) == address(&sinusoids[0])));
        assert!(masks[0].device().is_autodiff() && !masks[2].device().is_autodiff());

        assert_ne!(address(&frame(&training, 8, 10, 0.5).mask(8, None)), address(&masks[0]));
        assert_ne!(address(&frame(&training, 7, 10, 0.25).sinusoids()), address(&sinusoids[0]));
        assert_ne!(address(&frame(&training, 7, 12, 0.5).sinusoids()), address(&sinusoids[0]));
    }

    #[test]
    fn a_query_sees_no_key_after_it_and_none_before_its_window() {
        let device = Device::flex();
        let masked = |queries, keys, window| {
            let logits = Tensor::<5>::ones([1, 1, 1, queries, keys], &device);
            let masked = AttentionFrame::<2>::new(queries, keys, &device, DType::F32).masked(logits, window);
            masked.into_data().iter::<f32>().map(f32::is_finite).collect::<Vec<_>>()
        };
        assert_eq!(masked(1, 3, None), [true; 3]);
        assert_eq!(masked(2, 3, None), [true, true, false, true, true, true]);
        assert_eq!(masked(2, 3, Some(2)), [true, true, false, false, true, true]);
        assert_eq!(masked(2, 3, Some(1)), [false, true, false, false, false, true]);
        assert_eq!(masked(2, 3, Some(8)), masked(2, 3, None));
    }
}
