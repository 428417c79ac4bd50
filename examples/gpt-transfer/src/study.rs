//! A study of decoders on text: from the command line to `study.toml` and its tokens, and back to the family.

use std::path::{Path, PathBuf};

use gpt_text::{
    Configuration, DEPTH, Data, Model, Origin, Source, SourceOptions, TextError, TextFamily, TokenFiles,
    TokenizerChoice, WEIGHT_DECAY, is_tokens,
};
use mup_cli::{BURN_VERSION, StudyArguments, unchanged};
use mup_data::{DataSet, Order};
use mup_study::{Study, StudyConfig};
use mup_train::{FamilyError, Size};
use serde::{Deserialize, Serialize};

use crate::cli::{TextArguments, placed};
use crate::moved::{check_there, naming_others, remembered, validation_beside};

/// What `[made-with]` of study.toml and the command line call the text, or the tokens for training.
pub(crate) const TEXT: &str = "text";
/// And the tokens for validation.
pub(crate) const VALIDATION: &str = "validation";
/// And what makes tokens of a text.
pub(crate) const TOKENIZER: &str = "tokenizer";

/// What `[proxy]` of study.toml says beside sizes and rules: with those it makes the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    /// Not written of GPT-3, as before there were others.
    #[serde(default, skip_serializing_if = "is_usual")]
    model: Model,
    context: usize,
    batch: usize,
    weight_decay: f64,
    order: Order,
    vocab: usize,
    #[serde(flatten)]
    origin: Origin,
}

fn is_usual(model: &Model) -> bool {
    *model == Model::default()
}

/// Opens the study in the folder as it is if nothing else is asked for; otherwise creates it, or continues it if it is
/// the same. Its tokens are in place afterwards.
pub(crate) fn open(text: &TextArguments, study: &StudyArguments) -> Result<Study, FamilyError> {
    text.check_sizes(study)?;
    let study = placed(study.clone(), text.quick);
    if text.are_usual() && study.continues() {
        let study = Study::open(&study.folder())?;
        restore_data(&study)?;
        data(&study)?.verify()?;
        return Ok(study);
    }
    let known = text.beside(&study)?;
    let source = Source::open(&known.source())?;
    let (family, settings) = described(&known, &source)?;
    let arguments = text.complete(study);
    let micro_batches = arguments.micro_batches.unwrap_or(1);
    if !settings.batch.is_multiple_of(micro_batches) {
        return Err(TextError::MicroBatches { micro_batches, batch: settings.batch }.into());
    }
    let config = arguments.config(&family, toml::Table::try_from(&settings)?)?;
    let created = arguments.create(with_circumstances(config, &known, &source));
    let study = remembered(created.map_err(|error| naming_others(error, &known, &source))?, &known, &source)?;
    source.prepare(settings.context, &data_folder(&study))?;
    Ok(study)
}

/// The family of a study, after checking that program and tokens are those that it was made with.
pub(crate) fn family(study: &Study) -> Result<TextFamily, FamilyError> {
    let (settings, data) = (Settings::of(study.config())?, data(study)?);
    let base = settings.base(study.config())?;
    Ok(TextFamily::new(settings.configuration(&base), settings.origin, Some(data)))
}

/// The tokens of a study, which have to be those that it was made with.
fn data(study: &Study) -> Result<Data, FamilyError> {
    let Settings { origin, vocab, .. } = Settings::of(study.config())?;
    if let Some(files) = token_files(study) {
        check_there(study, &[TEXT, VALIDATION])?;
        return Ok(files.data(vocab, origin)?);
    }
    let data = Data::open(&data_folder(study), &origin)?;
    unchanged("the text of data/data.json", &origin.text_sha256, &data.origin().text_sha256)?;
    let tokenizer = |origin: &Origin| origin.tokenizer_sha256.clone().unwrap_or_default();
    unchanged("the tokenizer of data/tokenizer.json", &tokenizer(&origin), &tokenizer(data.origin()))?;
    Ok(data)
}

/// A family without tokens, which is enough for its plans, and what makes it.
fn described(text: &TextArguments, source: &Source) -> Result<(TextFamily, Settings), FamilyError> {
    let sizes = |normal, quick| if text.quick { quick } else { normal };
    let settings = Settings {
        model: text.model.unwrap_or_default(),
        context: text.context.unwrap_or(sizes(64, 32)),
        batch: text.batch.unwrap_or(sizes(16, 8)),
        weight_decay: text.weight_decay.unwrap_or(WEIGHT_DECAY),
        order: text.order.unwrap_or(Order::Random),
        vocab: source.vocab_size(),
        origin: source.origin().clone(),
    };
    source.check_length(settings.context)?;
    let width = text.base_width.or(text.proxy_width).unwrap_or(sizes(64, 32));
    let (d_head, n_layer) = (text.d_head.unwrap_or(sizes(32, 16)), text.n_layer.unwrap_or(2));
    let configuration = settings.configuration(&settings.model.size(width, d_head, n_layer));
    Ok((TextFamily::new(configuration, settings.origin.clone(), None), settings))
}

impl Settings {
    fn of(config: &StudyConfig) -> Result<Self, FamilyError> {
        let read = config.proxy.clone().try_into();
        read.map_err(|error: toml::de::Error| settings_error(&error.to_string()))
    }

    /// The base of a study.
    fn base(&self, config: &StudyConfig) -> Result<Size, FamilyError> {
        let base = config.proxy.get("base").and_then(toml::Value::as_str).unwrap_or_default();
        self.model.size(1, 1, 1).changed(base).map_err(|error| settings_error(&error.to_string()))
    }

    fn configuration(&self, base: &Size) -> Configuration {
        let Self { model, context, batch, weight_decay, order, vocab, .. } = *self;
        let (base_width, d_head, n_layer) = (base["width"], base["d_head"], base["depth"]);
        Configuration { model, base_width, d_head, n_layer, context, batch, weight_decay, order, vocab }
    }
}

impl TextArguments {
    fn source(&self) -> SourceOptions<'_> {
        let Self { text, tokenizer, vocab, validation, .. } = self;
        let (text, validation) = (text.as_deref(), validation.as_deref());
        SourceOptions { text, tokenizer: tokenizer.as_ref(), vocab: *vocab, validation }
    }

    /// With the text, its tokenizer and the settings of the study in the folder, if there is one, where nothing else is said.
    fn beside(&self, study: &StudyArguments) -> Result<Self, FamilyError> {
        if !study.folder().join("study.toml").exists() {
            return Ok(self.clone());
        }
        let known = Study::open(&study.folder())?;
        let settings = Settings::of(known.config())?;
        let base = settings.base(known.config())?;
        let Settings { model, context, batch, weight_decay, order, vocab, .. } = settings;
        if let Some(asked) = self.model {
            unchanged("the model", &model.to_string(), &asked.to_string())?;
        }
        self.check_known_sizes(&base, known.config())?;
        let (no_text, no_validation) = (self.text.is_none(), self.validation.is_none());
        let needed = [(TEXT, no_text), (VALIDATION, no_text && no_validation), (TOKENIZER, self.tokenizer.is_none())];
        let needed: Vec<&str> = needed.into_iter().filter_map(|(name, needed)| needed.then_some(name)).collect();
        check_there(&known, &needed)?;
        let text = self.text.clone().or_else(|| made_with(&known, TEXT).map(PathBuf::from));
        let tokens = text.as_deref().filter(|path| is_tokens(path));
        let files = tokens.and_then(|train| Some((train, token_files(&known)?)));
        let tokenizer = if tokens.is_some() { None } else { tokenizer(&known)? };
        let validation = files.as_ref().and_then(|(train, files)| validation_beside(train, files));
        Ok(Self {
            model: Some(model),
            vocab: self.vocab.or(files.map(|_| vocab)),
            text,
            tokenizer: self.tokenizer.clone().or(tokenizer),
            validation: self.validation.clone().or(validation),
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

    /// Whether what is said of proxy and base alike is what the study has, whose own numbers decide.
    fn check_known_sizes(&self, base: &Size, known: &StudyConfig) -> Result<(), FamilyError> {
        let proxy = |name: &str| known.proxy.get("size").and_then(|size| size.get(name)).map(toml::Value::to_string);
        for (option, asked, name) in [("--d-head", self.d_head, "d_head"), ("--n-layer", self.n_layer, DEPTH)] {
            let Some(asked) = asked.map(|asked| asked.to_string()) else { continue };
            unchanged(option, &base[name].to_string(), &asked)?;
            unchanged(&format!("a proxy of {option}"), &proxy(name).unwrap_or_else(|| asked.clone()), &asked)?;
        }
        Ok(())
    }
}

fn settings_error(reason: &str) -> FamilyError {
    format!("study.toml: [proxy] is not one of this program's: {reason}").into()
}

fn data_folder(study: &Study) -> PathBuf {
    study.folder().join("data")
}

pub(crate) fn made_with(study: &Study, name: &str) -> Option<String> {
    study.config().made_with.get(name).and_then(toml::Value::as_str).map(str::to_owned)
}

/// What a study's text became tokens by; a study of before there were several says `units`.
fn tokenizer(study: &Study) -> Result<Option<TokenizerChoice>, FamilyError> {
    let said = made_with(study, TOKENIZER).or_else(|| made_with(study, "units"));
    said.map(|said| said.parse().map_err(|error| format!("study.toml: [made-with]: {error}").into())).transpose()
}

/// The files of a study of tokens, which stay where they are.
fn token_files(study: &Study) -> Option<TokenFiles> {
    let [train, validation] = [TEXT, VALIDATION].map(|name| made_with(study, name).map(PathBuf::from));
    Some(TokenFiles { train: train?, validation: validation? })
}

/// A process killed before all data was written left study.toml, which says where the text was.
fn restore_data(study: &Study) -> Result<(), FamilyError> {
    let folder = data_folder(study);
    if token_files(study).is_some() || DataSet::is_complete(&folder)? {
        return Ok(());
    }
    check_there(study, &[TEXT, TOKENIZER])?;
    let (text, tokenizer) = (made_with(study, TEXT).map(PathBuf::from), tokenizer(study)?);
    let options = SourceOptions { text: text.as_deref(), tokenizer: tokenizer.as_ref(), ..SourceOptions::default() };
    let (source, settings) = (Source::open(&options)?, Settings::of(study.config())?);
    unchanged("the text", &settings.origin.text_sha256, &source.origin().text_sha256)?;
    let tokenizer = |origin: &Origin| origin.tokenizer_sha256.clone().unwrap_or_default();
    unchanged("the tokenizer", &tokenizer(&settings.origin), &tokenizer(source.origin()))?;
    source.prepare(settings.context, &folder)?;
    Ok(())
}

pub(crate) fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn with_circumstances(mut config: StudyConfig, arguments: &TextArguments, source: &Source) -> StudyConfig {
    let made_with = &mut config.made_with;
    made_with.insert("burn".to_owned(), BURN_VERSION.into());
    made_with.insert("commit".to_owned(), gpt_text::commit().unwrap_or_else(|| "unknown".to_owned()).into());
    if let Some(text) = &arguments.text {
        made_with.insert(TEXT.to_owned(), absolute(text).into());
    }
    if !source.remarks().is_empty() {
        made_with.insert("text-remarks".to_owned(), source.remarks().to_vec().into());
    }
    match (source, arguments.tokenizer.clone().unwrap_or_default()) {
        (Source::Tokens(_, files), _) => made_with.insert(VALIDATION.to_owned(), absolute(&files.validation).into()),
        (_, TokenizerChoice::File(path)) => made_with.insert(TOKENIZER.to_owned(), absolute(&path).into()),
        (_, choice) => made_with.insert(TOKENIZER.to_owned(), choice.to_string().into()),
    };
    config
}
