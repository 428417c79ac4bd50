//! Nothing to do: no rows, no time, no sequences.

use burn::tensor::{Device, Int, Tensor};

use crate::{Gate, Heads, Relative, Rotary, Routes};

fn device() -> Device {
    Device::flex().autodiff()
}

fn ones<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::ones(shape, &device()).require_grad()
}

fn no_indices() -> Tensor<2, Int> {
    Tensor::zeros([1, 0], &device())
}

fn heads() -> Heads {
    Heads { queries: 2, keys: 1, window: None }
}

/// Gradients of Σ y + Σ parameter: 1 wherever y gives nothing.
fn assert_empty<const D: usize, const P: usize>(y: Tensor<D>, parameter: &Tensor<P>) {
    assert_eq!(y.dims().iter().product::<usize>(), 0);
    let gradients = (y.sum() + parameter.clone().sum()).backward();
    parameter.grad(&gradients).unwrap().into_data().assert_eq(&parameter.ones_like().into_data(), true);
}

#[test]
fn rows_that_are_not_there_give_nothing_and_no_gradient() {
    let (gamma, beta) = (ones([5]), ones([5]));
    assert_empty(crate::layer_norm(ones([2, 0, 5]), gamma.clone(), beta, 1e-5), &gamma);
    let (weight, bias) = (ones([3, 5]), ones([5]));
    assert_empty(crate::linear(ones([2, 0, 3]), weight.clone(), Some(bias.clone())), &weight);
    assert_empty(crate::linear_gelu(ones([2, 0, 3]), weight.clone(), Some(bias.clone())), &bias);
    let residual = crate::linear_residual(ones([0, 3]), weight.clone(), Some(bias.clone()), ones([0, 5]));
    assert_empty(residual, &weight);
    let both = (weight.clone(), Some(bias));
    assert_empty(crate::projections(ones([2, 0, 3]), [both.clone(), (weight.clone(), None), both]), &weight);
    assert_empty(crate::rms_norm(ones([2, 0, 5]), Some(gamma.clone()), 1e-5), &gamma);
    assert_empty(crate::qk_norm(ones([2, 0, 20]), Some([gamma.clone(), ones([5])]), heads(), 1e-5), &gamma);
    let layer = || (weight.clone(), None::<Tensor<1>>);
    assert_empty(crate::linear_gated(ones([2, 0, 3]), layer(), layer(), Gate::Silu), &weight);
    assert_empty(crate::gated(ones([2, 0]), ones([2, 0]), Gate::Gelu), &weight);
    assert_empty(crate::rotary(ones([0, 2, 4]), &Rotary::new(10.0, 4), 0), &weight);
    let table = ones([5, 3]);
    assert_empty(crate::embedding::<2, 2, 3>(table.clone(), no_indices()), &table);
}

#[test]
fn attention_without_time_or_sequences_gives_nothing_and_no_gradient() {
    for (sequences, time) in [(0, 33), (2, 0), (0, 0)] {
        let [keys, content_bias, position_bias] = [ones([time + 1, 8]), ones([1, 8]), ones([1, 8])];
        let relative = Relative {
            keys: keys.clone(),
            content_bias: content_bias.squeeze(),
            position_bias: position_bias.squeeze(),
        };
        assert_empty(crate::causal_attention(ones([sequences, time, 24]), ones([4]), Some(relative), 2), &keys);
        let plain = crate::causal_attention(ones([sequences, time, 24]), ones([4]), None::<Relative<2, 1>>, 2);
        assert_eq!(plain.dims(), [sequences, time, 8]);
    }
}

#[test]
fn experts_without_tokens_give_nothing_and_no_gradient() {
    let routes = Routes::new(Tensor::<2, Int>::zeros([0, 2], &device()), 1, 3);
    let weight = ones([3, 4, 5]);
    let rows = routes.linear(routes.gather(ones([0, 4])), weight.clone(), None::<Tensor<2>>);
    assert_empty(routes.combine(rows, ones([0, 2])), &weight);
}

#[test]
fn the_mean_loss_of_no_examples_is_nan_as_in_torch() {
    let loss = crate::cross_entropy(ones([1, 0, 5]), no_indices());
    assert!(loss.into_scalar::<f32>().is_nan());
}
