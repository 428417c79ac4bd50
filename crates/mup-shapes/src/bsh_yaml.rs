//! The YAML of a `.bsh` file, read as `PyYAML` reads it: one mapping from names to lists of `null` or a base size.

use std::collections::{BTreeMap, HashMap};

use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use crate::base_shapes_file::short;
use crate::{Bsh, FileError, FileProblem};

/// PyTorch's own limit, so that no list that aliases repeat is long.
const MAX_AXES: usize = 64;

const DIMENSION: &str = "`null` or a base dimension";
const DIMENSIONS: &str = "a list of dimensions";

pub(crate) fn parse(text: &str) -> Result<Bsh, FileError> {
    // Notepad and PowerShell write a byte order mark; PyYAML skips it (`yaml/scanner.py::scan_to_next_token`).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parser = Parser::new_from_str(text);
    let mut reader = Reader { text, parser, lists: HashMap::new(), sizes: HashMap::new() };
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

/// Pulls events, so that no nesting can make it do more than read the text once. An alias stands for a list or
/// a number, never for something that holds aliases itself.
struct Reader<'a> {
    text: &'a str,
    parser: Parser<std::str::Chars<'a>>,
    /// Lists of dimensions by anchor: PyYAML writes one for a list that two tied parameters share.
    lists: HashMap<usize, Vec<Option<usize>>>,
    /// Single dimensions by anchor, as people write them: `- &width 64`.
    sizes: HashMap<usize, Option<usize>>,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<(Event, Marker), FileError> {
        self.parser.next_token().map_err(|error| {
            let line = error.marker().line();
            let tab = self.text.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.contains('\t'));
            let hint = if tab { "; the line holds a tab, where YAML takes spaces only" } else { "" };
            let message = format!("{}{hint}", short(error.info()));
            FileError::at(line, FileProblem::Syntax { format: "YAML", message })
        })
    }

    /// Enters the mapping; false for a file without content.
    fn start(&mut self) -> Result<bool, FileError> {
        loop {
            let (event, mark) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart => {}
                Event::StreamEnd => return Ok(false),
                Event::MappingStart(_, tag) if is(tag.as_ref(), &["map"]) => return Ok(true),
                other => return Err(unexpected("a mapping from parameter names", &other, mark)),
            }
        }
    }

    fn name(&mut self) -> Result<Option<(String, usize)>, FileError> {
        match self.next()? {
            (Event::Scalar(name, _, _, tag), mark) if is(tag.as_ref(), &["str"]) => Ok(Some((name, mark.line()))),
            (Event::MappingEnd, _) => Ok(None),
            (other, mark) => Err(unexpected("a parameter name", &other, mark)),
        }
    }

    fn dims(&mut self, name: &str) -> Result<Vec<Option<usize>>, FileError> {
        let anchor = match self.next()? {
            (Event::SequenceStart(anchor, tag), _) if is(tag.as_ref(), &["seq", "python/tuple"]) => anchor,
            (Event::Alias(anchor), mark) => {
                let known = self.lists.get(&anchor).cloned();
                return known.ok_or_else(|| unexpected(DIMENSIONS, &Event::Alias(anchor), mark));
            }
            (other, mark) => return Err(unexpected(DIMENSIONS, &other, mark)),
        };
        let mut dims = Vec::new();
        loop {
            let (event, mark) = self.next()?;
            if event == Event::SequenceEnd {
                break;
            }
            if dims.len() == MAX_AXES {
                return Err(unexpected("the end of the list (a tensor has at most 64 axes)", &event, mark));
            }
            match self.dim(&event).ok_or_else(|| unexpected(DIMENSION, &event, mark))? {
                Some(0) => {
                    let problem = FileProblem::ZeroDimension { path: short(name), axis: dims.len() };
                    return Err(FileError::at(mark.line(), problem));
                }
                dim => dims.push(dim),
            }
        }
        self.lists.insert(anchor, dims.clone());
        Ok(dims)
    }

    /// The outer `None` is "neither".
    fn dim(&mut self, event: &Event) -> Option<Option<usize>> {
        let (text, style, anchor, tag) = match event {
            Event::Alias(anchor) => return self.sizes.get(anchor).copied(),
            Event::Scalar(text, style, anchor, tag) => (text, style, anchor, tag.as_ref()),
            _ => return None,
        };
        // In quotes it is a text, unless a tag says otherwise; `''` is no number either way.
        let plain = *style == TScalarStyle::Plain;
        let dim = match dimension(text) {
            Some(Some(size)) if plain && tag.is_none() || tag.is_some() && is(tag, &["int"]) => Some(size),
            Some(None) if plain && is(tag, &["null"]) => None,
            _ => return None,
        };
        self.sizes.insert(*anchor, dim);
        Some(dim)
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

/// Whether a tag, if there is one, is one of YAML's own by these names.
fn is(tag: Option<&Tag>, names: &[&str]) -> bool {
    tag.is_none_or(|tag| tag.handle == "tag:yaml.org,2002:" && names.contains(&tag.suffix.as_str()))
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
    let tag = match event {
        Event::Scalar(.., tag) | Event::SequenceStart(_, tag) | Event::MappingStart(_, tag) => tag.as_ref(),
        _ => None,
    };
    if let Some(Tag { handle, suffix }) = tag {
        let tag = short(&format!("{}{suffix}", if handle == "tag:yaml.org,2002:" { "!!" } else { handle }));
        return FileError::at(mark.line(), FileProblem::BshTag { tag, expected });
    }
    let found = match event {
        Event::Alias(_) => "an alias of something else".to_owned(),
        Event::Scalar(text, TScalarStyle::Plain, ..) => format!("`{}`", short(text)),
        Event::Scalar(text, ..) => format!("the text \"{}\"", short(text)),
        Event::SequenceStart(..) => "a list".to_owned(),
        Event::MappingStart(..) => "a mapping".to_owned(),
        Event::DocumentStart => "a second document".to_owned(),
        _ => "the end of a list or mapping".to_owned(),
    };
    FileError::at(mark.line(), FileProblem::BshForm { expected, found })
}
