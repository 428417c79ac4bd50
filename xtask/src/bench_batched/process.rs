//! A process that trains, and answers one line for each that it is asked.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;

use super::Outcome;

/// Ends with this program.
#[derive(Debug)]
pub(super) struct Process {
    name: String,
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a program on this many threads, whose standard error goes to a file of `folder`.
    pub(super) fn start(name: &str, mut command: Command, threads: usize, folder: &Path) -> Outcome<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("errors"))?;
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, threads.to_string());
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().map_err(|error| {
                format!("cannot start {name} ({}): {error}", command.get_program().to_string_lossy())
            })?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.expect("bug: both ends were asked for");
        Ok(Self { name: name.to_owned(), child, requests, answers: BufReader::new(answers) })
    }

    /// Sends a request without waiting.
    pub(super) fn ask(&mut self, request: &str) -> Outcome<()> {
        let sent = writeln!(self.requests, "{request}").and_then(|()| self.requests.flush());
        sent.map_err(|error| format!("{} ended before `{request}`: {error}", self.name).into())
    }

    /// Waits for the answer to the request before.
    pub(super) fn answer<A: DeserializeOwned>(&mut self) -> Outcome<A> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|error| {
            let ended = if line.is_empty() { "it ended; run its command by hand to see why" } else { line.trim() };
            format!("{} gave no answer ({ended}): {error}", self.name).into()
        })
    }

    /// The most memory that it ever held, in bytes, where Linux tells.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
