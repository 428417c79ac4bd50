//! Parameters and gradients of any Burn module, by path.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param, ParamId},
    optim::GradientsParams,
    tensor::Tensor,
};
use mup_shapes::param_paths;

use super::{Activations, Source};

impl Activations {
    /// Reports every float parameter under its dotted path, and with it the updates W_t − W_0.
    ///
    /// Call it before the optimizer's step, so that pass t shows W_t. A `Linear` of Burn stores `[in, out]`: its
    /// vectors are rows of fan-out length, where PyTorch's have fan-in.
    pub fn observe_parameters<M: Module>(&mut self, module: &M) {
        self.visit(Source::Parameter, module, None);
    }

    /// Reports the gradient of every parameter that has one, under the parameter's dotted path.
    pub fn observe_gradients<M: Module>(&mut self, module: &M, gradients: &GradientsParams) {
        self.visit(Source::Gradient, module, Some(gradients));
    }

    fn visit<M: Module>(&mut self, source: Source, module: &M, gradients: Option<&GradientsParams>) {
        if self.wants(source) {
            let paths = param_paths(module).into_iter().rev().map(|(path, id)| (id, path)).collect();
            module.visit(&mut Visitor { paths, gradients, seen: self });
        }
    }
}

struct Visitor<'a> {
    /// Taken out when visited, so that a shared parameter counts once, where it comes first.
    paths: BTreeMap<ParamId, String>,
    gradients: Option<&'a GradientsParams>,
    seen: &'a mut Activations,
}

impl ModuleVisitor for Visitor<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(path) = self.paths.remove(&param.id) else {
            return;
        };
        match self.gradients {
            None => self.seen.push_tensor(Source::Parameter, &path, &param.val()),
            Some(gradients) => {
                if let Some(gradient) = gradients.get::<D>(param.id) {
                    self.seen.push_tensor(Source::Gradient, &path, &gradient);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::{
        nn::LinearConfig,
        optim::GradientsParams,
        tensor::{Device, Tensor},
    };

    use super::{Activations, Source};

    #[test]
    fn parameters_and_gradients_are_named_by_path() {
        let device = Device::flex().autodiff();
        let layers = vec![LinearConfig::new(3, 2).init(&device), LinearConfig::new(2, 2).init(&device)];
        let loss = layers[0].forward(Tensor::<2>::ones([5, 3], &device)).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &layers);
        let mut seen = Activations::default();
        seen.observe_parameters(&layers);
        seen.observe_gradients(&layers, &gradients);
        let names = |source| {
            let of = seen.iter().filter(move |seen| seen.source == source);
            of.map(|seen| (seen.module.as_str(), seen.values.len(), seen.d)).collect::<Vec<_>>()
        };
        let first = [("0.weight", 6, 2), ("0.bias", 2, 2)];
        assert_eq!(names(Source::Parameter), [first[0], first[1], ("1.weight", 4, 2), ("1.bias", 2, 2)]);
        assert_eq!(names(Source::Gradient), first, "the second layer is not in the loss");
        // The loss is a sum over 5 examples of ones: every weight's gradient is 5, exactly.
        assert!(seen.get(Source::Gradient, "0.weight").is_some_and(|seen| seen.values == [5.0; 6]));
    }

    #[test]
    fn a_shared_parameter_counts_once_where_it_comes_first() {
        let layer = LinearConfig::new(3, 2).with_bias(false).init(&Device::flex());
        let mut seen = Activations::default();
        seen.observe_parameters(&vec![layer.clone(), layer]);
        let names: Vec<&str> = seen.iter().map(|seen| seen.module.as_str()).collect();
        assert_eq!(names, ["0.weight"]);
    }
}
