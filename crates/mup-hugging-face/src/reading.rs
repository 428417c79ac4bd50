//! What a `config.json` says, every field of it: what is not understood is refused by name.

use std::path::Path;

use mup_models::Hidden;
use serde_json::{Map, Value, json};

use crate::HuggingFaceError as Error;
use crate::architecture::{FORMATS, Format};
use crate::fields::{Field, NEUTRAL, Place, REFUSED, Said, UNSEEN};
use crate::rotary;

/// A field that cannot be taken over, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) reason: String,
}

impl Problem {
    pub(crate) fn new(field: &str, value: &Value, reason: &str) -> Self {
        Self { field: field.to_owned(), value: value.to_string(), reason: reason.to_owned() }
    }
}

/// The class and what its config says, from the bytes of the file at `path`.
pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<(&'static Format, Said), Error> {
    let fields: Map<String, Value> = serde_json::from_slice(bytes)
        .map_err(|error| Error::Json { path: path.to_owned(), problem: error.to_string() })?;
    let format = format(path, &fields)?;
    let refused = |Problem { field, value, reason }| Error::Refused { path: path.to_owned(), field, value, reason };
    Ok((format, said(format, fields).map_err(refused)?))
}

/// By the name of the class, or by the type of model where it is not there.
fn format(path: &Path, fields: &Map<String, Value>) -> Result<&'static Format, Error> {
    let class = fields.get("architectures").and_then(|classes| classes.get(0)).and_then(Value::as_str);
    let model_type = fields.get("model_type").and_then(Value::as_str);
    let found = FORMATS.iter().find(|format| match (class, model_type) {
        (Some(class), model_type) => {
            format.class == class && model_type.is_none_or(|model_type| format.model_type == model_type)
        }
        (None, Some(model_type)) => format.model_type == model_type,
        (None, None) => false,
    });
    let name = || [class, model_type].into_iter().flatten().collect::<Vec<_>>().join(" of type ");
    found.ok_or_else(|| Error::UnknownClass { path: path.to_owned(), class: name() })
}

/// What the fields of a file of this class say.
pub(crate) fn said(format: &Format, mut fields: Map<String, Value>) -> Result<Said, Problem> {
    let mut said = Said { config: (format.start)(), branch: 1.0 };
    for field in format.fields() {
        if matches!(field.place, Place::Rotary) {
            rotary::read(&mut fields, &mut said)?;
        } else if !matches!(field.place, Place::Training(_)) {
            let value = fields.remove(field.name);
            take(field, value, &mut said)?;
        }
    }
    // A factor of our own form says the same of every block.
    said.config.branch_factors = said.branch.to_bits() != 1.0_f64.to_bits();
    if let Some(experts) = &mut said.config.experts {
        experts.balance = mup_models::Balance::None;
    }
    understood(format, &fields)?;
    (format.check)(&mut said)?;
    Ok(said)
}

fn take(field: &Field, value: Option<Value>, said: &mut Said) -> Result<(), Problem> {
    let nullable = matches!(field.place, Place::MaybeSize(_) | Place::Each(..));
    let value = match (value.filter(|value| nullable || !value.is_null()), field.absent) {
        (Some(value), _) => value,
        (None, Some(absent)) => absent(said),
        (None, None) => return Err(Problem::new(field.name, &Value::Null, "this class needs it")),
    };
    let wrong = |what: &str| Problem::new(field.name, &value, what);
    let size =
        || value.as_u64().and_then(|size| usize::try_from(size).ok()).ok_or_else(|| wrong("it is a whole number"));
    match field.place {
        Place::Size(place) => *place(said) = size()?,
        Place::MaybeSize(place) => *place(said) = if value.is_null() { None } else { Some(size()?) },
        Place::Number(place) => *place(said) = value.as_f64().ok_or_else(|| wrong("it is a number"))?,
        Place::Flag(place) => *place(said) = value.as_bool().ok_or_else(|| wrong("it is true or false"))?,
        Place::Multiplier(set) => set(said, value.as_f64().ok_or_else(|| wrong("it is a number"))?),
        Place::Hidden(known) => {
            let found = known.iter().find(|(name, _)| value == *name);
            said.config.hidden = found.map(|(_, hidden)| *hidden).ok_or_else(|| wrong(&activations(known)))?;
        }
        Place::Only(only, reason) => {
            let only = only(said);
            if value != only {
                return Err(wrong(&format!("it can only be {only}: {reason}")));
            }
        }
        Place::Each(word, reason) => {
            let each = value.as_array().is_some_and(|words| words.iter().all(|found| found.as_str() == Some(word)));
            if !each && !value.is_null() {
                return Err(wrong(&format!("each can only be {word}: {reason}")));
            }
        }
        Place::Rotary | Place::Training(_) => {}
    }
    Ok(())
}

fn activations(known: &[(&str, Hidden)]) -> String {
    let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    format!("known is {}; approximations of gelu by a tanh are other functions", known.join(", "))
}

/// Whether every field that is left changes no logit.
fn understood(format: &Format, left: &Map<String, Value>) -> Result<(), Problem> {
    for (name, value) in left.iter().filter(|(_, value)| !value.is_null()) {
        let name = name.as_str();
        let neutral = NEUTRAL.contains(&name) && *value == json!(false);
        if neutral || UNSEEN.contains(&name) || idle_window(format, name) {
            continue;
        }
        let reason = REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, reason)| (*reason).to_owned());
        let unknown =
            || format!("it is no field of {} that is known here; if it changes no logit, remove it", format.class);
        return Err(Problem::new(name, value, &reason.unwrap_or_else(unknown)));
    }
    Ok(())
}

/// Qwen3's class has the length of a window that it does not use.
fn idle_window(format: &Format, name: &str) -> bool {
    name == "sliding_window" && format.fields().any(|field| field.name == "use_sliding_window")
}

/// The fields of a file of this class for a config, whether or not they say all of it.
pub(crate) fn write(format: &Format, said: &Said) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("architectures".to_owned(), json!([format.class]));
    fields.insert("model_type".to_owned(), json!(format.model_type));
    let said = &mut said.clone();
    for field in format.fields() {
        let value = match field.place {
            Place::Size(place) => json!(*place(said)),
            Place::MaybeSize(place) => json!(*place(said)),
            Place::Number(place) => json!(*place(said)),
            Place::Flag(place) => json!(*place(said)),
            Place::Hidden(known) => {
                let found = known.iter().find(|(_, hidden)| *hidden == said.config.hidden);
                json!(found.unwrap_or(&known[0]).0)
            }
            Place::Only(value, _) | Place::Training(value) => value(said),
            Place::Rotary => {
                rotary::write(&mut fields, said);
                continue;
            }
            Place::Multiplier(_) | Place::Each(..) => continue,
        };
        fields.insert(field.name.to_owned(), value);
    }
    fields
}
