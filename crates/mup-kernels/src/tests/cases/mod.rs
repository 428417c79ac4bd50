//! The operations in the shapes that are tested: one list of cases for each operation, which every test goes through.

mod attention;
mod cross_entropy;
mod embedding;
mod experts;
mod gate;
mod linear;
mod norms;
mod rotary;

pub(super) use attention::{Attention, Kind, attention};
pub(super) use cross_entropy::{cross_entropy, cross_entropy_with};
pub(super) use embedding::embedding;
pub(super) use experts::experts;
pub(super) use gate::{gated, linear_gated};
pub(super) use linear::{Parts, linear, linear_gelu, projections};
pub(super) use norms::{layer_norm, qk_norm, rms_norm};
pub(super) use rotary::rotary;

use burn::tensor::Tensor;

use super::harness::{Arguments, Case, Function};

/// What shapes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shapes {
    /// One, odd, prime and large, with all arguments and without those that may be absent.
    Usual,
    /// More pieces than threads in everything that is summed.
    Pieces,
    /// Many pieces that the size of a piece does not divide.
    Large,
    /// Two groups, and small enough to spoil one number after another.
    Small,
}

/// Every operation.
pub(super) fn all(shapes: Shapes) -> Vec<Case> {
    let operations = [
        norms::cases,
        linear::cases,
        gate::cases,
        rotary::cases,
        attention::cases,
        cross_entropy::cases,
        embedding::cases,
        experts::cases,
    ];
    operations.iter().flat_map(|cases| cases(shapes)).collect()
}

fn case(
    name: String,
    groups: usize,
    sizes: Vec<usize>,
    fused: impl Fn(&Arguments<'_>) -> Tensor<1> + Send + Sync + 'static,
    portable: impl Fn(&Arguments<'_>) -> Tensor<1> + Send + Sync + 'static,
) -> Case {
    let [fused, portable]: [Function; 2] = [Box::new(fused), Box::new(portable)];
    Case { name, groups, sizes, fused, portable }
}
