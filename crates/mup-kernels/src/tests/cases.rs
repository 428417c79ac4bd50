//! The operations in the shapes that are tested.

use burn::tensor::{Int, Tensor, TensorData};

use super::harness::{Case, Function};
use crate::{Relative, operations, portable};

fn case(
    name: String,
    sizes: Vec<usize>,
    fused: impl Fn(&[Tensor<1>]) -> Tensor<1> + 'static,
    portable: impl Fn(&[Tensor<1>]) -> Tensor<1> + 'static,
) -> Case {
    let [fused, portable]: [Function; 2] = [Box::new(fused), Box::new(portable)];
    Case { name, sizes, fused, portable }
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count = tensor.dims().iter().product::<usize>();
    tensor.reshape([count])
}

pub(super) fn layer_norm([groups, rows, width]: [usize; 3]) -> Case {
    let arguments = move |x: &[Tensor<1>]| {
        let parameter = |x: &Tensor<1>| x.clone().reshape::<2, _>([groups, width]);
        (x[0].clone().reshape::<3, _>([groups, rows, width]), parameter(&x[1]), parameter(&x[2]))
    };
    let sizes = vec![groups * rows * width, groups * width, groups * width];
    case(
        format!("layer_norm {groups} {rows} {width}"),
        sizes,
        move |x| {
            let (x, gamma, beta) = arguments(x);
            flat(operations::layer_norm(x, gamma, beta, 1e-5))
        },
        move |x| {
            let (x, gamma, beta) = arguments(x);
            flat(portable::layer_norm(x, gamma, beta, 1e-5))
        },
    )
}

pub(super) fn linear([groups, rows, input, width]: [usize; 4]) -> Case {
    let arguments = move |x: &[Tensor<1>]| {
        let bias = x[2].clone().reshape::<2, _>([groups, width]);
        let residual = x[3].clone().reshape::<3, _>([groups, rows, width]);
        (
            x[0].clone().reshape::<3, _>([groups, rows, input]),
            x[1].clone().reshape::<3, _>([groups, input, width]),
            bias,
            residual,
        )
    };
    let sizes = vec![groups * rows * input, groups * input * width, groups * width, groups * rows * width];
    case(
        format!("linear {groups} {rows} {input} {width}"),
        sizes,
        move |x| {
            let (x, weight, bias, residual) = arguments(x);
            flat(operations::linear_residual(x, weight, Some(bias), residual))
        },
        move |x| {
            let (x, weight, bias, residual) = arguments(x);
            flat(residual + portable::linear(x, weight, Some(bias)))
        },
    )
}

pub(super) fn linear_gelu([groups, rows, input, width]: [usize; 4]) -> Case {
    let arguments = move |x: &[Tensor<1>]| {
        let bias = x[2].clone().reshape::<2, _>([groups, width]);
        (
            x[0].clone().reshape::<3, _>([groups, rows, input]),
            x[1].clone().reshape::<3, _>([groups, input, width]),
            bias,
        )
    };
    let sizes = vec![groups * rows * input, groups * input * width, groups * width];
    case(
        format!("linear_gelu {groups} {rows} {input} {width}"),
        sizes,
        move |x| {
            let (x, weight, bias) = arguments(x);
            flat(operations::linear_gelu(x, weight, Some(bias)))
        },
        move |x| {
            let (x, weight, bias) = arguments(x);
            flat(burn::tensor::activation::gelu(portable::linear(x, weight, Some(bias))))
        },
    )
}

pub(super) fn projections([groups, rows, input, width]: [usize; 4]) -> Case {
    let size = groups * input * width;
    let run = move |x: &[Tensor<1>], fused: bool| {
        let weight = |i: usize| x[i].clone().reshape::<3, _>([groups, input, width]);
        let bias = |i: usize| x[i].clone().reshape::<2, _>([groups, width]);
        let rows = x[0].clone().reshape::<3, _>([groups, rows, input]);
        if fused {
            return flat(operations::projections(
                rows,
                (weight(1), Some(bias(4))),
                weight(2),
                (weight(3), Some(bias(5))),
            ));
        }
        let queries = portable::linear(rows.clone(), weight(1), Some(bias(4)));
        let keys = portable::linear::<3, 3, 2>(rows.clone(), weight(2), None);
        flat(Tensor::cat(vec![queries, keys, portable::linear(rows, weight(3), Some(bias(5)))], 2))
    };
    case(
        format!("projections {groups} {rows} {input} {width}"),
        vec![groups * rows * input, size, size, size, groups * width, groups * width],
        move |x| run(x, true),
        move |x| run(x, false),
    )
}

pub(super) fn attention([groups, batch, time, heads, width]: [usize; 5], relative: bool) -> Case {
    let columns = heads * width;
    let run = move |x: &[Tensor<1>], fused: bool| {
        let qkv = x[0].clone().reshape::<4, _>([groups, batch, time, 3 * columns]);
        let scale = x[1].clone().reshape::<2, _>([groups, width]).detach();
        let bias = |i: usize| x[i].clone().reshape::<2, _>([groups, columns]);
        let keys = || x[2].clone().reshape::<3, _>([groups, time + 1, columns]);
        let relative = relative.then(|| Relative { keys: keys(), content_bias: bias(3), position_bias: bias(4) });
        let attention = if fused { operations::causal_attention } else { portable::causal_attention };
        flat(attention(qkv, scale, relative, heads))
    };
    let sizes = vec![
        groups * batch * time * 3 * columns,
        groups * width,
        groups * (time + 1) * columns,
        groups * columns,
        groups * columns,
    ];
    case(
        format!("attention {groups} {batch} {time} {heads} {width} {relative}"),
        sizes,
        move |x| run(x, true),
        move |x| run(x, false),
    )
}

fn tokens(groups: usize, rows: usize, bound: usize) -> Tensor<2, Int> {
    let tokens: Vec<i64> = (0..groups * rows).map(|i| (i * i % bound) as i64).collect();
    Tensor::from_data(TensorData::new(tokens, [groups, rows]), &burn::tensor::Device::flex().autodiff())
}

pub(super) fn cross_entropy([groups, rows, classes]: [usize; 3]) -> Case {
    let logits = move |x: &[Tensor<1>]| x[0].clone().reshape::<3, _>([groups, rows, classes]);
    case(
        format!("cross_entropy {groups} {rows} {classes}"),
        vec![groups * rows * classes],
        move |x| operations::cross_entropy(logits(x), tokens(groups, rows, classes)),
        move |x| portable::cross_entropy(logits(x), tokens(groups, rows, classes)),
    )
}

pub(super) fn embedding([groups, rows, entries, width]: [usize; 4]) -> Case {
    let table = move |x: &[Tensor<1>]| x[0].clone().reshape::<3, _>([groups, entries, width]);
    case(
        format!("embedding {groups} {rows} {entries} {width}"),
        vec![groups * entries * width],
        move |x| flat(operations::embedding::<3, 2, 3>(table(x), tokens(groups, rows, entries))),
        move |x| flat(portable::embedding::<3, 2, 3>(table(x), tokens(groups, rows, entries))),
    )
}

/// Every operation in shapes of one, odd, prime and large.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in [[1, 1, 1], [1, 7, 13], [3, 33, 65], [1, 100, 256], [2, 64, 31]] {
        cases.push(layer_norm(shape));
        cases.push(cross_entropy(shape));
    }
    for shape in [[1, 1, 1, 1], [1, 33, 17, 65], [3, 7, 13, 11], [2, 97, 64, 48]] {
        cases.extend([linear(shape), linear_gelu(shape), projections(shape), embedding(shape)]);
    }
    for shape in [[1, 1, 1, 1, 1], [1, 2, 33, 3, 5], [2, 3, 13, 2, 8], [1, 2, 67, 1, 16], [1, 1, 128, 2, 32]] {
        cases.extend([attention(shape, false), attention(shape, true)]);
    }
    cases
}
