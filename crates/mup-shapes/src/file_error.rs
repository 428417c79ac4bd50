//! What can be wrong with a base-shape file, and where.

use std::path::PathBuf;

/// A problem with a base-shape file: the file and line where they are known, and the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The file; `None` when the text did not come from a file.
    pub file: Option<PathBuf>,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: FileProblem,
}

impl FileError {
    pub(crate) fn new(problem: FileProblem) -> Self {
        Self { file: None, line: None, problem }
    }

    pub(crate) fn at(line: usize, problem: FileProblem) -> Self {
        Self { file: None, line: Some(line), problem }
    }

    pub(crate) fn in_file(mut self, file: &std::path::Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: {}", file.display(), self.problem),
            (Some(file), None) => write!(f, "{}: {}", file.display(), self.problem),
            (None, Some(line)) => write!(f, "line {line}: {}", self.problem),
            (None, None) => self.problem.fmt(f),
        }
    }
}

impl std::error::Error for FileError {}

/// What is wrong with a base-shape file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The operating system refused to read it.
    #[error("cannot be read: {reason}; check the path and its permissions")]
    Read {
        /// The operating system's words.
        reason: String,
    },
    /// The operating system refused to write it.
    #[error("cannot be written: {reason}; check that the folder exists and may be written to")]
    Write {
        /// The operating system's words.
        reason: String,
    },
    /// Larger than any base-shape file.
    #[error("is larger than {limit} bytes, so it is not a base-shape file; check the path")]
    TooLarge {
        /// The largest size that is read.
        limit: u64,
    },
    /// Not text.
    #[error("is not UTF-8 text (first wrong byte at offset {offset}), so it is not a base-shape file; check the path")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        offset: usize,
    },
    /// Text in another encoding.
    #[error(
        "is {encoding} text, and base-shape files are UTF-8; save it again as UTF-8 (PowerShell: Set-Content -Encoding utf8)"
    )]
    Encoding {
        /// Its name.
        encoding: &'static str,
    },
    /// Not the format's syntax, or not its fields and types.
    #[error(
        "cannot be read as {format} of base shapes: {message}; the file is damaged or of another kind: save it again"
    )]
    Syntax {
        /// `TOML` or `YAML`.
        format: &'static str,
        /// The parser's words.
        message: String,
    },
    /// A TOML file of something else.
    #[error(
        "the `format` is {found}, not \"mup-base-shapes\"; pass a file that BaseShapes::save wrote (a .bsh file is read by Bsh::read)"
    )]
    ForeignFormat {
        /// What the header says.
        found: String,
    },
    /// The header's version is no version of the format.
    #[error("the `version` is {found}, but it has to be a whole number from 1; save the file again")]
    InvalidVersion {
        /// What the header says.
        found: String,
    },
    /// Written by a later version of this crate.
    #[error(
        "is of format version {found}, and this mup-shapes reads up to version {known}; update mup-shapes, or save the file with this version"
    )]
    FutureVersion {
        /// The file's version.
        found: i64,
        /// The last version known here.
        known: i64,
    },
    /// Fewer or more parameters than the header announces.
    #[error(
        "the header announces {announced} parameters and {found} follow; the file is truncated or edited: save it again"
    )]
    Count {
        /// Number in the header.
        announced: usize,
        /// Number of tables.
        found: usize,
    },
    /// The lists of one parameter have different lengths.
    #[error(
        "`{path}` has {dims} dims, {infinite} infinite flags and {axes} axes; all three need one entry per tensor axis"
    )]
    Lengths {
        /// Path of the parameter.
        path: String,
        /// Number of sizes.
        dims: usize,
        /// Number of flags.
        infinite: usize,
        /// Number of axes.
        axes: usize,
    },
    /// A base dimension of size zero.
    #[error(
        "`{path}` axis {axis} has base dimension 0, and a width is compared with its base by division; use the base model's size"
    )]
    ZeroDimension {
        /// Path or PyTorch name of the parameter.
        path: String,
        /// Index of the axis.
        axis: usize,
    },
    /// No parameter at all.
    #[error("names no parameter; the file is truncated or of another kind: save it again")]
    Empty,
    /// No dimension grows.
    #[error(
        "no dimension is infinite, so the result would silently be the standard parametrization; save it again from a base and a delta that differ in every dimension that is to grow"
    )]
    NothingInfinite,
    /// YAML, but not a mapping from names to lists of `null` or a base dimension.
    #[error(
        "found {found} where {expected} has to stand; a .bsh file maps each parameter's PyTorch name to a list with `null` for a finite and the base size for an infinite dimension"
    )]
    BshForm {
        /// What may stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// YAML with a tag that is not read.
    #[error(
        "found the YAML tag `{tag}` where {expected} has to stand; it stands for an object of Python's: write lists of \
         plain numbers, in Python `[int(dim) for dim in dims]`"
    )]
    BshTag {
        /// The tag.
        tag: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// The same name twice.
    #[error("`{name}` is there twice; remove one of the two")]
    Duplicate {
        /// The PyTorch name.
        name: String,
    },
}
