//! Rows of a table.

use burn::tensor::{Int, Tensor, module};

use super::{first_entries, groups};
use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused, indices},
    slices::{embedding, real::Real},
};
#[cfg(feature = "host")]
use std::sync::Arc;

/// The rows of a table `[entries, width]` (or `[groups, entries, width]`) for tokens `[groups, ..]`; one axis more than they.
///
/// # Panics
///
/// Panics if a token is not an entry, or if `O` is not `T + 1`.
#[must_use]
pub fn embedding<const W: usize, const T: usize, const O: usize>(
    table: Tensor<W>,
    tokens: Tensor<T, Int>,
) -> Tensor<O> {
    shapes::embedding(&table.dims(), &tokens.dims(), O);
    #[cfg(feature = "host")]
    if crate::is_fused(&table) {
        let dims = tokens.dims().to_vec();
        let tokens = indices(tokens, table.dims()[W - 2], "embedding, entries of the table");
        return fused!(Embedding { tokens, dims }, table);
    }
    portable(table, tokens)
}

pub(crate) fn portable<const W: usize, const T: usize, const O: usize>(
    table: Tensor<W>,
    tokens: Tensor<T, Int>,
) -> Tensor<O> {
    let (shape, dims) = (table.dims(), tokens.dims());
    let (entries, width) = (shape[W - 2], shape[W - 1]);
    let groups = groups(shape, 2).unwrap_or(1);
    let rows = dims.iter().product::<usize>() / groups;
    let tokens: Tensor<2, Int> = tokens.reshape([groups, rows]);
    let tokens = match groups {
        1 => tokens,
        _ => first_entries(groups, entries, &tokens.device()) + tokens,
    };
    let table: Tensor<2> = table.reshape([groups * entries, width]);
    let y = module::embedding(table, tokens.reshape([1, groups * rows]));
    let mut output = [width; O];
    output[..T].copy_from_slice(&dims);
    y.reshape(output)
}

/// Of the table.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Embedding {
    tokens: Arc<[usize]>,
    /// The shape of the tokens.
    dims: Vec<usize>,
}

#[cfg(feature = "host")]
impl Embedding {
    fn shape(&self, table: &[usize]) -> embedding::Shape {
        let groups = if table.len() > 2 { table[0] } else { 1 };
        let [entries, width] = [table[table.len() - 2], table[table.len() - 1]];
        embedding::Shape { rows: self.tokens.len() / groups, entries, width }
    }
}

#[cfg(feature = "host")]
impl Operation<1> for Embedding {
    const READ: [bool; 1] = [false];

    fn forward<H: Host, R: Real>(&self, [table]: &[Input<H, R>; 1]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let mut y = Output::new(&[&self.dims[..], &[table.width()]].concat());
        embedding::forward(self.shape(table.dims()), table.get(), &self.tokens, y.get());
        (y, Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 1>) -> [Option<Output<H, R>>; 1] {
        let [table] = &pass.inputs;
        let mut target = table.zeros();
        embedding::backward(self.shape(table.dims()), &self.tokens, pass.gradient.get(), target.get());
        [Some(target)]
    }
}
