//! The shapes of a model's parameters by path, and of the tensors of theirs that they become.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use mup_models::Gpt;

use crate::names::Entry;

/// Of every parameter.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    of_path: BTreeMap<String, Vec<usize>>,
    place: Vec<String>,
}

impl Shapes {
    /// Allocates nothing.
    pub(crate) fn of(model: &Gpt) -> Self {
        let mut shapes = Self::default();
        model.visit(&mut shapes);
        shapes
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.of_path.contains_key(path)
    }

    /// Of a parameter of ours, or of a bias that only theirs have, which is as long as its weight is wide.
    pub(crate) fn get(&self, path: &str) -> Vec<usize> {
        let weight = || {
            let weight = self.of_path.get(&format!("{}weight", path.strip_suffix("bias")?))?;
            weight.last().map(|width| vec![*width])
        };
        let found = self.of_path.get(path).cloned().or_else(weight);
        found.unwrap_or_else(|| panic!("bug: no shape is known for `{path}`"))
    }

    /// Rows and columns of one of ours, a vector being one row; of all experts only one.
    pub(crate) fn matrix(&self, path: &str) -> [usize; 2] {
        match *self.get(path) {
            [width] => [1, width],
            [.., rows, columns] => [rows, columns],
            [] => panic!("bug: no parameter of a GPT is a number"),
        }
    }

    /// Of a tensor of theirs.
    pub(crate) fn theirs(&self, entry: &Entry) -> Vec<usize> {
        let columns = entry.ours.iter().map(|path| self.matrix(path)[1]).sum();
        let rows = self.matrix(&entry.ours[0])[0];
        match (self.get(&entry.ours[0]).len(), entry.row.transposed) {
            (1, _) => vec![columns],
            (_, true) => vec![columns, rows],
            (_, false) => vec![rows, columns],
        }
    }
}

impl ModuleVisitor for Shapes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.of_path.insert(self.place.join("."), param.lazy_shape().to_vec());
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.place.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.pop();
    }
}
