//! Gated activations.

use burn::tensor::Tensor;

use super::{Shapes, case};
use crate::operations;
use crate::tests::harness::{Arguments, Case};
use crate::{Gate, gated as fused_gated};

pub(in crate::tests) fn gated([groups, rows, width]: [usize; 3], by: Gate) -> Case {
    let x = move |x: &Arguments<'_>, i: usize| x.get(i, [groups, rows, width]);
    case(
        format!("gated {groups} {rows} {width} {by:?}"),
        groups,
        vec![groups * rows * width; 2],
        move |a| a.flat(fused_gated(x(a, 0), x(a, 1), by)),
        move |a| a.flat(operations::gate::portable(x(a, 0), x(a, 1), by)),
    )
}

pub(in crate::tests) fn linear_gated([groups, rows, input, width]: [usize; 4], by: Gate, with_biases: bool) -> Case {
    let x = move |a: &Arguments<'_>| a.get(0, [groups, rows, input]);
    let layer = move |a: &Arguments<'_>, i: usize| {
        let weight: Tensor<3> = a.get(1 + i, [groups, input, width]);
        let bias: Option<Tensor<2>> = with_biases.then(|| a.get(3 + i, [groups, width]));
        (weight, bias)
    };
    let size = groups * input * width;
    case(
        format!("linear_gated {groups} {rows} {input} {width} {by:?} {with_biases}"),
        groups,
        vec![groups * rows * input, size, size, groups * width, groups * width],
        move |a| a.flat(crate::linear_gated(x(a), layer(a, 0), layer(a, 1), by)),
        move |a| {
            let [gate, up] = [0, 1].map(|i| layer(a, i));
            let [gate, up] = [gate, up].map(|(weight, bias)| operations::linear::portable(x(a), weight, bias));
            a.flat(operations::gate::portable(gate, up, by))
        },
    )
}

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let shapes = match shapes {
        Shapes::Usual => vec![[1, 1, 1, 1], [1, 33, 17, 65], [3, 7, 13, 11]],
        Shapes::Pieces => vec![[1, 300, 33, 65]],
        Shapes::Large => vec![[1, 1031, 33, 257]],
        Shapes::Small => vec![[2, 35, 3, 5]],
    };
    let of = |shape: [usize; 4]| {
        let [groups, rows, _, width] = shape;
        [Gate::Silu, Gate::Gelu].into_iter().flat_map(move |by| {
            let linears = [true, false].map(|biases| linear_gated(shape, by, biases));
            linears.into_iter().chain([gated([groups, rows, width], by)])
        })
    };
    shapes.into_iter().flat_map(of).collect()
}
