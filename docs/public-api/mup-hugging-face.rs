// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use architecture::Architecture;
    pub use error::HuggingFaceError;
    pub use export::{Difference, Export};
    pub use import::{import, read_config, residual_multiplier};
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Architecture {
    Llama,
    Mistral,
    Qwen3,
    Mixtral,
    Gpt2,
    Granite,
    MiniCpm,
}
impl Architecture {
    pub fn class(self) -> &'static str {}
}
impl fmt::Display for Architecture {}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub field: String,
    pub value: String,
    pub theirs: String,
}
impl fmt::Display for Difference {}
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[private_fields]
pub struct Export {}
impl Export {
    pub fn new() -> Self {}
    pub fn with_tokenizer(self, json: impl Into<String>) -> Self {}
    pub fn with_begin(self, token: usize) -> Self {}
    pub fn with_end(self, token: usize) -> Self {}
    pub fn with_padding(self, token: usize) -> Self {}
    pub fn check(
        &self,
        config: &GptConfig,
        folder: impl AsRef<Path>,
    ) -> Result<Architecture, HuggingFaceError> {}
    pub fn write(
        &self,
        model: &Gpt,
        folder: impl AsRef<Path>,
    ) -> Result<Architecture, HuggingFaceError> {}
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HuggingFaceError {
    Io { action: &'static str, path: PathBuf, source: io::Error },
    Write(#[from] TrainError),
    Json { path: PathBuf, problem: String },
    UnknownClass { path: PathBuf, class: String },
    Refused { path: PathBuf, field: String, value: String, reason: String },
    Config { path: PathBuf, source: ModelError },
    Model(#[from] ModelError),
    NoWeights { path: PathBuf },
    Damaged { path: PathBuf, problem: String },
    Foreign { path: PathBuf, format: String },
    Index { path: PathBuf, problem: String },
    Sizes { path: PathBuf, sizes: String, numbers: usize },
    Missing { tensor: String, class: &'static str },
    Extra { tensors: Vec<String>, class: &'static str },
    Shape { tensor: String, found: Vec<usize>, expected: Vec<usize> },
    ElementType { tensor: String, dtype: String },
    Bias { tensor: String, fill: f64 },
    Untied { tensor: String },
    Unsaid { architecture: Architecture, differences: Vec<Difference> },
    Lost { parameter: String, class: &'static str },
    Tokenizer { problem: String },
}
pub fn import(
    folder: impl AsRef<Path>,
    device: &Device,
) -> Result<Gpt, HuggingFaceError> {}
pub fn read_config(folder: impl AsRef<Path>) -> Result<GptConfig, HuggingFaceError> {}
pub fn residual_multiplier(folder: impl AsRef<Path>) -> Result<f64, HuggingFaceError> {}
