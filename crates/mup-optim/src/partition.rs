//! Plan and module name the same parameters, each with the same shape.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use mup_rules::ScalingPlan;
use mup_shapes::{Dim, param_paths};

use crate::{OptimError, PartitionProblem};

/// Whether every parameter of `module` has a row in `plan`, and every row a parameter of its shape. In a module of several
/// trials every parameter has a leading dimension of as many entries.
pub(crate) fn check_partition<M: Module>(
    plan: &ScalingPlan,
    module: &M,
    trials: Option<usize>,
) -> Result<(), OptimError> {
    let found = sizes(module);
    let planned: BTreeSet<&str> = plan.rows().iter().map(|row| row.path.as_str()).collect();
    let mut problems = Vec::new();
    for row in plan.rows() {
        let sizes: Vec<usize> = trials.into_iter().chain(row.dims.iter().map(|dim: &Dim| dim.size())).collect();
        let path = row.path.clone();
        match found.get(&path) {
            None => problems.push(PartitionProblem::Missing { path }),
            Some(dims) if *dims != sizes => {
                problems.push(PartitionProblem::Shape { path, planned: sizes, found: dims.clone() });
            }
            Some(_) => {}
        }
    }
    let extra = found.into_keys().filter(|path| !planned.contains(path.as_str()));
    problems.extend(extra.map(|path| PartitionProblem::Extra { path }));
    if problems.is_empty() { Ok(()) } else { Err(OptimError::Partition(problems)) }
}

/// Sizes of every parameter by path; asks no parameter for its value.
pub(crate) fn sizes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    let mut sizes = Sizes::default();
    module.visit(&mut sizes);
    param_paths(module).into_iter().map(|(path, id)| (path, sizes.0.remove(&id).unwrap_or_default())).collect()
}

/// Sizes of every float parameter by id; asks no parameter for its value.
#[derive(Default)]
struct Sizes(HashMap<ParamId, Vec<usize>>);

impl ModuleVisitor for Sizes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.insert(param.id, param.lazy_shape().to_vec());
    }
}
