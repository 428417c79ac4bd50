// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use adam::{Adam, adam_step};
    pub use gelu::gelu;
    pub use generator::{Generator, seed_at};
    pub use kept::{Kept, kept_numbers};
    pub use operations::{
        Relative, causal_attention, cross_entropy, embedding, is_fused, layer_norm,
        linear, linear_gelu, linear_residual, projections,
    };
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
#[derive(Debug)]
#[private_fields]
pub struct Kept<K, const D: usize> {}
impl<K: PartialEq, const D: usize> Kept<K, D> {
    pub const fn new(room: usize) -> Self {}
    pub fn get(
        &self,
        key: K,
        (device, dtype): (&Device, DType),
        values: impl FnOnce() -> TensorData,
    ) -> Tensor<D> {}
}
#[derive(Clone, Debug)]
pub struct Relative<const R: usize, const B: usize> {
    pub keys: Tensor<R>,
    pub content_bias: Tensor<B>,
    pub position_bias: Tensor<B>,
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
    relative: Option<Relative<R, S>>,
    heads: usize,
) -> Tensor<D> {}
pub fn cross_entropy<const D: usize, const T: usize>(
    logits: Tensor<D>,
    targets: Tensor<T, Int>,
) -> Tensor<1> {}
pub fn embedding<const W: usize, const T: usize, const O: usize>(
    table: Tensor<W>,
    tokens: Tensor<T, Int>,
) -> Tensor<O> {}
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
    query: (Tensor<W>, Option<Tensor<B>>),
    key: Tensor<W>,
    value: (Tensor<W>, Option<Tensor<B>>),
) -> Tensor<D> {}
pub fn seed_at(seed: u64, place: &[u64]) -> u64 {}
pub fn sgd_step<const D: usize>(
    steps: &[Sgd],
    weight: Tensor<D>,
    velocity: Option<Tensor<D>>,
    gradient: Tensor<D>,
) -> (Tensor<D>, Option<Tensor<D>>) {}
