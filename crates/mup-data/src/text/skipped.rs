//! Which files of a folder are not part of its text, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Files that were skipped, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped(BTreeMap<&'static str, (PathBuf, usize)>);

impl Skipped {
    /// `path` is relative to the folder.
    pub(super) fn add(&mut self, path: &Path, reason: &'static str) {
        self.0.entry(reason).or_insert_with(|| (path.to_owned(), 0)).1 += 1;
    }

    /// How many files.
    #[must_use]
    pub fn n_files(&self) -> usize {
        self.0.values().map(|(_, n)| n).sum()
    }
}

/// For each reason the first file and how many there are: `b.txt and 2 more (windows-1252), c.png (binary)`.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (reason, (first, n))) in self.0.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let more = if *n > 1 { format!(" and {} more", n - 1) } else { String::new() };
            write!(f, "{comma}{}{more} ({reason})", first.display())?;
        }
        Ok(())
    }
}
