//! Rotary positions in a `config.json`: `rope_parameters`, or `rope_theta` and `rope_scaling` of versions before 5.

use mup_models::{Positions, RotaryPositions, RotaryScaling};
use serde_json::{Map, Value, json};

use crate::fields::Said;
use crate::reading::Problem;

const NEW: &str = "rope_parameters";
const SCALING: &str = "rope_scaling";
const THETA: &str = "rope_theta";

/// Takes the fields that say it.
pub(crate) fn read(fields: &mut Map<String, Value>, said: &mut Said) -> Result<(), Problem> {
    // Where both are there, transformers follows the older one, unless it is empty.
    let old = object(fields, SCALING)?.filter(|old| !old.is_empty());
    let new = object(fields, NEW)?.unwrap_or_default();
    let (name, found) = old.map_or((NEW, new), |old| (SCALING, old));
    let mut parameters = Parameters { name, found };
    let start = match said.config.positions {
        Positions::Rotary(rotary) => rotary.theta,
        _ => 10_000.0,
    };
    let outside = fields.remove(THETA).filter(|theta| !theta.is_null());
    let outside = outside.map(|theta| theta.as_f64().ok_or_else(|| Problem::new(THETA, &theta, "it is a number")));
    let theta = parameters.number("rope_theta")?.or(outside.transpose()?).unwrap_or(start);
    let scaling = parameters.scaling(said.config.context)?;
    parameters.nothing_left()?;
    said.config.positions = Positions::Rotary(RotaryPositions::new().with_theta(theta).with_scaling(scaling));
    Ok(())
}

/// Takes a field that is an object, `null`, or not there.
fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Problem> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(found)) => Ok(Some(found)),
        Some(other) => Err(Problem::new(name, &other, "an object says how positions turn")),
    }
}

/// As versions from 5 on read it, and beside it as those before do.
pub(crate) fn write(fields: &mut Map<String, Value>, said: &Said) {
    let Positions::Rotary(rotary) = said.config.positions else { return };
    let mut parameters = match rotary.scaling {
        // Another base is the same.
        RotaryScaling::None | RotaryScaling::Ntk { .. } => json!({ "rope_type": "default" }),
        RotaryScaling::Linear { factor } => json!({ "rope_type": "linear", "factor": factor }),
        RotaryScaling::Yarn { factor, original_context, beta_fast, beta_slow } => json!({
            "rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original_context,
            "beta_fast": beta_fast, "beta_slow": beta_slow,
        }),
        RotaryScaling::Llama3 { factor, low, high, original_context } => json!({
            "rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high,
            "original_max_position_embeddings": original_context,
        }),
    };
    if rotary.scaling != RotaryScaling::None {
        fields.insert(SCALING.to_owned(), parameters.clone());
    }
    let theta = json!(rotary.base(said.config.d_head));
    parameters[THETA] = theta.clone();
    fields.insert(THETA.to_owned(), theta);
    fields.insert(NEW.to_owned(), parameters);
}

struct Parameters {
    name: &'static str,
    found: Map<String, Value>,
}

impl Parameters {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.found.remove(key).filter(|value| !value.is_null())
    }

    fn problem(&self, key: &str, value: &Value, reason: &str) -> Problem {
        Problem::new(&format!("{}.{key}", self.name), value, reason)
    }

    fn number(&mut self, key: &str) -> Result<Option<f64>, Problem> {
        let Some(value) = self.take(key) else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| self.problem(key, &value, "it is a number"))
    }

    fn needed(&mut self, key: &str) -> Result<f64, Problem> {
        self.number(key)?.ok_or_else(|| self.problem(key, &Value::Null, "this kind of scaling needs it"))
    }

    /// Of the training before; `context` where it is not said.
    fn original(&mut self, context: usize) -> Result<usize, Problem> {
        let key = "original_max_position_embeddings";
        let Some(value) = self.take(key) else { return Ok(context) };
        let length = value.as_u64().and_then(|length| usize::try_from(length).ok());
        length.ok_or_else(|| self.problem(key, &value, "it is a number of tokens"))
    }

    fn scaling(&mut self, context: usize) -> Result<RotaryScaling, Problem> {
        let kinds = [self.take("rope_type"), self.take("type")];
        let kind = kinds.into_iter().flatten().next().unwrap_or_else(|| json!("default"));
        Ok(match kind.as_str() {
            Some("default") => RotaryScaling::None,
            Some("linear") => RotaryScaling::Linear { factor: self.needed("factor")? },
            Some("yarn") => self.yarn(context)?,
            Some("llama3") => RotaryScaling::Llama3 {
                factor: self.needed("factor")?,
                low: self.needed("low_freq_factor")?,
                high: self.needed("high_freq_factor")?,
                original_context: self.original(context)?,
            },
            _ => return Err(self.problem("rope_type", &kind, "known are default, linear, yarn and llama3")),
        })
    }

    fn yarn(&mut self, context: usize) -> Result<RotaryScaling, Problem> {
        let factor = self.needed("factor")?;
        let usual = if factor > 1.0 { 0.1 * factor.ln() + 1.0 } else { 1.0 };
        if let Some(given) = self.number("attention_factor")?
            && (given - usual).abs() > 1e-12
        {
            return Err(self.problem(
                "attention_factor",
                &json!(given),
                &format!("only YaRN's own, {usual}, is known"),
            ));
        }
        if let Some(truncate) = self.take("truncate")
            && truncate != json!(true)
        {
            return Err(self.problem("truncate", &truncate, "the ramp begins and ends at whole coordinates"));
        }
        let original_context = self.original(context)?;
        let (fast, slow) = (self.number("beta_fast")?, self.number("beta_slow")?);
        let (beta_fast, beta_slow) = (fast.unwrap_or(32.0), slow.unwrap_or(1.0));
        Ok(RotaryScaling::Yarn { factor, original_context, beta_fast, beta_slow })
    }

    fn nothing_left(&self) -> Result<(), Problem> {
        let left = self.found.iter().find(|(key, value)| {
            let all_turns = *key == "partial_rotary_factor" && value.as_f64() == Some(1.0);
            !value.is_null() && !all_turns
        });
        match left {
            Some((key, value)) => Err(self.problem(key, value, "nobody here knows what it changes")),
            None => Ok(()),
        }
    }
}
