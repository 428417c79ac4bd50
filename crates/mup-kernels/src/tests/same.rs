use burn::tensor::DType;

use super::cases::all;
use super::harness::{deviation, run};

#[test]
fn fused_operations_are_those_of_burn_in_double_precision() {
    for case in all() {
        let [fused, portable] = [&case.fused, &case.portable].map(|function| run(&case, function, DType::F64));
        for (i, (fused, portable)) in fused.iter().zip(&portable).enumerate() {
            let deviation = deviation(fused, portable);
            assert!(deviation < 1e-11, "{}: output or gradient {i} differs by {deviation}", case.name);
        }
    }
}

#[test]
fn fused_operations_are_those_of_burn_in_single_precision() {
    for case in all() {
        let [fused, exact] =
            [(&case.fused, DType::F32), (&case.portable, DType::F64)].map(|(f, dtype)| run(&case, f, dtype));
        for (i, (fused, exact)) in fused.iter().zip(&exact).enumerate() {
            let deviation = deviation(fused, exact);
            assert!(deviation < 1e-5, "{}: output or gradient {i} differs by {deviation}", case.name);
        }
    }
}
