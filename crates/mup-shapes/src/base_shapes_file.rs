//! The base-shape file of this crate: versioned TOML, one table per parameter path.
//!
//! ```toml
//! format = "mup-base-shapes"
//! version = 1
//! n_params = 1
//!
//! [params."readout.weight"]
//! dims = [64, 10]
//! infinite = [true, false]
//! axes = ["in", "out"]
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::base_shapes::RawBaseParam;
use crate::{BaseParam, BaseShapes, FileError, FileProblem, ShapeError, whole_file};

const FORMAT: &str = "mup-base-shapes";
const VERSION: i64 = 1;
const COMMENT: &str = "\
# Base shapes of a family of models: the sizes of each parameter in the base model, which of them grow with
# width (infinite), and what each axis does in the forward pass (in: contracted, out: produced, kernel).
";

impl BaseShapes {
    /// Writes the file, replacing an existing one at once: a crash leaves the old file or the new one.
    ///
    /// # Errors
    ///
    /// [`ShapeError::File`] with [`FileProblem::Write`]: no such folder, no permission, no space.
    pub fn save(&self, file: impl AsRef<Path>) -> Result<(), ShapeError> {
        Ok(whole_file::replace(file.as_ref(), &self.to_toml())?)
    }

    /// Reads a file that [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// [`ShapeError::File`] with file, line where known, and remedy; see [`FileProblem`].
    pub fn load(file: impl AsRef<Path>) -> Result<Self, ShapeError> {
        let file = file.as_ref();
        Ok(parse(&whole_file::read(file)?).map_err(|error| error.in_file(file))?)
    }

    /// The text of the file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let content = Content { format: FORMAT, version: VERSION, n_params: self.0.len(), params: &self.0 };
        let toml = toml::to_string(&content).expect("bug: base shapes are strings, integers and booleans");
        format!("{COMMENT}{toml}")
    }

    /// Reads the text of a file, see [`to_toml`](Self::to_toml).
    ///
    /// # Errors
    ///
    /// [`ShapeError::File`] with the line where known.
    pub fn from_toml(text: &str) -> Result<Self, ShapeError> {
        Ok(parse(text)?)
    }
}

#[derive(Serialize)]
struct Content<'a> {
    format: &'static str,
    version: i64,
    n_params: usize,
    params: &'a BTreeMap<String, BaseParam>,
}

/// What every version of the format has, and a foreign file has not.
#[derive(Deserialize)]
struct Header {
    format: Option<Spanned<toml::Value>>,
    version: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version1 {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: i64,
    n_params: Spanned<usize>,
    #[serde(default)]
    params: BTreeMap<String, Spanned<RawBaseParam>>,
}

fn parse(text: &str) -> Result<BaseShapes, FileError> {
    check_header(&from_toml(text)?, text)?;
    let content: Version1 = from_toml(text)?;
    let (announced, found) = (*content.n_params.get_ref(), content.params.len());
    if announced != found {
        return Err(FileError::at(line(text, content.n_params.span().start), FileProblem::Count { announced, found }));
    }
    let mut params = BTreeMap::new();
    for (path, raw) in content.params {
        let start = raw.span().start;
        let param = raw.into_inner().check(&path).map_err(|problem| FileError::at(line(text, start), problem))?;
        params.insert(path, param);
    }
    if params.is_empty() {
        return Err(FileError::new(FileProblem::Empty));
    }
    if !params.values().any(|param: &BaseParam| param.infinite.contains(&true)) {
        return Err(FileError::new(FileProblem::NothingInfinite));
    }
    Ok(BaseShapes(params))
}

fn check_header(header: &Header, text: &str) -> Result<(), FileError> {
    let at = |value: &Spanned<toml::Value>, problem| Err(FileError::at(line(text, value.span().start), problem));
    match &header.format {
        None => return Err(FileError::new(FileProblem::ForeignFormat { found: "missing".to_owned() })),
        Some(format) if format.get_ref().as_str() != Some(FORMAT) => {
            return at(format, FileProblem::ForeignFormat { found: short(&format.get_ref().to_string()) });
        }
        Some(_) => {}
    }
    let Some(version) = &header.version else {
        return Err(FileError::new(FileProblem::InvalidVersion { found: "missing".to_owned() }));
    };
    match version.get_ref().as_integer() {
        Some(found) if found > VERSION => at(version, FileProblem::FutureVersion { found, known: VERSION }),
        Some(VERSION) => Ok(()),
        _ => at(version, FileProblem::InvalidVersion { found: short(&version.get_ref().to_string()) }),
    }
}

fn from_toml<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let problem = FileProblem::Syntax { format: "TOML", message: short(error.message()) };
        FileError { file: None, line: error.span().map(|span| line(text, span.start)), problem }
    })
}

fn line(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}

/// What a file says, short and printable.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 160;
    let printable = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    let mut short: String = text.chars().take(LONGEST).map(printable).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}
