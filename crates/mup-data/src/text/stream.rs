//! Reading a text from front to back in pieces that a tokenizer can take one at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use mup_files::Sha256;

use super::{Source, Text, changed};
use crate::DataError;

/// Bytes of a piece, unless no boundary is found in them.
const PIECE: usize = 1 << 20;

/// Where a text may be cut without changing its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Anywhere.
    Byte,
    /// Between characters.
    Character,
    /// Between a letter or digit and the space that follows: no pre-token of GPT-2, 4 or Llama 3 reaches across.
    #[cfg_attr(not(feature = "bpe"), expect(dead_code, reason = "of byte-pair encoding"))]
    Word,
}

/// Some bytes of a text.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    /// Of the first byte.
    pub(crate) position: u64,
}

impl Piece {
    /// As text; the text was checked when it was opened.
    pub(crate) fn as_str(&self, name: &str) -> Result<&str, DataError> {
        std::str::from_utf8(&self.bytes).map_err(|_| changed(name))
    }
}

/// A place in a text, from which it is read on.
pub(crate) struct Stream<'a> {
    text: &'a Text,
    position: u64,
    /// Of what was read, if it was read from the beginning.
    hash: Sha256,
    open: Option<(usize, File)>,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(text: &'a Text) -> Self {
        Self::at(text, 0)
    }

    pub(super) fn at(text: &'a Text, position: u64) -> Self {
        Self { text, position, hash: Sha256::default(), open: None }
    }

    /// The next piece before `end`; `rest` holds what was read but belongs to the next one, and is empty at `end`.
    pub(crate) fn piece(
        &mut self,
        end: u64,
        boundary: Boundary,
        rest: &mut Vec<u8>,
    ) -> Result<Option<Piece>, DataError> {
        let mut bytes = std::mem::take(rest);
        let position = self.position - bytes.len() as u64;
        loop {
            let n = (PIECE as u64).min(end - self.position) as usize;
            self.fill(&mut bytes, n)?;
            let cut = if self.position == end { Some(bytes.len()) } else { boundary.last_in(&bytes) };
            match cut {
                Some(0) => return Ok(None),
                Some(cut) => {
                    *rest = bytes.split_off(cut);
                    return Ok(Some(Piece { bytes, position }));
                }
                // A long text without a boundary: read on.
                None => {}
            }
        }
    }

    /// Appends exactly `n` bytes.
    pub(super) fn fill(&mut self, bytes: &mut Vec<u8>, n: usize) -> Result<(), DataError> {
        let start = bytes.len();
        match &self.text.source {
            Source::Memory(content) => {
                let from = self.position as usize;
                bytes.extend_from_slice(&content.as_bytes()[from..from + n]);
            }
            Source::Files(parts) => {
                let (mut position, end) = (self.position, self.position + n as u64);
                let mut number = parts.partition_point(|part| part.start + part.n_bytes <= position);
                while position < end {
                    let part = &parts[number];
                    let take = (part.start + part.n_bytes).min(end) - position;
                    self.read(number, &part.path, part.mark + position - part.start, take, bytes)?;
                    (position, number) = (position + take, number + 1);
                }
            }
        }
        self.hash.update(&bytes[start..]);
        self.position += n as u64;
        Ok(())
    }

    /// Some bytes of one file, which stays open.
    fn read(&mut self, number: usize, path: &Path, within: u64, n: u64, bytes: &mut Vec<u8>) -> Result<(), DataError> {
        let mut file = match self.open.take() {
            Some((open, file)) if open == number => file,
            _ => {
                let mut file = File::open(path).map_err(DataError::file("read", path))?;
                file.seek(SeekFrom::Start(within)).map_err(DataError::file("read", path))?;
                file
            }
        };
        let read = file.by_ref().take(n).read_to_end(bytes).map_err(DataError::file("read", path))?;
        if (read as u64) < n {
            return Err(changed(&path.display().to_string()));
        }
        self.open = Some((number, file));
        Ok(())
    }

    /// After the last byte: everything that was read is what was there when the text was opened.
    pub(crate) fn finish(self) -> Result<(), DataError> {
        if self.hash.finish() == self.text.sha256 { Ok(()) } else { Err(changed(&self.text.name)) }
    }
}

impl Boundary {
    /// Whether a text may be cut before the byte at `place`, which is not the first.
    pub(crate) fn allows(self, bytes: &[u8], place: usize) -> bool {
        match self {
            Self::Byte => true,
            Self::Character => bytes[place] & 0b1100_0000 != 0b1000_0000,
            Self::Word => bytes[place] == b' ' && bytes[place - 1].is_ascii_alphanumeric(),
        }
    }

    /// The last place to cut, if there is one. Only bytes may be cut at the end, where a character may not be whole.
    fn last_in(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Byte => Some(bytes.len()),
            Self::Character | Self::Word => (1..bytes.len()).rev().find(|place| self.allows(bytes, *place)),
        }
    }
}
