//! microsoft/mup's base-shape file (`.bsh`): YAML, PyTorch name to a list of `null` or a base dimension.
//! What the names and axes mean in Burn is [`PyTorchNames`](crate::PyTorchNames)'s.

use std::collections::BTreeMap;
use std::path::Path;

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use crate::base_shapes_file::short;
use crate::{BaseShapes, FileError, FileProblem, ModuleShapes, PyTorchNames, ShapeError, whole_file};

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
    /// [`ShapeError::File`] with file, line where known, and remedy. YAML that mup never writes (anchors,
    /// aliases, deeper nesting) is refused.
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
    /// [`ShapeError::File`] with [`FileProblem::Write`].
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

fn parse(text: &str) -> Result<Bsh, FileError> {
    let mut reader = Reader { parser: Parser::new_from_str(text) };
    let mut shapes = BTreeMap::new();
    if !reader.start()? {
        return Err(FileError::new(FileProblem::Empty));
    }
    while let Some((name, line)) = reader.name()? {
        let dims = reader.dims(&name)?;
        if shapes.insert(name.clone(), dims).is_some() {
            return Err(FileError::at(line, FileProblem::Duplicate { name: short(&name) }));
        }
    }
    reader.end()?;
    if shapes.is_empty() { Err(FileError::new(FileProblem::Empty)) } else { Ok(Bsh(shapes)) }
}

/// Pulls events, so that neither nesting nor an alias can make it do more than read the text once.
struct Reader<'a> {
    parser: Parser<std::str::Chars<'a>>,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<(Event, Marker), FileError> {
        self.parser.next_token().map_err(|error| {
            let problem = FileProblem::Syntax { format: "YAML", message: short(error.info()) };
            FileError::at(error.marker().line(), problem)
        })
    }

    /// Enters the mapping; false for a file without content.
    fn start(&mut self) -> Result<bool, FileError> {
        loop {
            let (event, mark) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart => {}
                Event::StreamEnd => return Ok(false),
                Event::MappingStart(0, None) => return Ok(true),
                other => return Err(unexpected("a mapping from parameter names", &other, mark)),
            }
        }
    }

    fn name(&mut self) -> Result<Option<(String, usize)>, FileError> {
        match self.next()? {
            (Event::Scalar(name, _, 0, None), mark) => Ok(Some((name, mark.line()))),
            (Event::MappingEnd, _) => Ok(None),
            (other, mark) => Err(unexpected("a parameter name", &other, mark)),
        }
    }

    fn dims(&mut self, name: &str) -> Result<Vec<Option<usize>>, FileError> {
        match self.next()? {
            (Event::SequenceStart(0, None), _) => {}
            (other, mark) => return Err(unexpected("a list of dimensions", &other, mark)),
        }
        let mut dims = Vec::new();
        loop {
            let (event, mark) = self.next()?;
            let Event::Scalar(text, TScalarStyle::Plain, 0, None) = &event else {
                if event == Event::SequenceEnd {
                    return Ok(dims);
                }
                return Err(unexpected("`null` or a base dimension", &event, mark));
            };
            match dimension(text) {
                Some(Some(0)) => {
                    let problem = FileProblem::ZeroDimension { path: short(name), axis: dims.len() };
                    return Err(FileError::at(mark.line(), problem));
                }
                Some(dim) => dims.push(dim),
                None => return Err(unexpected("`null` or a base dimension", &event, mark)),
            }
        }
    }

    fn end(&mut self) -> Result<(), FileError> {
        loop {
            let (event, mark) = self.next()?;
            match event {
                Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(()),
                other => return Err(unexpected("the end of the file", &other, mark)),
            }
        }
    }
}

/// The outer `None` is "neither".
fn dimension(text: &str) -> Option<Option<usize>> {
    match text {
        "null" | "Null" | "NULL" | "~" | "" => Some(None),
        // No sign and no leading zero, which YAML 1.1 reads as octal.
        _ if text.starts_with(|first: char| first.is_ascii_digit()) && (text == "0" || !text.starts_with('0')) => {
            text.parse().ok().map(Some)
        }
        _ => None,
    }
}

fn unexpected(expected: &'static str, event: &Event, mark: Marker) -> FileError {
    let found = match event {
        Event::Alias(_) => "a YAML alias".to_owned(),
        Event::Scalar(_, _, anchor, tag) if *anchor > 0 || tag.is_some() => "a YAML anchor or tag".to_owned(),
        Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) if *anchor > 0 || tag.is_some() => {
            "a YAML anchor or tag".to_owned()
        }
        Event::Scalar(text, ..) => format!("`{}`", short(text)),
        Event::SequenceStart(..) => "a list".to_owned(),
        Event::MappingStart(..) => "a mapping".to_owned(),
        Event::DocumentStart => "a second document".to_owned(),
        _ => "the end of a list or mapping".to_owned(),
    };
    FileError::at(mark.line(), FileProblem::BshForm { expected, found })
}
