//! From text to tokens and back.

#[cfg(feature = "bpe")]
mod bpe;
mod characters;
mod file;
mod hugging_face;

use mup_files::sha256;

use crate::text::{Boundary, Piece};
use crate::{DataError, Text};
use characters::Characters;

/// Bytes, characters, or byte-pair encoding (feature `bpe`).
///
/// # Example
///
/// ```
/// use mup_data::{Text, Tokenizer};
///
/// let text = Text::from_string("a verse", "to be or not to be".to_owned())?;
/// let tokenizer = Tokenizer::characters(&text)?;
/// assert_eq!(tokenizer.vocab_size(), 7);
/// assert_eq!(tokenizer.decode(&tokenizer.encode("not")?)?, "not");
/// assert!(tokenizer.encode("nut").is_err());
/// # Ok::<(), mup_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tokenizer(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Bytes,
    Characters(Characters),
    #[cfg(feature = "bpe")]
    Bpe(Box<bpe::Bpe>),
}

impl Tokenizer {
    /// Each byte of UTF-8 is a token: a vocabulary of 256, and no text is unknown.
    #[must_use]
    pub fn bytes() -> Self {
        Self(Kind::Bytes)
    }

    /// The characters of a text, in order of their code points. Give all the text there is: another character is an
    /// error.
    ///
    /// # Errors
    ///
    /// [`DataError::File`] and [`DataError::Changed`].
    pub fn characters(text: &Text) -> Result<Self, DataError> {
        Ok(Self(Kind::Characters(Characters::of(text)?)))
    }

    /// Byte-pair encoding as GPT-2's (byte level, split by its regular expression), with merges learned from a text.
    ///
    /// The vocabulary is smaller than asked for if the text runs out of pairs that occur twice.
    ///
    /// # Errors
    ///
    /// [`DataError::Bpe`] for fewer than 256 tokens, [`DataError::File`] and [`DataError::Changed`].
    #[cfg(feature = "bpe")]
    pub fn train_bpe(text: &Text, vocab_size: usize) -> Result<Self, DataError> {
        Ok(Self(Kind::Bpe(Box::new(bpe::Bpe::train(text, vocab_size)?))))
    }

    /// Tokens of a text.
    ///
    /// # Errors
    ///
    /// [`DataError::UnknownCharacter`] names the character and its place; [`DataError::Bpe`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, DataError> {
        let mut tokens = Vec::new();
        self.encode_at(text, 0, &mut |token| tokens.push(token))?;
        Ok(tokens)
    }

    /// The text of tokens. Where bytes form no character, as where a sample was cut, stands U+FFFD.
    ///
    /// # Errors
    ///
    /// [`DataError::OutOfVocabulary`] names the token and its place; [`DataError::Bpe`].
    pub fn decode(&self, tokens: &[u32]) -> Result<String, DataError> {
        let vocab_size = self.vocab_size();
        if let Some((position, token)) = tokens.iter().enumerate().find(|(_, token)| **token as usize >= vocab_size) {
            let (name, position) = (format!("the tokens to decode with {}", self.describe()), position as u64);
            return Err(DataError::OutOfVocabulary { name, token: *token, position, vocab_size });
        }
        match &self.0 {
            Kind::Bytes => {
                let bytes: Vec<u8> = tokens.iter().map(|token| *token as u8).collect();
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            Kind::Characters(characters) => Ok(characters.decode(tokens)),
            #[cfg(feature = "bpe")]
            Kind::Bpe(bpe) => bpe.decode(tokens),
        }
    }

    /// How many tokens there are: the rows of an embedding.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        match &self.0 {
            Kind::Bytes => 256,
            Kind::Characters(characters) => characters.len(),
            #[cfg(feature = "bpe")]
            Kind::Bpe(bpe) => bpe.vocab_size(),
        }
    }

    /// SHA-256 of its file, in hexadecimal: tokenizers with the same one give the same tokens.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha256(self.to_json().as_bytes())
    }

    /// In a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.0 {
            Kind::Bytes => "bytes".to_owned(),
            Kind::Characters(characters) => format!("{} characters", characters.len()),
            #[cfg(feature = "bpe")]
            Kind::Bpe(bpe) => format!("byte-pair encoding with {} tokens", bpe.vocab_size()),
        }
    }

    /// Where text may be cut without changing its tokens.
    pub(crate) fn boundary(&self) -> Boundary {
        match &self.0 {
            Kind::Bytes => Boundary::Byte,
            Kind::Characters(_) => Boundary::Character,
            #[cfg(feature = "bpe")]
            Kind::Bpe(_) => Boundary::Word,
        }
    }

    /// Tokens of a piece, one after the other; a piece of bytes may end within a character.
    pub(crate) fn encode_piece(&self, piece: &Piece, name: &str, each: &mut dyn FnMut(u32)) -> Result<(), DataError> {
        match &self.0 {
            Kind::Bytes => {
                piece.bytes.iter().for_each(|byte| each(u32::from(*byte)));
                Ok(())
            }
            _ => self.encode_at(piece.as_str(name)?, piece.position, each),
        }
    }

    fn encode_at(&self, text: &str, position: u64, each: &mut dyn FnMut(u32)) -> Result<(), DataError> {
        match &self.0 {
            Kind::Bytes => {
                text.bytes().for_each(|byte| each(u32::from(byte)));
                Ok(())
            }
            Kind::Characters(characters) => characters.encode(text, position, each),
            #[cfg(feature = "bpe")]
            Kind::Bpe(bpe) => bpe.encode(text, each),
        }
    }
}
