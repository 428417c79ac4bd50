//! From K trials in one back to K models.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use mup_shapes::param_paths;

use super::GptStack;
use crate::Gpt;

impl GptStack {
    /// The trials as separate models, with their weights as they are now: to evaluate, sample, save or continue one
    /// alone.
    #[must_use]
    pub fn unstack(&self) -> Vec<Gpt> {
        let paths = param_paths(self).into_iter().map(|(path, id)| (id, path)).collect();
        let mut reader = Reader { paths, rows: HashMap::new(), device: None };
        self.visit(&mut reader);
        let device = reader.device.expect("a model has parameters");
        let gpt = |config: &crate::GptConfig| config.init(&device).expect("the config of a model that was built");
        self.configs.iter().enumerate().map(|(trial, config)| fill(gpt(config), &reader.rows, trial)).collect()
    }
}

fn fill(model: Gpt, rows: &HashMap<String, Tensor<2>>, trial: usize) -> Gpt {
    let paths = param_paths(&model).into_iter().map(|(path, id)| (id, path)).collect();
    model.map(&mut Writer { paths, rows, trial })
}

/// Every parameter as `[trials, entries]`, by path.
struct Reader {
    paths: HashMap<ParamId, String>,
    rows: HashMap<String, Tensor<2>>,
    device: Option<Device>,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(path) = self.paths.remove(&param.id) else { return };
        self.device.get_or_insert_with(|| param.lazy_device());
        self.rows.insert(path, param.val().flatten(1, D - 1));
    }
}

struct Writer<'a> {
    paths: HashMap<ParamId, String>,
    rows: &'a HashMap<String, Tensor<2>>,
    trial: usize,
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let row = &self.rows[&self.paths[&param.id]];
        let value = row.clone().narrow(0, self.trial, 1).reshape(param.lazy_shape()).detach();
        let id = param.id;
        param.transform_for_load(value, id)
    }
}
