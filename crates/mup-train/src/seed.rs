//! What devices draw, as a function of the run's seed alone: weights at their first use, dropout masks.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use mup_kernels::{Generator, seed_at};

/// Draws the parameters that are still lazy, in traversal order instead of that of their first use, from a seeded
/// generator.
pub(crate) fn draw_lazy<M: Module>(model: &M, seed: u64) {
    struct Draw;
    impl ModuleVisitor for Draw {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            drop(param.val());
        }
    }
    let draw = || model.visit(&mut Draw);
    Generator::default().seeded(&model.devices(), seed_at(seed, &[u64::MAX, 0]), draw);
}
