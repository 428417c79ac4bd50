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
    job_id(&said).ok_or(SlurmError::UnclearSubmission { said })
}

/// The job's id in what `sbatch` and a site's wrapper around it say: `Submitted batch job ID`, or a line that is `ID` or
/// `ID;CLUSTER` alone. None if there is none, or more than one.
fn job_id(said: &str) -> Option<String> {
    let is_id = |word: &&str| !word.is_empty() && word.chars().all(|digit| digit.is_ascii_digit());
    let sentences = said.split("Submitted batch job").skip(1);
    let of_sentences = sentences.filter_map(|rest| rest.split_whitespace().next()).map(|id| id.trim_end_matches('.'));
    let of_lines = said.lines().map(|line| line.trim()).map(|line| match line.split_once(';') {
        Some((id, cluster)) if !cluster.contains(char::is_whitespace) => id,
        _ => line,
    });
    let only = |mut ids: Vec<&str>| {
        ids.retain(is_id);
        ids.sort_unstable();
        ids.dedup();
        if let [id] = ids[..] { Some(id.to_owned()) } else { None }
    };
    only(of_sentences.collect()).or_else(|| only(of_lines.collect()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_id_is_found_in_whatever_a_site_says_around_it() {
        let banner = "-----\n   Welcome to the Lonestar 5 Supercomputer\n-----\n--> Verifying host (login1)...OK\n";
        for said in [
            "123",
            "123\n",
            "123\r\n",
            " 123;tux\n",
            "Submitted batch job 123\n",
            "Submitted batch job 123 on cluster tux\n",
            "sbatch: Submitted batch job 123.\n123\n",
            &format!("{banner}123\n"),
            &format!("{banner}Submitted batch job 123\n"),
            &format!("123\n{banner}"),
            "123\nsbatch: your project has 12 core hours left\n",
            "4 nodes are down\n123\nhave a nice day; 5 more\n",
            "7\nSubmitted batch job 123\n",
        ] {
            assert_eq!(job_id(said).as_deref(), Some("123"), "{said:?}");
        }
        for said in ["", "\n", "accepted", "12 core hours left", "123\n124\n", "job 123", "Submitted batch job\n", "-1"]
        {
            assert_eq!(job_id(said), None, "{said:?}");
        }
    }
}
