//! The same bits with any number of threads and with any instruction set.

use burn::tensor::{DType, Device};
use rayon::ThreadPoolBuilder;

use super::cases::{Shapes, all};
use super::harness::{bits, leaf, numbers, run, values};
use crate::slices::simd::tests::both_ways;
use crate::{Adam, Sgd, adam_step, sgd_step};

fn adam(dtype: DType) -> Vec<Vec<u64>> {
    let count = 3 * 33_333;
    let [weight, first, second, gradient] =
        [0, 1, 2, 3].map(|seed| leaf(&values(count, seed), &Device::flex(), dtype).reshape::<2, _>([3, 33_333]));
    let step = |time| Adam { rate: 0.01, beta_1: 0.9, beta_2: 0.99, epsilon: 1e-8, decay: 0.1, l2: 0.01, time };
    let (weight, moments) = adam_step(&[step(1), step(2), step(3)], weight, [first, second.square()], gradient);
    let [first, second] = moments;
    bits(&[weight, first, second].map(numbers::<2>))
}

fn sgd(dtype: DType) -> Vec<Vec<u64>> {
    let [weight, velocity, gradient] = [0, 1, 2].map(|seed| leaf(&values(99_999, seed), &Device::flex(), dtype));
    let step = Sgd { rate: 0.01, momentum: 0.9, nesterov: true, l2: 0.01 };
    let (weight, velocity) = sgd_step(&[step], weight, Some(velocity), gradient);
    bits(&[weight, velocity.unwrap()].map(numbers::<1>))
}

#[test]
fn results_have_the_same_bits_for_every_number_of_threads_and_every_time() {
    let pools = [1, 2, 3, 8].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    for case in all(Shapes::Usual).into_iter().chain(all(Shapes::Pieces)) {
        let run = || bits(&run(&case, &case.fused, DType::F32));
        let first = run();
        for pool in &pools {
            assert!(
                pool.install(run) == first && run() == first,
                "{} with {} threads",
                case.name,
                pool.current_num_threads()
            );
        }
    }
    for dtype in [DType::F32, DType::F64] {
        for (name, update) in [("adam_step", adam as fn(DType) -> _), ("sgd_step", sgd)] {
            let first = update(dtype);
            assert!(pools.iter().all(|pool| pool.install(|| update(dtype)) == first), "{name}, {dtype:?}");
        }
    }
}

#[test]
fn results_have_the_same_bits_with_and_without_vector_instructions() {
    for case in all(Shapes::Usual) {
        for dtype in [DType::F32, DType::F64] {
            let [vector, portable] = both_ways(|| bits(&run(&case, &case.fused, dtype)));
            assert!(vector == portable, "{} {dtype:?}", case.name);
        }
    }
    for (name, update) in [("adam_step", adam as fn(DType) -> _), ("sgd_step", sgd)] {
        let [vector, portable] = both_ways(|| update(DType::F32));
        assert!(vector == portable, "{name}");
    }
}
