//! The fused path against Burn's own.

use burn::tensor::DType;

use super::cases::{Shapes, all};
use super::harness::{assert_close, bits, forward, inputs, run};

#[test]
fn fused_operations_are_those_of_burn_in_double_precision() {
    for case in all(Shapes::Usual) {
        let [fused, portable] = [&case.fused, &case.portable].map(|function| run(&case, function, DType::F64));
        assert_close(&case.name, &fused, &portable, 1e-11);
    }
}

#[test]
fn fused_operations_are_those_of_burn_in_single_precision() {
    for case in all(Shapes::Usual) {
        let [fused, exact] =
            [(&case.fused, DType::F32), (&case.portable, DType::F64)].map(|(f, dtype)| run(&case, f, dtype));
        assert_close(&case.name, &fused, &exact, 1e-5);
    }
}

#[test]
fn outputs_with_and_without_autodiff_have_the_same_bits() {
    for case in all(Shapes::Usual) {
        for dtype in [DType::F32, DType::F64] {
            let output = forward(&inputs(&case), &case.fused, dtype);
            assert_eq!(bits(&[output])[0], bits(&run(&case, &case.fused, dtype))[0], "{}", case.name);
        }
    }
}
