//! What is known of the files in a folder of records, so that each is read once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::file::{Content, RECORD_VERSION, parse};
use crate::denied::not_read;
use crate::foreign::refuse_file;
use crate::{Stored, StudyError};

/// The files by name, and the records by what they are of.
#[derive(Debug, Default)]
pub(super) struct Index {
    files: BTreeMap<String, File>,
    names: HashMap<String, BTreeSet<String>>,
    pub(super) opened: usize,
}

#[derive(Debug)]
struct File {
    /// None if it could not be read: whether it can be is asked again.
    stamp: Option<Stamp>,
    found: Result<(String, Arc<Stored>), String>,
}

/// Changes with the file: what is written anew has another inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { length: metadata.len(), modified: metadata.modified().ok(), inode }
    }
}

/// The content of a record's file; none if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Content>, StudyError> {
    let unreadable = |reason: String| Err(StudyError::UnreadableRecord { path: path.to_owned(), reason });
    // To open a pipe or a device that somebody put there would wait for ever.
    if let Some(metadata) = fs::metadata(path).ok().filter(|metadata| !metadata.is_file()) {
        let what = if metadata.is_dir() { "it is a folder" } else { "it is no file" };
        return unreadable(format!("{what}: move it away"));
    }
    let content = match fs::read(path) {
        Ok(content) => parse(&content),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return unreadable(not_read(&error)),
    };
    if let Content::Newer(version) = content {
        return Err(StudyError::Newer { path: path.to_owned(), version, known: RECORD_VERSION });
    }
    Ok(Some(content))
}

impl Index {
    /// Lists the folder, reads what is new or changed, forgets what is gone.
    pub(super) fn refresh(&mut self, folder: &Path) -> Result<(), StudyError> {
        refuse_file(folder, "move it away, for records are kept in a folder of this name")?;
        let listing = || -> io::Result<Vec<(String, Stamp)>> {
            let entries = match fs::read_dir(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            let mut listing = Vec::new();
            for entry in entries {
                let entry = entry?;
                // Names that are no text are none of ours.
                let Ok(name) = entry.file_name().into_string() else { continue };
                if name.starts_with('.') || !name.ends_with(".json") {
                    continue;
                }
                match entry.metadata() {
                    Ok(metadata) => listing.push((name, Stamp::of(&metadata))),
                    // Gone since it was listed.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(listing)
        };
        let listing = listing().map_err(StudyError::io(folder, "read"))?;
        let there: HashSet<&str> = listing.iter().map(|(name, _)| name.as_str()).collect();
        let gone: Vec<String> = self.files.keys().filter(|name| !there.contains(name.as_str())).cloned().collect();
        gone.iter().for_each(|name| self.forget(name));
        listing.iter().try_for_each(|(name, stamp)| match self.update(folder, name, *stamp) {
            // One file of thousands, or a folder with such a name: it is named, and the others are read.
            Err(StudyError::UnreadableRecord { reason, .. }) => {
                self.files.insert(name.clone(), File { stamp: None, found: Err(reason) });
                Ok(())
            }
            updated => updated,
        })
    }

    /// Looks at one file.
    pub(super) fn look(&mut self, folder: &Path, name: &str) -> Result<(), StudyError> {
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Ok(metadata) => self.update(folder, name, Stamp::of(&metadata)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.forget(name);
                Ok(())
            }
            Err(error) => Err(StudyError::io(&path, "read")(error)),
        }
    }

    fn update(&mut self, folder: &Path, name: &str, stamp: Stamp) -> Result<(), StudyError> {
        if self.files.get(name).is_some_and(|file| file.stamp == Some(stamp)) {
            return Ok(());
        }
        self.forget(name);
        self.opened += 1;
        let found = match read(&folder.join(name))? {
            None => return Ok(()),
            Some(Content::Record(stored)) => Ok((stored.trial.id(), Arc::new(stored))),
            Some(Content::Damaged(reason)) => Err(reason),
            Some(Content::Newer(_)) => Err("it is of a newer version".to_owned()),
        };
        if let Ok((id, _)) = &found {
            self.names.entry(id.clone()).or_default().insert(name.to_owned());
        }
        self.files.insert(name.to_owned(), File { stamp: Some(stamp), found });
        Ok(())
    }

    fn forget(&mut self, name: &str) {
        let Some(File { found: Ok((id, _)), .. }) = self.files.remove(name) else { return };
        if let Some(names) = self.names.get_mut(&id) {
            names.remove(name);
            if names.is_empty() {
                self.names.remove(&id);
            }
        }
    }

    /// Of several files with one id (a copy under another name) the first that did not fail.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Stored>> {
        let mut found = self.names.get(id)?.iter().filter_map(|name| self.files.get(name)?.found.as_ref().ok());
        let first = found.next()?;
        let better = if first.1.failure.is_none() { None } else { found.find(|(_, stored)| stored.failure.is_none()) };
        Some(Arc::clone(&better.unwrap_or(first).1))
    }

    /// The files with an id.
    pub(super) fn names(&self, id: &str) -> Vec<String> {
        self.names.get(id).into_iter().flatten().cloned().collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<Stored>> {
        let ids: BTreeSet<&String> = self.names.keys().collect();
        ids.into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// Files that were read and hold no record.
    pub(super) fn damaged(&self) -> impl Iterator<Item = (&str, &str)> {
        self.no_records(true)
    }

    /// Files that could not be read.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&str, &str)> {
        self.no_records(false)
    }

    fn no_records(&self, were_read: bool) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().filter(move |(_, file)| file.stamp.is_some() == were_read);
        files.filter_map(|(name, file)| Some((name.as_str(), file.found.as_ref().err()?.as_str())))
    }
}
