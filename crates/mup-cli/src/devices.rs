//! `devices`: what is compiled in, and what answers.

use std::process::ExitCode;

use mup_devices::{Availability, list};
use mup_train::FamilyError;
use serde_json::json;

/// Lists devices.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DevicesCommand {
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

impl DevicesCommand {
    pub(crate) fn run(self) -> Result<ExitCode, FamilyError> {
        let listing = list();
        if !self.json {
            print!("{listing}");
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
        println!("{}", serde_json::to_string_pretty(&devices.collect::<Vec<_>>())?);
        Ok(ExitCode::SUCCESS)
    }
}
