// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use adam::{Adam, adam_step};
    pub use gelu::gelu;
    pub use generator::{Generator, seed_at};
    pub use kept::{Kept, kept_numbers};
    pub use operations::attention::{Heads, Positions, Relative, causal_attention};
    pub use operations::cross_entropy::{LossTerms, cross_entropy, cross_entropy_with};
    pub use operations::embedding::embedding;
    pub use operations::experts::Routes;
    pub use operations::gate::{Gate, gated, linear_gated};
    pub use operations::is_fused;
    pub use operations::layer_norm::layer_norm;
    pub use operations::linear::{linear, linear_gelu, linear_residual};
    pub use operations::projections::projections;
    pub use operations::qk_norm::qk_norm;
    pub use operations::rms_norm::rms_norm;
    pub use operations::rotary::{Rotary, rotary};
    pub use sgd::{Sgd, sgd_step};
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    pub rate: f64,
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f64,
    pub decay: f64,
    pub l2: f64,
    pub time: usize,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Silu,
    Gelu,
}
#[derive(Debug, Default)]
#[private_fields]
pub struct Generator {}
impl Generator {
    pub fn seeded<R>(
        &self,
        devices: &[Device],
        seed: u64,
        run: impl FnOnce() -> R,
    ) -> R {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    pub queries: usize,
    pub keys: usize,
    pub window: Option<usize>,
}
impl From<usize> for Heads {}
impl Heads {
    pub fn columns(self, width: usize) -> usize {}
}
#[derive(Debug)]
#[private_fields]
pub struct Kept<K, const D: usize> {}
impl<B: Backend, O: Clone, const N: usize> Clone for Kept<B, O, N> {}
impl<K: PartialEq, const D: usize> Kept<K, D> {
    pub const fn new(room: usize) -> Self {}
    pub fn get(
        &self,
        key: K,
        (device, dtype): (&Device, DType),
        values: impl FnOnce() -> TensorData,
    ) -> Tensor<D> {}
}
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossTerms {
    pub soft_cap: Option<f64>,
    pub z_loss: f64,
}
#[derive(Clone, Debug)]
pub enum Positions<const R: usize, const B: usize> {
    None,
    Relative(Relative<R, B>),
    Rotary(Rotary),
}
impl<const R: usize, const B: usize> From<Option<Relative<R, B>>> for Positions<R, B> {}
#[derive(Clone, Debug)]
pub struct Relative<const R: usize, const B: usize> {
    pub keys: Tensor<R>,
    pub content_bias: Tensor<B>,
    pub position_bias: Tensor<B>,
}
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    pub frequencies: Vec<f64>,
    pub factor: f64,
}
impl Rotary {
    pub fn new(theta: f64, width: usize) -> Self {}
}
/// let hidden = gated(plain(rows.clone(), gate), plain(rows, up), Gate::Silu);
/// let y = routes.combine(plain(hidden, down), weights);
#[derive(Clone, Debug)]
#[private_fields]
pub struct Routes {}
impl Routes {
    pub fn new<const T: usize>(
        choices: Tensor<T, Int>,
        groups: usize,
        experts: usize,
    ) -> Self {}
    pub fn gather<const D: usize>(&self, x: Tensor<D>) -> Tensor<2> {}
    pub fn linear<const W: usize, const B: usize>(
        &self,
        rows: Tensor<2>,
        weight: Tensor<W>,
        bias: Option<Tensor<B>>,
    ) -> Tensor<2> {}
    pub fn combine<const D: usize>(
        &self,
        rows: Tensor<2>,
        weights: Tensor<D>,
    ) -> Tensor<D> {}
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    pub rate: f64,
    pub momentum: f64,
    pub nesterov: bool,
    pub l2: f64,
}
pub fn adam_step<const D: usize>(
    steps: &[Adam],
    weight: Tensor<D>,
    moments: [Tensor<D>; 2],
    gradient: Tensor<D>,
) -> (Tensor<D>, [Tensor<D>; 2]) {}
pub fn causal_attention<const D: usize, const S: usize, const R: usize>(
    qkv: Tensor<D>,
    scale: Tensor<S>,
    positions: impl Into<Positions<R, S>>,
    heads: impl Into<Heads>,
) -> Tensor<D> {}
pub fn cross_entropy<const D: usize, const T: usize>(
    logits: Tensor<D>,
    targets: Tensor<T, Int>,
) -> Tensor<1> {}
pub fn cross_entropy_with<const D: usize, const T: usize>(
    logits: Tensor<D>,
    targets: Tensor<T, Int>,
    terms: LossTerms,
) -> Tensor<1> {}
pub fn embedding<const W: usize, const T: usize, const O: usize>(
    table: Tensor<W>,
    tokens: Tensor<T, Int>,
) -> Tensor<O> {}
/// f(gate) ⊙ up, the hidden layer of SwiGLU (f = SiLU) or GeGLU (f = GELU), of two tensors of one shape.
pub fn gated<const D: usize>(gate: Tensor<D>, up: Tensor<D>, by: Gate) -> Tensor<D> {}
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {}
pub fn is_fused<const D: usize>(tensor: &Tensor<D>) -> bool {}
pub fn kept_numbers(numbers: &[f64], place: (&Device, DType)) -> Tensor<1> {}
pub fn layer_norm<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Tensor<P>,
    beta: Tensor<P>,
    epsilon: f64,
) -> Tensor<D> {}
pub fn linear<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {}
/// let hidden = linear_gated(x, (gate, None::<Tensor<1>>), (up, None), Gate::Silu);
/// assert_eq!(hidden.dims(), [4, 3]);
pub fn linear_gated<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    gate: (Tensor<W>, Option<Tensor<B>>),
    up: (Tensor<W>, Option<Tensor<B>>),
    by: Gate,
) -> Tensor<D> {}
pub fn linear_gelu<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {}
pub fn linear_residual<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
    residual: Tensor<D>,
) -> Tensor<D> {}
pub fn projections<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    layers: [(Tensor<W>, Option<Tensor<B>>); 3],
) -> Tensor<D> {}
pub fn qk_norm<const D: usize, const P: usize>(
    qkv: Tensor<D>,
    gains: Option<[Tensor<P>; 2]>,
    heads: impl Into<Heads>,
    epsilon: f64,
) -> Tensor<D> {}
pub fn rms_norm<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Option<Tensor<P>>,
    epsilon: f64,
) -> Tensor<D> {}
pub fn rotary<const D: usize>(
    x: Tensor<D>,
    positions: &Rotary,
    first: usize,
) -> Tensor<D> {}
pub fn seed_at(seed: u64, place: &[u64]) -> u64 {}
pub fn sgd_step<const D: usize>(
    steps: &[Sgd],
    weight: Tensor<D>,
    velocity: Option<Tensor<D>>,
    gradient: Tensor<D>,
) -> (Tensor<D>, Option<Tensor<D>>) {}
