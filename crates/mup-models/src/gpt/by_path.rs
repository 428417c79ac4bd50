//! From the parameters of K models to those of their stack, and back: by path, so that no layer says how it is stacked.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use mup_shapes::param_paths;

/// The numbers of K trials.
pub(super) struct Values {
    of_path: HashMap<String, Value>,
    device: Device,
}

/// One parameter of K trials.
struct Value {
    /// `[K, entries]`.
    rows: Tensor<2>,
    trained: bool,
}

impl Values {
    /// Of models alike in shape.
    pub(super) fn of_models<M: Module>(trials: &[M]) -> Self {
        let mut trials = trials.iter().map(|trial| Self::of_stack(trial, 1));
        let mut first = trials.next().expect("a stack has trials");
        let mut others: Vec<Self> = trials.collect();
        for (path, value) in &mut first.of_path {
            let others = others.iter_mut().map(|trial| trial.of_path.remove(path).expect("trials have one shape").rows);
            let rows = std::iter::once(value.rows.clone()).chain(others).collect();
            value.rows = Tensor::cat(rows, 0);
        }
        first
    }

    /// Of a module whose parameters have a leading axis of trials, or of one model.
    pub(super) fn of_stack<M: Module>(stack: &M, trials: usize) -> Self {
        let mut reader = Reader { paths: paths(stack), trials, of_path: HashMap::new(), device: None };
        stack.visit(&mut reader);
        Self { of_path: reader.of_path, device: reader.device.expect("a model has parameters") }
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// A stack with these numbers.
    pub(super) fn in_stack<M: Module>(&self, stack: M) -> M {
        let paths = paths(&stack);
        stack.map(&mut Writer { paths, values: self, trial: None })
    }

    /// A model with those of one trial.
    pub(super) fn in_model<M: Module>(&self, trial: usize, model: M) -> M {
        let paths = paths(&model);
        model.map(&mut Writer { paths, values: self, trial: Some(trial) })
    }
}

fn paths<M: Module>(module: &M) -> HashMap<ParamId, String> {
    param_paths(module).into_iter().map(|(path, id)| (id, path)).collect()
}

/// Whether the parameter is trained, or will be after `train()`.
pub(super) fn is_trained<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.clone().train().is_require_grad()
}

struct Reader {
    paths: HashMap<ParamId, String>,
    trials: usize,
    of_path: HashMap<String, Value>,
    device: Option<Device>,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(path) = self.paths.remove(&param.id) else { return };
        self.device.get_or_insert_with(|| param.lazy_device());
        let entries = param.lazy_shape().num_elements() / self.trials;
        let rows = param.val().detach().reshape([self.trials, entries]);
        self.of_path.insert(path, Value { rows, trained: is_trained(param) });
    }
}

struct Writer<'a> {
    paths: HashMap<ParamId, String>,
    values: &'a Values,
    /// All of them for a stack.
    trial: Option<usize>,
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Value { rows, trained } = &self.values.of_path[&self.paths[&param.id]];
        let rows = match self.trial {
            Some(trial) => rows.clone().narrow(0, trial, 1),
            None => rows.clone(),
        };
        let value: Tensor<D> = rows.reshape(param.lazy_shape());
        let made = move |device: &Device, trained| value.to_device(device).detach().set_require_grad(trained);
        Param::uninitialized(param.id, made, self.values.device.clone(), *trained, param.lazy_shape())
    }
}
