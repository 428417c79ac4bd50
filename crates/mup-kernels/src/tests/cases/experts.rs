//! Mixtures of experts: a whole layer, with a gate between its linear layers.

use burn::tensor::{Int, Tensor, TensorData};

use super::{Shapes, case};
use crate::tests::harness::{Arguments, Case};
use crate::{Gate, Routes, gated};

/// Tokens, experts, experts of a token, width and hidden width.
type Sizes = [usize; 6];

/// Different experts for each token, some of which are chosen by many and some by none.
fn choices(a: &Arguments<'_>, [groups, tokens, experts, slots, ..]: Sizes) -> Tensor<3, Int> {
    let choice = |i: usize| move |slot: usize| ((i * i % (experts / 2 + 1) + slot) % experts) as i64;
    let values = (0..groups * tokens).flat_map(|i| (0..slots).map(choice(i))).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, [groups, tokens, slots]), &a.leaves[0].device())
}

pub(in crate::tests) fn experts(sizes: Sizes, with_bias: bool) -> Case {
    let [groups, tokens, experts, slots, width, hidden] = sizes;
    let run = move |a: &Arguments<'_>, fused: bool| {
        let routes = Routes::new(choices(a, sizes), groups, experts);
        let routes = if fused { routes } else { routes.portable() };
        let x: Tensor<3> = a.get(0, [groups, tokens, width]);
        let [gate, up] = [1, 2].map(|i| -> Tensor<4> { a.get(i, [groups, experts, width, hidden]) });
        let down: Tensor<4> = a.get(3, [groups, experts, hidden, width]);
        let bias = || with_bias.then(|| -> Tensor<3> { a.get(5, [groups, experts, width]) });
        let rows = routes.gather(x);
        let gate = routes.linear(rows.clone(), gate, None::<Tensor<3>>);
        let y = routes.linear(gated(gate, routes.linear(rows, up, None::<Tensor<3>>), Gate::Silu), down, bias());
        let weights: Tensor<3> = a.get(4, [groups, tokens, slots]);
        a.flat(routes.combine(y, weights))
    };
    let weights = groups * experts * width * hidden;
    let (x, of_slots) = (groups * tokens * width, groups * tokens * slots);
    case(
        format!("experts {sizes:?} {with_bias}"),
        groups,
        vec![x, weights, weights, weights, of_slots, groups * experts * width],
        move |a| run(a, true),
        move |a| run(a, false),
    )
}

/// Weights, and gradients of each expert's rows, that are too large for a cache.
const UNCACHED: Sizes = [1, 270, 2, 1, 130, 2051];

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let shapes = match shapes {
        Shapes::Usual => vec![[1, 1, 1, 1, 1, 1], [1, 33, 5, 2, 7, 9], [2, 13, 3, 3, 4, 5], [1, 7, 16, 2, 8, 3]],
        Shapes::Pieces => vec![[2, 150, 3, 2, 9, 5], UNCACHED],
        Shapes::Large => vec![[1, 1031, 7, 2, 33, 65], UNCACHED],
        Shapes::Small => vec![[2, 9, 3, 2, 3, 2]],
    };
    shapes.into_iter().flat_map(|shape| [true, false].map(|bias| experts(shape, bias))).collect()
}
