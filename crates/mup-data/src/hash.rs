//! SHA-256, written in hexadecimal.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::DataError;

/// Of bytes that come in pieces.
#[derive(Clone, Default)]
pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Of bytes in memory, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut hash = Hash::default();
    hash.update(bytes);
    hash.finish()
}

/// Of a file that may be larger than memory.
pub(crate) fn hash_of_file(path: &Path) -> Result<String, DataError> {
    let mut file = File::open(path).map_err(DataError::file("read", path))?;
    let (mut hash, mut bytes) = (Hash::default(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut bytes).map_err(DataError::file("read", path))? {
            0 => return Ok(hash.finish()),
            n => hash.update(&bytes[..n]),
        }
    }
}
