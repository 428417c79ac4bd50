//! Causal self-attention with the parametrization's logit scale, with or without relative positions.

use burn::module::{Module, Param};
use burn::nn::{Dropout, Linear};
use burn::tensor::{DType, Device, Tensor, TensorData};
use mup_kernels::{Kept, Relative, causal_attention, is_fused};

use super::relative_attention::{shift, sinusoids};
use super::{closing, drops, multiply};
use mup_probe::{NoProbe, Probe};

/// Causal multi-head attention: logits α_attention · Σ_c s_c q_c k_c, and with relative positions
/// α_attention · Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c], where s is the `logit_scale`, r_d is
/// `relative_key` of the sinusoids of distance d, u the `content_bias` and v the `position_bias`.
///
/// A probe sees, scaled as they enter the logits, `logits` before masking (entries for keys after the query have no
/// meaning), and `output`; with relative positions also `relative_key`, `[distance, heads]` from the longest distance
/// to 0, and the four terms `content_content`, `content_position`, `bias_content` and `bias_position` (the latter by
/// distance, like `relative_key`). The terms are only computed for an enabled probe.
///
/// # Reference
///
/// Tensor Programs V, arXiv:2203.03466v2, Definition 4.1 (1/d attention); Transformer-XL, arXiv:1901.02860,
/// section 3.3 (the four terms).
#[derive(Module, Debug)]
pub struct CausalAttention {
    /// `d_model` to heads.
    pub query: Linear,
    /// `d_model` to heads, without bias: softmax ignores it.
    pub key: Linear,
    /// `d_model` to heads.
    pub value: Linear,
    /// Heads to `d_model`.
    pub output: Linear,
    /// `[d_head]`, the factor on the logits; not trained.
    pub logit_scale: Param<Tensor<1>>,
    /// Sinusoids to heads (W_{k,R}).
    pub relative_key: Option<Linear>,
    /// u, added to the query that meets the key.
    pub content_bias: Option<Param<Tensor<1>>>,
    /// v, added to the query that meets the relative key.
    pub position_bias: Option<Param<Tensor<1>>>,
    /// `[1]`, the factor on the output; not trained.
    pub branch_factor: Option<Param<Tensor<1>>>,
    pub(super) dropout: Dropout,
    pub(crate) n_head: usize,
    pub(crate) d_head: usize,
    pub(crate) alpha_attention: f64,
}

/// What all attention layers of a model share in one forward pass: the causal mask and the sinusoids, which stay on the device.
#[derive(Clone, Debug)]
pub struct AttentionFrame {
    queries: usize,
    keys: usize,
    device: Device,
    dtype: DType,
    sinusoids: Option<Tensor<2>>,
}

impl AttentionFrame {
    /// For the last `queries` of `keys` positions, on the device and with the element type of the activations.
    #[must_use]
    pub fn new(queries: usize, keys: usize, device: &Device, dtype: DType) -> Self {
        Self { queries, keys, device: device.clone(), dtype, sinusoids: None }
    }

    fn sinusoids(&self) -> Tensor<2> {
        let sinusoids = self.sinusoids.clone();
        sinusoids.expect("AttentionFrame::with_relative is called for layers with relative positions")
    }

    /// Logits with those of keys after the query at −∞. A single query, the newest token of a cached sequence, sees all.
    fn masked(&self, logits: Tensor<4>) -> Tensor<4> {
        if self.queries == 1 { logits } else { logits + self.mask() }
    }

    fn mask(&self) -> Tensor<4> {
        static MASKS: Kept<[usize; 2], 4> = Kept::new(16);
        let Self { queries, keys, .. } = *self;
        let row = |query| (0..keys).map(move |key| if key <= keys - queries + query { 0.0 } else { f64::NEG_INFINITY });
        let values = || TensorData::new((0..queries).flat_map(row).collect::<Vec<f64>>(), [1, 1, queries, keys]);
        MASKS.get([queries, keys], (&self.device, self.dtype), values)
    }

    /// With the sinusoids of every distance, times `alpha_relative`, for layers with relative positions.
    #[must_use]
    pub fn with_relative(mut self, d_model: usize, alpha_relative: f64) -> Self {
        self.sinusoids = Some(sinusoids(self.keys, d_model, alpha_relative, &self.device, self.dtype));
        self
    }
}

/// Keys (scaled) and values of the positions seen so far, and the relative keys (scaled) of all distances.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerCache {
    keys: Option<Tensor<4>>,
    values: Option<Tensor<4>>,
    relative_keys: Option<Tensor<4>>,
}

fn append(past: &mut Option<Tensor<4>>, new: Tensor<4>) -> Tensor<4> {
    let all = match past.take() {
        Some(past) => Tensor::cat(vec![past, new], 2),
        None => new,
    };
    *past = Some(all.clone());
    all
}

impl CausalAttention {
    /// `[batch, time, d_model]` to the same shape.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` is not `d_model`, or if the layer has relative positions and the frame has not.
    #[must_use]
    pub fn forward(&self, x: Tensor<3>, frame: &AttentionFrame) -> Tensor<3> {
        self.forward_probed(x, frame, &mut NoProbe)
    }

    /// The layer's output, added to the residual stream: [`forward`](Self::forward) in four operations. What a probe sees is
    /// computed beside them, so that it changes no bit.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn forward_residual<P: Probe>(
        &self,
        x: Tensor<3>,
        frame: &AttentionFrame,
        residual: Tensor<3>,
        probe: &mut P,
    ) -> Tensor<3> {
        if !is_fused(&x) || drops(&self.dropout, &x) {
            return residual + self.forward_probed(x, frame, probe);
        }
        if P::ENABLED {
            let _ = self.forward_probed(x.clone(), frame, probe);
        }
        let part = |linear: &Linear| (linear.weight.val(), linear.bias.as_ref().map(Param::val));
        let qkv = mup_kernels::projections(x, [&self.query, &self.key, &self.value].map(part));
        let scale = multiply(self.logit_scale.val(), self.alpha_attention);
        let mixed = causal_attention(qkv, scale, self.relative(frame), self.n_head);
        let (weight, bias) = closing(&self.output, self.branch_factor.as_ref());
        mup_kernels::linear_residual(mixed, weight, bias, residual)
    }

    fn relative(&self, frame: &AttentionFrame) -> Option<Relative<2, 1>> {
        let (project, u, v) = (self.relative_key.as_ref()?, self.content_bias.as_ref()?, self.position_bias.as_ref()?);
        let keys = mup_kernels::linear(frame.sinusoids(), project.weight.val(), None::<Tensor<1>>);
        Some(Relative { keys, content_bias: u.val(), position_bias: v.val() })
    }

    /// [`forward`](Self::forward), reporting activations.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn forward_probed<P: Probe>(&self, x: Tensor<3>, frame: &AttentionFrame, probe: &mut P) -> Tensor<3> {
        let query = self.query.forward(x.clone());
        let keys = self.scale(self.split(self.key.forward(x.clone())));
        let values = self.split(self.value.forward(x));
        let relative_keys = self.relative_keys(frame, probe);
        self.mix(query, keys, values, relative_keys, frame, probe)
    }

    /// The forward pass for new positions after those in the cache.
    pub(crate) fn forward_cached(&self, x: Tensor<3>, frame: &AttentionFrame, cache: &mut LayerCache) -> Tensor<3> {
        let query = self.query.forward(x.clone());
        let keys = append(&mut cache.keys, self.scale(self.split(self.key.forward(x.clone()))));
        let values = append(&mut cache.values, self.split(self.value.forward(x)));
        let relative_keys = cache.relative_keys.clone().map(|all| {
            let (longest, needed) = (all.dims()[2], keys.dims()[2] + 1);
            all.narrow(2, longest - needed, needed)
        });
        self.mix(query, keys, values, relative_keys, frame, &mut NoProbe)
    }

    /// An empty cache, with the relative keys of all distances up to `context`.
    pub(crate) fn cache(&self, frame: &AttentionFrame) -> LayerCache {
        LayerCache { relative_keys: self.relative_keys(frame, &mut NoProbe), ..Default::default() }
    }

    /// `[batch, time, heads]` to `[batch, n_head, time, d_head]`, a view.
    fn split(&self, x: Tensor<3>) -> Tensor<4> {
        let [batch, time, _] = x.dims();
        x.reshape([batch, time, self.n_head, self.d_head]).swap_dims(1, 2)
    }

    fn scale(&self, keys: Tensor<4>) -> Tensor<4> {
        keys * multiply(self.logit_scale.val(), self.alpha_attention).unsqueeze()
    }

    /// Scaled relative keys `[1, n_head, distances, d_head]`.
    fn relative_keys<P: Probe>(&self, frame: &AttentionFrame, probe: &mut P) -> Option<Tensor<4>> {
        let project = self.relative_key.as_ref()?;
        let relative = project.forward(frame.sinusoids());
        if P::ENABLED {
            let [distances, _] = relative.dims();
            probe.observe("relative_key", &relative.clone().narrow(0, 1, distances - 1));
        }
        Some(self.scale(self.split(relative.unsqueeze())))
    }

    fn mix<P: Probe>(
        &self,
        query: Tensor<3>,
        keys: Tensor<4>,
        values: Tensor<4>,
        relative_keys: Option<Tensor<4>>,
        frame: &AttentionFrame,
        probe: &mut P,
    ) -> Tensor<3> {
        let [batch, time, heads] = query.dims();
        if P::ENABLED {
            self.observe_terms(&query, &keys, relative_keys.as_ref(), probe);
        }
        let mut logits = self.with_bias(query.clone(), self.content_bias.as_ref()).matmul(keys.transpose());
        if let Some(relative_keys) = relative_keys {
            let by_distance = self.with_bias(query, self.position_bias.as_ref()).matmul(relative_keys.transpose());
            logits = logits + shift(by_distance);
        }
        probe.observe_logits("logits", &logits);
        let mixed = self.weigh(frame.masked(logits), values);
        let mixed = mixed.swap_dims(1, 2).reshape([batch, time, heads]);
        let output = match &self.branch_factor {
            None => self.output.forward(mixed),
            factor => {
                let (weight, bias) = closing(&self.output, factor.as_ref());
                mup_kernels::linear(mixed, weight, bias)
            }
        };
        probe.observe("output", &output);
        output
    }

    fn with_bias(&self, query: Tensor<3>, bias: Option<&Param<Tensor<1>>>) -> Tensor<4> {
        self.split(match bias {
            Some(bias) => query + bias.val().unsqueeze(),
            None => query,
        })
    }

    /// Softmax of the logits, dropout, times the values. The division by the sum is linear and comes last, on
    /// `[queries, d_head]` instead of `[queries, keys]`, which saves autodiff several passes over the logits.
    fn weigh(&self, logits: Tensor<4>, values: Tensor<4>) -> Tensor<4> {
        let max = logits.clone().detach().max_dim(3);
        let weights = (logits - max).exp();
        let sum = weights.clone().sum_dim(3);
        self.dropout.forward(weights).matmul(values) / sum
    }

    fn observe_terms<P: Probe>(
        &self,
        query: &Tensor<3>,
        keys: &Tensor<4>,
        relative_keys: Option<&Tensor<4>>,
        probe: &mut P,
    ) {
        let Some(relative_keys) = relative_keys else { return };
        let query = self.split(query.clone());
        let by_head = |bias: &Option<Param<Tensor<1>>>| {
            bias.as_ref().map(|bias| bias.val().reshape([1, self.n_head, 1, self.d_head]))
        };
        let [_, _, distances, _] = relative_keys.dims();
        probe.observe_logits("content_content", &query.clone().matmul(keys.clone().transpose()));
        probe.observe_logits("content_position", &shift(query.matmul(relative_keys.clone().transpose())));
        if let (Some(content), Some(position)) = (by_head(&self.content_bias), by_head(&self.position_bias)) {
            probe.observe_logits("bias_content", &content.matmul(keys.clone().transpose()));
            let relative_keys = relative_keys.clone().narrow(2, 1, distances - 1);
            probe.observe_logits("bias_position", &position.matmul(relative_keys.transpose()));
        }
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
        let masks = frames.each_ref().map(AttentionFrame::mask);
        let sinusoids = frames.each_ref().map(AttentionFrame::sinusoids);
        assert!(masks.iter().all(|mask| address(mask) == address(&masks[0])));
        assert!(sinusoids.iter().all(|table| address(table) == address(&sinusoids[0])));
        assert!(masks[0].device().is_autodiff() && !masks[2].device().is_autodiff());

        assert_ne!(address(&frame(&training, 8, 10, 0.5).mask()), address(&masks[0]));
        assert_ne!(address(&frame(&training, 7, 10, 0.25).sinusoids()), address(&sinusoids[0]));
        assert_ne!(address(&frame(&training, 7, 12, 0.5).sinusoids()), address(&sinusoids[0]));
    }

    #[test]
    fn a_single_query_sees_every_key_and_others_see_none_after_them() {
        let device = Device::flex();
        let masked = |queries, keys| {
            let logits = Tensor::<4>::ones([1, 1, queries, keys], &device);
            let masked = AttentionFrame::new(queries, keys, &device, DType::F32).masked(logits);
            masked.into_data().iter::<f32>().collect::<Vec<_>>()
        };
        let hidden = f32::NEG_INFINITY;
        assert_eq!(masked(1, 3), [1.0, 1.0, 1.0]);
        assert_eq!(masked(2, 3), [1.0, 1.0, hidden, 1.0, 1.0, 1.0]);
    }
}
