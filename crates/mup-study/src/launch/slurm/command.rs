//! Slurm's commands, and what they say.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::SlurmError;

/// A job or an array of this user, in the queue or remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Id of the array.
    pub(super) job: String,
    pub(super) state: String,
    /// Why it waits.
    pub(super) reason: String,
    /// Name of the job.
    pub(super) name: String,
}

/// Submits; returns the id of the job.
pub(super) fn sbatch(arguments: &[OsString]) -> Result<String, SlurmError> {
    // It would not return before the job's end.
    let said = run(command("sbatch").env_remove("SBATCH_WAIT").args(arguments), "sbatch")?;
    // `ID` or `ID;CLUSTER`.
    let id = said.trim().split(';').next().unwrap_or_default();
    let is_id = !id.is_empty() && id.chars().all(|digit| digit.is_ascii_digit());
    if is_id { Ok(id.to_owned()) } else { Err(SlurmError::Answer { command: "sbatch", said, expected: "job id" }) }
}

/// This user's jobs in the queue. `--jobs ID` would fail as soon as Slurm has forgotten the job.
pub(super) fn queue() -> Result<Vec<Entry>, SlurmError> {
    squeue(&[])
}

/// How the tasks of an array ended, as far as Slurm remembers, for people to read.
pub(super) fn ended(job: &str) -> String {
    let entries = squeue(&["--array", "--states", "all"]).unwrap_or_default();
    let mut counts = BTreeMap::new();
    for entry in entries.into_iter().filter(|entry| entry.job == job) {
        *counts.entry(entry.state).or_insert(0) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    if counts.is_empty() { "forgotten by Slurm".to_owned() } else { counts.join(", ") }
}

/// The number below which an array's tasks are numbered.
pub(super) fn max_array_size() -> Result<usize, SlurmError> {
    let said = run(command("scontrol").args(["show", "config"]), "scontrol show config")?;
    let line = said.lines().find_map(|line| line.trim_start().strip_prefix("MaxArraySize"));
    let size = line.and_then(|line| line.trim_start().strip_prefix('=')?.trim().parse().ok());
    let absent = || SlurmError::Answer {
        command: "scontrol show config",
        said: line.unwrap_or("nothing of MaxArraySize").to_owned(),
        expected: "size of job arrays above 0",
    };
    size.filter(|size| *size > 0).ok_or_else(absent)
}

fn squeue(arguments: &[&str]) -> Result<Vec<Entry>, SlurmError> {
    let mut squeue = command("squeue");
    // A filter that the user is used to would hide our jobs.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SQUEUE_") {
            squeue.env_remove(name);
        }
    }
    // The name comes last, because others' may contain anything.
    squeue.args(["--noheader", "--me", "--format", "%F|%T|%r|%j"]).args(arguments);
    Ok(run(&mut squeue, "squeue")?.lines().filter_map(entry).collect())
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.splitn(4, '|').map(|field| field.trim().to_owned());
    Some(Entry { job: fields.next()?, state: fields.next()?, reason: fields.next()?, name: fields.next()? })
}

fn command(name: &'static str) -> Command {
    let mut command = Command::new(name);
    // Ctrl-C is for the launcher, and not for a submission at hand.
    command.stdin(Stdio::null()).process_group(0);
    command
}

fn run(command: &mut Command, name: &'static str) -> Result<String, SlurmError> {
    let shown = shown(command);
    let refused = |said: String| SlurmError::Refused { command: shown, said };
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(SlurmError::Absent { command: name.split(' ').next().unwrap_or(name) });
        }
        Err(error) => return Err(refused(error.to_string())),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(refused(if said.is_empty() { output.status.to_string() } else { said }));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// As one would type it, nearly.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
