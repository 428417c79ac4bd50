//! A study of GPTs on text: from the command line to `study.toml` and its tokens, and back to the family.

use std::path::{Path, PathBuf};

use gpt_text::{Configuration, Data, TextError, TextFamily, Units, WEIGHT_DECAY};
use mup_cli::{BURN_VERSION, StudyArguments, unchanged};
use mup_data::{DataSet, Order, Text, Tokenizer};
use mup_study::{Study, StudyConfig};
use mup_train::FamilyError;
use serde::{Deserialize, Serialize};

use crate::cli::{TextArguments, placed};

/// What `[proxy]` of study.toml says beside sizes and rules: with those it makes the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    context: usize,
    batch: usize,
    weight_decay: f64,
    order: Order,
    vocab: usize,
    /// Of the text.
    text_sha256: String,
}

/// Opens the study in the folder as it is if nothing else is asked for; otherwise creates it, or continues it if it is
/// the same. Its tokens are in place afterwards.
pub(crate) fn open(text: &TextArguments, study: &StudyArguments) -> Result<Study, FamilyError> {
    let study = placed(study.clone(), text.quick);
    if text.are_usual() && study.continues() {
        let study = Study::open(&study.folder())?;
        restore_data(&study)?;
        Data::open(&data_folder(&study))?.verify()?;
        return Ok(study);
    }
    let known = text.beside(&study)?;
    let units = known.units.unwrap_or_default();
    let source = gpt_text::text(known.text.as_deref())?;
    let (family, settings) = described(&known, &source, units)?;
    let arguments = text.complete(study);
    let micro_batches = arguments.micro_batches.unwrap_or(1);
    if !settings.batch.is_multiple_of(micro_batches) {
        return Err(TextError::MicroBatches { micro_batches, batch: settings.batch }.into());
    }
    let config = arguments.config(&family, toml::Table::try_from(&settings)?)?;
    let study = arguments.create(with_circumstances(config, &known, &source, units))?;
    Data::prepare(&source, units, settings.context, &data_folder(&study))?;
    Ok(study)
}

/// The family of a study, after checking that program and tokens are those that it was made with.
pub(crate) fn family(study: &Study) -> Result<TextFamily, FamilyError> {
    let settings = Settings::of(study.config())?;
    let data = Data::open(&data_folder(study))?;
    unchanged("the text of data/data.json", &settings.text_sha256, data.sha256())?;
    let size = study.config().proxy.get("base").and_then(toml::Value::as_str).unwrap_or_default();
    let size = TextFamily::named_size(1, 1, 1).changed(size).map_err(|error| settings_error(&error.to_string()))?;
    let configuration = settings.configuration(size["width"], size["d_head"], size["depth"]);
    Ok(TextFamily::new(configuration, settings.text_sha256, Some(data)))
}

/// A family without tokens, which is enough for its plans, and what makes it.
fn described(text: &TextArguments, source: &Text, units: Units) -> Result<(TextFamily, Settings), FamilyError> {
    let sizes = |normal, quick| if text.quick { quick } else { normal };
    let vocab = match units {
        Units::Bytes => Tokenizer::bytes().vocab_size(),
        Units::Characters => Tokenizer::characters(source)?.vocab_size(),
    };
    let settings = Settings {
        context: text.context.unwrap_or(sizes(64, 32)),
        batch: text.batch.unwrap_or(sizes(16, 8)),
        weight_decay: text.weight_decay.unwrap_or(WEIGHT_DECAY),
        order: text.order.unwrap_or(Order::Random),
        vocab,
        text_sha256: source.sha256().to_owned(),
    };
    gpt_text::check_length(source, settings.context)?;
    let width = text.base_width.or(text.proxy_width).unwrap_or(sizes(64, 32));
    let configuration = settings.configuration(width, text.d_head.unwrap_or(sizes(32, 16)), text.n_layer.unwrap_or(2));
    Ok((TextFamily::new(configuration, settings.text_sha256.clone(), None), settings))
}

impl Settings {
    fn of(config: &StudyConfig) -> Result<Self, FamilyError> {
        let read = config.proxy.clone().try_into();
        read.map_err(|error: toml::de::Error| settings_error(&error.to_string()))
    }

    fn configuration(&self, base_width: usize, d_head: usize, n_layer: usize) -> Configuration {
        let Self { context, batch, weight_decay, order, vocab, .. } = *self;
        Configuration { base_width, d_head, n_layer, context, batch, weight_decay, order, vocab }
    }
}

impl TextArguments {
    /// With the text, the units and the settings of the study in the folder, if there is one, where nothing else is said.
    fn beside(&self, study: &StudyArguments) -> Result<Self, FamilyError> {
        if !study.folder().join("study.toml").exists() {
            return Ok(self.clone());
        }
        let known = Study::open(&study.folder())?;
        let Settings { context, batch, weight_decay, order, .. } = Settings::of(known.config())?;
        let made_with = |name: &str| known.config().made_with.get(name).and_then(toml::Value::as_str);
        let base = known.config().proxy.get("base").and_then(toml::Value::as_str).unwrap_or_default();
        let base = TextFamily::named_size(1, 1, 1).changed(base).map_err(|error| settings_error(&error.to_string()))?;
        Ok(Self {
            text: self.text.clone().or_else(|| made_with("text").map(PathBuf::from)),
            units: self.units.or(made_with("units").map(units_named)),
            context: self.context.or(Some(context)),
            batch: self.batch.or(Some(batch)),
            weight_decay: self.weight_decay.or(Some(weight_decay)),
            order: self.order.or(Some(order)),
            base_width: self.base_width.or(Some(base["width"])),
            d_head: self.d_head.or(Some(base["d_head"])),
            n_layer: self.n_layer.or(Some(base["depth"])),
            ..self.clone()
        })
    }
}

fn units_named(name: &str) -> Units {
    if name == "characters" { Units::Characters } else { Units::Bytes }
}

fn settings_error(reason: &str) -> FamilyError {
    format!("study.toml: [proxy] is not one of this program's: {reason}").into()
}

fn data_folder(study: &Study) -> std::path::PathBuf {
    study.folder().join("data")
}

/// A process killed before all data was written left study.toml, which says where the text was.
fn restore_data(study: &Study) -> Result<(), FamilyError> {
    let folder = data_folder(study);
    if DataSet::is_complete(&folder)? {
        return Ok(());
    }
    let made_with = |name: &str| study.config().made_with.get(name).and_then(toml::Value::as_str);
    let text = gpt_text::text(made_with("text").map(Path::new))?;
    let units = made_with("units").map(units_named).unwrap_or_default();
    let settings = Settings::of(study.config())?;
    unchanged("the text", &settings.text_sha256, text.sha256())?;
    Data::prepare(&text, units, settings.context, &folder)?;
    Ok(())
}

fn with_circumstances(mut config: StudyConfig, arguments: &TextArguments, text: &Text, units: Units) -> StudyConfig {
    let made_with = &mut config.made_with;
    made_with.insert("burn".to_owned(), BURN_VERSION.into());
    made_with.insert("commit".to_owned(), gpt_text::commit().unwrap_or_else(|| "unknown".to_owned()).into());
    if let Some(text) = &arguments.text {
        let path = std::path::absolute(text).unwrap_or_else(|_| text.clone());
        made_with.insert("text".to_owned(), path.display().to_string().into());
    }
    if !text.remarks().is_empty() {
        made_with.insert("text-remarks".to_owned(), text.remarks().to_vec().into());
    }
    let units = if units == Units::Characters { "characters" } else { "bytes" };
    made_with.insert("units".to_owned(), units.into());
    config
}
