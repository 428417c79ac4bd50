//! The step of SGD against its definition, and what it does to memory that others hold.

use burn::backend::Flex;
use burn::tensor::{DType, Device, Tensor};

use super::harness::{bits, leaf, numbers, values};
use crate::{Sgd, sgd_step};

const STEP: Sgd = Sgd { rate: 0.01, momentum: 0.9, nesterov: false, l2: 0.25 };
/// More than one piece of the kernel.
const COUNT: usize = (1 << 15) + 3;

fn tensor(seed: usize, dtype: DType) -> Tensor<1> {
    leaf(&values(COUNT, seed), &Device::flex(), dtype)
}

#[test]
fn a_step_is_that_of_the_definition() {
    let [weight, before, gradient] = [0, 1, 2].map(|seed| values(COUNT, seed));
    for (with_velocity, nesterov) in [(false, false), (true, false), (true, true)] {
        let step = Sgd { nesterov, ..STEP };
        for (dtype, tolerance) in [(DType::F64, 1e-14), (DType::F32, 1e-6), (DType::F16, 8e-3)] {
            let given = with_velocity.then(|| tensor(1, dtype));
            let (found, velocity) = sgd_step(&[step], tensor(0, dtype), given, tensor(2, dtype));
            let (found, velocity) = (numbers(found), velocity.map(numbers));
            for i in 0..COUNT {
                let g = gradient[i] + 0.25 * weight[i];
                let v = 0.9 * before[i] + g;
                let update = match (with_velocity, nesterov) {
                    (false, _) => g,
                    (true, false) => v,
                    (true, true) => g + 0.9 * v,
                };
                let context = format!("{with_velocity} {nesterov} {dtype:?}, {i}");
                assert!((found[i] - (weight[i] - 0.01 * update)).abs() < tolerance, "{context}");
                let velocity = velocity.as_ref().map_or(v, |velocity| velocity[i]);
                assert!((velocity - v).abs() < tolerance, "{context}");
            }
        }
    }
}

fn address(tensor: &Tensor<1>) -> usize {
    let primitive = tensor.clone().try_into_primitive::<Flex>().unwrap();
    primitive.as_slice::<f32>().unwrap().as_ptr() as usize
}

#[test]
fn tensors_that_nobody_else_holds_are_updated_in_place_and_others_keep_their_values() {
    let [weight, velocity, gradient] = [0, 1, 2].map(|seed| tensor(seed, DType::F32));
    let before = [&weight, &velocity].map(address);
    let (weight, velocity) = sgd_step(&[STEP], weight, Some(velocity), gradient);
    let velocity = velocity.unwrap();
    assert_eq!([&weight, &velocity].map(address), before);
    let kept = [weight.clone(), velocity.clone()];
    let values = || bits(&kept.clone().map(numbers));
    let unchanged = values();
    let _ = sgd_step(&[STEP], weight.clone(), Some(velocity), weight);
    assert!(values() == unchanged);
}

#[test]
fn nan_in_a_gradient_reaches_its_own_weight_only() {
    let step = |poison: bool| {
        let mut gradient = values(COUNT, 2);
        gradient[17] = if poison { f64::NAN } else { gradient[17] };
        let gradient = leaf(&gradient, &Device::flex(), DType::F32);
        numbers(sgd_step(&[STEP], tensor(0, DType::F32), Some(tensor(1, DType::F32)), gradient).0)
    };
    for (i, (found, clean)) in step(true).iter().zip(step(false)).enumerate() {
        assert!(if i == 17 { found.is_nan() } else { found.to_bits() == clean.to_bits() }, "{i}");
    }
}

/// On flex, fused in f32 and by Burn's operations in f16, whose groups have the numbers of the columns.
#[test]
fn several_steps_are_one_for_each_group() {
    let steps = [(0.0, false), (0.9, false), (0.5, true)].map(|(momentum, nesterov)| Sgd {
        momentum,
        nesterov,
        l2: 0.5 * momentum,
        rate: 0.01 + momentum,
    });
    let size = COUNT / 3;
    for (dtype, tolerance) in [(DType::F32, 0.0), (DType::F16, 8e-3)] {
        let all = |seed| tensor(seed, dtype).narrow(0, 0, 3 * size).reshape([3, size]);
        for (steps, with_velocity) in
            [(steps, true), (steps.map(|step| Sgd { nesterov: false, ..step }), true), (steps, false)]
        {
            let (weight, velocity) = sgd_step(&steps, all(0), with_velocity.then(|| all(1)), all(2));
            for (group, step) in steps.into_iter().enumerate() {
                let of = |tensor: &Tensor<2>| tensor.clone().narrow(0, group, 1);
                let (alone, its) = sgd_step(&[step], of(&all(0)), with_velocity.then(|| of(&all(1))), of(&all(2)));
                let pairs = [(Some(of(&weight)), Some(alone)), (velocity.as_ref().map(of), its)];
                for (found, alone) in pairs.into_iter().filter_map(|(found, alone)| found.zip(alone)) {
                    for (found, alone) in numbers(found).into_iter().zip(numbers(alone)) {
                        assert!((found - alone).abs() <= tolerance, "{dtype:?}, group {group}: {found} and {alone}");
                    }
                }
            }
        }
    }
}
