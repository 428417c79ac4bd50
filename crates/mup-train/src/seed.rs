//! The device's generator as a function of the run's seed, the step and the micro batch.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Seeds the generator of every device of the model, so that dropout masks can be repeated in a resumed run.
pub(crate) fn seed_devices<M: Module>(model: &M, seed: u64, place: [usize; 2]) {
    let seed = place.iter().fold(seed, |seed, part| mix(seed ^ *part as u64));
    for device in model.devices() {
        device.seed(seed);
    }
}

/// Draws the parameters that are still lazy, in traversal order instead of that of their first use, from a seeded
/// generator.
pub(crate) fn draw_lazy<M: Module>(model: &M, seed: u64) {
    struct Draw;
    impl ModuleVisitor for Draw {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            drop(param.val());
        }
    }
    seed_devices(model, seed, [usize::MAX, 0]);
    model.visit(&mut Draw);
}

/// SplitMix64 (Steele, Lea & Flood 2014): neighbouring seeds become unrelated ones.
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
