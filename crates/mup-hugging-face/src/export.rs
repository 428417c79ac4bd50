//! From a GPT to a folder that transformers loads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};
use mup_files::{create_folders, sync_folder, write_durably};
use mup_models::{Balance, Gpt, GptConfig, Positions, RotaryScaling};
use mup_train::write_tensors;
use serde_json::{Map, Value, json};

use crate::architecture::{Architecture, FORMATS, Format};
use crate::fields::Said;
use crate::names::{Entry, entries, is_multiplier};
use crate::reading::Problem;
use crate::shapes::Shapes;
use crate::tokenizer;
use crate::{HuggingFaceError, HuggingFaceError as Error, reading};

/// The version of transformers whose format is written. Where none is said, its tokenizers take a large vocabulary for one of
/// Mistral's that older versions split wrongly, and warn.
const FORMAT_VERSION: &str = "5.24.0";

/// What stands beside the weights of an exported model.
///
/// # Example
///
/// ```
/// use burn::tensor::Device;
/// use mup_hugging_face::{Architecture, Export, import};
/// use mup_models::{GptConfig, Sizes};
///
/// let sizes = Sizes { vocab: 50, context: 16, n_layer: 1, d_model: 16, n_head: 4, n_kv_head: 2, d_head: 4, d_ffn: 32 };
/// let model = GptConfig::llama(sizes).with_alpha_output(2.0).init(&Device::flex())?;
/// let folder = std::env::temp_dir().join(format!("mup-hugging-face-{}", std::process::id()));
/// let architecture = Export::new().with_end(0).write(&model, &folder)?;
/// assert_eq!(architecture, Architecture::Llama);
/// assert_eq!(import(&folder, &Device::flex())?.config().alpha_output, 1.0); // it is in the weights now
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    tokenizer: Option<String>,
    begin: Option<usize>,
    end: Option<usize>,
    padding: Option<usize>,
}

/// A choice of a GPT that a class of transformers does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Field of [`GptConfig`], or one of `config.json`.
    pub field: String,
    /// What the model has.
    pub value: String,
    /// What the class has, or what it asks for.
    pub theirs: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, theirs } = self;
        write!(f, "`{field}` is {value}: {theirs}; {}", remedy(field))
    }
}

/// What to do where a field differs.
fn remedy(field: &str) -> &'static str {
    match field.trim_start_matches("GptConfig.") {
        "positions" => {
            "no class has relative attention: train with rotary positions (`GptConfig::llama`), or with absolute ones"
        }
        "soft_cap" => "train without; a z-loss keeps logits small too",
        "sandwich" | "parallel" => "train with one norm before each branch",
        "window" => "MistralForCausalLM and MixtralForCausalLM have windows, with RMS norms and rotary positions",
        "experts" => {
            "classes have weights that sum to 1, and neither shared experts nor a bias on the choice (`Balance::Bias`)"
        }
        _ => "start from `GptConfig::llama`, `qwen3` or `mixtral`, or from `gpt_3` with absolute positions",
    }
}

impl Export {
    /// Weights and config alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a `tokenizer.json`, as the `tokenizers` library writes it.
    #[must_use]
    pub fn with_tokenizer(self, json: impl Into<String>) -> Self {
        Self { tokenizer: Some(json.into()), ..self }
    }

    /// With the token that texts begin with.
    #[must_use]
    pub fn with_begin(self, token: usize) -> Self {
        Self { begin: Some(token), ..self }
    }

    /// With the token that ends a text, and with it a generation.
    #[must_use]
    pub fn with_end(self, token: usize) -> Self {
        Self { end: Some(token), ..self }
    }

    /// With the token that fills up batches.
    #[must_use]
    pub fn with_padding(self, token: usize) -> Self {
        Self { padding: Some(token), ..self }
    }

    /// The class for which [`write`](Self::write) would write a model of this config there: asked before there is one that is
    /// trained, it refuses in the same words.
    ///
    /// # Errors
    ///
    /// [`HuggingFaceError::Unsaid`] with every choice that no class has, [`HuggingFaceError::Tokenizer`] for tokens that the
    /// vocabulary does not have, [`HuggingFaceError::Io`] for a file in the place of the folder.
    pub fn check(&self, config: &GptConfig, folder: impl AsRef<Path>) -> Result<Architecture, HuggingFaceError> {
        let (format, _) = nearest(config)?;
        tokenizer::check(self.tokenizer.as_deref(), &[self.begin, self.end, self.padding], config.vocab)?;
        let folder = folder.as_ref();
        if folder.exists() && !folder.is_dir() {
            let source = io::Error::new(ErrorKind::AlreadyExists, "there is a file of this name; give a folder");
            return Err(Error::Io { action: "create", path: folder.to_owned(), source });
        }
        Ok(format.architecture)
    }

    /// Writes `config.json`, `model.safetensors`, `generation_config.json` and, if there is one, `tokenizer.json` with its
    /// `tokenizer_config.json`; says for which class. Every multiplier is in the weights ([`Gpt::folded`]). Of a checkpoint that
    /// the folder had before, config, tokenizer and index are removed first; `config.json` comes last, so a folder that has it is
    /// whole.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check); [`HuggingFaceError::Model`] for a model that cannot be folded; those of the file
    /// system.
    pub fn write(&self, model: &Gpt, folder: impl AsRef<Path>) -> Result<Architecture, HuggingFaceError> {
        let folder = folder.as_ref();
        self.check(&model.config(), folder)?;
        let (format, said) = nearest(&model.config())?;
        let folded = model.folded()?;
        let tensors = tensors(format, &said.config, &folded)?;
        create_folders(folder).map_err(|source| Error::Io { action: "create", path: folder.to_owned(), source })?;
        clear(folder)?;
        let metadata = [("format".to_owned(), "pt".to_owned())].into();
        write_tensors(&tensors, metadata, &folder.join("model.safetensors"))?;
        let ids = self.special_tokens();
        let text = |value: &Map<String, Value>| format!("{:#}\n", Value::Object(value.clone()));
        if let Some(tokenizer) = &self.tokenizer {
            write(&folder.join("tokenizer.json"), tokenizer)?;
            write(&folder.join("tokenizer_config.json"), &text(&tokenizer::config(model.context())))?;
        }
        write(&folder.join("generation_config.json"), &text(&ids))?;
        let mut fields = reading::write(format, &said);
        fields.extend(ids);
        fields.insert("dtype".to_owned(), json!(dtype_name(&tensors)));
        fields.insert("transformers_version".to_owned(), json!(FORMAT_VERSION));
        write(&folder.join("config.json"), &text(&fields))?;
        Ok(format.architecture)
    }

    /// All three, since classes have numbers of their own where nothing is said.
    fn special_tokens(&self) -> Map<String, Value> {
        let tokens = [("bos_token_id", self.begin), ("eos_token_id", self.end), ("pad_token_id", self.padding)];
        tokens.into_iter().map(|(name, token)| (name.to_owned(), json!(token))).collect()
    }
}

/// Removes what would say something else of the new weights, `config.json` first.
fn clear(folder: &Path) -> Result<(), Error> {
    let names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors.index.json"];
    names.iter().map(|name| folder.join(name)).try_for_each(|path| match std::fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::Io { action: "remove", path, source }),
        _ => Ok(()),
    })?;
    sync_folder(folder).map_err(|source| Error::Io { action: "sync", path: folder.to_owned(), source })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    write_durably(path, text.as_bytes()).map_err(|source| Error::Io { action: "write", path: path.to_owned(), source })
}

/// As transformers calls it.
fn dtype_name(tensors: &[(String, TensorData)]) -> &'static str {
    match tensors.first().map(|(_, data)| data.dtype()) {
        Some(DType::F64) => "float64",
        Some(DType::F16) => "float16",
        Some(DType::BF16) => "bfloat16",
        _ => "float32",
    }
}

/// The class that computes a folded model of this config. What a class says of a config is read back, so that nothing of it
/// can get lost unseen, fields of tomorrow included.
fn nearest(config: &GptConfig) -> Result<(&'static Format, Said), Error> {
    let written = FORMATS.iter().filter(|format| format.written);
    let compared = written.map(|format| {
        let mut config = computed(config);
        config.bias |= format.biased;
        let said = Said { config, branch: 1.0 };
        (differences(format, &said), format, said)
    });
    let nearest = compared.min_by_key(|(differences, ..)| differences.len());
    let (differences, format, said) = nearest.expect("there are classes");
    if differences.is_empty() {
        return Ok((format, said));
    }
    Err(Error::Unsaid { architecture: format.architecture, differences })
}

/// A config with what the forward pass in evaluation computes, in the words of the classes.
fn computed(config: &GptConfig) -> GptConfig {
    let mut config = config.clone().with_n_kv_head(Some(config.kv_heads())).with_z_loss(0.0).with_branch_factors(false);
    config = config.with_alpha_attention(1.0).with_alpha_output(1.0).with_alpha_embedding(1.0).with_alpha_relative(1.0);
    // A gain of one is none.
    config.norm.gain = true;
    config.window = config.window.filter(|window| *window < config.context);
    if let Positions::Rotary(rotary) = &mut config.positions
        && matches!(rotary.scaling, RotaryScaling::Ntk { .. })
    {
        rotary.theta = rotary.base(config.d_head);
        rotary.scaling = RotaryScaling::None;
    }
    if let Some(experts) = &mut config.experts {
        config.d_ffn = experts.width(config.d_ffn);
        experts.d_expert = None;
        if experts.balance != Balance::Bias {
            experts.balance = Balance::None;
        }
    }
    config
}

/// In what a class differs that is told as much of a config as it has words for.
fn differences(format: &Format, said: &Said) -> Vec<Difference> {
    let fields_of = |config: &GptConfig| match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a config is an object"),
    };
    let config = &said.config;
    let theirs = match reading::said(format, reading::write(format, said)) {
        Ok(theirs) => fields_of(&GptConfig { dropout: config.dropout, ..computed(&theirs.config) }),
        Err(Problem { field, value, reason }) => return vec![Difference { field, value, theirs: reason }],
    };
    let ours = fields_of(config);
    let differing = ours.into_iter().filter(|(field, ours)| theirs.get(field) != Some(ours));
    let difference = |(field, ours): (String, Value)| {
        let theirs = format!("the class has {}", theirs.get(&field).unwrap_or(&Value::Null));
        Difference { field: format!("GptConfig.{field}"), value: ours.to_string(), theirs }
    };
    differing.map(difference).collect()
}

/// Theirs, of a folded model, each of whose parameters is in one of them but for multipliers, which folding made 1; the config
/// has every gain and bias of the class.
fn tensors(format: &Format, config: &GptConfig, folded: &Gpt) -> Result<Vec<(String, TensorData)>, Error> {
    let device = folded.token_embedding.weight.lazy_device();
    let shapes = Shapes::of(&config.init(&device)?);
    let mut ours = Matrices::default();
    folded.visit(&mut ours);
    let entries: Vec<Entry> = entries(format.rows, config).collect();
    let taken: BTreeSet<&str> = entries.iter().flat_map(|entry| &entry.ours).map(String::as_str).collect();
    if let Some(lost) = ours.of_path.keys().find(|path| !taken.contains(path.as_str()) && !is_multiplier(path)) {
        return Err(Error::Lost { parameter: lost.clone(), class: format.class });
    }
    let like = folded.token_embedding.weight.val();
    let matrix = |entry: &Entry, path: &String| {
        let [rows, columns] = shapes.matrix(path);
        match (ours.of_path.get(path), entry.expert) {
            (Some(all), Some(expert)) => all.clone().narrow(0, expert * rows, rows),
            (Some(matrix), None) => matrix.clone(),
            (None, _) => Tensor::full([rows, columns], entry.row.fill, (&device, like.dtype())),
        }
    };
    let theirs = |entry: Entry| {
        let parts = entry.ours.iter().map(|path| matrix(&entry, path)).collect();
        let whole = Tensor::cat(parts, 1);
        let whole = if entry.row.transposed { whole.transpose() } else { whole };
        let data = match *shapes.theirs(&entry) {
            [width] => whole.reshape([width]).into_data(),
            _ => whole.into_data(),
        };
        (entry.theirs, data)
    };
    Ok(entries.into_iter().map(theirs).collect())
}

/// Every parameter as rows and columns, a vector as one row, by path.
#[derive(Default)]
struct Matrices {
    of_path: BTreeMap<String, Tensor<2>>,
    place: Vec<String>,
}

impl ModuleVisitor for Matrices {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (tensor, dims) = (param.val(), param.lazy_shape());
        let columns = dims[D - 1];
        let matrix = tensor.reshape([dims.num_elements() / columns, columns]);
        self.of_path.insert(self.place.join("."), matrix);
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.place.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.pop();
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use mup_models::{GptConfig, Sizes};

    use super::tensors;
    use crate::architecture::{Architecture, FORMATS};

    #[test]
    fn a_parameter_that_no_tensor_holds_ends_the_export() {
        let sizes =
            Sizes { vocab: 7, context: 4, n_layer: 1, d_model: 8, n_head: 2, n_kv_head: 1, d_head: 4, d_ffn: 8 };
        let llama = FORMATS.iter().find(|format| format.architecture == Architecture::Llama).unwrap();
        let plain = GptConfig::llama(sizes);
        let export = |config: &GptConfig| {
            let model = config.init(&Device::flex()).unwrap().folded().unwrap();
            tensors(llama, &plain, &model).map(|tensors| tensors.len())
        };
        // Nine of a block, embedding, norm and readout.
        assert_eq!(export(&plain.clone().with_branch_factors(true)).unwrap(), 12);
        let error = export(&plain.clone().with_qk_norm(true)).unwrap_err().to_string();
        assert!(error.contains("_norm.gamma` has no tensor in LlamaForCausalLM"), "{error}");
    }
}
