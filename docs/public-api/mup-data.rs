// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use batch::Batch;
    pub use error::{DataError, Difference};
    pub use order::{Order, even_batch, windows_per_epoch};
    pub use prepared::{DataSet, Description, PartDescription, VERSION, prepare};
    pub use text::{Looks, Skipped, Text, read_text, validation_start};
    pub use tokenizer::Tokenizer;
    pub use tokens::{TokenWidth, Tokens};
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub tokens: Vec<i32>,
    pub targets: Vec<i32>,
    pub shape: [usize; 2],
}
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    File { doing: &'static str, path: PathBuf, source: io::Error },
    Empty { name: String },
    NotUtf8 { path: PathBuf, position: u64, looks: Looks },
    NoText { path: PathBuf, skipped: Skipped },
    CutOff { path: PathBuf, bytes: u64, width: TokenWidth },
    TooShort { name: String, tokens: u64, context: usize, needed: u64 },
    EmptyBatch { batch: usize, context: usize },
    Rows { start: usize, end: usize, batch: usize },
    OutOfVocabulary { name: String, token: u32, position: u64, vocab_size: usize },
    Misread {
        name: String,
        width: TokenWidth,
        evidence: &'static str,
        remedy: &'static str,
    },
    Changed { name: String, what: String },
    WrongHash { name: String, found: String, expected: String },
    Unusable { path: PathBuf, reason: String },
    OtherData { folder: PathBuf, differences: Vec<Difference> },
    UnknownCharacter { character: char, position: u64, vocab_size: usize },
    ValidationShare { share: f64 },
    ShortText { share: f64, n_bytes: u64, needed: u64 },
    Bpe { reason: String },
}
#[derive(Clone, Debug)]
pub struct DataSet {
    pub train: Tokens,
    pub validation: Tokens,
    pub tokenizer: Tokenizer,
    pub description: Description,
}
impl DataSet {
    pub fn open(folder: &Path) -> Result<Self, DataError> {}
    pub fn is_complete(folder: &Path) -> Result<bool, DataError> {}
    pub fn verify(&self) -> Result<(), DataError> {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    pub version: u32,
    pub tokenizer: String,
    pub tokenizer_fingerprint: String,
    pub vocab_size: usize,
    pub width: TokenWidth,
    pub text_bytes: u64,
    pub text_sha256: String,
    pub validation_share: f64,
    pub train: PartDescription,
    pub validation: PartDescription,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub what: String,
    pub there: String,
    pub asked: String,
}
impl std::fmt::Display for Difference {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Looks {
    Encoding(&'static str),
    Mixed(&'static str),
    Cesu8,
    LoneSurrogate,
    Overlong,
    CutOff,
    ZeroBytes,
    Known(&'static str),
    Binary,
}
impl Looks {
    pub fn name(self) -> &'static str {}
}
impl fmt::Display for Looks {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    Random,
    Shuffled,
}
impl Order {
    pub fn batch(
        self,
        tokens: &Tokens,
        shape: [usize; 2],
        seed: u64,
        step: u64,
    ) -> Result<Batch, DataError> {}
    pub fn rows(
        self,
        tokens: &Tokens,
        shape: [usize; 2],
        seed: u64,
        step: u64,
        rows: Range<usize>,
    ) -> Result<Batch, DataError> {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartDescription {
    pub tokens: u64,
    pub sha256: String,
}
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped(_);
impl Skipped {
    pub fn n_files(&self) -> usize {}
}
impl fmt::Display for Skipped {}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Text {}
impl Text {
    pub fn open(path: &Path) -> Result<Self, DataError> {}
    pub fn from_string(name: &str, mut content: String) -> Result<Self, DataError> {}
    pub fn remarks(&self) -> &[String] {}
    pub fn name(&self) -> &str {}
    pub fn n_bytes(&self) -> u64 {}
    pub fn sha256(&self) -> &str {}
    pub fn into_string(self) -> Result<String, DataError> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenWidth {
    U8,
    U16,
    U32,
}
impl TokenWidth {
    pub fn for_vocabulary(vocab_size: usize) -> Self {}
    pub fn bytes(self) -> usize {}
}
impl std::fmt::Display for TokenWidth {}
#[derive(Clone, Debug)]
pub struct Tokenizer(_);
impl Tokenizer {
    pub fn bytes() -> Self {}
    pub fn characters(text: &Text) -> Result<Self, DataError> {}
    #[cfg(feature = "bpe")]
    pub fn train_bpe(text: &Text, vocab_size: usize) -> Result<Self, DataError> {}
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, DataError> {}
    pub fn decode(&self, tokens: &[u32]) -> Result<String, DataError> {}
    pub fn vocab_size(&self) -> usize {}
    pub fn fingerprint(&self) -> String {}
    pub fn describe(&self) -> String {}
}
impl Tokenizer {
    pub fn load(path: &Path) -> Result<Self, DataError> {}
    pub fn save(&self, path: &Path) -> Result<(), DataError> {}
}
impl Tokenizer {
    pub fn to_hugging_face(&self) -> String {}
}
#[derive(Clone, Debug)]
#[private_fields]
pub struct Tokens {}
impl Tokens {
    pub fn open(path: &Path, width: TokenWidth) -> Result<Self, DataError> {}
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, DataError> {}
    pub fn from_ids(
        name: &str,
        ids: &[u32],
        vocab_size: usize,
    ) -> Result<Self, DataError> {}
    pub fn with_vocab_size(self, vocab_size: usize) -> Self {}
    pub fn with_sha256(self, sha256: &str) -> Self {}
    pub fn len(&self) -> u64 {}
    pub fn name(&self) -> String {}
    pub fn width(&self) -> TokenWidth {}
    pub fn vocab_size(&self) -> Option<usize> {}
    pub fn window(&self, start: u64, length: usize) -> Result<Vec<i32>, DataError> {}
}
impl Tokens {
    pub fn sha256(&self) -> Result<String, DataError> {}
    pub fn verify(&self) -> Result<(), DataError> {}
}
pub const VERSION: u32 = 1;
pub fn even_batch(
    tokens: &Tokens,
    shape: [usize; 2],
    part: usize,
    parts: usize,
) -> Result<Batch, DataError> {}
pub fn prepare(
    text: &Text,
    tokenizer: &Tokenizer,
    folder: &Path,
    validation_share: f64,
) -> Result<DataSet, DataError> {}
/// and links are skipped, and hidden ones are not looked at; the [remarks](Text::remarks) say which were skipped. For
pub fn read_text(path: &Path) -> Result<Text, DataError> {}
pub fn validation_start(n_bytes: u64, share: f64) -> Result<u64, DataError> {}
pub fn windows_per_epoch(tokens: &Tokens, context: usize) -> Result<u64, DataError> {}
