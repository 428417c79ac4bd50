//! The mean of gradients: over micro batches of one device, or over shards of several.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;

/// A running mean of gradients. Burn's accumulator sums, so that the rate would grow with the number of micro batches.
///
/// The gradient of a mean over equal parts is the mean of the parts' gradients, so k micro batches on one device, or k
/// shards on k devices (bring their gradients to one device with [`GradientsParams::to_device`]), train as one device
/// with the whole batch does, up to rounding.
pub struct MeanGradients<M> {
    sum: GradientsAccumulator<M>,
    n: usize,
}

impl<M> std::fmt::Debug for MeanGradients<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeanGradients").field("n", &self.n).finish_non_exhaustive()
    }
}

impl<M: Module> Default for MeanGradients<M> {
    fn default() -> Self {
        Self { sum: GradientsAccumulator::new(), n: 0 }
    }
}

impl<M: Module> MeanGradients<M> {
    /// Adds the gradients of one more part. A parameter without gradient counts as zero.
    pub fn add(&mut self, module: &M, gradients: GradientsParams) {
        self.sum.accumulate(module, gradients);
        self.n += 1;
    }

    /// The mean; of one part, exactly its gradients.
    #[must_use]
    pub fn mean(mut self, module: &M) -> GradientsParams {
        let mut gradients = self.sum.grads();
        if self.n > 1 {
            module.visit(&mut Divide { gradients: &mut gradients, by: self.n as f64 });
        }
        gradients
    }
}

struct Divide<'a> {
    gradients: &'a mut GradientsParams,
    by: f64,
}

impl ModuleVisitor for Divide<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient.div_scalar(self.by));
        }
    }
}
