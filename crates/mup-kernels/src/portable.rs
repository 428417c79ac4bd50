//! The same operations from Burn's own, for devices without fused ones and for comparison.

use burn::tensor::{Bool, Device, Int, Tensor, module};

use crate::Relative;

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

pub(crate) fn causal_attention<const D: usize, const S: usize, const R: usize>(
    qkv: Tensor<D>,
    scale: Tensor<S>,
    relative: Option<Relative<R, S>>,
    heads: usize,
) -> Tensor<D> {
    let mut dims = qkv.dims();
    let groups = groups(scale.dims(), 1).unwrap_or(1);
    let (time, columns) = (dims[D - 2], dims[D - 1] / 3);
    let (batch, width) = (dims[..D - 2].iter().product::<usize>() / groups, columns / heads);
    let qkv: Tensor<6> = qkv.reshape([groups, batch, time, 3, heads, width]);
    let part = |part| -> Tensor<5> { qkv.clone().narrow(3, part, 1).squeeze_dim(3).swap_dims(2, 3) };
    let [query, key, value] = [part(0), part(1), part(2)];
    let scale: Tensor<5> = scale.reshape([groups, 1, 1, 1, width]).detach();
    let logits = match relative {
        None => query.matmul((key * scale).transpose()),
        Some(Relative { keys, content_bias, position_bias }) => {
            let [u, v] = [content_bias, position_bias].map(|bias| bias.reshape([groups, 1, heads, 1, width]));
            let keys: Tensor<5> = keys.reshape([groups, 1, time + 1, heads, width]).swap_dims(2, 3);
            let by_distance = (query.clone() + v).matmul((keys * scale.clone()).transpose());
            (query + u).matmul((key * scale).transpose()) + shift(by_distance)
        }
    };
    let hidden = Tensor::<2, Bool>::tril_mask([time, time], 0, &logits.device()).unsqueeze();
    let logits = logits.mask_fill(hidden, f64::NEG_INFINITY);
    let weights = burn::tensor::activation::softmax(logits, 4);
    dims[D - 1] = columns;
    weights.matmul(value).swap_dims(2, 3).reshape(dims)
}

/// From products by distance `[.., queries, time + 1]` to logits by key `[.., queries, time]`; see mup-models' relative
/// attention, which explains why dropping the first entries of the flattened rows is enough.
fn shift(by_distance: Tensor<5>) -> Tensor<5> {
    let [groups, batch, heads, queries, columns] = by_distance.dims();
    let flat: Tensor<4> = by_distance.reshape([groups, batch, heads, queries * columns]);
    flat.narrow(3, queries, queries * (columns - 1)).reshape([groups, batch, heads, queries, columns - 1])
}

/// log Σ exp(z) − z_target with the row's maximum subtracted, which takes fewer passes under autodiff than a log-softmax.
pub(crate) fn cross_entropy<const D: usize, const T: usize>(logits: Tensor<D>, targets: Tensor<T, Int>) -> Tensor<1> {
    let dims = logits.dims();
    let (rows, classes) = (dims[D - 2], dims[D - 1]);
    let groups: usize = dims[..D - 2].iter().product();
    let logits: Tensor<3> = logits.reshape([groups, rows, classes]);
    let max = logits.clone().detach().max_dim(2);
    let centered = logits - max;
    let log_sum = centered.clone().exp().sum_dim(2).log();
    let target = centered.gather(2, targets.reshape([groups, rows, 1]));
    (log_sum - target).mean_dim(1).reshape([groups])
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
        _ => first_entries(groups, entries, &tokens.device()) + tokens,
    };
    let table: Tensor<2> = table.reshape([groups * entries, width]);
    let y = module::embedding(table, tokens.reshape([1, groups * rows]));
    let mut output = [width; O];
    output[..T].copy_from_slice(&dims);
    y.reshape(output)
}

/// Where each group's entries begin in a table of all, `[groups, 1]`; counted on the device, so that nothing is uploaded.
fn first_entries(groups: usize, entries: usize, device: &Device) -> Tensor<2, Int> {
    Tensor::<1, Int>::arange_step(0..(groups * entries) as i64, entries, device).reshape([groups, 1])
}
