//! A study of this program: from its command line to `study.toml`, and back to models and data.

use std::fs;
use std::path::{Path, PathBuf};

use mup_data::{DataSet, Order, Text, Tokenizer};
use mup_devices::{Backend, DeviceName};
use mup_study::{Program, Search, Space, Stage, Study, StudyConfig};
use serde::{Deserialize, Serialize};

use crate::cli::{DEFAULT_FOLDER, StudyArguments};
use crate::configuration::{BURN_VERSION, Configuration, TRAINING_VERSION, WEIGHT_DECAY};
use crate::data::{self, Data, Units};
use crate::environment;
use crate::error::RunError;
use crate::family::TextFamily;
use crate::hyperparameters::{Hyperparameter, Hyperparameters};
use crate::training::Trainer;

const DEFAULT_FOLDER_QUICK: &str = "runs/gpt-transfer-quick";

/// `[proxy]` of study.toml: everything that decides a trial's numbers besides its values, seed and steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Proxy {
    pub(super) parametrization: String,
    pub(super) width: usize,
    pub(super) base_width: usize,
    pub(super) d_head: usize,
    pub(super) n_layer: usize,
    pub(super) context: usize,
    pub(super) batch: usize,
    pub(super) weight_decay: f64,
    pub(super) order: Order,
    pub(super) vocab: usize,
    /// Fingerprint of the plan, so that a changed rule is another study.
    pub(super) plan: String,
    /// Of the text.
    pub(super) text_sha256: String,
    pub(super) device: DeviceName,
    pub(super) burn: String,
    /// Version of the training code.
    pub(super) training: u32,
}

/// `[target]` of study.toml.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Target {
    pub(super) width: usize,
    pub(super) steps: usize,
    pub(super) micro_batches: usize,
    pub(super) evaluate_every: usize,
    /// Fingerprint of the plan.
    pub(super) plan: String,
}

/// The folder that the command line means.
pub(super) fn folder(arguments: &StudyArguments) -> PathBuf {
    let default = if arguments.quick { DEFAULT_FOLDER_QUICK } else { DEFAULT_FOLDER };
    arguments.study.clone().unwrap_or_else(|| PathBuf::from(default))
}

/// Opens the study in the folder as it is if nothing else is asked for; otherwise creates it, or continues it if it is
/// the same. Its data is in place afterwards.
pub(super) fn open(arguments: &StudyArguments) -> Result<Study, RunError> {
    let folder = folder(arguments);
    let as_it_is = StudyArguments { study: arguments.study.clone(), quick: arguments.quick, ..Default::default() };
    if *arguments == as_it_is && folder.join("study.toml").exists() {
        let study = Study::open(&folder)?;
        restore_data(&study)?;
        Data::open(&folder.join("data"))?.verify()?;
        return Ok(study);
    }
    let (quick, units) = (arguments.quick, arguments.units.unwrap_or_default());
    let text = data::text(arguments.text.as_deref())?;
    let proxy = proxy(arguments, &text, units)?;
    let config = config(arguments, proxy, quick)?;
    let study = Study::create(&folder, with_circumstances(config, arguments, &text, units))?;
    Data::prepare(&text, units, Proxy::of(study.config())?.context, &folder.join("data"))?;
    Ok(study)
}

/// A process killed before all data was written left study.toml, which says where the text was.
fn restore_data(study: &Study) -> Result<(), RunError> {
    let folder = study.folder().join("data");
    if DataSet::is_complete(&folder)? {
        return Ok(());
    }
    let made_with = |name: &str| study.config().made_with.get(name).and_then(toml::Value::as_str);
    let text = data::text(made_with("text").map(Path::new))?;
    let units = if made_with("units") == Some("characters") { Units::Characters } else { Units::Bytes };
    let proxy = Proxy::of(study.config())?;
    unchanged("the text", &proxy.text_sha256, text.sha256())?;
    Data::prepare(&text, units, proxy.context, &folder)?;
    Ok(())
}

fn with_circumstances(config: StudyConfig, arguments: &StudyArguments, text: &Text, units: Units) -> StudyConfig {
    let mut made_with = toml::Table::new();
    for (name, value) in environment::describe() {
        made_with.insert(name, value.into());
    }
    if let Some(text) = &arguments.text {
        let path = std::path::absolute(text).unwrap_or_else(|_| text.clone());
        made_with.insert("text".to_owned(), path.display().to_string().into());
    }
    if !text.remarks().is_empty() {
        made_with.insert("text-remarks".to_owned(), text.remarks().to_vec().into());
    }
    let units = if units == Units::Characters { "characters" } else { "bytes" };
    made_with.insert("units".to_owned(), units.into());
    made_with.insert("command".to_owned(), environment::command().into());
    StudyConfig { made_with, ..config }
}

fn proxy(arguments: &StudyArguments, text: &Text, units: Units) -> Result<Proxy, RunError> {
    let sizes = |normal, quick| if arguments.quick { quick } else { normal };
    let width = arguments.proxy_width.unwrap_or(sizes(64, 32));
    let vocab = match units {
        Units::Bytes => Tokenizer::bytes().vocab_size(),
        Units::Characters => Tokenizer::characters(text)?.vocab_size(),
    };
    let mut proxy = Proxy {
        parametrization: arguments.parametrization.clone().unwrap_or_else(|| "mup".to_owned()),
        width,
        base_width: arguments.base_width.unwrap_or(width),
        d_head: arguments.d_head.unwrap_or(sizes(32, 16)),
        n_layer: arguments.n_layer.unwrap_or(2),
        context: arguments.context.unwrap_or(sizes(64, 32)),
        batch: arguments.batch.unwrap_or(sizes(16, 8)),
        weight_decay: arguments.weight_decay.unwrap_or(WEIGHT_DECAY),
        order: arguments.order.unwrap_or(Order::Random),
        vocab,
        plan: String::new(),
        text_sha256: text.sha256().to_owned(),
        device: arguments.device.unwrap_or_else(|| Backend::Flex.into()),
        burn: BURN_VERSION.to_owned(),
        training: TRAINING_VERSION,
    };
    proxy.configuration().check(&[width])?;
    data::check_length(text, proxy.context)?;
    let device = mup_devices::open(proxy.device)?;
    proxy.plan =
        TextFamily::new(proxy.configuration(), None).plan_at(width, &proxy.parametrization, &device)?.fingerprint();
    Ok(proxy)
}

fn config(arguments: &StudyArguments, proxy: Proxy, quick: bool) -> Result<StudyConfig, RunError> {
    let (space, search) = space(arguments, quick)?;
    let trials = match (arguments.trials, search) {
        (Some(trials), _) => trials,
        (None, Search::Grid) => space.n_combinations()?,
        (None, _) => 32,
    };
    let steps = arguments.steps.unwrap_or(if quick { 60 } else { 400 });
    let mut stages = vec![Stage::of(steps, trials)];
    stages.extend(arguments.best.zip(arguments.long_steps).map(|(best, steps)| Stage::of_best(steps, best)));
    let longest = stages.iter().map(|stage| stage.steps).max().unwrap_or(steps);
    let target = target(arguments, &proxy, longest)?;
    let command = ["{self}", "trial", "--study", "{study}", "--file", "{file}"].map(str::to_owned).to_vec();
    let program = Program { command, timeout_seconds: arguments.timeout, threads: 1 };
    let config = StudyConfig::new(space, stages);
    let seeds = if arguments.seeds.is_empty() { vec![0] } else { arguments.seeds.clone() };
    Ok(StudyConfig {
        seed: arguments.search_seed.unwrap_or(0),
        search,
        seeds,
        program: Some(program),
        proxy: table(&proxy),
        target: table(&target),
        ..config
    })
}

fn space(arguments: &StudyArguments, quick: bool) -> Result<(Space, Search), RunError> {
    let Some(name) = &arguments.space else {
        let grid = match arguments.rates {
            Some(grid) => grid,
            None if quick => mup_sweep::Log2Grid::new(-8.0, -4.0, 1.0)?,
            None => mup_sweep::Log2Grid::new(-9.0, -3.0, 1.0)?,
        };
        let rates = grid.exponents().into_iter().map(f64::exp2).collect();
        let rate = Hyperparameter::LearningRate.name();
        let space = Space::default().with(rate, mup_study::Dimension::Grid(rates));
        return Ok((space, arguments.search.unwrap_or(Search::Grid)));
    };
    let refuse = |reason: String| RunError::Space { name: name.clone(), reason };
    let space = if name.ends_with(".toml") {
        let text = fs::read_to_string(name).map_err(|error| refuse(error.to_string()))?;
        Space::from_toml(&text).map_err(|mistake| refuse(mistake.to_string()))?
    } else {
        Space::named(name).map_err(|error| refuse(error.to_string()))?
    };
    // Every sample has to be one that a model takes: better now than in each trial.
    Hyperparameters::try_from(&space.at(|_| 0.5)).map_err(|error| refuse(error.to_string()))?;
    Ok((space, arguments.search.unwrap_or_default()))
}

fn target(arguments: &StudyArguments, proxy: &Proxy, longest: usize) -> Result<Target, RunError> {
    let width = arguments.target_width.unwrap_or(if arguments.quick { 128 } else { 256 });
    if width < proxy.width {
        return Err(RunError::Narrower { proxy: proxy.width, target: width });
    }
    let configuration = proxy.configuration();
    configuration.check(&[width])?;
    let (steps, micro_batches) = (arguments.target_steps.unwrap_or(longest), arguments.micro_batches.unwrap_or(1));
    if !configuration.batch.is_multiple_of(micro_batches) {
        return Err(RunError::MicroBatches { micro_batches, batch: configuration.batch });
    }
    let device = mup_devices::open(proxy.device)?;
    let plan = TextFamily::new(configuration, None).plan_at(width, &proxy.parametrization, &device)?;
    let evaluate_every = arguments.evaluate_every.unwrap_or((steps / 10).max(1));
    Ok(Target { width, steps, micro_batches, evaluate_every, plan: plan.fingerprint() })
}

fn table(value: &impl Serialize) -> toml::Table {
    toml::Table::try_from(value).expect("bug: plain data with text keys is always TOML")
}

fn unchanged(what: &'static str, there: &str, here: &str) -> Result<(), RunError> {
    if there == here {
        return Ok(());
    }
    Err(RunError::Changed { what, there: there.to_owned(), here: here.to_owned() })
}

impl Proxy {
    /// Reads `[proxy]`.
    pub(super) fn of(config: &StudyConfig) -> Result<Self, RunError> {
        let table = config.proxy.clone();
        table
            .try_into()
            .map_err(|error: toml::de::Error| RunError::Table { table: "[proxy]", reason: error.to_string() })
    }

    /// What it shares with the target.
    pub(super) fn configuration(&self) -> Configuration {
        Configuration {
            base_width: self.base_width,
            d_head: self.d_head,
            n_layer: self.n_layer,
            context: self.context,
            batch: self.batch,
            weight_decay: self.weight_decay,
            order: self.order,
            vocab: self.vocab,
        }
    }

    /// What trains it and its target, after checking that program and data are those of the study.
    pub(super) fn trainer(&self, study: &Study) -> Result<Trainer, RunError> {
        let configuration = self.configuration();
        configuration.check(&[self.width])?;
        let device = mup_devices::open(self.device)?;
        let data = Data::open(&study.folder().join("data"))?;
        let trainer = Trainer { family: TextFamily::new(configuration, Some(data)), device };
        unchanged("the text of data/data.json", &self.text_sha256, trainer.family.data()?.sha256())?;
        unchanged("Burn", &self.burn, BURN_VERSION)?;
        unchanged("the training code", &self.training.to_string(), &TRAINING_VERSION.to_string())?;
        let plan = trainer.plan(&self.parametrization, self.width)?.fingerprint();
        unchanged("the plan", &self.plan, &plan)?;
        Ok(trainer)
    }
}

impl Target {
    /// Reads `[target]`.
    pub(super) fn of(config: &StudyConfig) -> Result<Self, RunError> {
        let table = config.target.clone();
        let read = table.try_into();
        read.map_err(|error: toml::de::Error| RunError::Table { table: "[target]", reason: error.to_string() })
    }
}
