//! A folder of tokens that knows what it is: `train.bin`, `validation.bin`, `tokenizer.json`, `data.json`.

mod description;
mod prepare;

use std::path::{Path, PathBuf};

pub use description::{Description, PartDescription, VERSION};
pub use prepare::prepare;

use crate::{DataError, Tokenizer, Tokens};

/// What [`prepare`] wrote, opened.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// For training.
    pub train: Tokens,
    /// For evaluation.
    pub validation: Tokens,
    /// What the tokens mean.
    pub tokenizer: Tokenizer,
    /// What `data.json` says; its hashes are what a checkpoint should remember.
    pub description: Description,
}

impl DataSet {
    /// Opens a folder that [`prepare`] completed. Looks at lengths and at the tokenizer, not at every token: see
    /// [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// [`DataError::File`] for what is missing or cannot be read; [`DataError::Unusable`] if `data.json` is damaged or
    /// of another version, or does not fit the files beside it.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let description = Description::read(folder)?;
        let tokenizer = Tokenizer::load(&file(folder, TOKENIZER))?;
        let found = tokenizer.fingerprint();
        if found != description.tokenizer_fingerprint {
            let (name, expected) = (file(folder, TOKENIZER).display().to_string(), description.tokenizer_fingerprint);
            return Err(DataError::WrongHash { name, found, expected });
        }
        if tokenizer.vocab_size() != description.vocab_size {
            let reason = format!(
                "its vocabulary of {} is not the {} of {TOKENIZER}",
                description.vocab_size,
                tokenizer.vocab_size()
            );
            return Err(DataError::Unusable { path: file(folder, DATA), reason });
        }
        let open = |name, part: &PartDescription| tokens(&file(folder, name), part, &description);
        let (train, validation) = (open(TRAIN, &description.train)?, open(VALIDATION, &description.validation)?);
        Ok(Self { train, validation, tokenizer, description })
    }

    /// Whether a folder has all files of a data set; a process killed in [`prepare`] leaves some of them, and the same
    /// call of it then adds the others.
    ///
    /// # Errors
    ///
    /// [`DataError::File`] for a folder that cannot be looked at.
    pub fn is_complete(folder: &Path) -> Result<bool, DataError> {
        let names = [DATA, TOKENIZER, TRAIN, VALIDATION];
        names.into_iter().try_fold(true, |complete, name| Ok(prepare::exists(folder, name)? && complete))
    }

    /// Reads everything once: every token is in the vocabulary, and the content is what `data.json` says.
    ///
    /// # Errors
    ///
    /// Those of [`Tokens::verify`].
    pub fn verify(&self) -> Result<(), DataError> {
        self.train.verify()?;
        self.validation.verify()
    }
}

const TRAIN: &str = "train.bin";
const VALIDATION: &str = "validation.bin";
const TOKENIZER: &str = "tokenizer.json";
const DATA: &str = "data.json";

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}

fn tokens(path: &Path, part: &PartDescription, of: &Description) -> Result<Tokens, DataError> {
    let tokens = Tokens::open_without_header(path, of.width)?.with_vocab_size(of.vocab_size).with_sha256(&part.sha256);
    if tokens.len() != part.tokens {
        let reason = format!(
            "it has {} tokens, but {DATA} beside it says {}: it was cut or replaced; restore it, or delete it and \
             prepare it again",
            tokens.len(),
            part.tokens
        );
        return Err(DataError::Unusable { path: path.to_owned(), reason });
    }
    Ok(tokens)
}
