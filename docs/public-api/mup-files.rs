// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use aside::set_aside;
    pub use digest::{Sha256, digest_of_json, sha256, sha256_of_file};
    pub use folders::{create_folders, folder_of, rename, sync_folder};
    pub use whole::{WholeFile, create_exclusively, write_durably, write_new};
}
#[derive(Clone, Debug, Default)]
pub struct Sha256(_);
impl Sha256 {
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {}
    pub fn finish(self) -> String {}
}
/// leaves a hidden `.NAME.….tmp` that nobody reads.
#[derive(Debug)]
#[private_fields]
pub struct WholeFile {}
impl Drop for WholeFile {}
impl WholeFile {
    pub fn create(path: &Path) -> io::Result<Self> {}
    pub fn commit(mut self) -> io::Result<()> {}
}
impl Write for WholeFile {}
pub fn create_exclusively(path: &Path, content: &[u8]) -> io::Result<bool> {}
pub fn create_folders(folder: &Path) -> io::Result<()> {}
pub fn digest_of_json(value: &impl Serialize) -> String {}
pub fn folder_of(path: &Path) -> &Path {}
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {}
pub fn set_aside(path: &Path, why: &str) -> io::Result<Option<PathBuf>> {}
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {}
pub fn sha256_of_file(path: &Path) -> io::Result<String> {}
#[cfg(not(unix))]
pub fn sync_folder(_folder: &Path) -> io::Result<()> {}
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {}
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {}
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {}
