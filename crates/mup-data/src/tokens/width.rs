//! How many bytes a token takes.

use serde::{Deserialize, Serialize};

/// Bytes of a token, little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenWidth {
    /// Vocabularies up to 256, bytes for example.
    U8,
    /// Vocabularies up to 65 536; nanoGPT's `.bin` files.
    U16,
    /// All others.
    U32,
}

impl TokenWidth {
    /// The narrowest that holds every token below `vocab_size`.
    #[must_use]
    pub fn for_vocabulary(vocab_size: usize) -> Self {
        match vocab_size {
            0..=0x100 => Self::U8,
            0x101..=0x1_0000 => Self::U16,
            _ => Self::U32,
        }
    }

    /// 1, 2 or 4.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
        }
    }

    /// As NumPy's `astype` takes it: who writes tokens hardly knows Rust's types.
    pub(crate) fn numpy(self) -> &'static str {
        match self {
            Self::U8 => "<u1",
            Self::U16 => "<u2",
            Self::U32 => "<u4",
        }
    }

    /// Of which vocabularies tokens have this width.
    pub(super) fn of_vocabularies(self) -> &'static str {
        match self {
            Self::U8 => "vocabularies up to 256 are",
            Self::U16 => "vocabularies up to 65536 are",
            Self::U32 => "vocabularies above 65536 are",
        }
    }

    /// Appends the low bytes of a token.
    pub(crate) fn write(self, token: u32, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&token.to_le_bytes()[..self.bytes()]);
    }

    /// A token with its bytes in the other order.
    pub(crate) fn swap(self, token: u32) -> u32 {
        token.swap_bytes() >> (32 - 8 * self.bytes())
    }

    /// Appends tokens; one above `i32::MAX` wraps, and is itself again as `u32`.
    pub(crate) fn read(self, bytes: &[u8], tokens: &mut Vec<i32>) {
        // One loop per width, each of which the compiler vectorizes.
        match self {
            Self::U8 => tokens.extend(bytes.iter().map(|byte| i32::from(*byte))),
            Self::U16 => tokens.extend(bytes.as_chunks().0.iter().map(|token| i32::from(u16::from_le_bytes(*token)))),
            Self::U32 => tokens.extend(bytes.as_chunks().0.iter().map(|token| i32::from_le_bytes(*token))),
        }
    }
}

/// As NumPy calls it.
impl std::fmt::Display for TokenWidth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
        })
    }
}
