//! The text as tokens: prepared once in the study's folder, read window by window.

mod burn_source;
mod checkout;

use std::path::Path;

use mup_data::{DataError, DataSet, Text, Tokenizer, Tokens, prepare};

use crate::error::TextError;
use crate::source::Origin;
pub use checkout::commit;

/// The last twentieth of the text is for validation.
const VALIDATION_SHARE: f64 = 0.05;

/// A default text that cannot be had.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum BurnSourceError {
    /// A file of a crate.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: std::path::PathBuf, source: std::io::Error },
    /// Cargo does not say where they are.
    #[error("cannot find the source of the Burn crates: {reason}; give a text of your own with --text FILE_OR_FOLDER")]
    NotFound { reason: String },
    /// Another text than everybody's.
    #[error(
        "the Burn sources found have SHA-256 {found}, not {expected}: Cargo.lock or the registry was changed, and the \
         numbers would compare to nobody's; restore them, or give the text explicitly with --text FOLDER"
    )]
    Other { found: String, expected: &'static str },
}

/// Tokens for training and validation, and what they mean.
#[derive(Clone, Debug)]
pub struct Data {
    /// For training.
    pub train: Tokens,
    /// For evaluation.
    pub validation: Tokens,
    /// What the tokens mean, unless somebody else made them.
    pub tokenizer: Option<Tokenizer>,
    vocab_size: usize,
    origin: Origin,
}

/// The user's text, or the default one; what is remarkable about it is said.
///
/// # Errors
///
/// A text that cannot be read, or is none.
pub fn text(path: Option<&Path>) -> Result<Text, TextError> {
    let text = match path {
        Some(path) => Text::open(path)?,
        None => burn_source::read()?,
    };
    for remark in text.remarks() {
        eprintln!("note: {}: {remark}", text.name());
    }
    Ok(text)
}

impl Data {
    /// Writes the tokens of a text to a folder, or finds them there.
    ///
    /// # Errors
    ///
    /// A text that is too short, and whatever [`mup_data::prepare`] refuses.
    pub fn prepare(
        text: &Text,
        tokenizer: &Tokenizer,
        origin: &Origin,
        context: usize,
        folder: &Path,
    ) -> Result<Self, TextError> {
        check_length(text, context)?;
        let data = Self::of(prepare(text, tokenizer, folder, VALIDATION_SHARE)?, origin);
        // Other tokens are fewer than bytes.
        data.check_length(context)?;
        Ok(data)
    }

    /// Opens a folder of prepared tokens, which have to be of this origin.
    ///
    /// # Errors
    ///
    /// Files that are missing or damaged.
    pub fn open(folder: &Path, origin: &Origin) -> Result<Self, TextError> {
        Ok(Self::of(DataSet::open(folder)?, origin))
    }

    /// Tokens that somebody else made.
    pub(crate) fn of_tokens(train: Tokens, validation: Tokens, vocab_size: usize, origin: Origin) -> Self {
        Self { train, validation, tokenizer: None, vocab_size, origin }
    }

    /// Whether a window fits into both parts.
    ///
    /// # Errors
    ///
    /// The part that is too short.
    pub fn check_length(&self, context: usize) -> Result<(), TextError> {
        mup_data::windows_per_epoch(&self.train, context)?;
        mup_data::windows_per_epoch(&self.validation, context)?;
        Ok(())
    }

    /// Reads everything once: a token that was changed would change the numbers without a word.
    ///
    /// # Errors
    ///
    /// A file that was changed.
    pub fn verify(&self) -> Result<(), TextError> {
        self.train.verify()?;
        Ok(self.validation.verify()?)
    }

    /// The bytes of a text, in memory.
    ///
    /// # Errors
    ///
    /// A text that is too short.
    pub fn in_memory(text: Text, context: usize) -> Result<Self, TextError> {
        check_length(&text, context)?;
        let origin = Origin::of_text(text.sha256());
        let start = mup_data::validation_start(text.n_bytes(), VALIDATION_SHARE)?;
        let mut train = text.into_string()?.into_bytes();
        let validation = train.split_off(start as usize);
        let tokens = |name, bytes| Tokens::from_bytes(name, bytes);
        let (train, validation) = (tokens("training text", train)?, tokens("validation text", validation)?);
        let tokenizer = Tokenizer::bytes();
        let vocab_size = tokenizer.vocab_size();
        Ok(Self { train, validation, tokenizer: Some(tokenizer), vocab_size, origin })
    }

    /// What is in a folder, and of the tokenizer there what a study asks of it.
    fn of(set: DataSet, asked: &Origin) -> Self {
        let DataSet { train, validation, tokenizer, description } = set;
        let fingerprint = asked.tokenizer_sha256.as_ref().map(|_| tokenizer.fingerprint());
        let origin = Origin { tokenizer_sha256: fingerprint, ..Origin::of_text(&description.text_sha256) };
        Self { train, validation, vocab_size: tokenizer.vocab_size(), tokenizer: Some(tokenizer), origin }
    }

    /// By what the tokens are known.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Tokens below it exist.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Of the training tokens by their frequency alone, in nats.
    ///
    /// # Errors
    ///
    /// Tokens that cannot be read.
    pub fn entropy(&self) -> Result<f64, DataError> {
        const PIECE: u64 = 1 << 16;
        let mut counts = vec![0_u64; self.vocab_size];
        for start in (0..self.train.len()).step_by(PIECE as usize) {
            let length = PIECE.min(self.train.len() - start) as usize;
            self.train.window(start, length)?.into_iter().for_each(|token| counts[token as usize] += 1);
        }
        let share = |count: &u64| *count as f64 / self.train.len() as f64;
        Ok(counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).ln()).sum())
    }
}

/// Twenty windows in all leave at least one for validation.
///
/// # Errors
///
/// [`TextError::ShortText`] of fewer.
pub fn check_length(text: &Text, context: usize) -> Result<(), TextError> {
    let (bytes, needed) = (text.n_bytes(), 20 * (context as u64 + 1));
    if bytes < needed {
        Err(TextError::ShortText { name: text.name().to_owned(), bytes, context, needed })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(content: &str) -> Data {
        Data::in_memory(Text::from_string("x", content.to_owned()).unwrap(), 8).unwrap()
    }

    #[test]
    fn the_last_twentieth_is_for_validation_and_in_a_folder_it_is_the_same() {
        let content = "0123456789".repeat(100);
        let folder = tempfile::tempdir().unwrap();
        let text = Text::from_string("x", content.clone()).unwrap();
        let origin = Origin::of_text(text.sha256());
        let prepared = Data::prepare(&text, &Tokenizer::bytes(), &origin, 8, folder.path()).unwrap();
        for data in [data(&content), prepared, Data::open(folder.path(), &origin).unwrap()] {
            assert_eq!((data.train.len(), data.validation.len()), (950, 50));
            assert_eq!(data.origin(), &origin);
        }
    }

    #[test]
    fn the_entropy_of_four_equally_frequent_bytes_is_ln_4() {
        let entropy = data(&"abcd".repeat(100)).entropy().unwrap();
        // The split takes five whole groups of four; 1e-12 is far above the rounding of four terms.
        assert!((entropy - 4.0_f64.ln()).abs() < 1e-12, "{entropy}");
    }

    #[test]
    fn the_shortest_text_has_one_window_for_validation() {
        assert_eq!(data(&"a".repeat(180)).validation.len(), 9);
        let short = Text::from_string("x", "a".repeat(179)).unwrap();
        assert!(matches!(Data::in_memory(short, 8), Err(TextError::ShortText { needed: 180, .. })));
    }
}
