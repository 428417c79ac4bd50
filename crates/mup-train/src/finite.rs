//! Whether a module holds only finite numbers.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Tensor};

use crate::read::read;

/// Whether every float parameter is finite in every entry; waits for the device once.
pub(crate) fn is_finite<M: Module>(module: &M) -> bool {
    let mut each = Finite(Vec::new());
    module.visit(&mut each);
    read(each.0.into_iter().map(|each| each.float())).iter().all(|finite| *finite != 0.0)
}

/// Of each parameter, whether it is.
struct Finite(Vec<Tensor<1, Bool>>);

impl ModuleVisitor for Finite {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().inner().is_finite().all());
    }
}
