//! Causal attention of grouped heads, with relative or rotary positions or none.

use burn::tensor::{Bool, Device, Tensor, activation::softmax};

use super::rotary;
use crate::{Rotary, shapes};

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused},
    slices::{attention, real::Real},
};

/// How many heads there are, and how far a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Heads of queries.
    pub queries: usize,
    /// Heads of keys and values, each for `queries / keys` heads of queries that follow each other; 1 is multi-query attention.
    pub keys: usize,
    /// A query i sees keys i − window + 1 to i; all from the first on if there is none.
    pub window: Option<usize>,
}

impl Heads {
    /// Columns of queries, keys and values for heads of that width.
    #[must_use]
    pub fn columns(self, width: usize) -> usize {
        (self.queries + 2 * self.keys) * width
    }

    /// Width of a head, given the columns of queries, keys and values.
    pub(crate) fn width(self, columns: usize) -> usize {
        columns / (self.queries + 2 * self.keys)
    }
}

/// As many heads of keys as of queries, which see everything before them.
impl From<usize> for Heads {
    fn from(heads: usize) -> Self {
        Self { queries: heads, keys: heads, window: None }
    }
}

/// What relative positions add to the logits: keys of distances, and the biases that queries get for either kind of key.
///
/// Relative keys are `[time + 1, keys · width]`, from distance `time`, which no query uses, to 0; the biases are
/// `[queries · width]`. With groups, everything has a leading `groups` axis.
#[derive(Clone, Debug)]
pub struct Relative<const R: usize, const B: usize> {
    /// r, the projected sinusoids.
    pub keys: Tensor<R>,
    /// u, for queries that meet keys.
    pub content_bias: Tensor<B>,
    /// v, for queries that meet relative keys.
    pub position_bias: Tensor<B>,
}

/// How an attention knows where its queries and keys are.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one for each call, which moves it once")]
pub enum Positions<const R: usize, const B: usize> {
    /// Not at all, or from its input.
    None,
    /// By keys of distances.
    Relative(Relative<R, B>),
    /// By turning queries and keys.
    Rotary(Rotary),
}

impl<const R: usize, const B: usize> Positions<R, B> {
    /// Where nothing turns there are no positions.
    fn simplified(self) -> Self {
        match self {
            Self::Rotary(rotary) if rotary.frequencies.is_empty() => Self::None,
            other => other,
        }
    }
}

impl<const R: usize, const B: usize> From<Option<Relative<R, B>>> for Positions<R, B> {
    fn from(relative: Option<Relative<R, B>>) -> Self {
        relative.map_or(Self::None, Self::Relative)
    }
}

/// Causal attention: logits Σ_c s_c [(q_i + u)_c (k_j)_c + (q_i + v)_c (r_{i−j})_c] for keys j ≤ i, softmax, values.
///
/// `qkv` are [`projections`](crate::projections), `[batch, time, (queries + 2 keys) · width]`; the scale s is `[width]`; the
/// result is `[batch, time, queries · width]`. With groups, everything has a leading `groups` axis. No gradient flows to the
/// scale. Rotary positions turn q and k before s.
///
/// # Panics
///
/// Panics if the shapes do not fit, the heads cannot be divided or a window is 0.
///
/// # Reference
///
/// Dai et al., "Transformer-XL", arXiv:1901.02860, section 3.3; Ainslie et al., arXiv:2305.13245 (grouped queries); Beltagy
/// et al., "Longformer", arXiv:2004.05150 (windows).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use mup_kernels::{Heads, Positions, Rotary, causal_attention};
/// let (device, heads) = (Device::flex(), Heads { queries: 4, keys: 2, window: Some(128) });
/// let qkv = Tensor::<3>::ones([1, 10, heads.columns(16)], &device);
/// let positions = Positions::<2, 1>::Rotary(Rotary::new(10_000.0, 16));
/// let mixed = causal_attention(qkv, Tensor::<1>::full([16], 0.25, &device), positions, heads);
/// assert_eq!(mixed.dims(), [1, 10, 4 * 16]);
/// ```
#[must_use]
pub fn causal_attention<const D: usize, const S: usize, const R: usize>(
    qkv: Tensor<D>,
    scale: Tensor<S>,
    positions: impl Into<Positions<R, S>>,
    heads: impl Into<Heads>,
) -> Tensor<D> {
    let (positions, heads) = (positions.into().simplified(), heads.into());
    check(&qkv, &scale, &positions, heads);
    #[cfg(feature = "host")]
    if crate::is_fused(&qkv) {
        return fused(qkv, scale, positions, heads);
    }
    portable(qkv, scale, positions, heads)
}

fn check<const D: usize, const S: usize, const R: usize>(
    qkv: &Tensor<D>,
    scale: &Tensor<S>,
    positions: &Positions<R, S>,
    heads: Heads,
) {
    shapes::causal_attention(&qkv.dims(), &scale.dims(), heads);
    match positions {
        Positions::None => {}
        Positions::Relative(Relative { keys, content_bias, position_bias }) => {
            let parts = [&keys.dims()[..], &content_bias.dims(), &position_bias.dims()];
            shapes::relative(&qkv.dims(), &scale.dims(), parts, heads);
        }
        Positions::Rotary(rotary) => {
            let width = heads.width(qkv.dims()[D - 1]);
            shapes::rotary("causal_attention", &[1, 1, width], rotary.frequencies.len());
        }
    }
}

pub(crate) fn portable<const D: usize, const S: usize, const R: usize>(
    qkv: Tensor<D>,
    scale: Tensor<S>,
    positions: Positions<R, S>,
    heads: Heads,
) -> Tensor<D> {
    let positions = positions.simplified();
    let mut dims = qkv.dims();
    let groups = if S > 1 { scale.dims()[0] } else { 1 };
    let (time, width) = (dims[D - 2], heads.width(dims[D - 1]));
    let batch = dims[..D - 2].iter().product::<usize>() / groups;
    let qkv: Tensor<5> = qkv.reshape([groups, batch, time, heads.queries + 2 * heads.keys, width]);
    let parts = [(0, heads.queries), (heads.queries, heads.keys), (heads.queries + heads.keys, heads.keys)];
    let [query, key, value] = parts.map(|(first, count)| qkv.clone().narrow(3, first, count));
    let (query, key) = match &positions {
        Positions::Rotary(positions) => (rotary::portable(query, positions, 0), rotary::portable(key, positions, 0)),
        _ => (query, key),
    };
    let [query, key, value] = [query, key, value].map(|part| part.swap_dims(2, 3));
    let scale: Tensor<5> = scale.reshape([groups, 1, 1, 1, width]).detach();
    let logits = match positions {
        Positions::Relative(Relative { keys, content_bias, position_bias }) => {
            let [u, v] = [content_bias, position_bias].map(|bias| bias.reshape([groups, 1, heads.queries, 1, width]));
            let keys: Tensor<5> = keys.reshape([groups, 1, time + 1, heads.keys, width]).swap_dims(2, 3);
            let by_distance = grouped(query.clone() + v, (keys * scale.clone()).transpose());
            grouped(query + u, (key * scale).transpose()) + shift(by_distance)
        }
        _ => grouped(query, (key * scale).transpose()),
    };
    let hidden = hidden(time, heads.window, &logits.device()).unsqueeze();
    let weights = softmax(logits.mask_fill(hidden, f64::NEG_INFINITY), 4);
    dims[D - 1] = heads.queries * width;
    grouped(weights, value).swap_dims(2, 3).reshape(dims)
}

/// Products of `[groups, batch, queries, rows, n]` with `[groups, batch or 1, keys, n, columns]`, each key's for its queries.
fn grouped(queries: Tensor<5>, keys: Tensor<5>) -> Tensor<5> {
    let [groups, batch, heads, rows, n] = queries.dims();
    let [_, _, shared, _, columns] = keys.dims();
    let queries: Tensor<5> = queries.reshape([groups, batch, shared, heads / shared * rows, n]);
    queries.matmul(keys).reshape([groups, batch, heads, rows, columns])
}

/// Keys that a query does not see, `[queries, keys]`.
fn hidden(time: usize, window: Option<usize>, device: &Device) -> Tensor<2, Bool> {
    let later = Tensor::<2, Bool>::tril_mask([time, time], 0, device);
    match window.filter(|window| *window < time) {
        Some(window) => later.bool_or(Tensor::<2, Bool>::triu_mask([time, time], 1 - window as i64, device)),
        None => later,
    }
}

/// From products by distance `[.., queries, time + 1]` to logits by key `[.., queries, time]`; see mup-models' relative
/// attention, which explains why dropping the first entries of the flattened rows is enough.
fn shift(by_distance: Tensor<5>) -> Tensor<5> {
    let [groups, batch, heads, queries, columns] = by_distance.dims();
    let flat: Tensor<4> = by_distance.reshape([groups, batch, heads, queries * columns]);
    flat.narrow(3, queries, queries * (columns - 1)).reshape([groups, batch, heads, queries, columns - 1])
}

#[cfg(feature = "host")]
fn fused<const D: usize, const S: usize, const R: usize>(
    qkv: Tensor<D>,
    scale: Tensor<S>,
    positions: Positions<R, S>,
    heads: Heads,
) -> Tensor<D> {
    let operation = CausalAttention { heads };
    match positions {
        Positions::None => {
            fused!(operation, qkv, scale, None::<Tensor<R>>, None::<Tensor<S>>, None::<Tensor<S>>, None::<Tensor<3>>)
        }
        Positions::Relative(Relative { keys, content_bias, position_bias }) => {
            fused!(operation, qkv, scale, keys, content_bias, position_bias, None::<Tensor<3>>)
        }
        Positions::Rotary(rotary) => {
            let angles = rotary.tables(0, qkv.dims()[D - 2], (&qkv.device(), qkv.dtype()));
            fused!(operation, qkv, scale, None::<Tensor<R>>, None::<Tensor<S>>, None::<Tensor<S>>, angles)
        }
    }
}

/// Of queries, keys and values, the scale, relative keys and their two biases, and cosines and sines.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct CausalAttention {
    heads: Heads,
}

#[cfg(feature = "host")]
impl CausalAttention {
    fn shape(&self, qkv: &[usize], scale: &[usize]) -> attention::Shape {
        let groups = if scale.len() > 1 { scale[0] } else { 1 };
        let sequences = qkv[..qkv.len() - 2].iter().product::<usize>();
        let Heads { queries, keys, window } = self.heads;
        let (time, width) = (qkv[qkv.len() - 2], self.heads.width(qkv[qkv.len() - 1]));
        let window = window.unwrap_or(usize::MAX);
        attention::Shape { batch: sequences / groups.max(1), time, queries, keys, width, window }
    }
}

#[cfg(feature = "host")]
fn inputs<H: Host, R: Real>(inputs: &[Input<H, R>; 6]) -> attention::Inputs<'_, R> {
    let [qkv, scale, relative, content_bias, position_bias, angles] = inputs.each_ref().map(Input::get);
    attention::Inputs { qkv, scale, relative, content_bias, position_bias, angles }
}

#[cfg(feature = "host")]
impl Operation<6> for CausalAttention {
    const READ: [bool; 6] = [true; 6];
    const FLOWS: [bool; 6] = [true, false, true, true, true, false];
    const READS_OUTPUT: bool = true;

    fn forward<H: Host, R: Real>(&self, tensors: &[Input<H, R>; 6]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let [qkv, scale, ..] = tensors;
        let shape = self.shape(qkv.dims(), scale.dims());
        let mut dims = qkv.dims().to_vec();
        let sequences = dims[..dims.len() - 2].iter().product::<usize>();
        *dims.last_mut().expect("a tensor with axes") = shape.queries * shape.width;
        let (mut output, mut log_sums) = (Output::new(&dims), Output::new(&[sequences, shape.queries, shape.time]));
        attention::forward(shape, inputs(tensors), output.get(), log_sums.get());
        (output, vec![log_sums])
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 6>) -> [Option<Output<H, R>>; 6] {
        let [qkv, scale, relative, content_bias, position_bias, _] = &pass.inputs;
        let shape = self.shape(qkv.dims(), scale.dims());
        let mut dqkv = qkv.room();
        let [mut drelative, mut dcontent, mut dposition] = [relative, content_bias, position_bias].map(Input::zeros);
        let mut gradients = attention::Gradients {
            qkv: dqkv.get(),
            relative: drelative.get(),
            content_bias: dcontent.get(),
            position_bias: dposition.get(),
        };
        let [log_sums, output] = [0, 1].map(|i| pass.saved[i].get());
        let saved = attention::Saved { output, log_sums, gradient: pass.gradient.get() };
        attention::backward(shape, inputs(&pass.inputs), saved, &mut gradients);
        let of = |input: &Input<H, R>, gradient| input.is_present().then_some(gradient);
        let [drelative, dcontent] = [of(relative, drelative), of(content_bias, dcontent)];
        [Some(dqkv), None, drelative, dcontent, of(position_bias, dposition), None]
    }
}
