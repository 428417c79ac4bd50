//! Text: where it is, that it is text, its hash and its split. What it means is the tokenizer's affair.

mod files;
mod stream;

use std::fs;
use std::path::{Path, PathBuf};

use mup_files::{Sha256, sha256};

use crate::DataError;
pub(crate) use stream::{Boundary, Piece, Stream};

/// Text in memory, or a file, or all text files of a folder; files are not held in memory.
#[derive(Clone, Debug)]
pub struct Text {
    name: String,
    source: Source,
    n_bytes: u64,
    sha256: String,
}

#[derive(Clone, Debug)]
enum Source {
    Memory(String),
    Files(Vec<Part>),
}

/// A file and where it stands in the text.
#[derive(Clone, Debug)]
struct Part {
    path: PathBuf,
    start: u64,
    n_bytes: u64,
}

/// The whole text of a file, or of all text files of a folder in order of their paths.
///
/// In a folder, files that are empty or not UTF-8 are skipped, and hidden ones and links are not looked at; the
/// [name](Text::name) says how many were skipped. For text larger than memory, see [`Text::open`].
///
/// # Errors
///
/// [`DataError::File`] for what cannot be read, [`DataError::Empty`] and [`DataError::Binary`] for a file,
/// [`DataError::NoText`] for a folder.
pub fn read_text(path: &Path) -> Result<Text, DataError> {
    let text = Text::open(path)?;
    Ok(Text { source: Source::Memory(text.clone().into_string()?), ..text })
}

impl Text {
    /// The text of a file, or of all text files of a folder as in [`read_text`], read piece by piece when needed.
    ///
    /// Reads everything once: only text is accepted, and its hash is remembered, so that a later change is noticed.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let kind = fs::metadata(path).map_err(DataError::file("read", path))?;
        let mut hash = Sha256::default();
        let (name, files) = if kind.is_dir() {
            let (files, n_skipped) = files::text_files(path, &mut hash)?;
            if files.is_empty() {
                return Err(DataError::NoText { path: path.to_owned(), n_skipped });
            }
            (format!("{} ({} text files, {n_skipped} others skipped)", path.display(), files.len()), files)
        } else {
            let n_bytes = files::check(path, &mut hash)?;
            (path.display().to_string(), vec![(path.to_owned(), n_bytes)])
        };
        let mut end = 0;
        let mut part = |(path, n_bytes)| {
            let start = end;
            end += n_bytes;
            Part { path, start, n_bytes }
        };
        let parts = files.into_iter().map(&mut part).collect();
        Ok(Self { name, source: Source::Files(parts), n_bytes: end, sha256: hash.finish() })
    }

    /// A text in memory.
    ///
    /// # Errors
    ///
    /// [`DataError::Empty`].
    pub fn from_string(name: &str, content: String) -> Result<Self, DataError> {
        if content.is_empty() {
            return Err(DataError::Empty { name: name.to_owned() });
        }
        let (n_bytes, sha256) = (content.len() as u64, sha256(content.as_bytes()));
        Ok(Self { name: name.to_owned(), source: Source::Memory(content), n_bytes, sha256 })
    }

    /// Its path and how many files were taken and skipped, or what its maker called it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length in bytes, at least one.
    #[must_use]
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Of the bytes, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The whole text, read if it is not in memory yet, never copied.
    ///
    /// # Errors
    ///
    /// [`DataError::File`], and [`DataError::Changed`] if the files are no longer what [`Text::open`] saw.
    pub fn into_string(self) -> Result<String, DataError> {
        if let Source::Memory(content) = self.source {
            return Ok(content);
        }
        let mut stream = Stream::new(&self);
        let mut bytes = Vec::with_capacity(self.n_bytes as usize);
        stream.fill(&mut bytes, self.n_bytes as usize)?;
        stream.finish()?;
        String::from_utf8(bytes).map_err(|_| changed(&self.name))
    }

    /// Pieces that end where `boundary` allows, in order; for one look at the whole text.
    pub(crate) fn pieces(&self, boundary: Boundary) -> impl Iterator<Item = Result<Piece, DataError>> + Send + '_ {
        let mut stream = Some(Stream::new(self));
        let mut rest = Vec::new();
        std::iter::from_fn(move || {
            let piece = stream.as_mut()?.piece(self.n_bytes, boundary, &mut rest);
            match piece {
                Ok(Some(piece)) => Some(Ok(piece)),
                Ok(None) => stream.take().and_then(|stream| stream.finish().err()).map(Err),
                Err(error) => {
                    stream = None;
                    Some(Err(error))
                }
            }
        })
    }

    /// Where validation begins, in bytes; moved to the next character unless the tokenizer is one of bytes.
    pub(crate) fn validation_start(&self, share: f64, boundary: Boundary) -> Result<u64, DataError> {
        let mut start = validation_start(self.n_bytes, share)?;
        if boundary != Boundary::Byte {
            let mut next = Vec::new();
            Stream::at(self, start).fill(&mut next, 4.min((self.n_bytes - start) as usize))?;
            start += next.iter().take_while(|byte| **byte & 0b1100_0000 == 0b1000_0000).count() as u64;
        }
        if start >= self.n_bytes {
            return Err(DataError::ValidationShare { share, n_bytes: self.n_bytes });
        }
        Ok(start)
    }
}

/// Where the part for validation begins in a text of `n_bytes`: the last `share` of it, rounded down.
///
/// # Errors
///
/// [`DataError::ValidationShare`] if it is not between 0 and 1 or leaves nothing on one side.
pub fn validation_start(n_bytes: u64, share: f64) -> Result<u64, DataError> {
    let wrong = || DataError::ValidationShare { share, n_bytes };
    if !(share > 0.0 && share < 1.0) {
        return Err(wrong());
    }
    let validation = (n_bytes as f64 * share).floor() as u64;
    if validation == 0 || validation >= n_bytes { Err(wrong()) } else { Ok(n_bytes - validation) }
}

fn changed(name: &str) -> DataError {
    DataError::Changed { name: name.to_owned(), what: "another content than when it was opened".to_owned() }
}
