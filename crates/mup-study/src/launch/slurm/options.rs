//! What a user says of the cluster, and what is asked of it.

use std::time::Duration;

use super::{SlurmError, command};
use crate::Study;

/// What a study's tasks ask Slurm for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlurmOptions {
    /// Partition; the cluster's default if none.
    pub partition: Option<String>,
    /// GPUs of a task.
    pub gpus: Option<u32>,
    /// Minutes of a task; by default two more than the study allows a trial.
    pub time_limit: Option<u64>,
    /// Tasks that run at a time, at most.
    pub throttle: Option<u32>,
    /// How long to look again for a record whose task has ended: a shared file system may list it late.
    pub settle: Duration,
    /// Other options of `sbatch`, as it takes them.
    pub sbatch: Vec<String>,
}

/// Options by which the launcher follows its tasks, and what to do instead of giving them.
const OWN: [(&str, &str, &str); 10] = [
    ("array", "a", "the launcher chooses the trials"),
    ("job-name", "J", "the launcher finds its tasks by their name"),
    ("output", "o", "the logs are in the study's folder `logs`"),
    ("requeue", "", "the launcher submits what is missing, and Slurm must not"),
    ("no-requeue", "", "it is given anyway"),
    ("time", "t", "write --time-limit MINUTES"),
    ("wait", "W", "the launcher waits by itself"),
    ("wrap", "", "the launcher submits a script of its own"),
    ("clusters", "M", "set SLURM_CLUSTERS, which the commands that ask for the tasks read too"),
    ("test-only", "", "it would submit nothing"),
];

impl SlurmOptions {
    /// Whether the launcher leaves these options to `sbatch`, and Slurm answers on this machine.
    ///
    /// # Errors
    ///
    /// [`SlurmError`] naming the option or the command.
    pub fn check(&self) -> Result<(), SlurmError> {
        self.sbatch.iter().try_for_each(|option| check(option))?;
        command::max_array_size().map(|_| ())
    }

    /// Minutes that a task may take.
    pub(super) fn minutes(&self, study: &Study) -> Result<u64, SlurmError> {
        let timeout = study.config().program.as_ref().and_then(|program| program.timeout_seconds);
        match (self.time_limit, timeout) {
            (None, None) => Err(SlurmError::NoTimeLimit),
            (None, Some(timeout)) => Ok(timeout.div_ceil(60) + 2),
            (Some(minutes), Some(timeout)) if minutes.saturating_mul(60) <= timeout => {
                Err(SlurmError::TimeLimit { minutes, timeout })
            }
            (Some(minutes), _) => Ok(minutes),
        }
    }

    /// Options of `sbatch` that follow from these.
    pub(super) fn resources(&self, study: &Study) -> Result<Vec<String>, SlurmError> {
        let threads = study.config().program.as_ref().map_or(1, |program| program.threads);
        let mut options = vec!["--nodes=1".to_owned(), "--ntasks=1".to_owned(), format!("--cpus-per-task={threads}")];
        options.push(format!("--time={}", self.minutes(study)?));
        options.extend(self.partition.as_ref().map(|partition| format!("--partition={partition}")));
        // Per node, which is per task here: `--gpus-per-task` needs a cluster that selects by consumable resources.
        options.extend(self.gpus.map(|gpus| format!("--gres=gpu:{gpus}")));
        for option in &self.sbatch {
            check(option)?;
        }
        options.extend(self.sbatch.iter().cloned());
        Ok(options)
    }
}

fn check(option: &str) -> Result<(), SlurmError> {
    let refuse = |remedy| Err(SlurmError::Option { option: option.to_owned(), remedy });
    let own = if let Some(long) = option.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        if name.is_empty() {
            return refuse("write for example --sbatch-option=--account=NAME");
        }
        // Slurm takes abbreviations.
        OWN.iter().find(|(own, ..)| own.starts_with(name))
    } else if let Some(short) = option.strip_prefix('-').filter(|short| !short.is_empty()) {
        OWN.iter().find(|(_, own, _)| !own.is_empty() && short.starts_with(own))
    } else {
        return refuse("an option begins with `-`; write for example --sbatch-option=--account=NAME");
    };
    own.map_or(Ok(()), |(.., remedy)| refuse(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_the_launcher_is_refused_and_the_rest_goes_through() {
        for option in
            ["--array=1", "--arr=1", "-a1", "-Jx", "--job-name=x", "--requeue", "--wait", "-W", "x", "-", "--"]
        {
            let error = check(option).expect_err(option).to_string();
            assert!(error.contains(option), "{error}");
        }
        for option in ["--account=a", "-Aa", "--mem=4G", "--gpus=a100:1", "--wait-all-nodes=1", "--exclusive", "-x n1"]
        {
            check(option).expect(option);
        }
    }
}
