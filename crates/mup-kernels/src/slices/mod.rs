//! The kernels: forward and backward passes on slices, without any tensor type.
//!
//! Every array has a leading group dimension of which each group is an independent model: one for a plain model, one per
//! trial for batched proxies. Work is split into pieces whose size depends on shapes only and sums are taken in a fixed
//! order, so results have the same bits for every number of threads.

pub(crate) mod adam;
pub(crate) mod attention;
pub(crate) mod cross_entropy;
pub(crate) mod embedding;
pub(crate) mod experts;
pub(crate) mod gate;
pub(crate) mod gelu;
pub(crate) mod layer_norm;
pub(crate) mod linear;
pub(crate) mod matrix;
mod pieces;
pub(crate) mod real;
pub(crate) mod rms_norm;
pub(crate) mod rotary;
pub(crate) mod sgd;
pub(crate) mod simd;

/// Rows that one task handles at a time: few enough to stay in the second-level cache, enough to feed the matrix kernel.
pub(crate) const ROWS: usize = 32;
