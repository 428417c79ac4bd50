//! What can be wrong with text, tokens, a tokenizer, or a prepared folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::text::{Looks, Skipped};
use crate::tokens::TokenWidth;

/// Data that cannot be trained on. Every message names the file and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// A verb.
        doing: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Nothing in it.
    #[error("{name} is empty")]
    Empty {
        /// File or text.
        name: String,
    },
    /// Not UTF-8, or with a zero byte, which no text has.
    #[error("{} is no UTF-8 text (byte {position} does not belong in one): {looks}", path.display())]
    NotUtf8 {
        /// Which file.
        path: PathBuf,
        /// Of the first byte that is wrong.
        position: u64,
        /// What it seems to be.
        looks: Looks,
    },
    /// A folder without text.
    #[error("{} holds no UTF-8 text (hidden files are not looked at){}", path.display(), skipped_files(skipped))]
    NoText {
        /// Which folder.
        path: PathBuf,
        /// What is in it.
        skipped: Skipped,
    },
    /// Half a token at the end.
    #[error(
        "{} has {bytes} bytes of tokens, no multiple of the {} of a {width}: it was cut off, or written otherwise; get it anew, \
         or write its tokens little endian and nothing else, in NumPy tokens.astype('{}').tofile(path)",
        path.display(), width.bytes(), width.numpy()
    )]
    CutOff {
        /// Which file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// As opened.
        width: TokenWidth,
    },
    /// No window fits.
    #[error(
        "{name} has {tokens} tokens, but a context of {context} needs at least {needed}: add text, or lower the context"
    )]
    TooShort {
        /// Which tokens or text.
        name: String,
        /// How many there are.
        tokens: u64,
        /// As asked for.
        context: usize,
        /// What would do.
        needed: u64,
    },
    /// A batch without rows, or rows without tokens.
    #[error("a batch of {batch} windows of {context} tokens has nothing in it: both have to be at least 1")]
    EmptyBatch {
        /// Rows.
        batch: usize,
        /// Columns.
        context: usize,
    },
    /// Rows that the batch does not have.
    #[error("rows {start}..{end} are not among the {batch} rows of a batch")]
    Rows {
        /// First row.
        start: usize,
        /// One past the last row.
        end: usize,
        /// Rows of the whole batch.
        batch: usize,
    },
    /// A token that no embedding has.
    #[error(
        "token {token} at position {position} of {name} is outside the vocabulary of {vocab_size}: give the vocabulary \
         or the token width that the data was made with"
    )]
    OutOfVocabulary {
        /// Which tokens.
        name: String,
        /// The token.
        token: u32,
        /// Counted in tokens from 0.
        position: u64,
        /// Tokens below this one exist.
        vocab_size: usize,
    },
    /// Written with another width or in the other byte order, as it seems.
    #[error("{name} does not seem to hold little-endian {width} tokens: {evidence}; {remedy}")]
    Misread {
        /// Which file.
        name: String,
        /// As opened.
        width: TokenWidth,
        /// What shows it.
        evidence: &'static str,
        /// What helps.
        remedy: &'static str,
    },
    /// Written to, or cut, while in use.
    #[error("{name} changed while it was in use ({what}): put the original content back and run again")]
    Changed {
        /// Which file or text.
        name: String,
        /// What was noticed.
        what: String,
    },
    /// Another content than the one that was recorded.
    #[error("{name} has SHA-256 {found}, but {expected} is recorded: restore it, or delete it and prepare it again")]
    WrongHash {
        /// Which file.
        name: String,
        /// Of its content.
        found: String,
        /// As recorded.
        expected: String,
    },
    /// A file of another version of this crate, or damaged.
    #[error("{} cannot be used: {reason}", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What is wrong and what helps.
        reason: String,
    },
    /// The folder was prepared from something else.
    #[error("{} holds other data: {}; choose another folder, or delete this one", folder.display(), list(differences))]
    OtherData {
        /// Which folder.
        folder: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// A character that the tokenizer never saw.
    #[error(
        "the character {character:?} at byte {position} is not among the {vocab_size} characters of the tokenizer: \
         collect the characters of all the text, or take the byte tokenizer"
    )]
    UnknownCharacter {
        /// The character.
        character: char,
        /// Of its first byte in the text.
        position: u64,
        /// Characters known.
        vocab_size: usize,
    },
    /// Not between 0 and 1, or so close to 1 that nothing is left to train on.
    #[error("a share of {share} for validation leaves nothing on one side; give a share like 0.05")]
    ValidationShare {
        /// As asked for.
        share: f64,
    },
    /// The share for validation is less than a byte or a character.
    #[error(
        "a text of {n_bytes} bytes is too short to keep {share} of it for validation: it needs {needed} bytes at least, or \
         a larger share"
    )]
    ShortText {
        /// As asked for.
        share: f64,
        /// Of the text.
        n_bytes: u64,
        /// Of a text that is long enough.
        needed: u64,
    },
    /// The library behind byte-pair encoding refused.
    #[error("byte-pair encoding: {reason}")]
    Bpe {
        /// What it says.
        reason: String,
    },
}

/// One thing that differs between the data in a folder and the data asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// In the folder.
    pub there: String,
    /// As asked for.
    pub asked: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {} there, {} asked for", self.what, self.there, self.asked)
    }
}

fn skipped_files(skipped: &Skipped) -> String {
    if skipped.n_files() == 0 {
        String::new()
    } else {
        format!("; it holds {skipped}. Give UTF-8 text: `iconv` makes it from other encodings")
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(Difference::to_string).collect::<Vec<_>>().join(", ")
}

impl DataError {
    /// For `map_err`.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
