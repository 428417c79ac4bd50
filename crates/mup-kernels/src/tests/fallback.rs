//! Element types that have no fused operations take Burn's own.

use burn::tensor::{DType, Device, Tensor};

use super::cases::{Shapes, all};
use super::harness::{bits, leaf, numbers, run, values};
use crate::{Adam, adam_step, is_fused};

#[test]
fn only_flex_in_single_and_double_precision_is_fused() {
    let fused = |device: &Device, dtype| is_fused(&Tensor::<1>::zeros([1], (device, dtype)));
    for device in [Device::flex(), Device::flex().autodiff()] {
        assert!(fused(&device, DType::F32) && fused(&device, DType::F64));
        assert!(!fused(&device, DType::F16) && !fused(&device, DType::BF16));
    }
}

#[test]
fn half_precision_has_the_bits_of_burns_own_operations() {
    for case in all(Shapes::Small) {
        for dtype in [DType::F16, DType::BF16] {
            let [public, portable] = [&case.fused, &case.portable].map(|function| bits(&run(&case, function, dtype)));
            assert!(public == portable, "{} {dtype:?}", case.name);
            assert!(public[0].iter().any(|value| f64::from_bits(*value) != 0.0), "{}", case.name);
        }
    }
}

#[test]
fn a_large_f16_has_a_finite_root_mean_square() {
    let x = Tensor::<1>::full([8], 300.0, (&Device::flex(), DType::F16)).reshape([1, 8]);
    let y = numbers(crate::rms_norm::<2, 1>(x, None, 1e-5));
    assert!(y.iter().all(|y| (y - 1.0).abs() < 1e-2), "{y:?}");
}

#[test]
fn an_optimizer_step_in_half_precision_is_near_that_in_single_precision() {
    let step = Adam { rate: 0.125, beta_1: 0.5, beta_2: 0.75, epsilon: 1e-3, decay: 0.25, l2: 0.5, time: 2 };
    let run = |dtype| {
        let tensor = |seed| leaf(&values(12, seed), &Device::flex(), dtype);
        let (weight, _) = adam_step(&[step; 3], tensor(0), [tensor(1), tensor(2).square()], tensor(3));
        numbers(weight)
    };
    for (single, half) in run(DType::F32).iter().zip(run(DType::F16)) {
        assert!((single - half).abs() < 4e-3, "{single} {half}");
    }
}
