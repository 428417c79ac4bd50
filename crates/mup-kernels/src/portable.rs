//! The same operations from Burn's own, for devices without fused ones and for comparison.

use burn::tensor::{Int, Tensor, module};

/// Groups of a parameter with a group axis in front of its `axes` own ones.
fn groups<const P: usize>(dims: [usize; P], axes: usize) -> Option<usize> {
    (P > axes).then(|| dims[0])
}

pub(crate) fn layer_norm<const D: usize, const P: usize>(
    x: Tensor<D>,
    gamma: Tensor<P>,
    beta: Tensor<P>,
    epsilon: f64,
) -> Tensor<D> {
    let dims = x.dims();
    let width = dims[D - 1];
    let Some(groups) = groups(gamma.dims(), 1) else {
        return module::layer_norm(x, gamma.reshape([width]), Some(beta.reshape([width])), epsilon);
    };
    let x: Tensor<3> = x.reshape([groups, dims[..D - 1].iter().product::<usize>() / groups, width]);
    let (device, dtype) = (x.device(), x.dtype());
    let unit = module::layer_norm(x, Tensor::ones([width], (&device, dtype)), None, epsilon);
    let [gamma, beta] = [gamma, beta].map(|parameter| parameter.reshape([groups, 1, width]));
    (unit * gamma + beta).reshape(dims)
}

pub(crate) fn linear<const D: usize, const W: usize, const B: usize>(
    x: Tensor<D>,
    weight: Tensor<W>,
    bias: Option<Tensor<B>>,
) -> Tensor<D> {
    let mut dims = x.dims();
    let shape = weight.dims();
    let (input, width) = (shape[W - 2], shape[W - 1]);
    let Some(groups) = groups(shape, 2) else {
        return module::linear(x, weight.reshape([input, width]), bias.map(|bias| bias.reshape([width])));
    };
    let rows = dims[..D - 1].iter().product::<usize>() / groups;
    let x: Tensor<3> = x.reshape([groups, rows, input]);
    let y = x.matmul(weight.reshape([groups, input, width]));
    let y = match bias {
        Some(bias) => y + bias.reshape([groups, 1, width]),
        None => y,
    };
    dims[D - 1] = width;
    y.reshape(dims)
}

pub(crate) fn embedding<const W: usize, const T: usize, const O: usize>(
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
        _ => crate::operations::first_entries(groups, entries, &tokens.device()) + tokens,
    };
    let table: Tensor<2> = table.reshape([groups * entries, width]);
    let y = module::embedding(table, tokens.reshape([1, groups * rows]));
    let mut output = [width; O];
    output[..T].copy_from_slice(&dims);
    y.reshape(output)
}
