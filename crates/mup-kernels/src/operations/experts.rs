//! Mixtures of experts: rows sorted by expert, none dropped.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor};

use crate::shapes;

/// Which expert gets which token: rows in an order of experts, each token in as many rows as it has experts.
///
/// A layer is [`gather`](Self::gather), then [`linear`](Self::linear) and whatever works row by row, then
/// [`combine`](Self::combine). No token is dropped, whatever the balance. How many rows there are depends on the device; rows
/// that belong to no token are zeros at first and end nowhere.
///
/// # Reference
///
/// Gale et al., "MegaBlocks", arXiv:2211.15841.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use mup_kernels::{Gate, Routes, gated};
/// let device = Device::flex();
/// let (tokens, up, down) = (Tensor::<2>::ones([5, 8], &device), Tensor::ones([3, 8, 16], &device), Tensor::ones([3, 16, 8], &device));
/// let choices = Tensor::<2, Int>::from_data([[0, 2], [1, 2], [0, 1], [2, 0], [2, 1]], &device);
/// let weights = Tensor::<2>::full([5, 2], 0.5, &device);
/// let routes = Routes::new(choices, 1, 3);
/// let rows = routes.gather(tokens);
/// let hidden = gated(routes.linear(rows.clone(), up.clone(), None::<Tensor<2>>), routes.linear(rows, up, None::<Tensor<2>>), Gate::Silu);
/// let y = routes.combine(routes.linear(hidden, down, None::<Tensor<2>>), weights);
/// assert_eq!(y.dims(), [5, 8]);
/// ```
#[derive(Clone, Debug)]
pub struct Routes {
    groups: usize,
    experts: usize,
    tokens: usize,
    slots: usize,
    blocks: Blocks,
}

/// Rows in blocks of one expert each, as many as there may be in the worst case, so that no count has to be read.
#[derive(Clone, Debug)]
struct Blocks {
    /// Rows of a block.
    size: usize,
    /// The expert of each block.
    experts: Tensor<1, Int>,
    /// The row of each slot of each token.
    rows: Tensor<1, Int>,
    /// The token of each row, or the number of tokens.
    tokens: Tensor<1, Int>,
}

impl Routes {
    /// From the experts that each token chose, `[.., slots]`, below `experts`; a token's are different ones.
    ///
    /// With more than one group the first axis is that of groups, each with experts of its own.
    ///
    /// # Panics
    ///
    /// Panics if there are no experts or slots, or the first axis is not that of the groups.
    #[must_use]
    pub fn new<const T: usize>(choices: Tensor<T, Int>, groups: usize, experts: usize) -> Self {
        let dims = choices.dims();
        shapes::routes(&dims, groups, experts);
        let (slots, tokens) = (dims[T - 1], dims[..T - 1].iter().product::<usize>());
        let choices: Tensor<2, Int> = choices.reshape([groups, tokens / groups * slots]);
        let device = choices.device();
        let choices = match groups {
            1 => choices,
            _ => super::first_entries(groups, experts, &device) + choices,
        };
        let blocks = Blocks::new(choices.reshape([tokens * slots]), groups * experts, slots, &device);
        Self { groups, experts, tokens, slots, blocks }
    }

    /// The tokens `[.., width]` of every row, `[rows, width]`.
    ///
    /// # Panics
    ///
    /// Panics if there are not as many tokens as chose.
    #[must_use]
    pub fn gather<const D: usize>(&self, x: Tensor<D>) -> Tensor<2> {
        let dims = x.dims();
        shapes::routed("the tokens", &dims, self.tokens);
        let width = dims[D - 1];
        let x: Tensor<2> = x.reshape([self.tokens, width]);
        let nothing = Tensor::zeros([1, width], (&x.device(), x.dtype()));
        Tensor::cat(vec![x, nothing], 0).select(0, self.blocks.tokens.clone())
    }

    /// x W + b of each row with the weight of its expert.
    ///
    /// Weights are `[experts, input, width]` and biases `[experts, width]`, or both have a leading `groups` axis.
    ///
    /// # Panics
    ///
    /// Panics if the shapes do not fit.
    #[must_use]
    pub fn linear<const W: usize, const B: usize>(
        &self,
        rows: Tensor<2>,
        weight: Tensor<W>,
        bias: Option<Tensor<B>>,
    ) -> Tensor<2> {
        let dims = weight.dims();
        let (input, width) = (dims[W - 2], dims[W - 1]);
        let bias_dims = bias.as_ref().map(Tensor::dims);
        let given = (&rows.dims()[..], &dims[..], bias_dims.as_ref().map(<[usize; B]>::as_slice));
        shapes::expert_linear(given, self.groups, self.experts);
        let Blocks { size, experts, .. } = &self.blocks;
        let blocks = experts.dims()[0];
        let rows: Tensor<3> = rows.reshape([blocks, *size, input]);
        let weight: Tensor<3> = weight.reshape([self.groups * self.experts, input, width]);
        let y = rows.matmul(weight.select(0, experts.clone()));
        let y = match bias {
            Some(bias) => {
                let bias: Tensor<3> = bias.reshape([self.groups * self.experts, 1, width]);
                y + bias.select(0, experts.clone())
            }
            None => y,
        };
        y.reshape([blocks * size, width])
    }

    /// Σ weight · row over the rows of each token, `[.., width]`, with weights `[.., slots]` as the choices.
    ///
    /// # Panics
    ///
    /// Panics if there is not one weight for each choice.
    #[must_use]
    pub fn combine<const D: usize>(&self, rows: Tensor<2>, weights: Tensor<D>) -> Tensor<D> {
        let mut dims = weights.dims();
        shapes::routed("the weights", &dims, self.tokens);
        let [_, width] = rows.dims();
        let weights: Tensor<3> = weights.reshape([self.tokens, self.slots, 1]);
        let rows: Tensor<3> = rows.select(0, self.blocks.rows.clone()).reshape([self.tokens, self.slots, width]);
        dims[D - 1] = width;
        (rows * weights).sum_dim(1).reshape(dims)
    }
}

impl Blocks {
    fn new(choices: Tensor<1, Int>, experts: usize, slots: usize, device: &Device) -> Self {
        let [count] = choices.dims();
        let size = count.div_ceil(experts).max(1);
        let blocks = count / size + experts;
        let numbers = Tensor::<1, Int>::arange(0..experts as i64, device).reshape([1, experts]);
        // 1 for the expert of each slot; then how many slots before it chose the same one.
        let chosen = choices.clone().reshape([count, 1]).equal(numbers).int();
        let before = chosen.clone().cumsum(0).gather(1, choices.clone().reshape([count, 1])).reshape([count]) - 1;
        let needed = (chosen.sum_dim(0) + (size as i64 - 1)) / size as i64;
        let ends = needed.clone().cumsum(1);
        let first = (ends.clone() - needed).reshape([experts]) * size as i64;
        let rows = first.select(0, choices) + before;
        let block = Tensor::<1, Int>::arange(0..blocks as i64, device).reshape([blocks, 1]);
        let of_block = block.greater_equal(ends).int().sum_dim(1).reshape([blocks]).clamp(0, experts as i64 - 1);
        let token = Tensor::<1, Int>::arange(0..count as i64, device) / slots as i64;
        let tokens = (count / slots) as i64;
        let nobody = Tensor::<1, Int>::full([blocks * size], tokens, device);
        let tokens = nobody.scatter(0, rows.clone(), token - tokens, IndexingUpdateOp::Add);
        Self { size, experts: of_block, rows, tokens }
    }
}
