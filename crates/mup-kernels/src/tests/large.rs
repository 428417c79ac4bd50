//! Shapes of many pieces that the size of a piece does not divide.

use burn::tensor::{DType, Tensor};

use super::cases::{Shapes, all};
use super::harness::{assert_close, run};

#[test]
fn large_operations_are_those_of_burn() {
    for case in all(Shapes::Large) {
        let exact = run(&case, &case.portable, DType::F64);
        assert_close(&case.name, &run(&case, &case.fused, DType::F64), &exact, 1e-10);
        assert_close(&case.name, &run(&case, &case.fused, DType::F32), &exact, 3e-5);
    }
}

#[test]
fn parameters_without_a_group_axis_are_those_of_one_group() {
    let (device, dtype) = (burn::tensor::Device::flex(), DType::F64);
    let values = |count: usize, seed| super::harness::leaf(&super::harness::values(count, seed), &device, dtype);
    let x: Tensor<4> = values(2 * 3 * 5 * 7, 0).reshape([2, 3, 5, 7]);
    let (weight, bias): (Tensor<2>, _) = (values(7 * 4, 1).reshape([7, 4]), values(4, 2));
    let plain = crate::linear(x.clone(), weight.clone(), Some(bias.clone()));
    let grouped = crate::linear(x.clone(), weight.unsqueeze::<3>(), Some(bias.unsqueeze::<2>()));
    plain.into_data().assert_eq(&grouped.into_data(), true);
    let (gamma, beta) = (values(7, 3), values(7, 4));
    let plain = crate::layer_norm(x.clone(), gamma.clone(), beta.clone(), 1e-5);
    let grouped = crate::layer_norm(x, gamma.unsqueeze::<2>(), beta.unsqueeze::<2>(), 1e-5);
    plain.into_data().assert_eq(&grouped.into_data(), true);
}
