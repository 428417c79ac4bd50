//! One token per character.

use std::collections::{BTreeSet, HashMap};

use crate::text::Boundary;
use crate::{DataError, Text};

/// Characters in order of their tokens, and the way back.
#[derive(Clone, Debug)]
pub(super) struct Characters {
    characters: Vec<char>,
    tokens: HashMap<char, u32>,
}

impl Characters {
    pub(super) fn of(text: &Text) -> Result<Self, DataError> {
        let mut found = BTreeSet::new();
        for piece in text.pieces(Boundary::Character) {
            found.extend(piece?.as_str(text.name())?.chars());
        }
        Ok(Self::from_sorted(found.into_iter().collect()))
    }

    /// From a file: strictly increasing, and at least one.
    pub(super) fn from_list(list: &str) -> Option<Self> {
        let characters: Vec<char> = list.chars().collect();
        let sorted = characters.is_sorted_by(|a, b| a < b);
        (sorted && !characters.is_empty()).then(|| Self::from_sorted(characters))
    }

    fn from_sorted(characters: Vec<char>) -> Self {
        let tokens = characters.iter().zip(0..).map(|(character, token)| (*character, token)).collect();
        Self { characters, tokens }
    }

    pub(super) fn list(&self) -> String {
        self.characters.iter().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.characters.len()
    }

    pub(super) fn encode(&self, text: &str, position: u64, each: &mut dyn FnMut(u32)) -> Result<(), DataError> {
        for (place, character) in text.char_indices() {
            let token = self.tokens.get(&character).ok_or(DataError::UnknownCharacter {
                character,
                position: position + place as u64,
                vocab_size: self.len(),
            })?;
            each(*token);
        }
        Ok(())
    }

    /// The tokens are in the vocabulary.
    pub(super) fn decode(&self, tokens: &[u32]) -> String {
        tokens.iter().map(|token| self.characters[*token as usize]).collect()
    }
}
