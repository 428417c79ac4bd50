//! `cargo xtask plan`.

use std::{error::Error, process::ExitCode};

/// Arguments of `cargo xtask plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {}

impl Plan {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        Err("waits for the models to land".into())
    }
}
