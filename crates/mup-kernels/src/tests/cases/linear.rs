//! Linear layers.

use burn::tensor::{Tensor, activation::gelu};

use super::{Shapes, case};
use crate::operations;
use crate::tests::harness::{Arguments, Case};

/// What a linear layer has besides its weight.
#[derive(Clone, Copy, Debug)]
pub(in crate::tests) struct Parts {
    pub(in crate::tests) bias: bool,
    pub(in crate::tests) residual: bool,
}

pub(in crate::tests) fn linear([groups, rows, input, width]: [usize; 4], parts: Parts) -> Case {
    let x = move |a: &Arguments<'_>| a.get(0, [groups, rows, input]);
    let weight = move |a: &Arguments<'_>| a.get(1, [groups, input, width]);
    let bias = move |a: &Arguments<'_>| parts.bias.then(|| a.get(2, [groups, width]));
    let residual = move |a: &Arguments<'_>| a.get(3, [groups, rows, width]);
    case(
        format!("linear {groups} {rows} {input} {width} {parts:?}"),
        groups,
        vec![groups * rows * input, groups * input * width, groups * width, groups * rows * width],
        move |a| {
            a.flat(match parts.residual {
                true => crate::linear_residual(x(a), weight(a), bias(a), residual(a)),
                false => crate::linear(x(a), weight(a), bias(a)),
            })
        },
        move |a| {
            let y = operations::linear::portable(x(a), weight(a), bias(a));
            a.flat(if parts.residual { residual(a) + y } else { y })
        },
    )
}

pub(in crate::tests) fn linear_gelu([groups, rows, input, width]: [usize; 4], with_bias: bool) -> Case {
    let x = move |a: &Arguments<'_>| a.get(0, [groups, rows, input]);
    let weight = move |a: &Arguments<'_>| a.get(1, [groups, input, width]);
    let bias = move |a: &Arguments<'_>| with_bias.then(|| a.get(2, [groups, width]));
    case(
        format!("linear_gelu {groups} {rows} {input} {width} {with_bias}"),
        groups,
        vec![groups * rows * input, groups * input * width, groups * width],
        move |a| a.flat(crate::linear_gelu(x(a), weight(a), bias(a))),
        move |a| a.flat(gelu(operations::linear::portable(x(a), weight(a), bias(a)))),
    )
}

/// Keys and values have half of the columns of queries, if those are even; all have biases or none.
pub(in crate::tests) fn projections([groups, rows, input, width]: [usize; 4], with_biases: bool) -> Case {
    let shared = if width.is_multiple_of(2) { width / 2 } else { width };
    let widths = [width, shared, shared];
    let x = move |a: &Arguments<'_>| a.get(0, [groups, rows, input]);
    let layer = move |a: &Arguments<'_>, i: usize| {
        let weight: Tensor<3> = a.get(1 + i, [groups, input, widths[i]]);
        let bias: Option<Tensor<2>> = with_biases.then(|| a.get(4 + i, [groups, widths[i]]));
        (weight, bias)
    };
    let size = move |i: usize| groups * input * widths[i];
    let bias = move |i: usize| groups * widths[i];
    case(
        format!("projections {groups} {rows} {input} {width} {with_biases}"),
        groups,
        vec![groups * rows * input, size(0), size(1), size(2), bias(0), bias(1), bias(2)],
        move |a| a.flat(crate::projections(x(a), [0, 1, 2].map(|i| layer(a, i)))),
        move |a| a.flat(operations::projections::portable(x(a), [0, 1, 2].map(|i| layer(a, i)))),
    )
}

/// A weight and a gradient that are too large for a cache, so that pieces have more rows, which the shape does not divide.
const UNCACHED: [usize; 4] = [1, 150, 130, 2051];

pub(super) fn cases(shapes: Shapes) -> Vec<Case> {
    let both = Parts { bias: true, residual: true };
    match shapes {
        Shapes::Usual => {
            let shapes = [[1, 1, 1, 1], [1, 33, 17, 65], [3, 7, 13, 11], [2, 97, 64, 48]];
            let of = |shape, bias| {
                let linears = [true, false].map(|residual| linear(shape, Parts { bias, residual }));
                linears.into_iter().chain([linear_gelu(shape, bias), projections(shape, bias)])
            };
            shapes.into_iter().flat_map(|shape| [true, false].into_iter().flat_map(move |b| of(shape, b))).collect()
        }
        Shapes::Pieces => vec![
            linear([1, 700, 70, 9], both),
            linear([2, 300, 9, 70], both),
            linear_gelu([1, 300, 33, 65], true),
            projections([1, 300, 33, 17], true),
            linear(UNCACHED, both),
            projections(UNCACHED, true),
        ],
        Shapes::Large => vec![
            linear([1, 1031, 67, 512], both),
            linear([2, 519, 512, 33], Parts { bias: true, residual: false }),
            linear_gelu([1, 1031, 33, 257], true),
            projections([1, 1031, 65, 67], true),
            linear(UNCACHED, both),
            linear_gelu(UNCACHED, true),
            projections(UNCACHED, true),
        ],
        Shapes::Small => {
            vec![linear([2, 35, 3, 5], both), linear_gelu([2, 35, 3, 5], true), projections([2, 35, 3, 2], true)]
        }
    }
}
