//! A process that trains, and answers one line for each that it is asked.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
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
    log: PathBuf,
}

impl Process {
    /// Starts a program on this many threads, whose standard error goes to a file of `folder`.
    pub(super) fn start(name: &str, mut command: Command, threads: usize, folder: &Path) -> Outcome<Self> {
        let log = folder.join("errors");
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, threads.to_string());
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn().map_err(|error| {
                format!("cannot start {name} ({}): {error}", command.get_program().to_string_lossy())
            })?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.expect("bug: both ends were asked for");
        Ok(Self { name: name.to_owned(), child, requests, answers: BufReader::new(answers), log })
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
            let answer = if line.is_empty() { "ended" } else { "answered something else" };
            format!("{}: it {answer} ({error}); its last words: {}", self.name, self.last_words(&line)).into()
        })
    }

    /// The last line that it answered or printed.
    fn last_words(&self, answer: &str) -> String {
        let printed = std::fs::read_to_string(&self.log).unwrap_or_default();
        let mut lines = printed.lines().chain(answer.lines());
        lines.rfind(|line| !line.trim().is_empty()).unwrap_or("(none)").to_owned()
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

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::Process;

    fn ask(script: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut process = Process::start("PyTorch", command, 1, folder.path()).expect("a shell");
        process
            .ask("{}")
            .and_then(|()| process.answer::<f64>())
            .map_or_else(|error| error.to_string(), |x| x.to_string())
    }

    #[test]
    fn an_answer_is_read_and_a_crash_is_named_with_its_last_words() {
        assert_eq!(ask("read line; echo 1.5"), "1.5");
        let crashed = ask("read line; echo no module named torch >&2; exit 1");
        assert!(crashed.starts_with("PyTorch: it ended") && crashed.ends_with("no module named torch"), "{crashed}");
        let garbage = ask("read line; echo oops");
        assert!(garbage.contains("answered something else") && garbage.ends_with("oops"), "{garbage}");
    }

    #[test]
    fn each_process_gets_its_threads() {
        assert_eq!(ask("read line; echo $RAYON_NUM_THREADS"), "1");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Process::start("PyTorch", Command::new("/nowhere/python"), 1, folder.path()).expect_err("missing");
        assert!(error.to_string().contains("/nowhere/python"), "{error}");
    }
}
