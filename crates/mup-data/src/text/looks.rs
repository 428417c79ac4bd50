//! What bytes that are no UTF-8 text look like, so that whoever gave them knows what to do.

use std::fmt;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::wide::wide_encoding;
use crate::known_files;

/// Bytes before and after the first wrong one that a guess is made from.
pub(super) const CONTEXT: usize = 1 << 15;

/// What a file that is no UTF-8 text looks like: a guess, from the bytes around the first that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Looks {
    /// Text in another encoding, by the name that the Encoding Standard (WHATWG) has for it.
    Encoding(&'static str),
    /// Text of which part is UTF-8 and part is in another encoding.
    Mixed(&'static str),
    /// UTF-16's surrogates encoded one by one, as Java, Oracle and Python's `surrogatepass` do.
    Cesu8,
    /// One half of a character of UTF-16, without the other.
    LoneSurrogate,
    /// More bytes for a character than it needs, as Java writes its zero.
    Overlong,
    /// The last character is not whole.
    CutOff,
    /// Text, but for zero bytes.
    ZeroBytes,
    /// A file whose first bytes say what it is.
    Known(&'static str),
    /// Something else.
    Binary,
}

impl Looks {
    /// In a few words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Encoding(name) | Self::Known(name) => name,
            Self::Mixed(_) => "partly UTF-8",
            Self::Cesu8 => "CESU-8",
            Self::LoneSurrogate => "UTF-8 with a lone surrogate",
            Self::Overlong => "overlong UTF-8",
            Self::CutOff => "UTF-8 that ends within a character",
            Self::ZeroBytes => "text with zero bytes",
            Self::Binary => "binary",
        }
    }

    /// `bytes[place]` is the first that is no UTF-8, or zero; `whole` where the bytes are those of a file from its
    /// beginning.
    pub(super) fn of(bytes: &[u8], place: usize, whole: bool) -> Self {
        if whole && let Some(wide) = wide_encoding(&bytes[..bytes.len().min(CONTEXT)]) {
            return Self::Encoding(wide);
        }
        if whole && let Some(known) = known_files::name(bytes) {
            return Self::Known(known);
        }
        let near = &bytes[place.saturating_sub(CONTEXT)..bytes.len().min(place + CONTEXT)];
        let unprintable = |byte: &&u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
        let controls = near.iter().filter(unprintable).count();
        if bytes[place] == 0 {
            let zeros = near.iter().filter(|byte| **byte == 0).count();
            let is_text = zeros * 2 < near.len() && controls == zeros && std::str::from_utf8(near).is_ok();
            return if is_text { Self::ZeroBytes } else { Self::Binary };
        }
        if controls * 1000 > near.len() { Self::Binary } else { Self::of_text(near, &bytes[place..]) }
    }

    /// Of printable bytes, the first wrong one of which begins `wrong`.
    fn of_text(near: &[u8], wrong: &[u8]) -> Self {
        match wrong {
            [0xed, 0xa0..=0xaf, 0x80..=0xbf, 0xed, 0xb0..=0xbf, 0x80..=0xbf, ..] => return Self::Cesu8,
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => return Self::LoneSurrogate,
            [0xc0 | 0xc1, 0x80..=0xbf, ..] | [0xe0, 0x80..=0x9f, 0x80..=0xbf, ..] => return Self::Overlong,
            [0xf0, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => return Self::Overlong,
            _ => {}
        }
        let (characters, invalid) = characters_beyond_ascii(near);
        let cut =
            std::str::from_utf8(wrong).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none());
        if cut && (characters > 0 || wrong.len() > 1) {
            return Self::CutOff;
        }
        // In another encoding's text few bytes happen to form characters of UTF-8.
        if characters * 4 > invalid {
            Self::Mixed(guess(&without_characters(near)))
        } else {
            Self::Encoding(guess(near))
        }
    }
}

/// The name of the encoding, which is not UTF-8.
fn guess(bytes: &[u8]) -> &'static str {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny).name()
}

/// ASCII, and what is no UTF-8.
fn without_characters(bytes: &[u8]) -> Vec<u8> {
    let ascii = |text: &str| text.bytes().filter(u8::is_ascii).collect::<Vec<_>>();
    bytes.utf8_chunks().flat_map(|chunk| [&ascii(chunk.valid()), chunk.invalid()].concat()).collect()
}

/// How many characters of more than one byte there are, and how many bytes that are of none.
fn characters_beyond_ascii(bytes: &[u8]) -> (usize, usize) {
    let chunk = |(characters, invalid): (usize, usize), chunk: std::str::Utf8Chunk<'_>| {
        let beyond = chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        (characters + beyond, invalid + chunk.invalid().len())
    };
    bytes.utf8_chunks().fold((0, 0), chunk)
}

/// The names under which people look for it.
fn also_called(encoding: &str) -> &'static str {
    match encoding {
        "windows-1252" => " (cp1252, of which Latin-1 is a part)",
        "UTF-16LE" | "UTF-32LE" => " (little endian)",
        "UTF-16BE" | "UTF-32BE" => " (big endian)",
        _ => "",
    }
}

/// What it looks like, and what helps.
impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(name) => {
                let also = also_called(name);
                write!(f, "it looks like {name}{also}; convert it, as `iconv -f {name} -t UTF-8 FILE > NEW` does")
            }
            Self::Mixed(name) => {
                let also = also_called(name);
                write!(f, "other parts of it are UTF-8, this one looks like {name}{also}; convert or remove this one")
            }
            Self::Cesu8 => f.write_str(
                "it looks like CESU-8, in which each half of a UTF-16 pair is encoded by itself; write it again as UTF-8, \
                 in Python with text.encode('utf-16', 'surrogatepass').decode('utf-16')",
            ),
            Self::LoneSurrogate => {
                f.write_str("a lone surrogate stands there, half a character of UTF-16; replace or remove it")
            }
            Self::Overlong => f.write_str(
                "a character of more bytes than it needs stands there (overlong UTF-8, Java's modified UTF-8 for \
                 example); write the file again as UTF-8",
            ),
            Self::CutOff => f.write_str("the file ends within this character; it was cut off: get it anew"),
            Self::ZeroBytes => {
                f.write_str("it is text but for zero bytes; remove them, as `tr -d '\\000' < FILE > NEW` does")
            }
            Self::Known(name) => write!(f, "it is {name}; give the text that it was made from, or that is in it"),
            Self::Binary => f.write_str("it is binary; give a text file"),
        }
    }
}
