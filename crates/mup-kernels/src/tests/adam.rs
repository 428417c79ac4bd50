//! The optimizer step against Burn's optimizers, and what it does to memory that others hold.

use burn::backend::Flex;
use burn::optim::{AdamConfig, AdamWConfig, Optimizer, decay::WeightDecayConfig};
use burn::tensor::{DType, Device, Tensor};

use super::harness::{bits, deviation, leaf, numbers, values};
use crate::{Adam, adam_step};

/// These, and the powers of the decays, are exact in single precision, in which Burn's optimizers take them.
const STEP: Adam =
    Adam { rate: 0.0078125, beta_1: 0.875, beta_2: 0.9375, epsilon: 0.0009765625, decay: 0.0, l2: 0.0, time: 1 };

fn tensor(seed: usize, dtype: DType) -> Tensor<2> {
    leaf(&values(6 * 7, seed), &Device::flex(), dtype).reshape([6, 7])
}

/// Weight and moments after five steps.
fn ours(step: Adam, dtype: DType) -> Vec<f64> {
    let (mut weight, mut moments) = (tensor(0, dtype), [0, 0].map(|seed| tensor(seed, dtype).zeros_like()));
    for time in 1..=5 {
        (weight, moments) = adam_step(&[Adam { time, ..step }], weight, moments, tensor(time, dtype));
    }
    let [first, second] = moments;
    [weight, first, second].map(numbers).concat()
}

fn burns<O: Optimizer>(optimizer: &O, dtype: DType) -> Vec<f64> {
    let (mut weight, mut state) = (tensor(0, dtype), None);
    for time in 1..=5 {
        (weight, state) = optimizer.step(STEP.rate, weight, tensor(time, dtype), state);
    }
    numbers(weight)
}

#[test]
fn steps_are_those_of_burns_adam_and_adamw() {
    let (betas, epsilon) = ((STEP.beta_1 as f32, STEP.beta_2 as f32), STEP.epsilon as f32);
    let adam = |l2: f32| {
        let config = AdamConfig::new().with_beta_1(betas.0).with_beta_2(betas.1).with_epsilon(epsilon);
        config.with_weight_decay(Some(WeightDecayConfig { penalty: l2 })).build()
    };
    let adamw = |decay: f32| {
        let config = AdamWConfig::new().with_beta_1(betas.0).with_beta_2(betas.1).with_epsilon(epsilon);
        config.with_weight_decay(decay).build()
    };
    // Burn's Adam takes √(1 − β₂ᵗ) in single precision.
    for (dtype, for_adam, for_adamw) in [(DType::F64, 1e-8, 1e-13), (DType::F32, 1e-6, 1e-6)] {
        for strength in [0.0, 0.25] {
            let ours_adam = ours(Adam { l2: strength, ..STEP }, dtype);
            let found = deviation(&ours_adam[..42], &burns(&adam(strength as f32), dtype));
            assert!(found < for_adam, "Adam, {dtype:?}: {found}");
            let ours_adamw = ours(Adam { decay: strength, ..STEP }, dtype);
            let found = deviation(&ours_adamw[..42], &burns(&adamw(strength as f32), dtype));
            assert!(found < for_adamw, "AdamW, {dtype:?}: {found}");
        }
    }
}

#[test]
fn a_step_is_that_of_the_definition() {
    let step = Adam { decay: 0.5, l2: 0.25, time: 3, ..STEP };
    let [weight, first, gradient] = [0, 1, 3].map(|seed| values(42, seed));
    let second: Vec<f64> = values(42, 2).iter().map(|value| value * value).collect();
    let tensor = |values: &[f64]| leaf(values, &Device::flex(), DType::F64);
    let moments = [tensor(&first), tensor(&second)];
    let (found, found_moments) = adam_step(&[step], tensor(&weight), moments, tensor(&gradient));
    let (found, [found_first, found_second]) = (numbers(found), found_moments.map(numbers));
    for i in 0..42 {
        let g = gradient[i] + 0.25 * weight[i];
        let m = 0.875 * first[i] + 0.125 * g;
        let v = 0.9375 * second[i] + 0.0625 * g * g;
        let (m_hat, v_hat) = (m / (1.0 - 0.875_f64.powi(3)), v / (1.0 - 0.9375_f64.powi(3)));
        let w = weight[i] - STEP.rate * 0.5 * weight[i] - STEP.rate * m_hat / (v_hat.sqrt() + 0.0009765625);
        for (found, expected) in [(found[i], w), (found_first[i], m), (found_second[i], v)] {
            assert!((found - expected).abs() < 1e-14, "{i}: {found} instead of {expected}");
        }
    }
}

#[test]
fn several_steps_are_one_for_each_group() {
    for dtype in [DType::F32, DType::F64] {
        let steps = [1, 2, 3].map(|k| Adam { rate: 0.01 * k as f64, decay: 0.1 * k as f64, time: k, ..STEP });
        let inputs = || [tensor(0, dtype), tensor(1, dtype), tensor(2, dtype).square(), tensor(3, dtype)];
        let [weight, first, second, gradient] = inputs();
        let (weight, [first, second]) = adam_step(&steps, weight, [first, second], gradient);
        for (group, step) in steps.into_iter().enumerate() {
            let part = |tensor: Tensor<2>| tensor.narrow(0, 2 * group, 2);
            let [one, one_first, one_second, gradient] = inputs().map(part);
            let (one, [one_first, one_second]) = adam_step(&[step], one, [one_first, one_second], gradient);
            let together = [&weight, &first, &second].map(|tensor| numbers(part(tensor.clone())));
            assert_eq!(bits(&together), bits(&[one, one_first, one_second].map(numbers)), "group {group}");
        }
    }
}

fn address(tensor: &Tensor<2>) -> usize {
    let primitive = tensor.clone().try_into_primitive::<Flex>().unwrap();
    primitive.as_slice::<f32>().unwrap().as_ptr() as usize
}

#[test]
fn tensors_that_nobody_else_holds_are_updated_in_place() {
    let [weight, first, second, gradient] = [0, 1, 2, 3].map(|seed| tensor(seed, DType::F32));
    let second = second.square();
    let before = [&weight, &first, &second].map(address);
    let (weight, [first, second]) = adam_step(&[STEP], weight, [first, second], gradient);
    assert_eq!([&weight, &first, &second].map(address), before);
}

#[test]
fn a_tensor_that_somebody_else_holds_keeps_its_values() {
    for dtype in [DType::F32, DType::F64] {
        let [weight, first, second, gradient] = [0, 1, 2, 3].map(|seed| tensor(seed, dtype));
        let kept = [weight.clone(), first.clone(), second.clone(), gradient.clone()];
        let values = || bits(&kept.clone().map(numbers));
        let before = values();
        let (stepped, _) = adam_step(&[STEP], weight.clone(), [first, second.clone()], gradient.clone());
        assert_ne!(bits(&[numbers(stepped)]), before[..1]);
        assert_eq!(values(), before);
        // One tensor as all four.
        let (stepped, _) = adam_step(&[STEP], weight.clone(), [weight.clone(), weight.clone()], weight.clone());
        let copies = [0; 4].map(|seed| tensor(seed, dtype));
        let [a, b, c, d] = copies;
        let (expected, _) = adam_step(&[STEP], a, [b, c], d);
        assert_eq!(bits(&[numbers(stepped)]), bits(&[numbers(expected)]));
        assert_eq!(values(), before);
    }
}

#[test]
fn views_are_stepped_as_their_copies_and_leave_the_rest_of_their_tensor_alone() {
    let whole = tensor(0, DType::F32);
    let views =
        |tensor: Tensor<2>| [tensor.clone().narrow(0, 1, 3), tensor.clone().narrow(1, 2, 3), tensor.transpose()];
    for (i, view) in views(whole.clone()).into_iter().enumerate() {
        let copy = Tensor::<2>::from_data(view.to_data(), &Device::flex());
        let step = |weight: Tensor<2>| {
            let others = [1, 2, 3].map(|seed| views(tensor(seed, DType::F32))[i].clone());
            let [first, second, gradient] = others;
            numbers(adam_step(&[STEP], weight, [first, second.square()], gradient).0)
        };
        assert_eq!(bits(&[step(view)]), bits(&[step(copy)]), "view {i}");
        assert_eq!(bits(&[numbers(whole.clone())]), bits(&[numbers(tensor(0, DType::F32))]), "view {i}");
    }
}

#[test]
fn nan_in_a_gradient_reaches_its_own_weight_only() {
    for (poison, at) in [(f64::NAN, 0), (f64::INFINITY, 17), (f64::NAN, 41)] {
        let step = |poison: Option<f64>| {
            let mut gradient = values(42, 3);
            gradient[at] = poison.unwrap_or(gradient[at]);
            let gradient = leaf(&gradient, &Device::flex(), DType::F32).reshape([6, 7]);
            let moments = [tensor(1, DType::F32), tensor(2, DType::F32).square()];
            numbers(adam_step(&[STEP], tensor(0, DType::F32), moments, gradient).0)
        };
        for (i, (found, clean)) in step(Some(poison)).iter().zip(step(None)).enumerate() {
            assert!(if i == at { found.is_nan() } else { found.to_bits() == clean.to_bits() }, "{poison} at {at}: {i}");
        }
    }
}

#[test]
fn a_step_on_nothing_gives_nothing() {
    let nothing = || Tensor::<2>::zeros([0, 7], &Device::flex());
    let (weight, _) = adam_step(&[STEP; 2], nothing(), [nothing(), nothing()], nothing());
    assert_eq!(weight.dims(), [0, 7]);
}

#[test]
fn large_tensors_are_stepped_in_pieces_as_small_ones() {
    let count = (1 << 17) + 3;
    let tensor = |seed| leaf(&values(count, seed), &Device::flex(), DType::F32);
    let (whole, _) = adam_step(&[STEP], tensor(0), [tensor(1), tensor(2).square()], tensor(3));
    let (first, rest) = (16_000, count - 16_000);
    let part = |from, count| {
        let part = |tensor: Tensor<1>| tensor.narrow(0, from, count);
        numbers(adam_step(&[STEP], part(tensor(0)), [part(tensor(1)), part(tensor(2).square())], part(tensor(3))).0)
    };
    assert!(bits(&[numbers(whole)]) == bits(&[[part(0, first), part(first, rest)].concat()]));
}
