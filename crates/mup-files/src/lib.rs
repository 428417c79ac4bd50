#![doc = include_str!("../README.md")]
//!
//! The rooms: [`write_durably`], [`WholeFile`] and [`create_exclusively`] (a file appears complete), [`create_folders`],
//! [`folder_of`], [`sync_folder`] and [`rename`] (names survive a power cut), [`set_aside`] (a name that overwrites nothing),
//! [`sha256`] and [`digest_of_json`].
//!
//! It knows nothing of what is in the files.

mod aside;
mod digest;
mod folders;
mod whole;

pub use aside::set_aside;
pub use digest::{Sha256, digest_of_json, sha256, sha256_of_file};
pub use folders::{create_folders, folder_of, rename, sync_folder};
pub use whole::{WholeFile, create_exclusively, write_durably, write_new};
