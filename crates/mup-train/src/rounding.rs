//! Weights of 16 bits that would stand still.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{DType, FloatDType, Tensor};
use mup_rules::{ScalingPlan, Significand};
use mup_shapes::param_paths;

/// What [`ScalingPlan::rounded_away`] says at the peak rate of the weights as they are, one type after the other.
pub(crate) fn rounded_away<M: Module>(plan: &ScalingPlan, peak_rate: f64, model: &M) -> Vec<String> {
    let mut sizes = Sizes(HashMap::new());
    model.visit(&mut sizes);
    let by_path: HashMap<String, (DType, f64)> =
        param_paths(model).into_iter().filter_map(|(path, id)| Some((path, sizes.0.remove(&id)?))).collect();
    let types = [(DType::BF16, Significand::Bf16), (DType::F16, Significand::F16)];
    let warning = |(dtype, significand)| {
        // Of no size, and so never rounded, what is of another type.
        let size = |path: &str| by_path.get(path).filter(|(found, _)| *found == dtype).map_or(0.0, |(_, size)| *size);
        plan.rounded_away(significand, peak_rate, |row| size(&row.path) / row.init_std.value)
    };
    types.into_iter().filter_map(warning).collect()
}

/// Type and root mean square of each parameter of 16 bits.
struct Sizes(HashMap<ParamId, (DType, f64)>);

impl ModuleVisitor for Sizes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = param.base();
        let dtype = weight.dtype();
        if matches!(dtype, DType::BF16 | DType::F16) {
            let size: f32 = weight.cast(FloatDType::F32).square().mean().sqrt().into_scalar();
            self.0.insert(param.id, (dtype, f64::from(size)));
        }
    }
}
