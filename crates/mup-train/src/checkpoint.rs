//! Checkpoints: whole and durable or absent, refused by another run, and continued from to the bit.

mod folder;
mod identity;
mod keeper;
mod lock;
mod read;
mod run_folder;
mod state;
mod write;

pub use identity::Difference;
pub(crate) use keeper::{Keeper, Resumed, Snapshot};
pub use run_folder::RunFolder;
