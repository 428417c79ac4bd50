//! The exact partition of a module's parameters into classes that share their factors.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use mup_rules::{PlanRow, ScalingPlan};
use mup_shapes::{Dim, param_paths};

use crate::{OptimError, PartitionProblem};

/// Parameters that share every factor, and so one optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorClass {
    /// Learning rate relative to the base learning rate. [`scale_groups`](crate::scale_groups) applies it;
    /// the optimizer built for the class must not.
    pub learning_rate: f64,
    /// Factor on weight decay, decoupled or SGD's. Under
    /// [`WeightDecay::Independent`](mup_rules::WeightDecay::Independent) divide by the peak rate as well.
    pub weight_decay: f64,
    /// Factor on coupled L2 under an Adam-like optimizer.
    pub l2: f64,
    /// Factor on ε.
    pub epsilon: f64,
    /// Paths of the parameters, in the order of the plan.
    pub paths: Vec<String>,
}

/// Trained parameters by class, and the constants of the forward pass.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) classes: Vec<TensorClass>,
    pub(crate) constants: Vec<String>,
}

/// Checks that plan and module name the same parameters, and groups them. In a module of several trials every parameter
/// has a leading dimension of as many entries.
pub(crate) fn partition<M: Module>(
    plan: &ScalingPlan,
    module: &M,
    trials: Option<usize>,
) -> Result<Partition, OptimError> {
    check(plan, module, trials)?;
    let mut classes: Vec<TensorClass> = Vec::new();
    let mut constants = Vec::new();
    for row in plan.rows() {
        if row.kind.is_trained() {
            let class = class_of(row);
            match classes.iter_mut().find(|known| known.key() == class.key()) {
                Some(known) => known.paths.extend(class.paths),
                None => classes.push(class),
            }
        } else {
            constants.push(row.path.clone());
        }
    }
    Ok(Partition { classes, constants })
}

impl TensorClass {
    fn key(&self) -> [u64; 4] {
        [self.learning_rate, self.weight_decay, self.l2, self.epsilon].map(f64::to_bits)
    }
}

fn class_of(row: &PlanRow) -> TensorClass {
    TensorClass {
        learning_rate: row.learning_rate.value,
        weight_decay: row.weight_decay.value,
        l2: row.l2.value,
        epsilon: row.epsilon.value,
        paths: vec![row.path.clone()],
    }
}

fn check<M: Module>(plan: &ScalingPlan, module: &M, trials: Option<usize>) -> Result<(), OptimError> {
    let mut sizes = Sizes::default();
    module.visit(&mut sizes);
    let found: BTreeMap<String, Vec<usize>> =
        param_paths(module).into_iter().map(|(path, id)| (path, sizes.0.remove(&id).unwrap_or_default())).collect();
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

/// Sizes of every float parameter by id; asks no parameter for its value.
#[derive(Default)]
struct Sizes(HashMap<ParamId, Vec<usize>>);

impl ModuleVisitor for Sizes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.insert(param.id, param.lazy_shape().to_vec());
    }
}
