//! `data.json`: what the tokens of a folder are and where they came from.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DATA, file};
use crate::{DataError, Difference, TokenWidth};

/// Of `data.json`; others are refused.
pub const VERSION: u32 = 1;

/// The content of `data.json`. It names no path and no time: the same text gives the same bytes everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// [`VERSION`].
    pub version: u32,
    /// In a few words.
    pub tokenizer: String,
    /// [`crate::Tokenizer::fingerprint`].
    pub tokenizer_fingerprint: String,
    /// Tokens below this one exist.
    pub vocab_size: usize,
    /// Of the tokens in the `.bin` files.
    pub width: TokenWidth,
    /// Length of the text.
    pub text_bytes: u64,
    /// Of the text.
    pub text_sha256: String,
    /// As asked for.
    pub validation_share: f64,
    /// `train.bin`.
    pub train: PartDescription,
    /// `validation.bin`.
    pub validation: PartDescription,
}

/// One `.bin` file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartDescription {
    /// How many.
    pub tokens: u64,
    /// Of the file.
    pub sha256: String,
}

impl Description {
    /// `data.json` of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, DataError> {
        let path = file(folder, DATA);
        let text = fs::read_to_string(&path).map_err(DataError::file("read", &path))?;
        let unusable = |reason| DataError::Unusable { path: path.clone(), reason };
        let damaged = |error: serde_json::Error| {
            unusable(format!("it is damaged ({error}); restore it, or prepare the folder anew"))
        };
        let value: Value = serde_json::from_str(&text).map_err(damaged)?;
        match value.get("version").and_then(Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => serde_json::from_value(value).map_err(damaged),
            Some(version) => Err(unusable(format!(
                "it has version {version}, this program reads version {VERSION}; take the program that wrote it, or \
                 prepare the text again in another folder"
            ))),
            None => Err(unusable("it has no version, so this program did not write it".to_owned())),
        }
    }

    pub(super) fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("bug: strings and finite numbers are always JSON");
        format!("{text}\n")
    }

    /// What differs from the description of what was asked for.
    pub(super) fn differences(&self, asked: &Self) -> Vec<Difference> {
        let rows = |of: &Self| {
            [
                ("the text's SHA-256", of.text_sha256.clone()),
                ("the text's length in bytes", of.text_bytes.to_string()),
                ("the tokenizer", format!("{} ({})", of.tokenizer, of.tokenizer_fingerprint)),
                ("the share for validation", of.validation_share.to_string()),
                ("train.bin's SHA-256", of.train.sha256.clone()),
                ("validation.bin's SHA-256", of.validation.sha256.clone()),
            ]
        };
        let pairs = rows(self).into_iter().zip(rows(asked)).filter(|(there, asked)| there.1 != asked.1);
        let difference =
            |((what, there), (_, asked)): ((&str, _), (_, _))| Difference { what: what.to_owned(), there, asked };
        pairs.map(difference).collect()
    }
}
