//! Mixtures of experts: rows sorted by expert, none dropped.

use std::sync::OnceLock;

use burn::tensor::{IndexingUpdateOp, Int, Tensor};

use crate::shapes;

#[cfg(feature = "host")]
use crate::{
    fused::{Backward, Host, Input, Operation, Output, fused, indices},
    slices::{
        experts::{self, Sorted},
        real::Real,
    },
};
#[cfg(feature = "host")]
use std::sync::Arc;

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
/// let tokens = Tensor::<2>::ones([5, 8], &device);
/// let [gate, up] = [(); 2].map(|()| Tensor::<3>::ones([3, 8, 16], &device));
/// let down = Tensor::<3>::ones([3, 16, 8], &device);
/// let choices = Tensor::<2, Int>::from_data([[0, 2], [1, 2], [0, 1], [2, 0], [2, 1]], &device);
/// let weights = Tensor::<2>::full([5, 2], 0.5, &device);
/// let routes = Routes::new(choices, 1, 3);
/// let rows = routes.gather(tokens);
/// let plain = |rows, weight| routes.linear(rows, weight, None::<Tensor<2>>);
/// let hidden = gated(plain(rows.clone(), gate), plain(rows, up), Gate::Silu);
/// let y = routes.combine(plain(hidden, down), weights);
/// assert_eq!(y.dims(), [5, 8]);
/// ```
#[derive(Clone, Debug)]
pub struct Routes {
    groups: usize,
    experts: usize,
    tokens: usize,
    slots: usize,
    /// The expert of each slot among those of all groups.
    choices: Tensor<1, Int>,
    blocks: OnceLock<Blocks>,
    /// Where the processor can read them.
    #[cfg(feature = "host")]
    sorted: Option<Arc<Sorted>>,
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
    /// From the experts that each token chose, `[.., slots]`, below `experts`.
    ///
    /// With more than one group the first axis is that of groups, each with experts of its own.
    ///
    /// # Panics
    ///
    /// Panics if there are no experts or slots, or the first axis is not that of the groups; on the processor also if a
    /// choice is not an expert.
    #[must_use]
    pub fn new<const T: usize>(choices: Tensor<T, Int>, groups: usize, experts: usize) -> Self {
        let dims = choices.dims();
        shapes::routes(&dims, groups, experts);
        let (slots, tokens) = (dims[T - 1], dims[..T - 1].iter().product::<usize>());
        let device = choices.device();
        let choices: Tensor<1, Int> = choices.flatten(0, T - 1);
        #[cfg(feature = "host")]
        let sorted = super::is_host(&device).then(|| {
            let chosen = indices(choices.clone(), experts, "routes, experts");
            let of_group = |(slot, expert): (usize, &usize)| slot / (tokens / groups * slots) * experts + expert;
            let chosen: Vec<usize> = chosen.iter().enumerate().map(of_group).collect();
            Arc::new(Sorted::new(&chosen, slots, groups * experts))
        });
        // Burn takes a 0 in a new shape for the size that was there.
        let choices = if groups == 1 || tokens == 0 {
            choices
        } else {
            let choices: Tensor<2, Int> = choices.reshape([groups, tokens / groups * slots]);
            (super::first_entries(groups, experts, &device) + choices).flatten(0, 1)
        };
        Self {
            groups,
            experts,
            tokens,
            slots,
            choices,
            blocks: OnceLock::new(),
            #[cfg(feature = "host")]
            sorted,
        }
    }

    fn blocks(&self) -> &Blocks {
        self.blocks.get_or_init(|| Blocks::new(self.choices.clone(), self.groups * self.experts, self.slots))
    }

    /// The rows, where operations on such a tensor are fused.
    #[cfg(feature = "host")]
    fn sorted<const D: usize>(&self, tensor: &Tensor<D>) -> Option<Arc<Sorted>> {
        self.sorted.clone().filter(|_| crate::is_fused(tensor))
    }

    /// The same, made of Burn's operations.
    #[cfg(all(test, feature = "host"))]
    pub(crate) fn portable(self) -> Self {
        Self { sorted: None, ..self }
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
        #[cfg(feature = "host")]
        if let Some(sorted) = self.sorted(&x) {
            return fused!(Gather { sorted }, x);
        }
        let nothing = Tensor::zeros([1, width], (&x.device(), x.dtype()));
        Tensor::cat(vec![x, nothing], 0).select(0, self.blocks().tokens.clone())
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
        #[cfg(feature = "host")]
        if let Some(sorted) = self.sorted(&rows) {
            shapes::rows(rows.dims(), sorted.rows());
            return fused!(ExpertLinear { sorted }, rows, weight, bias);
        }
        let Blocks { size, experts, .. } = self.blocks();
        let blocks = experts.dims()[0];
        shapes::rows(rows.dims(), blocks * size);
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
    /// Panics if there is not one weight for each choice, or there are other rows than [`gather`](Self::gather) gave.
    #[must_use]
    pub fn combine<const D: usize>(&self, rows: Tensor<2>, weights: Tensor<D>) -> Tensor<D> {
        let mut dims = weights.dims();
        shapes::routed("the weights", &dims, self.tokens);
        shapes::combined(&dims, self.slots);
        #[cfg(feature = "host")]
        if let Some(sorted) = self.sorted(&rows) {
            shapes::rows(rows.dims(), sorted.rows());
            return fused!(Combine { sorted }, rows, weights);
        }
        let [_, width] = rows.dims();
        let weights: Tensor<3> = weights.reshape([self.tokens, self.slots, 1]);
        let rows: Tensor<3> = rows.select(0, self.blocks().rows.clone()).reshape([self.tokens, self.slots, width]);
        dims[D - 1] = width;
        (rows * weights).sum_dim(1).reshape(dims)
    }
}

impl Blocks {
    fn new(choices: Tensor<1, Int>, experts: usize, slots: usize) -> Self {
        let device = &choices.device();
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

/// Of the tokens.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Gather {
    sorted: Arc<Sorted>,
}

#[cfg(feature = "host")]
impl Operation<1> for Gather {
    const READ: [bool; 1] = [false];

    fn forward<H: Host, R: Real>(&self, [x]: &[Input<H, R>; 1]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let mut rows = Output::new(&[self.sorted.rows(), x.width()]);
        experts::gather(&self.sorted, x.width(), x.get(), rows.get());
        (rows, Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 1>) -> [Option<Output<H, R>>; 1] {
        let [x] = &pass.inputs;
        let mut dx = x.room();
        experts::combine(&self.sorted, x.width(), pass.gradient.get(), None, dx.get());
        [Some(dx)]
    }
}

/// Of rows, weights and biases.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct ExpertLinear {
    sorted: Arc<Sorted>,
}

#[cfg(feature = "host")]
fn layers<'a, H: Host, R: Real>(
    x: &Input<H, R>,
    weight: &'a Input<H, R>,
    bias: &'a Input<H, R>,
) -> experts::Layers<'a, R> {
    experts::Layers { weight: weight.get(), bias: bias.present(), input: x.width(), width: weight.width() }
}

#[cfg(feature = "host")]
impl Operation<3> for ExpertLinear {
    const READ: [bool; 3] = [true, true, false];

    fn forward<H: Host, R: Real>(&self, [x, weight, bias]: &[Input<H, R>; 3]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let mut y = Output::new(&[self.sorted.rows(), weight.width()]);
        experts::linear(&self.sorted, layers(x, weight, bias), x.get(), y.get());
        (y, Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 3>) -> [Option<Output<H, R>>; 3] {
        let [x, weight, bias] = &pass.inputs;
        let mut dx = pass.wanted[0].then(|| x.room());
        let (mut dweight, mut dbias) = (weight.room(), bias.is_present().then(|| bias.zeros()));
        let gradients = experts::Gradients {
            x: dx.as_mut().map(Output::get),
            weight: dweight.get(),
            bias: dbias.as_mut().map(Output::get),
        };
        experts::linear_backward(&self.sorted, layers(x, weight, bias), x.get(), pass.gradient.get(), gradients);
        [dx, Some(dweight), dbias]
    }
}

/// Of rows and their weights.
#[cfg(feature = "host")]
#[derive(Clone, Debug)]
struct Combine {
    sorted: Arc<Sorted>,
}

#[cfg(feature = "host")]
impl Operation<2> for Combine {
    const READ: [bool; 2] = [true; 2];

    fn forward<H: Host, R: Real>(&self, [rows, weights]: &[Input<H, R>; 2]) -> (Output<H, R>, Vec<Output<H, R>>) {
        let mut dims = weights.dims().to_vec();
        *dims.last_mut().expect("a tensor with axes") = rows.width();
        let mut y = Output::new(&dims);
        experts::combine(&self.sorted, rows.width(), rows.get(), weights.present(), y.get());
        (y, Vec::new())
    }

    fn backward<H: Host, R: Real>(&self, pass: Backward<H, R, 2>) -> [Option<Output<H, R>>; 2] {
        let [rows, weights] = &pass.inputs;
        let (mut drows, mut dweights) = (rows.room(), weights.room());
        let read = [rows.get(), weights.get(), pass.gradient.get()];
        experts::combine_backward(&self.sorted, rows.width(), read, drows.get(), dweights.get());
        [drows, dweights].map(Some)
    }
}
