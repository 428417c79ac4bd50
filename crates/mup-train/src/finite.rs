//! Whether a module holds only finite numbers.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Whether every float parameter is finite in every entry.
pub(crate) fn is_finite<M: Module>(module: &M) -> bool {
    let mut all = Finite(true);
    module.visit(&mut all);
    all.0
}

struct Finite(bool);

impl ModuleVisitor for Finite {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0 = self.0 && param.val().inner().is_finite().all().into_scalar::<bool>();
    }
}
