//! `tokenizer.json`: ours for bytes and characters, Hugging Face's for byte-pair encoding.

use std::fs;
use std::path::Path;

use mup_files::write_durably;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Characters, Kind, Tokenizer};
use crate::DataError;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    mup_data: u32,
    #[serde(flatten)]
    kind: FileKind,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "tokenizer", rename_all = "lowercase")]
enum FileKind {
    Bytes,
    Characters { characters: String },
}

impl Tokenizer {
    /// From a `tokenizer.json` that [`save`](Self::save) wrote, or, with feature `bpe`, one of Hugging Face's with
    /// byte-level byte-pair encoding.
    ///
    /// # Errors
    ///
    /// [`DataError::File`], and [`DataError::Unusable`] for a file that is damaged, of another version, or of a kind
    /// that would not give the text back.
    pub fn load(path: &Path) -> Result<Self, DataError> {
        let text = fs::read_to_string(path).map_err(DataError::file("read", path))?;
        let kind = read(&text).map_err(|reason| DataError::Unusable { path: path.to_owned(), reason })?;
        Ok(Self(kind))
    }

    /// Writes a `tokenizer.json`, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`DataError::File`].
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        write_durably(path, self.to_json().as_bytes()).map_err(DataError::file("write", path))
    }

    /// The content of its file.
    pub(crate) fn to_json(&self) -> String {
        let kind = match &self.0 {
            Kind::Bytes => FileKind::Bytes,
            Kind::Characters(characters) => FileKind::Characters { characters: characters.list() },
            #[cfg(feature = "bpe")]
            Kind::Bpe(bpe) => return bpe.json().to_owned(),
        };
        let file = File { mup_data: VERSION, kind };
        let text = serde_json::to_string_pretty(&file).expect("bug: strings and numbers are always JSON");
        format!("{text}\n")
    }
}

fn read(text: &str) -> Result<Kind, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
    if value.get("model").is_some() {
        return hugging_face(text, &value);
    }
    match value.get("mup_data").and_then(Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(format!("it has version {version}, this program reads version {VERSION}")),
        None => return Err("it is no tokenizer: neither `mup_data` nor `model` is in it".to_owned()),
    }
    let file: File = serde_json::from_value(value).map_err(|error| format!("it is damaged ({error})"))?;
    match file.kind {
        FileKind::Bytes => Ok(Kind::Bytes),
        FileKind::Characters { characters } => Characters::from_list(&characters)
            .map(Kind::Characters)
            .ok_or_else(|| "it is damaged (its characters are not in increasing order)".to_owned()),
    }
}

#[cfg(feature = "bpe")]
fn hugging_face(text: &str, value: &Value) -> Result<Kind, String> {
    super::bpe::Bpe::from_json(text, value).map(|bpe| Kind::Bpe(Box::new(bpe)))
}

#[cfg(not(feature = "bpe"))]
fn hugging_face(_text: &str, _value: &Value) -> Result<Kind, String> {
    Err("it is a tokenizer of Hugging Face's format, and this program was built without byte-pair encoding: build it \
         with mup-data's feature `bpe`"
        .to_owned())
}
