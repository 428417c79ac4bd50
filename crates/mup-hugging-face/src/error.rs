//! What can be wrong with a checkpoint, or with a model that is to be one, and what to do about it.

use std::io;
use std::path::PathBuf;

use mup_models::ModelError;
use mup_train::TrainError;

use crate::names::HEAD;
use crate::{Architecture, Difference};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HuggingFaceError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The weights cannot be written.
    #[error(transparent)]
    Write(#[from] TrainError),
    /// A file that is no JSON of its kind.
    #[error("{}: {problem}; mend it, or fetch the checkpoint again if nobody edited it", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        problem: String,
    },
    /// A class of transformers that is not known here.
    #[error("{}: the model is `{class}`, and {} are known", path.display(), Architecture::known())]
    UnknownClass {
        /// `config.json`.
        path: PathBuf,
        /// Its class and type.
        class: String,
    },
    /// A field of `config.json` that no GPT of this workspace can follow.
    #[error("{}: `{field}` is {value}: {reason}", path.display())]
    Refused {
        /// `config.json`.
        path: PathBuf,
        /// Its field.
        field: String,
        /// What it is.
        value: String,
        /// Why it is refused.
        reason: String,
    },
    /// A `config.json` whose sizes and numbers describe no model.
    #[error("{}: {source}", path.display())]
    Config {
        /// `config.json`.
        path: PathBuf,
        /// Which, in the words of a `GptConfig`.
        source: ModelError,
    },
    /// A model that cannot be folded.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A folder without weights that are read.
    #[error(
        "{}: there is no model.safetensors and no model.safetensors.index.json; save the model with \
         save_pretrained(safe_serialization=True)",
        path.display()
    )]
    NoWeights {
        /// The folder.
        path: PathBuf,
    },
    /// A safetensors file that is cut, overwritten, or none.
    #[error("{} is damaged: {problem}; fetch it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A safetensors file whose layouts are not PyTorch's.
    #[error(
        "{}: its format is `{format}`, and tensors are read in PyTorch's layouts, `pt`; save it from PyTorch, or export it by \
         this crate",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it says of itself.
        format: String,
    },
    /// An index that names no file of the folder, or not the tensors of its files.
    #[error("{}: {problem}; fetch it again, with all files that it names", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Sizes that the tensors cannot have.
    #[error("{}: {sizes} are more than the {numbers} numbers in the weights: it belongs to another checkpoint", path.display())]
    Sizes {
        /// `config.json`.
        path: PathBuf,
        /// The sizes, multiplied.
        sizes: String,
        /// In all files.
        numbers: usize,
    },
    /// A tensor that is not there.
    #[error(
        "the weights have no `{tensor}`, which {class} of this config.json needs: the two belong to different models{}",
        if tensor.as_str() == HEAD { ", or the readout is the embedding, and config.json must set tie_word_embeddings to true" } else { "" }
    )]
    Missing {
        /// Its name.
        tensor: String,
        /// The class.
        class: &'static str,
    },
    /// Tensors that the class does not have.
    #[error(
        "the weights have {}{}, which {class} of this config.json does not: the two belong to different models",
        tensors.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        if tensors.len() > 4 { format!(" and {} more", tensors.len() - 4) } else { String::new() }
    )]
    Extra {
        /// Their names.
        tensors: Vec<String>,
        /// The class.
        class: &'static str,
    },
    /// A tensor of another shape.
    #[error("`{tensor}` is {found:?}, and by config.json {expected:?}: the two belong to different models")]
    Shape {
        /// Its name.
        tensor: String,
        /// In the file.
        found: Vec<usize>,
        /// By the config.
        expected: Vec<usize>,
    },
    /// A tensor of another element type.
    #[error(
        "`{tensor}` is of type {dtype}, and F64, F32, F16 and BF16 are read: save the model in one of them, not quantized"
    )]
    ElementType {
        /// Its name.
        tensor: String,
        /// What it is.
        dtype: String,
    },
    /// A bias that would change logits and that our layers do not have.
    #[error(
        "`{tensor}` is not {fill}: the key projection of a GPT has no bias, and rotary positions turn it, so that softmax does \
         not ignore it; only a model that was trained without biases of keys can be read"
    )]
    Bias {
        /// Its name.
        tensor: String,
        /// All that it can be.
        fill: f64,
    },
    /// A tied model whose file has another readout.
    #[error(
        "config.json ties the readout to the embedding, and `{tensor}` is another one: set tie_word_embeddings to false"
    )]
    Untied {
        /// Name of the readout.
        tensor: String,
    },
    /// A GPT that no class of transformers computes.
    #[error("no class of transformers computes this model; {architecture} is nearest:\n{}", lines(differences))]
    Unsaid {
        /// The class that differs in least.
        architecture: Architecture,
        /// In what.
        differences: Vec<Difference>,
    },
    /// A parameter that an export would lose.
    #[error(
        "`{parameter}` has no tensor in {class}, and an export would lose it: this is a bug of mup-hugging-face, whose table of \
         names lacks it"
    )]
    Lost {
        /// Path of the parameter.
        parameter: String,
        /// The class.
        class: &'static str,
    },
    /// A tokenizer that is not the model's.
    #[error(
        "tokenizer.json, as it is to be written: {problem}; give `Export` the tokens and the tokenizer of this model"
    )]
    Tokenizer {
        /// What is wrong.
        problem: String,
    },
}

fn lines(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("  {difference}")).collect::<Vec<_>>().join("\n")
}
