//! Files that are whole or absent, whatever happens to the process or the machine.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::folders::{folder_of, sync_folder};

/// A file that appears under its name only when it is complete. Dropped before, it leaves nothing; killed before, it
/// leaves a hidden `.NAME.….tmp` that nobody reads.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
}

impl WholeFile {
    /// Begins a file: under another name, in the same folder.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn create(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::other("not a file name"))?.to_string_lossy();
        // Two workers must not write the same temporary file; process ids repeat from machine to machine.
        let number = RandomState::new().build_hasher().finish();
        let temporary = folder_of(path).join(format!(".{name}.{number:016x}.tmp"));
        let file = BufWriter::with_capacity(1 << 18, File::create_new(&temporary)?);
        Ok(Self { path: path.to_owned(), temporary, file })
    }

    /// Gives the file its name, in place of what had it; content and name are on the disk once this returns.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn commit(mut self) -> io::Result<()> {
        self.sync()?;
        fs::rename(&self.temporary, &self.path)?;
        sync_folder(folder_of(&self.path))
    }

    /// Gives the file its name if nothing has it; whether it did. Of several processes exactly one does.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    fn commit_if_absent(mut self) -> io::Result<bool> {
        self.sync()?;
        match fs::hard_link(&self.temporary, &self.path) {
            Ok(()) => sync_folder(folder_of(&self.path)).map(|()| true),
            // NFS may say so of a link that it made itself, when it asks twice.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(has_two_names(&self.temporary)),
            Err(_) => self.copy_if_absent(),
        }
    }

    /// Where there are no hard links (FAT, some network file systems): as exclusive, but a reader may see a part.
    fn copy_if_absent(&self) -> io::Result<bool> {
        match write_new(&self.path, &fs::read(&self.temporary)?) {
            Ok(()) => sync_folder(folder_of(&self.path)).map(|()| true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        // After a commit there is none.
        let _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(unix)]
fn has_two_names(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(file).is_ok_and(|metadata| metadata.nlink() == 2)
}

#[cfg(not(unix))]
fn has_two_names(_file: &Path) -> bool {
    false
}

/// Writes a file so that a reader sees the old content or the new, never a part, and so that it survives a power
/// cut once this returns: temporary file in the same folder, fsync, rename, fsync of the folder.
///
/// # Errors
///
/// Those of the file system; the temporary file is removed as far as possible.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(content)?;
    file.commit()
}

/// Writes a file, whole, unless its name is taken; whether it was written. Of several processes that do this at once
/// exactly one is told `true`.
///
/// # Errors
///
/// Those of the file system.
pub fn create_exclusively(path: &Path, content: &[u8]) -> io::Result<bool> {
    let mut file = WholeFile::create(path)?;
    file.write_all(content)?;
    file.commit_if_absent()
}

/// A new file, whose content is on the disk when this returns; its name is once its folder is synced. For files of a
/// folder that gets its own name later.
///
/// # Errors
///
/// Those of the file system; `AlreadyExists` if the name is taken.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    new_file(path, |file| {
        file.write_all(content)?;
        file.sync_all()
    })
}

/// A new file, or none where its content does not get onto the disk, as when that is full.
fn new_file(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let written = write(&mut File::create_new(path)?);
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_durably(&path, b"old").unwrap();
        write_durably(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a"]);
        assert!(write_durably(&folder.path().join("absent/a"), b"").is_err());
    }

    #[test]
    fn a_file_that_is_not_committed_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = WholeFile::create(&folder.path().join("a")).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn of_many_that_create_one_file_exactly_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for _ in 0..50 {
            let created = |writer: u8| create_exclusively(&path, &vec![writer; 5000]).unwrap();
            let won: Vec<u8> = std::thread::scope(|scope| {
                let writers: Vec<_> = (0..4).map(|writer| (writer, scope.spawn(move || created(writer)))).collect();
                writers.into_iter().filter_map(|(writer, thread)| thread.join().unwrap().then_some(writer)).collect()
            });
            assert_eq!(won.len(), 1, "{won:?}");
            assert_eq!(fs::read(&path).unwrap(), vec![won[0]; 5000]);
            fs::remove_file(&path).unwrap();
        }
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_full_disk_leaves_no_half_file_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let fails = |file: &mut File| {
            file.write_all(b"half")?;
            Err(ErrorKind::StorageFull.into())
        };
        assert_eq!(new_file(&path, fails).unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(names(folder.path()), Vec::<String>::new());
        write_new(&path, b"whole").unwrap();
        assert_eq!(new_file(&path, fails).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn without_hard_links_one_wins_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut first = WholeFile::create(&path).unwrap();
        first.write_all(b"first").unwrap();
        first.sync().unwrap();
        let mut second = WholeFile::create(&path).unwrap();
        second.write_all(b"second").unwrap();
        second.sync().unwrap();
        assert!(first.copy_if_absent().unwrap());
        assert!(!second.copy_if_absent().unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }
}
