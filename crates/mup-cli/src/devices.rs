//! `devices`: what is compiled in, and what answers.

use std::process::ExitCode;

use mup_devices::{Availability, list};
use mup_train::FamilyError;
use serde_json::json;

use crate::output;

/// Lists devices.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DevicesCommand {
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

impl DevicesCommand {
    /// Lists.
    ///
    /// # Errors
    ///
    /// An output that cannot be written to.
    pub fn run(self) -> Result<ExitCode, FamilyError> {
        let listing = list();
        if !self.json {
            output::line(listing.to_string().trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        let devices = listing.devices.iter().map(|device| {
            let (answers, says) = match &device.availability {
                Availability::Answers { description } => (true, description.clone()),
                Availability::DoesNotAnswer { reason } => (false, Some(reason.clone())),
                Availability::NotCompiled => (false, Some("not compiled in".to_owned())),
            };
            json!({ "name": device.name.to_string(), "answers": answers, "says": says })
        });
        output::print_json(&devices.collect::<Vec<_>>())?;
        Ok(ExitCode::SUCCESS)
    }
}
