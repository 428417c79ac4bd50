//! What is trained on: a text with its tokenizer, or nanoGPT's `.bin` files, which are tokens already.

use std::fmt;
use std::path::{Path, PathBuf};

use mup_data::{Text, TokenWidth, Tokenizer, Tokens};
use serde::{Deserialize, Serialize};

use crate::data::{Data, text};
use crate::error::TextError;
use crate::tokenizer::TokenizerChoice;

/// What a command line says of it.
#[derive(Clone, Debug, Default)]
pub struct SourceOptions<'a> {
    /// A text file, a folder of them, or a `.bin` file of tokens; none is the source of Burn.
    pub text: Option<&'a Path>,
    /// Of a text.
    pub tokenizer: Option<&'a TokenizerChoice>,
    /// Number of tokens of a `.bin`.
    pub vocab: Option<usize>,
    /// The `.bin` for validation, unless it is the `val.bin` beside.
    pub validation: Option<&'a Path>,
}

/// Text or tokens, opened.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one")]
pub enum Source {
    /// A text and what makes tokens of it.
    Text(Text, Tokenizer, Origin),
    /// Tokens that somebody else made.
    Tokens(Data, TokenFiles),
}

/// nanoGPT's files, or shards of llm.c.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFiles {
    /// For training.
    pub train: PathBuf,
    /// For validation.
    pub validation: PathBuf,
}

/// Digests by which a text, or tokens, are known: two of one origin are the same tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Origin {
    /// Of the text, or of the tokens for training.
    pub text_sha256: String,
    /// Of a tokenizer that does not follow from the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer_sha256: Option<String>,
    /// Of the tokens for validation, where they are a file of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_sha256: Option<String>,
}

impl Origin {
    /// Of a text whose tokenizer follows from it.
    #[must_use]
    pub fn of_text(text_sha256: &str) -> Self {
        Self { text_sha256: text_sha256.to_owned(), tokenizer_sha256: None, validation_sha256: None }
    }
}

/// As fingerprints have it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text_sha256, tokenizer_sha256, validation_sha256 } = self;
        match validation_sha256 {
            Some(validation) => write!(f, "tokens {text_sha256} and {validation}"),
            None => write!(f, "text {text_sha256}"),
        }?;
        tokenizer_sha256.as_ref().map_or(Ok(()), |tokenizer| write!(f, " by tokenizer {tokenizer}"))
    }
}

impl Source {
    /// Opens it; what is remarkable about a text is said.
    ///
    /// # Errors
    ///
    /// Options that do nothing for it, and whatever keeps text or tokens from being read.
    pub fn open(options: &SourceOptions<'_>) -> Result<Self, TextError> {
        let SourceOptions { text: path, tokenizer, vocab, validation } = *options;
        if let Some(path) = path.filter(|path| is_tokens(path)) {
            if let Some(tokenizer) = tokenizer {
                let (tokenizer, path) = (tokenizer.to_string(), path.to_owned());
                return Err(TextError::TokenizerOfTokens { tokenizer, path });
            }
            let vocab = vocab.ok_or_else(|| TextError::NoVocabulary { path: path.to_owned() })?;
            return Self::tokens(path, validation, vocab);
        }
        let of_tokens = [vocab.map(|_| "--vocab"), validation.map(|_| "--validation")];
        if let Some(option) = of_tokens.into_iter().flatten().next() {
            return Err(TextError::OnlyOfTokens { option });
        }
        if let Some(file) = path.map(|folder| folder.join("train.bin")).filter(|file| file.is_file()) {
            return Err(TextError::FolderOfTokens { file });
        }
        let (text, choice) = (text(path)?, tokenizer.cloned().unwrap_or_default());
        let tokenizer = choice.of(&text)?;
        let fingerprint = (!choice.follows_from_text()).then(|| tokenizer.fingerprint());
        let origin = Origin { tokenizer_sha256: fingerprint, ..Origin::of_text(text.sha256()) };
        Ok(Self::Text(text, tokenizer, origin))
    }

    fn tokens(train: &Path, validation: Option<&Path>, vocab: usize) -> Result<Self, TextError> {
        let validation = validation.map_or_else(|| train.with_file_name("val.bin"), Path::to_owned);
        if !validation.is_file() {
            return Err(TextError::NoValidation { train: train.to_owned(), validation });
        }
        let files = TokenFiles { train: train.to_owned(), validation };
        let [train, validation] = files.open(vocab)?;
        // Every token is in the vocabulary, and the bytes look like tokens of this width.
        train.verify()?;
        validation.verify()?;
        let origin = Origin { validation_sha256: Some(validation.sha256()?), ..Origin::of_text(&train.sha256()?) };
        Ok(Self::Tokens(files.data(vocab, origin)?, files))
    }

    /// By what it is known.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Text(_, _, origin) => origin,
            Self::Tokens(data, _) => data.origin(),
        }
    }

    /// Number of tokens of the vocabulary.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Text(_, tokenizer, _) => tokenizer.vocab_size(),
            Self::Tokens(data, _) => data.vocab_size(),
        }
    }

    /// What whoever trains on it should know.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        match self {
            Self::Text(text, _, _) => text.remarks(),
            Self::Tokens(..) => &[],
        }
    }

    /// Whether a context fits.
    ///
    /// # Errors
    ///
    /// Text or tokens that are too short, by name.
    pub fn check_length(&self, context: usize) -> Result<(), TextError> {
        match self {
            Self::Text(text, _, _) => crate::check_length(text, context),
            Self::Tokens(data, _) => data.check_length(context),
        }
    }

    /// The tokens of a text in a folder, written unless they are there; those of `.bin` files stay where they are.
    ///
    /// # Errors
    ///
    /// Those of [`Data::prepare`].
    pub fn prepare(&self, context: usize, folder: &Path) -> Result<Data, TextError> {
        match self {
            Self::Text(text, tokenizer, origin) => Data::prepare(text, tokenizer, origin, context, folder),
            Self::Tokens(data, _) => Ok(data.clone()),
        }
    }
}

impl TokenFiles {
    /// Opened, with what they are known by, which [`Data::verify`] compares.
    ///
    /// # Errors
    ///
    /// Files that are missing, or no tokens.
    pub fn data(&self, vocab: usize, origin: Origin) -> Result<Data, TextError> {
        let [train, validation] = self.open(vocab)?;
        let train = train.with_sha256(&origin.text_sha256);
        let validation = match &origin.validation_sha256 {
            Some(sha256) => validation.with_sha256(sha256),
            None => validation,
        };
        Ok(Data::of_tokens(train, validation, vocab, origin))
    }

    /// As wide as nanoGPT writes them where the vocabulary allows, whatever fits into a byte.
    fn open(&self, vocab: usize) -> Result<[Tokens; 2], TextError> {
        let width = match TokenWidth::for_vocabulary(vocab) {
            TokenWidth::U8 | TokenWidth::U16 => TokenWidth::U16,
            TokenWidth::U32 => TokenWidth::U32,
        };
        let open = |path: &Path| Ok::<_, TextError>(Tokens::open(path, width)?.with_vocab_size(vocab));
        Ok([open(&self.train)?, open(&self.validation)?])
    }
}

/// Whether a text is none but tokens, by its name.
#[must_use]
pub fn is_tokens(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "bin")
}
