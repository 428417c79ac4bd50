//! Which tokenizer: what a command line says, and what it comes to on a text.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use mup_data::{Text, Tokenizer};

use crate::error::TextError;

/// How text becomes tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TokenizerChoice {
    /// Bytes of UTF-8.
    #[default]
    Bytes,
    /// The characters that the text has.
    Characters,
    /// Byte-pair encoding as GPT-2's with this many tokens, learned from the text.
    Bpe(usize),
    /// A `tokenizer.json`, of a study or of Hugging Face's with byte-level byte-pair encoding.
    File(PathBuf),
}

impl TokenizerChoice {
    /// The tokenizer, trained if it is learned from the text.
    ///
    /// # Errors
    ///
    /// Those of [`Tokenizer`]: no room for the 256 bytes, a file that is no tokenizer or would lose text.
    pub fn of(&self, text: &Text) -> Result<Tokenizer, TextError> {
        Ok(match self {
            Self::Bytes => Tokenizer::bytes(),
            Self::Characters => Tokenizer::characters(text)?,
            Self::Bpe(vocab_size) => Tokenizer::train_bpe(text, *vocab_size)?,
            Self::File(path) => Tokenizer::load(path)?,
        })
    }

    /// Whether the text alone says which tokenizer it is.
    pub(crate) fn follows_from_text(&self) -> bool {
        matches!(self, Self::Bytes | Self::Characters)
    }
}

impl FromStr for TokenizerChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let there_are =
            "there are bytes, characters, bpe:N with N tokens, for example bpe:2048, and the path of a tokenizer.json";
        match (text, text.strip_prefix("bpe:")) {
            ("bytes", _) => Ok(Self::Bytes),
            ("characters", _) => Ok(Self::Characters),
            (_, Some(count)) => {
                count.parse().map(Self::Bpe).map_err(|error| format!("`{count}` tokens: {error}; {there_are}"))
            }
            _ if text.ends_with(".json") => Ok(Self::File(PathBuf::from(text))),
            _ => Err(format!("no tokenizer is named `{text}`; {there_are}")),
        }
    }
}

/// As it is read.
impl fmt::Display for TokenizerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes => f.write_str("bytes"),
            Self::Characters => f.write_str("characters"),
            Self::Bpe(vocab_size) => write!(f, "bpe:{vocab_size}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenizerChoice;

    #[test]
    fn a_tokenizer_reads_back_as_it_is_written_and_an_unknown_one_is_told_which_there_are() {
        for name in ["bytes", "characters", "bpe:512", "a/tokenizer.json"] {
            assert_eq!(name.parse::<TokenizerChoice>().expect("a tokenizer").to_string(), name);
        }
        for (name, said) in [("byte", "`byte`"), ("bpe", "`bpe`"), ("bpe:many", "`many`"), ("bpe:-1", "`-1`")] {
            let message = name.parse::<TokenizerChoice>().expect_err("unknown");
            assert!(message.contains(said) && message.contains("bpe:2048"), "{message}");
        }
    }
}
