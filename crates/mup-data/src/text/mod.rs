//! Text: where it is, that it is text, its hash and its split. What it means is the tokenizer's affair.

mod files;
mod looks;
mod skipped;
mod stream;
mod survey;
mod wide;

use std::fs;
use std::path::{Path, PathBuf};

use mup_files::sha256;

use crate::DataError;
use files::Seen;
pub use looks::Looks;
pub use skipped::Skipped;
pub(crate) use stream::{Boundary, Piece, Stream};
use survey::Survey;

/// Text in memory, or a file, or all text files of a folder; files are not held in memory.
#[derive(Clone, Debug)]
pub struct Text {
    name: String,
    source: Source,
    n_bytes: u64,
    sha256: String,
    remarks: Vec<String>,
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
    /// Bytes of the file before its text: a byte order mark.
    mark: u64,
    start: u64,
    n_bytes: u64,
}

/// The whole text of a file, or of all text files of a folder in order of their paths.
///
/// A byte order mark at the beginning of a file is no part of the text. In a folder, files that are empty or not UTF-8
/// and links are skipped, and hidden ones are not looked at; the [remarks](Text::remarks) say which were skipped. For
/// text larger than memory, see [`Text::open`].
///
/// # Errors
///
/// [`DataError::File`] for what cannot be read, [`DataError::Empty`] and [`DataError::NotUtf8`] for a file,
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
        let mut seen = Seen::default();
        let (name, files, skipped) = if kind.is_dir() {
            let (files, skipped) = files::text_files(path, &mut seen)?;
            if files.is_empty() {
                return Err(DataError::NoText { path: path.to_owned(), skipped });
            }
            let n_skipped = skipped.n_files();
            let name = format!("{} ({} text files, {n_skipped} others skipped)", path.display(), files.len());
            (name, files, skipped)
        } else {
            let (mark, n_bytes) = files::check(path, &mut seen)?;
            (path.display().to_string(), vec![(path.to_owned(), mark, n_bytes)], Skipped::default())
        };
        let mut remarks = seen.survey.remarks();
        if skipped.n_files() > 0 {
            remarks.insert(0, format!("{} of its files are skipped: {skipped}", skipped.n_files()));
        }
        let mut end = 0;
        let mut part = |(path, mark, n_bytes)| {
            let start = end;
            end += n_bytes;
            Part { path, mark, start, n_bytes }
        };
        let parts = files.into_iter().map(&mut part).collect();
        Ok(Self { name, source: Source::Files(parts), n_bytes: end, sha256: seen.hash.finish(), remarks })
    }

    /// A text in memory; a byte order mark at its beginning is no part of it.
    ///
    /// # Errors
    ///
    /// [`DataError::Empty`].
    pub fn from_string(name: &str, mut content: String) -> Result<Self, DataError> {
        let mark = files::length_of_marks(content.as_bytes());
        content.drain(..mark);
        if content.is_empty() {
            return Err(DataError::Empty { name: name.to_owned() });
        }
        let mut survey = Survey::default();
        survey.marked_files += u64::from(mark > 0);
        survey.add(content.as_bytes());
        let (n_bytes, sha256) = (content.len() as u64, sha256(content.as_bytes()));
        let (name, remarks) = (name.to_owned(), survey.remarks());
        Ok(Self { name, source: Source::Memory(content), n_bytes, sha256, remarks })
    }

    /// What whoever trains on it should know, a sentence each, mostly none: files that were skipped, byte order marks
    /// that were left out, line ends of Windows. A program prints them.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
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
            return Err(DataError::ShortText {
                share,
                n_bytes: self.n_bytes,
                needed: shortest(share, LONGEST_CHARACTER),
            });
        }
        Ok(start)
    }
}

/// Where the part for validation begins in a text of `n_bytes`: the last `share` of it, rounded down.
///
/// # Errors
///
/// [`DataError::ValidationShare`] if it is not between 0 and 1 or leaves nothing to train on, [`DataError::ShortText`]
/// if it is less than a byte.
pub fn validation_start(n_bytes: u64, share: f64) -> Result<u64, DataError> {
    if !(share > 0.0 && share < 1.0) {
        return Err(DataError::ValidationShare { share });
    }
    match part(n_bytes, share) {
        0 => Err(DataError::ShortText { share, n_bytes, needed: shortest(share, 1) }),
        validation if validation < n_bytes => Ok(n_bytes - validation),
        _ => Err(DataError::ValidationShare { share }),
    }
}

/// Bytes of UTF-8.
const LONGEST_CHARACTER: u64 = 4;

fn part(n_bytes: u64, share: f64) -> u64 {
    (n_bytes as f64 * share).floor() as u64
}

/// Bytes of the shortest text of which `share` has `bytes` bytes.
fn shortest(share: f64, bytes: u64) -> u64 {
    let about = (bytes as f64 / share) as u64;
    (about.saturating_sub(1)..=about.saturating_add(1)).find(|n| part(*n, share) >= bytes).unwrap_or(u64::MAX)
}

fn changed(name: &str) -> DataError {
    DataError::Changed { name: name.to_owned(), what: "another content than when it was opened".to_owned() }
}
