//! Whether trials have one shape.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use mup_shapes::param_paths;

use super::by_path::is_trained;
use crate::{Gpt, GptConfig, ModelError};

/// The trials' configs, once all have the shape of the first.
pub(super) fn check_one_shape(trials: &[Gpt]) -> Result<Vec<GptConfig>, ModelError> {
    let configs: Vec<GptConfig> = trials.iter().map(Gpt::config).collect();
    let (Some(first), Some(config)) = (trials.first(), configs.first()) else { return Err(ModelError::NoTrials) };
    let (sizes, parameters) = (sizes(config), parameters(first));
    for (trial, (model, config)) in trials.iter().zip(&configs).enumerate().skip(1) {
        differs(trial, &sizes, &self::sizes(config))?;
        differs(trial, &parameters, &self::parameters(model))?;
    }
    if config.dropout > 0.0 {
        return Err(ModelError::StackedDropout { dropout: config.dropout });
    }
    Ok(configs)
}

type Named = Vec<(String, String)>;

fn differs(trial: usize, first: &Named, other: &Named) -> Result<(), ModelError> {
    // Of parameters that only one of the two has, the fields have told before.
    match first.iter().zip(other).find(|(first, other)| first != other) {
        Some(((field, first), (_, other))) => {
            let (field, first, other) = (field.clone(), first.clone(), other.clone());
            Err(ModelError::Shapes { trial, field, first, other })
        }
        None => Ok(()),
    }
}

/// Every field but the multipliers.
fn sizes(config: &GptConfig) -> Named {
    let field = |name: &str, value: String| (format!("GptConfig.{name}"), value);
    vec![
        field("vocab", config.vocab.to_string()),
        field("context", config.context.to_string()),
        field("n_layer", config.n_layer.to_string()),
        field("d_model", config.d_model.to_string()),
        field("n_head", config.n_head.to_string()),
        field("d_head", config.d_head.to_string()),
        field("d_ffn", config.d_ffn.to_string()),
        field("n_kv_head", config.kv_heads().to_string()),
        field("window", format!("{:?}", config.window)),
        field("bias", config.bias.to_string()),
        field("positions", format!("{:?}", config.positions)),
        field("norm", config.norm.to_string()),
        field("sandwich", config.sandwich.to_string()),
        field("qk_norm", config.qk_norm.to_string()),
        field("hidden", format!("{:?}", config.hidden)),
        field("experts", config.experts.as_ref().map_or("none".to_owned(), ToString::to_string)),
        field("parallel", config.parallel.to_string()),
        field("tied", config.tied.to_string()),
        field("soft_cap", format!("{:?}", config.soft_cap)),
        field("z_loss", config.z_loss.to_string()),
        field("dropout", config.dropout.to_string()),
        field("branch_factors", config.branch_factors.to_string()),
    ]
}

/// What every parameter is, by path.
fn parameters(model: &Gpt) -> Named {
    let mut reader = Reader(BTreeMap::new());
    model.visit(&mut reader);
    let paths = param_paths(model).into_iter();
    paths.filter_map(|(path, id)| Some((path, reader.0.remove(&id.val())?))).collect()
}

struct Reader(BTreeMap<u64, String>);

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let trained = if is_trained(param) { "trained" } else { "frozen" };
        let (shape, device) = (param.lazy_shape().to_vec(), param.lazy_device());
        self.0.insert(param.id.val(), format!("{shape:?} {:?} ({trained}) on {device:?}", param.val().dtype()));
    }
}
