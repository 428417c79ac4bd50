//! What a user says of the cluster.

use std::time::Duration;

use super::whole;
use crate::launch::{LaunchError, SlurmOptions};

/// Options of `--launcher slurm`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SlurmArguments {
    /// Partition [default: the cluster's]
    #[arg(long, help_heading = "With --launcher slurm", value_name = "NAME")]
    pub partition: Option<String>,
    /// GPUs of a trial [default: none are asked for]
    #[arg(long, help_heading = "With --launcher slurm", value_name = "N", value_parser = whole::<u32, 1>)]
    pub gpus: Option<u32>,
    /// Minutes of a trial [default: two more than the study's timeout]
    #[arg(long, help_heading = "With --launcher slurm", value_name = "MINUTES", value_parser = whole::<u64, 1>)]
    pub time_limit: Option<u64>,
    /// Trials at a time [default: as many as Slurm runs]
    #[arg(long, help_heading = "With --launcher slurm", value_name = "N", value_parser = whole::<u32, 1>)]
    pub throttle: Option<u32>,
    /// How long to look again for a record after its task has ended: NFS may list it late [default: 60]
    #[arg(long, help_heading = "With --launcher slurm", value_name = "SECONDS", value_parser = whole::<u64, 0>)]
    pub settle: Option<u64>,
    /// Any other option of sbatch, for example --sbatch-option=--account=NAME; repeat it for more
    #[arg(long, help_heading = "With --launcher slurm", value_name = "OPTION", allow_hyphen_values = true)]
    pub sbatch_option: Vec<String>,
}

impl SlurmArguments {
    pub(super) fn options(&self) -> SlurmOptions {
        let Self { partition, gpus, time_limit, throttle, settle, sbatch_option } = self.clone();
        let settle = Duration::from_secs(settle.unwrap_or(60));
        SlurmOptions { partition, gpus, time_limit, throttle, settle, sbatch: sbatch_option }
    }

    /// An option that is given and does nothing would be believed.
    pub(super) fn refuse(&self) -> Result<(), LaunchError> {
        let given = [
            ("--partition", self.partition.is_some()),
            ("--gpus", self.gpus.is_some()),
            ("--time-limit", self.time_limit.is_some()),
            ("--throttle", self.throttle.is_some()),
            ("--settle", self.settle.is_some()),
            ("--sbatch-option", !self.sbatch_option.is_empty()),
        ];
        let remedy = "add --launcher slurm, or leave it out";
        let option = given.into_iter().find(|(_, given)| *given);
        option.map_or(Ok(()), |(option, _)| Err(LaunchError::OtherLauncher { option, launcher: "local", remedy }))
    }
}
