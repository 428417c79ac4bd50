//! The operations in the shapes that are tested.

use burn::tensor::{Tensor, activation::gelu};

use super::harness::{Arguments, Case, Function};
use crate::{LossTerms, Relative, causal_attention, operations, portable};

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

pub(super) fn layer_norm([groups, rows, width]: [usize; 3]) -> Case {
    let x = move |x: &Arguments<'_>| x.get(0, [groups, rows, width]);
    let parameter = move |x: &Arguments<'_>, i: usize| x.get(i, [groups, width]);
    case(
        format!("layer_norm {groups} {rows} {width}"),
        groups,
        vec![groups * rows * width, groups * width, groups * width],
        move |a| a.flat(operations::layer_norm(x(a), parameter(a, 1), parameter(a, 2), 1e-5)),
        move |a| a.flat(portable::layer_norm(x(a), parameter(a, 1), parameter(a, 2), 1e-5)),
    )
}

/// What a linear layer has besides its weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) bias: bool,
    pub(super) residual: bool,
}

pub(super) fn linear([groups, rows, input, width]: [usize; 4], parts: Parts) -> Case {
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
                true => operations::linear_residual(x(a), weight(a), bias(a), residual(a)),
                false => operations::linear(x(a), weight(a), bias(a)),
            })
        },
        move |a| {
            let y = portable::linear(x(a), weight(a), bias(a));
            a.flat(if parts.residual { residual(a) + y } else { y })
        },
    )
}

pub(super) fn linear_gelu([groups, rows, input, width]: [usize; 4], with_bias: bool) -> Case {
    let x = move |a: &Arguments<'_>| a.get(0, [groups, rows, input]);
    let weight = move |a: &Arguments<'_>| a.get(1, [groups, input, width]);
    let bias = move |a: &Arguments<'_>| with_bias.then(|| a.get(2, [groups, width]));
    case(
        format!("linear_gelu {groups} {rows} {input} {width} {with_bias}"),
        groups,
        vec![groups * rows * input, groups * input * width, groups * width],
        move |a| a.flat(operations::linear_gelu(x(a), weight(a), bias(a))),
        move |a| a.flat(gelu(portable::linear(x(a), weight(a), bias(a)))),
    )
}

pub(super) fn projections([groups, rows, input, width]: [usize; 4], with_biases: bool) -> Case {
    let size = groups * input * width;
    let x = move |a: &Arguments<'_>| a.get(0, [groups, rows, input]);
    let weight = move |a: &Arguments<'_>, i: usize| a.get(i, [groups, input, width]);
    let bias = move |a: &Arguments<'_>, i: usize| with_biases.then(|| a.get(i, [groups, width]));
    case(
        format!("projections {groups} {rows} {input} {width} {with_biases}"),
        groups,
        vec![groups * rows * input, size, size, size, groups * width, groups * width],
        move |a| {
            let layers = [(weight(a, 1), bias(a, 4)), (weight(a, 2), None), (weight(a, 3), bias(a, 5))];
            a.flat(operations::projections(x(a), layers))
        },
        move |a| {
            let queries = portable::linear(x(a), weight(a, 1), bias(a, 4));
            let keys = portable::linear::<3, 3, 2>(x(a), weight(a, 2), None);
            let values = portable::linear(x(a), weight(a, 3), bias(a, 5));
            a.flat(Tensor::cat(vec![queries, keys, values], 2))
        },
    )
}

pub(super) fn attention([groups, batch, time, heads, width]: [usize; 5], relative: bool) -> Case {
    let columns = heads * width;
    let run = move |a: &Arguments<'_>, fused: bool| {
        let (qkv, scale) = (a.get(0, [groups, batch, time, 3 * columns]), a.get(1, [groups, width]));
        let relative = relative.then(|| Relative {
            keys: a.get(2, [groups, time + 1, columns]),
            content_bias: a.get(3, [groups, columns]),
            position_bias: a.get(4, [groups, columns]),
        });
        a.flat(match fused {
            true => causal_attention(qkv, scale, relative, heads),
            false => operations::attention::portable(qkv, scale, relative.into(), heads.into()),
        })
    };
    let tokens = groups * batch * time;
    case(
        format!("attention {groups} {batch} {time} {heads} {width} {relative}"),
        groups,
        vec![tokens * 3 * columns, groups * width, groups * (time + 1) * columns, groups * columns, groups * columns],
        move |a| run(a, true),
        move |a| run(a, false),
    )
}

pub(super) fn cross_entropy([groups, rows, classes]: [usize; 3]) -> Case {
    let logits = move |a: &Arguments<'_>| a.get(0, [groups, rows, classes]);
    case(
        format!("cross_entropy {groups} {rows} {classes}"),
        groups,
        vec![groups * rows * classes],
        move |a| a.flat(operations::cross_entropy(logits(a), a.indices([groups, rows], classes))),
        move |a| {
            let targets = a.indices([groups, rows], classes);
            a.flat(operations::loss::portable(logits(a), targets, LossTerms::default()))
        },
    )
}

pub(super) fn embedding([groups, rows, entries, width]: [usize; 4]) -> Case {
    let table = move |a: &Arguments<'_>| a.get(0, [groups, entries, width]);
    case(
        format!("embedding {groups} {rows} {entries} {width}"),
        groups,
        vec![groups * entries * width],
        move |a| a.flat(operations::embedding::<3, 2, 3>(table(a), a.indices([groups, rows], entries))),
        move |a| a.flat(portable::embedding::<3, 2, 3>(table(a), a.indices([groups, rows], entries))),
    )
}

/// Every operation in shapes of one, odd, prime and large, with all arguments and without those that may be absent.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in [[1, 1, 1], [1, 7, 13], [3, 33, 65], [1, 100, 256], [2, 64, 31]] {
        cases.push(layer_norm(shape));
        cases.push(cross_entropy(shape));
    }
    for shape in [[1, 1, 1, 1], [1, 33, 17, 65], [3, 7, 13, 11], [2, 97, 64, 48]] {
        cases.push(embedding(shape));
        for bias in [true, false] {
            cases.extend([linear_gelu(shape, bias), projections(shape, bias)]);
            cases.extend([true, false].map(|residual| linear(shape, Parts { bias, residual })));
        }
    }
    for shape in [[1, 1, 1, 1, 1], [1, 2, 33, 3, 5], [2, 3, 13, 2, 8], [1, 2, 67, 1, 16], [1, 1, 128, 2, 32]] {
        cases.extend([attention(shape, false), attention(shape, true)]);
    }
    cases
}
