//! A table that grows: rows are printed and added to a file as soon as they are known, and known ones are not measured again.

use std::{fs::OpenOptions, io::Write, path::Path};

/// A table of Markdown, on standard output and in a file.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    out: Option<&'a Path>,
    known: String,
}

impl<'a> Rows<'a> {
    /// Goes on with the file's table, or begins one.
    pub(crate) fn open(out: Option<&'a Path>, header: &str) -> std::io::Result<Self> {
        let known = out.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let rows = Self { out, known };
        if !rows.has(header) {
            rows.add(header)?;
        }
        Ok(rows)
    }

    /// Whether the file had a row that begins so.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    pub(crate) fn add(&self, text: &str) -> std::io::Result<()> {
        print!("{text}");
        match self.out {
            Some(path) => OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes()),
            None => std::io::stdout().flush(),
        }
    }
}
