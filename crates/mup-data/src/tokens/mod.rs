//! Tokens in a file or in memory, read window by window.
//!
//! What they mean is the tokenizer's affair, which windows are read the order's.

mod plausible;
mod scan;
mod shard;
mod storage;
mod width;

use std::path::Path;

pub use width::TokenWidth;

use crate::{DataError, known_files};
use storage::Storage;

/// A sequence of tokens that may be larger than memory; cheap to clone.
///
/// A file holds nothing but little-endian integers, as nanoGPT's `train.bin` does, or begins with llm.c's header, as the
/// shards of llm.c and modded-nanogpt do. It is read by position, through the
/// page cache, not through a memory map: a map of a file that shrinks kills the process with SIGBUS, where a read is an
/// error. On the slow system calls of a virtual machine, 32 windows of 1024 tokens took 0.18 ms where a map took
/// 0.10 ms; no training step on as many tokens is short enough for that to show.
///
/// Without a vocabulary ([`Tokens::with_vocab_size`]) any token up to 2³¹ - 1 is accepted: for a `.bin` of unknown
/// origin call [`Tokens::verify`] once, which notices most wrong widths and byte orders.
///
/// # Example
///
/// ```
/// use mup_data::{TokenWidth, Tokens};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("train.bin");
/// std::fs::write(&path, [1, 0, 2, 0, 0, 1])?;
/// let tokens = Tokens::open(&path, TokenWidth::U16)?.with_vocab_size(257);
/// assert_eq!(tokens.len(), 3);
/// assert_eq!(tokens.window(1, 2)?, [2, 256]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tokens {
    storage: Storage,
    width: TokenWidth,
    /// Bytes before the first token.
    header: u64,
    len: u64,
    vocab_size: Option<usize>,
    sha256: Option<String>,
}

impl Tokens {
    /// A file of little-endian integers, without header or with llm.c's (magic numbers 20240520 and 20240801).
    ///
    /// # Errors
    ///
    /// [`DataError::File`] if it cannot be opened, [`DataError::Empty`], [`DataError::CutOff`] if it ends within a
    /// token, and [`DataError::Unusable`] for a header that does not agree with the width or with the file's length,
    /// for a folder, and, unless tokens are bytes, for a file whose first bytes say that it is something else.
    pub fn open(path: &Path, width: TokenWidth) -> Result<Self, DataError> {
        let storage = Storage::open(path)?;
        let header = shard::header_bytes(&storage, path, width)?;
        if header == 0 && width != TokenWidth::U8 {
            refuse_known_files(&storage, path)?;
        }
        Self::new(storage, header, width)
    }

    /// A file that is known to have no header, whatever its first tokens are.
    pub(crate) fn open_without_header(path: &Path, width: TokenWidth) -> Result<Self, DataError> {
        Self::new(Storage::open(path)?, 0, width)
    }

    /// Bytes, each one a token of the vocabulary of 256.
    ///
    /// # Errors
    ///
    /// [`DataError::Empty`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, DataError> {
        Ok(Self::new(Storage::memory(name, bytes), 0, TokenWidth::U8)?.with_vocab_size(256))
    }

    /// Tokens of a vocabulary, kept in memory.
    ///
    /// # Errors
    ///
    /// [`DataError::Empty`], and [`DataError::OutOfVocabulary`].
    pub fn from_ids(name: &str, ids: &[u32], vocab_size: usize) -> Result<Self, DataError> {
        let width = TokenWidth::for_vocabulary(vocab_size);
        let mut bytes = Vec::with_capacity(ids.len() * width.bytes());
        for (position, token) in ids.iter().enumerate() {
            if *token as usize >= vocab_size {
                return Err(out_of_vocabulary(name, *token, position as u64, vocab_size));
            }
            width.write(*token, &mut bytes);
        }
        Ok(Self::new(Storage::memory(name, bytes), 0, width)?.with_vocab_size(vocab_size))
    }

    fn new(storage: Storage, header: u64, width: TokenWidth) -> Result<Self, DataError> {
        let bytes = storage.n_bytes() - header;
        if bytes == 0 {
            return Err(DataError::Empty { name: storage.name() });
        }
        if !bytes.is_multiple_of(width.bytes() as u64) {
            return Err(DataError::CutOff { path: storage.name().into(), bytes, width });
        }
        Ok(Self { storage, width, header, len: bytes / width.bytes() as u64, vocab_size: None, sha256: None })
    }

    /// Refuses tokens that are not below `vocab_size`, when they are read.
    #[must_use]
    pub fn with_vocab_size(self, vocab_size: usize) -> Self {
        Self { vocab_size: Some(vocab_size), ..self }
    }

    /// Refuses another content, in [`verify`](Self::verify). Reading does not look at it.
    #[must_use]
    pub fn with_sha256(self, sha256: &str) -> Self {
        Self { sha256: Some(sha256.to_owned()), ..self }
    }

    /// How many tokens there are, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// File, or what the maker called it.
    #[must_use]
    pub fn name(&self) -> String {
        self.storage.name()
    }

    /// Bytes of a token.
    #[must_use]
    pub fn width(&self) -> TokenWidth {
        self.width
    }

    /// Tokens below this one exist, if that is known.
    #[must_use]
    pub fn vocab_size(&self) -> Option<usize> {
        self.vocab_size
    }

    /// `length` tokens from position `start` on.
    ///
    /// # Errors
    ///
    /// [`DataError::TooShort`], [`DataError::OutOfVocabulary`], [`DataError::Changed`] if the file was written to or cut
    /// since it was opened, and [`DataError::File`].
    pub fn window(&self, start: u64, length: usize) -> Result<Vec<i32>, DataError> {
        self.storage.check_unchanged()?;
        let mut tokens = Vec::new();
        self.append_window(start, length, &mut Vec::new(), &mut tokens)?;
        Ok(tokens)
    }

    /// For many windows: call [`Tokens::check_unchanged`] first; `bytes` is scratch.
    pub(crate) fn append_window(
        &self,
        start: u64,
        length: usize,
        bytes: &mut Vec<u8>,
        tokens: &mut Vec<i32>,
    ) -> Result<(), DataError> {
        let end = start.saturating_add(length as u64);
        if end > self.len {
            let (name, context) = (self.name(), length.saturating_sub(1));
            return Err(DataError::TooShort { name, tokens: self.len, context, needed: end });
        }
        let width = self.width.bytes();
        bytes.resize(length * width, 0);
        self.storage.read(self.header + start * width as u64, bytes)?;
        let first = tokens.len();
        self.width.read(bytes, tokens);
        self.check_vocabulary(&tokens[first..], start)
    }

    /// Of tokens of which the first stands at `position`.
    fn check_vocabulary(&self, tokens: &[i32], position: u64) -> Result<(), DataError> {
        let limit = self.limit();
        match tokens.iter().position(|token| *token as u32 >= limit) {
            Some(place) => {
                Err(out_of_vocabulary(&self.name(), tokens[place] as u32, position + place as u64, limit as usize))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn check_unchanged(&self) -> Result<(), DataError> {
        self.storage.check_unchanged()
    }

    /// Tokens have to be below it: of the vocabulary, and representable as `i32`.
    fn limit(&self) -> u32 {
        const I32: u32 = 1 << 31;
        self.vocab_size.and_then(|size| u32::try_from(size).ok()).map_or(I32, |size| size.min(I32))
    }
}

fn refuse_known_files(storage: &Storage, path: &Path) -> Result<(), DataError> {
    let mut bytes = vec![0; storage.n_bytes().min(16) as usize];
    storage.read(0, &mut bytes)?;
    let refused = |what| {
        let how = "in NumPy tokens.astype('<u2').tofile(path), or '<u4' of a vocabulary above 65536";
        let reason = format!("it is {what}; give a file of nothing but little-endian integers, {how}");
        DataError::Unusable { path: path.to_owned(), reason }
    };
    known_files::name(&bytes).map_or(Ok(()), |what| Err(refused(what)))
}

fn out_of_vocabulary(name: &str, token: u32, position: u64, vocab_size: usize) -> DataError {
    DataError::OutOfVocabulary { name: name.to_owned(), token, position, vocab_size }
}
