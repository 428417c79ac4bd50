//! The text, its split, its hash.

mod burn_source;
mod user_text;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::RunError;

/// Bytes of text, split at one place: training first, the last twentieth for validation.
#[derive(Clone, Debug)]
pub(crate) struct Corpus {
    /// What it is, in a few words.
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) train: Vec<u8>,
    pub(crate) validation: Vec<u8>,
}

/// A text that cannot be trained on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorpusError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is empty", path.display())]
    Empty { path: PathBuf },
    #[error("{} is no UTF-8 text (byte {position} does not belong in one); give a text file", path.display())]
    Binary { path: PathBuf, position: usize },
    #[error("{} holds no text file ({n_skipped} files are not UTF-8 text, hidden ones are not looked at)", path.display())]
    NoText { path: PathBuf, n_skipped: usize },
    #[error(
        "{name} has {bytes} bytes, but a context of {context} needs at least {needed}: add text, or lower --context"
    )]
    TooShort { name: String, bytes: usize, context: usize, needed: usize },
    #[error("cannot find the source of the Burn crates: {reason}; give a text of your own with --text FILE_OR_FOLDER")]
    NoBurnSource { reason: String },
    #[error(
        "the Burn sources found have SHA-256 {found}, not {expected}: Cargo.lock or the registry was changed, and the \
         numbers would compare to nobody's; restore them, or give the text explicitly with --text FOLDER"
    )]
    OtherBurnSource { found: String, expected: &'static str },
}

impl Corpus {
    /// The default text, or the user's.
    pub(crate) fn load(text: Option<&Path>, context: usize) -> Result<Self, RunError> {
        let (name, bytes) = match text {
            Some(path) => user_text::read(path)?,
            None => burn_source::read()?,
        };
        Ok(Self::split(name, bytes, context)?)
    }

    fn split(name: String, mut bytes: Vec<u8>, context: usize) -> Result<Self, CorpusError> {
        // Twenty windows in all leave at least one for validation.
        let needed = 20 * (context + 1);
        if bytes.len() < needed {
            return Err(CorpusError::TooShort { name, bytes: bytes.len(), context, needed });
        }
        let sha256 = sha256(&bytes);
        let validation = bytes.split_off(bytes.len() - bytes.len() / 20);
        Ok(Self { name, sha256, train: bytes, validation })
    }

    /// Of the training text, in nats.
    pub(crate) fn byte_entropy(&self) -> f64 {
        let mut counts = [0_u64; 256];
        self.train.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        let share = |count: &u64| *count as f64 / self.train.len() as f64;
        counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).ln()).sum()
    }

    pub(crate) fn n_bytes(&self) -> usize {
        self.train.len() + self.validation.len()
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_twentieth_is_for_validation_and_nothing_is_lost() {
        let bytes: Vec<u8> = (0..1000).map(|i| (i % 250) as u8).collect();
        let corpus = Corpus::split("x".to_owned(), bytes.clone(), 8).unwrap();
        assert_eq!((corpus.train.len(), corpus.validation.len()), (950, 50));
        assert_eq!([corpus.train, corpus.validation].concat(), bytes);
    }

    #[test]
    fn the_entropy_of_four_equally_frequent_bytes_is_ln_4() {
        let corpus = Corpus::split("x".to_owned(), b"abcd".repeat(100), 8).unwrap();
        // The split takes five whole groups of four; 1e-12 is far above the rounding of four terms.
        assert!((corpus.byte_entropy() - 4.0_f64.ln()).abs() < 1e-12, "{}", corpus.byte_entropy());
    }

    #[test]
    fn the_shortest_text_has_one_window_for_validation() {
        let corpus = Corpus::split("x".to_owned(), vec![b'a'; 180], 8).unwrap();
        assert_eq!(corpus.validation.len(), 9);
        assert!(Corpus::split("x".to_owned(), vec![b'a'; 179], 8).is_err());
    }
}
