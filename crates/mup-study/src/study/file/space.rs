//! `[space]`: a preset's name, or dimensions by name.

use toml::de::DeValue;

use super::entry::{Entry, Fields};
use super::{Mistake, belongs_above};
use crate::near::nearest;
use crate::{Dimension, Setting, Space};

const KINDS: [&str; 6] = ["log-uniform", "uniform", "integer", "categorical", "grid", "fixed"];
/// Beside the values: whether the optimum stays when the model is made wider.
const TRANSFERS: &str = "transfers";
const EXAMPLE: &str = "{ log-uniform = [1e-4, 1e-1] }";

pub(super) fn space(entry: &Entry<'_>) -> Result<Space, Mistake> {
    if let DeValue::String(name) = entry.value {
        return named(entry, name);
    }
    let how =
        format!("write [space] and below it a line like learning-rate = {EXAMPLE}, or the name of a space, \"gpt-3\"");
    dimensions(&entry.table(" of [space]", &how)?)
}

/// Whether it is the header of a space, and not a hyperparameter of that name: what stands below a header is no values.
pub(super) fn is_header(entry: &Entry<'_>) -> bool {
    match entry.value {
        DeValue::String(_) => true,
        DeValue::Table(table) => {
            !table.iter().any(|(key, _)| KINDS.contains(&key.get_ref().as_ref()) || key.get_ref() == TRANSFERS)
        }
        _ => false,
    }
}

fn named(entry: &Entry<'_>, name: &str) -> Result<Space, Mistake> {
    Space::named(name).map_err(|error| entry.mistake(&format!("names no space: {error}")))
}

/// Every line below `[space]`.
pub(super) fn dimensions(fields: &Fields<'_>) -> Result<Space, Mistake> {
    let mut space = Space::default();
    if let Some(preset) = fields.get("preset") {
        space = named(&preset, preset.string()?)?;
    }
    for (name, entry) in fields.all().filter(|(name, _)| *name != "preset") {
        space = add(space, name, &entry)?;
    }
    Ok(space)
}

/// Adds a dimension, or those of a table of dimensions: `model.lr` without quotes is such a table.
fn add(space: Space, name: &str, entry: &Entry<'_>) -> Result<Space, Mistake> {
    let how = remedy(name, entry);
    let fields = entry.table(&format!(" of `{name}`"), &how)?;
    let (declared, entries): (Vec<_>, Vec<_>) = fields.all().partition(|(key, entry)| {
        // A table is a dimension of that name.
        *key == TRANSFERS && !matches!(entry.value, DeValue::Table(_))
    });
    let transfers = declared.first().map(|(_, entry)| boolean(entry)).transpose()?;
    let nested = |(key, entry): &(&str, Entry<'_>)| !KINDS.contains(key) && matches!(entry.value, DeValue::Table(_));
    if transfers.is_none() && !entries.is_empty() && entries.iter().all(nested) {
        return entries.iter().try_fold(space, |space, (key, entry)| add(space, &format!("{name}.{key}"), entry));
    }
    match &entries[..] {
        [] => Err(entry.mistake(&format!("has no values: write for example {EXAMPLE}"))),
        [(kind, values)] => {
            let dimension = dimension(name, kind, values)?;
            Ok(match transfers {
                Some(transfers) => space.with_declared(name, dimension, transfers),
                None => space.with(name, dimension),
            })
        }
        [(one, _), (other, second), ..] => {
            let misspelled = |key| !KINDS.contains(&key) && nearest(key, &[TRANSFERS]).is_some();
            if misspelled(*other) {
                return Err(second.mistake(&format!("is unknown: is it `{TRANSFERS}`?")));
            }
            Err(second.mistake(&format!("is one too many beside `{one}`: write either `{one}` or `{other}`")))
        }
    }
}

fn boolean(entry: &Entry<'_>) -> Result<bool, Mistake> {
    match entry.value {
        DeValue::Boolean(value) => Ok(*value),
        _ => Err(entry.wrong("write `transfers = true` or `transfers = false`, without quotes")),
    }
}

/// What to write instead of something that is no table.
fn remedy(name: &str, entry: &Entry<'_>) -> String {
    if let Some(belongs) = belongs_above(name) {
        return belongs;
    }
    let written = entry.written();
    match entry.value {
        DeValue::Array(array) if array.len() == 2 && array.iter().all(|part| number(part.get_ref())) => {
            format!(
                "write for example {{ log-uniform = {written} }}, {{ uniform = {written} }} or {{ grid = {written} }}"
            )
        }
        DeValue::Array(_) => format!("write {{ categorical = {written} }}, or {{ grid = {written} }} for numbers"),
        _ => format!("write {{ fixed = {written} }}, or a range like {EXAMPLE}"),
    }
}

fn number(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::Integer(_) | DeValue::Float(_))
}

fn dimension(name: &str, kind: &str, values: &Entry<'_>) -> Result<Dimension, Mistake> {
    let list = |how: &str| values.list(&format!("write {how}"));
    Ok(match kind {
        "log-uniform" => Dimension::LogUniform(ends(values, "log-uniform = [1e-4, 1e-1]", Entry::number)?),
        "uniform" => Dimension::Uniform(ends(values, "uniform = [0.0, 1.0]", Entry::number)?),
        "integer" => Dimension::Integer(ends(values, "integer = [1, 8]", Entry::integer)?),
        "categorical" => {
            let settings = list("a list, categorical = [\"linear\", \"cosine\"]")?;
            Dimension::Categorical(settings.iter().map(setting).collect::<Result<_, _>>()?)
        }
        "grid" => {
            let numbers = list("a list of numbers, grid = [0.5, 1, 2]")?;
            Dimension::Grid(numbers.iter().map(Entry::number).collect::<Result<_, _>>()?)
        }
        "fixed" => Dimension::Fixed(setting(values)?),
        _ => {
            let near = nearest(kind, &KINDS)
                .map_or_else(|| format!("there are {}", KINDS.join(", ")), |near| format!("is it `{near}`?"));
            return Err(values.mistake(&format!("is no way to choose `{name}`: {near}")));
        }
    })
}

/// Low and high end.
fn ends<'a, T: Copy>(
    values: &Entry<'a>,
    example: &str,
    read: impl Fn(&Entry<'a>) -> Result<T, Mistake>,
) -> Result<[T; 2], Mistake> {
    let how = format!("write the low and the high end, {example}");
    match &values.list(&how)?[..] {
        [low, high] => Ok([read(low)?, read(high)?]),
        _ => Err(values.wrong(&how)),
    }
}

fn setting(entry: &Entry<'_>) -> Result<Setting, Mistake> {
    Ok(match entry.value {
        DeValue::Boolean(value) => Setting::Boolean(*value),
        DeValue::Integer(_) => Setting::Integer(entry.integer()?),
        DeValue::Float(_) => Setting::Number(entry.number()?),
        DeValue::String(text) => Setting::Text(text.to_string()),
        _ => return Err(entry.wrong("write a number, a text in quotes, true or false")),
    })
}
