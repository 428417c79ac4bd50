//! Looking at every token once.

use mup_files::Sha256;

use super::Tokens;
use crate::DataError;

/// Bytes read at once; a multiple of every width.
const PIECE: usize = 1 << 20;

impl Tokens {
    /// SHA-256 of the bytes, in hexadecimal: what a checkpoint should remember of its data. Reads everything once.
    ///
    /// # Errors
    ///
    /// [`DataError::Changed`] and [`DataError::File`].
    pub fn sha256(&self) -> Result<String, DataError> {
        let mut hash = Sha256::default();
        self.scan(|_, bytes| {
            hash.update(bytes);
            Ok(())
        })?;
        Ok(hash.finish())
    }

    /// Reads everything once: every token is in the vocabulary, and the content is the recorded one.
    ///
    /// # Errors
    ///
    /// [`DataError::OutOfVocabulary`] names the first such token, [`DataError::WrongHash`] both hashes.
    pub fn verify(&self) -> Result<(), DataError> {
        let mut hash = Sha256::default();
        let mut tokens = Vec::new();
        self.scan(|position, bytes| {
            hash.update(bytes);
            tokens.clear();
            self.width.read(bytes, &mut tokens);
            self.check_vocabulary(&tokens, position)
        })?;
        let found = hash.finish();
        match &self.sha256 {
            Some(expected) if *expected != found => {
                Err(DataError::WrongHash { name: self.name(), found, expected: expected.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Pieces in order, each with the position of its first token.
    fn scan(&self, mut each: impl FnMut(u64, &[u8]) -> Result<(), DataError>) -> Result<(), DataError> {
        let mut bytes = vec![0; PIECE];
        let mut position = 0;
        while position < self.storage.n_bytes() {
            let piece = PIECE.min((self.storage.n_bytes() - position) as usize);
            self.storage.read(position, &mut bytes[..piece])?;
            each(position / self.width.bytes() as u64, &bytes[..piece])?;
            position += piece as u64;
        }
        self.storage.check_unchanged()
    }
}
