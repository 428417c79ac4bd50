//! microsoft/mup's base-shape file (`.bsh`): YAML, PyTorch name to a list of `null` or a base dimension.
//! What the names and axes mean in Burn is [`PyTorchNames`](crate::PyTorchNames)'s.

use std::collections::BTreeMap;
use std::path::Path;

use crate::bsh_yaml::parse;
use crate::{BaseShapes, ModuleShapes, PyTorchNames, ShapeError, whole_file};

/// A `.bsh` file: for each PyTorch parameter, in PyTorch's axis order, the base size of an infinite
/// dimension or `None` for a finite one.
///
/// ```
/// use mup_shapes::Bsh;
/// let bsh = Bsh::from_yaml("readout.weight:\n- null\n- 64\n")?;
/// assert_eq!(bsh.get("readout.weight"), Some(&[None, Some(64)][..]));
/// # Ok::<(), mup_shapes::ShapeError>(())
/// ```
///
/// # Reference
///
/// microsoft/mup, `mup/shape.py::save_base_shapes`, `load_base_shapes`, commit 1981497.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bsh(pub(crate) BTreeMap<String, Vec<Option<usize>>>);

const COMMENT: &str = "\
# This is a base shape file encoded in yaml
# - `null` indicates a dimension is \"finite\", i.e. a non-\"width\" dimension
# - a number indicates the base dimension of an \"infinite\" dimension, i.e. some notion of \"width\"
";

impl Bsh {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ShapeError::File`] with file, line where known, and remedy. Read is what PyYAML reads as such a mapping:
    /// byte order mark, CRLF, document markers, flow style, anchors and aliases, tuples; anything else is refused.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ShapeError> {
        let file = file.as_ref();
        Ok(parse(&whole_file::read(file)?).map_err(|error| error.in_file(file))?)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`ShapeError::File`] with the line where known.
    pub fn from_yaml(text: &str) -> Result<Self, ShapeError> {
        Ok(parse(text)?)
    }

    /// Writes a file that `mup.load_base_shapes` reads, replacing an existing one at once.
    ///
    /// # Errors
    ///
    /// [`ShapeError::File`] with [`FileProblem::Write`](crate::FileProblem::Write).
    pub fn write(&self, file: impl AsRef<Path>) -> Result<(), ShapeError> {
        Ok(whole_file::replace(file.as_ref(), &self.to_yaml())?)
    }

    /// The text of the file, as mup writes it: names sorted, one dimension per line.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut yaml = COMMENT.to_owned();
        for (name, dims) in &self.0 {
            let key = key(name);
            let (first, next) = if key.len() < SHORTEST_EXPLICIT_KEY {
                yaml.push_str(&format!("{key}:"));
                ("\n- ", "\n- ")
            } else {
                yaml.push_str(&format!("? {key}\n:"));
                ("   - ", "\n    - ")
            };
            if dims.is_empty() {
                yaml.push_str(" []");
            }
            for (index, dim) in dims.iter().enumerate() {
                yaml.push_str(if index == 0 { first } else { next });
                yaml.push_str(&dim.map_or("null".to_owned(), |dim| dim.to_string()));
            }
            yaml.push('\n');
        }
        yaml
    }

    /// The base shapes of a Burn module whose PyTorch twin wrote this file, where names agree and nothing
    /// but readout multipliers is Burn's alone; otherwise see [`PyTorchNames`].
    ///
    /// # Errors
    ///
    /// [`ShapeError::Bsh`], see [`PyTorchNames::base_shapes`].
    pub fn base_shapes(&self, module: &ModuleShapes) -> Result<BaseShapes, ShapeError> {
        PyTorchNames::default().base_shapes(self, module)
    }

    /// The dimensions of a PyTorch parameter, in PyTorch's axis order.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[Option<usize>]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// All parameters, ordered by PyTorch name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Option<usize>])> {
        self.0.iter().map(|(name, dims)| (name.as_str(), dims.as_slice()))
    }
}

impl BaseShapes {
    /// Writes microsoft/mup's `.bsh` for the PyTorch twin of a module; `module` tells layer types. Parameters
    /// that PyTorch does not have (multipliers, logit scales) are left out.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Mismatch`] when these are not the base shapes of `module`, [`ShapeError::Bsh`] when two
    /// parameters would have the same PyTorch name, [`ShapeError::File`] when the file cannot be written.
    pub fn write_bsh(&self, file: impl AsRef<Path>, module: &ModuleShapes) -> Result<(), ShapeError> {
        PyTorchNames::default().bsh(self, module)?.write(file)
    }
}

/// `PyYAML` writes longer keys as explicit ones (`yaml/emitter.py::check_simple_key`).
const SHORTEST_EXPLICIT_KEY: usize = 128;

/// A name as `PyYAML` writes it where it is an ordinary one, in double quotes otherwise.
fn key(name: &str) -> String {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
    // A name with a letter beyond these is no number in any notation of YAML.
    let no_number = name.bytes().any(|byte| byte.is_ascii_alphabetic() && !b"abcdefoxABCDEFOX".contains(&byte));
    let words = ["null", "true", "false", "yes", "no", "on", "off", "nan", "inf", "y", "n"];
    let is_word = words.iter().any(|word| name.eq_ignore_ascii_case(word));
    if starts_well && no_number && !is_word && name.bytes().all(ordinary) {
        return name.to_owned();
    }
    let escaped = name.chars().map(|char| match char {
        '"' | '\\' => format!("\\{char}"),
        ' '..='~' => char.to_string(),
        _ => format!("\\U{:08X}", u32::from(char)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
