//! Looking at every token once.

use mup_files::Sha256;

use super::plausible::{Lanes, Misread};
use super::{TokenWidth, Tokens};
use crate::DataError;

/// Bytes read at once; a multiple of every width.
const PIECE: usize = 1 << 20;

impl Tokens {
    /// SHA-256 of the bytes of the file, its header included, in hexadecimal: what a checkpoint should remember of its
    /// data. Reads everything once.
    ///
    /// # Errors
    ///
    /// [`DataError::Changed`] and [`DataError::File`].
    pub fn sha256(&self) -> Result<String, DataError> {
        let mut hash = self.hash_of_header()?;
        self.scan(|_, bytes| {
            hash.update(bytes);
            Ok(())
        })?;
        Ok(hash.finish())
    }

    /// Reads everything once: every token is in the vocabulary, and the content is the recorded one.
    ///
    /// Where none is recorded, a file that seems to have been written with another width or in the other byte order is
    /// refused: int32 or int64 read as u16 (every second token is 0), big endian read as little endian, text. It is a
    /// guess from the distribution of bytes; tokens that are so by intention need [`with_sha256`](Self::with_sha256).
    ///
    /// # Errors
    ///
    /// [`DataError::OutOfVocabulary`] names the first such token, [`DataError::WrongHash`] both hashes,
    /// [`DataError::Misread`] what shows it.
    pub fn verify(&self) -> Result<(), DataError> {
        match &self.sha256 {
            Some(expected) => self.verify_hash(expected),
            None if self.storage.is_memory() => self.scan_tokens(|_| ()),
            None => self.verify_plausible(),
        }
    }

    fn verify_hash(&self, expected: &str) -> Result<(), DataError> {
        let mut hash = self.hash_of_header()?;
        self.scan_tokens(|bytes| hash.update(bytes))?;
        let found = hash.finish();
        if found == expected {
            return Ok(());
        }
        Err(DataError::WrongHash { name: self.name(), found, expected: expected.to_owned() })
    }

    fn verify_plausible(&self) -> Result<(), DataError> {
        let (mut lanes, mut fits, mut fits_swapped, mut tokens) = (Lanes::new(), Ok(()), true, Vec::new());
        self.scan(|position, bytes| {
            lanes.add(bytes);
            tokens.clear();
            self.width.read(bytes, &mut tokens);
            if fits.is_ok() {
                // A misread file has such tokens too: what it is says more.
                fits = self.check_vocabulary(&tokens, position);
            }
            let swapped = |token: &i32| self.width.swap(*token as u32) < self.limit();
            fits_swapped = fits_swapped && (self.width == TokenWidth::U8 || tokens.iter().all(swapped));
            Ok(())
        })?;
        match lanes.misread(self.width, fits.is_ok(), fits_swapped) {
            Some(Misread { evidence, remedy }) => {
                Err(DataError::Misread { name: self.name(), width: self.width, evidence, remedy })
            }
            None => fits,
        }
    }

    fn hash_of_header(&self) -> Result<Sha256, DataError> {
        let (mut hash, mut bytes) = (Sha256::default(), vec![0; self.header as usize]);
        self.storage.read(0, &mut bytes)?;
        hash.update(&bytes);
        Ok(hash)
    }

    /// Every piece, once its tokens are known to be in the vocabulary.
    fn scan_tokens(&self, mut each: impl FnMut(&[u8])) -> Result<(), DataError> {
        let mut tokens = Vec::new();
        self.scan(|position, bytes| {
            each(bytes);
            tokens.clear();
            self.width.read(bytes, &mut tokens);
            self.check_vocabulary(&tokens, position)
        })
    }

    /// Pieces in order, each with the position of its first token.
    fn scan(&self, mut each: impl FnMut(u64, &[u8]) -> Result<(), DataError>) -> Result<(), DataError> {
        let (mut bytes, mut position) = (vec![0; PIECE], self.header);
        while position < self.storage.n_bytes() {
            let piece = PIECE.min((self.storage.n_bytes() - position) as usize);
            self.storage.read(position, &mut bytes[..piece])?;
            each((position - self.header) / self.width.bytes() as u64, &bytes[..piece])?;
            position += piece as u64;
        }
        self.storage.check_unchanged()
    }
}
