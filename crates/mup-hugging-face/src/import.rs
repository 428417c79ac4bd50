//! From a folder of transformers to a GPT.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use mup_models::{Gpt, GptConfig, Positions};

use crate::HuggingFaceError;
use crate::HuggingFaceError as Error;
use crate::architecture::Format;
use crate::checkpoint::Checkpoint;
use crate::fields::Said;
use crate::names::{BUFFERS, Entry, HEAD, entries, is_multiplier};
use crate::reading;
use crate::shapes::Shapes;

/// Reads a model: `config.json` and `model.safetensors`, or the shards of `model.safetensors.index.json`.
///
/// Logits are those of transformers' class in evaluation, up to rounding. Weights of 16 bits become the device's own type.
/// Multipliers of Granite and `MiniCPM` become α's and branch factors, where they stay multipliers. What training alone sees
/// (dropout, balance of experts) is not taken over: a training says its own.
///
/// # Errors
///
/// [`HuggingFaceError`] naming file, field or tensor: whatever the class has and a [`GptConfig`] has no word for, any
/// field that is unknown, files that are damaged, foreign or belong to another config. Nothing is allocated by what a file
/// claims before its length bears it out.
///
/// # Example
///
/// The imported model's own size is the base of what is planned: the tuned hyperparameters of that model are those of a wider
/// one.
///
/// ```no_run
/// use burn::tensor::Device;
/// use mup_hugging_face::import;
/// use mup_models::{GptConfig, shape_reader};
/// use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
///
/// let device = Device::flex();
/// let tuned = import("Llama-3.2-1B", &device)?;
/// let base = tuned.config();
/// let wider = |factor: usize| {
///     let (d_model, d_ffn, n_head) = (factor * base.d_model, factor * base.d_ffn, factor * base.n_head);
///     let config = base.clone().with_n_kv_head(Some(factor * base.kv_heads()));
///     GptConfig { d_model, d_ffn, n_head, ..config }.init(&device)
/// };
/// let shapes = shape_reader().infer(&tuned, &wider(2)?, &wider(4)?)?;
/// let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?;
/// println!("{plan}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn import(folder: impl AsRef<Path>, device: &Device) -> Result<Gpt, HuggingFaceError> {
    let (path, format, said) = read(folder.as_ref())?;
    let checkpoint = Checkpoint::open(folder.as_ref())?.with_prefix(format.prefix);
    fits(&path, &said.config, checkpoint.numbers())?;
    named(format, &said.config, &checkpoint)?;
    let model = said.config.init(device)?;
    let shapes = Shapes::of(&model);
    let entries: Vec<Entry> = entries(format.rows, &said.config).collect();
    entries.iter().try_for_each(|entry| shaped(entry, &shapes, &checkpoint))?;
    let mut loader = Loader::new(&entries, &shapes, &checkpoint, (format.class, said.branch));
    let model = model.map(&mut loader);
    loader.problem.map_or(Ok(model), Err)
}

/// Reads a `config.json` alone: the size of a model, for plans and counts.
///
/// # Errors
///
/// As [`import`], of `config.json`: sizes that describe no model included.
pub fn read_config(folder: impl AsRef<Path>) -> Result<GptConfig, HuggingFaceError> {
    Ok(read(folder.as_ref())?.2.config)
}

/// Reads of a `config.json` what each branch is multiplied by: Granite's and `MiniCPM`'s constant, 1 of every other class.
///
/// An imported model has it in its branch factors. A plan with that model as the base says nothing of it, and initialization sets
/// the branch factors of a target to what the plan says: a target that is to be as the base multiplies them by this afterwards.
///
/// # Errors
///
/// As [`import`], of `config.json`.
pub fn residual_multiplier(folder: impl AsRef<Path>) -> Result<f64, HuggingFaceError> {
    Ok(read(folder.as_ref())?.2.branch)
}

fn read(folder: &Path) -> Result<(PathBuf, &'static Format, Said), Error> {
    let path = folder.join("config.json");
    let bytes = std::fs::read(&path).map_err(|source| Error::Io { action: "read", path: path.clone(), source })?;
    let (format, said) = reading::read(&path, &bytes)?;
    said.config.check().map_err(|source| Error::Config { path: path.clone(), source })?;
    Ok((path, format, said))
}

/// Whether the weights have as many numbers as products of the config's sizes, so that a model of it can be built.
fn fits(path: &Path, config: &GptConfig, numbers: usize) -> Result<(), Error> {
    let GptConfig { vocab, context, n_layer, d_model, n_head, d_head, d_ffn, .. } = *config;
    let absolute = if config.positions == Positions::Absolute { context } else { 1 };
    let experts = config.experts.as_ref().map_or(1, |experts| experts.n_expert);
    let products: [&[usize]; 5] = [
        &[vocab, d_model],
        &[absolute, d_model],
        &[n_layer, n_head, d_head, d_model],
        &[n_layer, config.kv_heads(), d_head, d_model],
        &[n_layer, experts, d_ffn, d_model],
    ];
    let product = |sizes: &[usize]| sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    let large = products.into_iter().find(|sizes| product(sizes).is_none_or(|product| product > numbers));
    match large {
        Some(sizes) => {
            let sizes = sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
            Err(Error::Sizes { path: path.to_owned(), sizes, numbers })
        }
        None => Ok(()),
    }
}

/// Whether the tensors are those of the class, by name.
fn named(format: &Format, config: &GptConfig, checkpoint: &Checkpoint) -> Result<(), Error> {
    let class = format.class;
    let mut expected = BTreeSet::new();
    for entry in entries(format.rows, config) {
        if !checkpoint.has(&entry.theirs) {
            return Err(Error::Missing { tensor: entry.theirs, class });
        }
        expected.insert(entry.theirs);
    }
    let known = |name: &str| {
        expected.contains(name) || BUFFERS.iter().any(|end| name.ends_with(end)) || (config.tied && name == HEAD)
    };
    let tensors: Vec<String> = checkpoint.names().filter(|name| !known(name)).cloned().collect();
    if !tensors.is_empty() {
        return Err(Error::Extra { tensors, class });
    }
    if config.tied && checkpoint.has(HEAD) {
        let embedding = entries(format.rows, config).find(|entry| entry.ours[0] == "token_embedding.weight");
        let embedding = embedding.map(|entry| checkpoint.read(&entry.theirs)).transpose()?;
        if embedding != Some(checkpoint.read(HEAD)?) {
            return Err(Error::Untied { tensor: HEAD.to_owned() });
        }
    }
    Ok(())
}

/// Whether a tensor has the shape and a type that ours can take.
fn shaped(entry: &Entry, shapes: &Shapes, checkpoint: &Checkpoint) -> Result<(), Error> {
    checkpoint.dtype(&entry.theirs)?;
    let (found, expected) = (checkpoint.shape(&entry.theirs).unwrap_or_default(), shapes.theirs(entry));
    if found != expected {
        return Err(Error::Shape { tensor: entry.theirs.clone(), found: found.to_vec(), expected });
    }
    let all_ours = entry.ours.iter().all(|path| shapes.has(path));
    if all_ours || entry.row.idle {
        return Ok(());
    }
    let fill = entry.row.fill;
    let plain = checkpoint.read(&entry.theirs)?.iter::<f64>().all(|value| value.to_bits() << 1 == fill.to_bits() << 1);
    if plain { Ok(()) } else { Err(Error::Bias { tensor: entry.theirs.clone(), fill }) }
}

/// One of ours: a part of a tensor of theirs, or one tensor for each expert.
struct Source<'a> {
    entries: Vec<&'a Entry>,
    /// Its columns, of theirs as ours lie.
    first: usize,
}

/// Puts tensors of theirs into a model, each when it is its turn.
struct Loader<'a> {
    sources: HashMap<&'a str, Source<'a>>,
    shapes: &'a Shapes,
    checkpoint: &'a Checkpoint,
    class: &'static str,
    branch: f64,
    place: Vec<String>,
    problem: Option<Error>,
}

impl<'a> Loader<'a> {
    fn new(
        entries: &'a [Entry],
        shapes: &'a Shapes,
        checkpoint: &'a Checkpoint,
        (class, branch): (&'static str, f64),
    ) -> Self {
        let mut sources = HashMap::new();
        for entry in entries {
            let mut first = 0;
            for path in &entry.ours {
                let source = sources.entry(path.as_str()).or_insert(Source { entries: Vec::new(), first });
                source.entries.push(entry);
                first += shapes.matrix(path)[1];
            }
        }
        Self { sources, shapes, checkpoint, class, branch, place: Vec::new(), problem: None }
    }

    /// One of ours as rows and columns.
    fn tensor(&self, path: &str, source: &Source<'_>, device: &Device) -> Result<Tensor<2>, Error> {
        let [_, width] = self.shapes.matrix(path);
        let part = |entry: &&Entry| {
            let theirs = Tensor::<2>::from_data(self.checkpoint.read(&entry.theirs)?, device);
            let theirs = if entry.row.transposed { theirs.transpose() } else { theirs };
            Ok(theirs.narrow(1, source.first, width))
        };
        Ok(Tensor::cat(source.entries.iter().map(part).collect::<Result<_, Error>>()?, 0))
    }

    /// A constant of the forward pass, which no tensor of theirs is.
    fn constant<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !is_multiplier(path) {
            self.problem = Some(Error::Missing { tensor: path.to_owned(), class: self.class });
            return param;
        }
        if path.ends_with("branch_factor") { param.map(|one| one.full_like(self.branch)) } else { param }
    }
}

impl ModuleMapper for Loader<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.place.join(".");
        if self.problem.is_some() {
            return param;
        }
        let Some(source) = self.sources.get(path.as_str()) else { return self.constant(&path, param) };
        match self.tensor(&path, source, &param.lazy_device()) {
            Ok(tensor) => {
                let (id, shape) = (param.id, param.lazy_shape());
                param.transform_for_load(tensor.reshape(shape), id)
            }
            Err(problem) => {
                self.problem = Some(problem);
                param
            }
        }
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.place.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.pop();
    }
}
