//! A contestant as the command sees it: a child process that answers requests, and errors that name it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::memory;
use crate::protocol::Request;

/// How much of what a contestant printed an error repeats.
const TAIL_LINES: usize = 12;

/// A contestant that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    /// The program does not start.
    #[error("cannot start {name} (`{program}`): {source}")]
    Start { name: String, program: String, source: std::io::Error },
    /// It ended before it answered.
    #[error("{name} ended ({status}) when asked to `{request}`; its last words, from {}:\n{tail}", log.display())]
    Ended { name: String, request: &'static str, status: String, log: PathBuf, tail: String },
    /// It answered something else.
    #[error("{name} was asked to `{request}` and answered `{answer}`, which is no such answer: {problem}")]
    Garbage { name: String, request: &'static str, answer: String, problem: serde_json::Error },
    /// It does not answer.
    #[error("{name} was asked to `{request}` and has not answered for {} s; what it printed is in {}", after.as_secs(), log.display())]
    Silent { name: String, request: &'static str, after: Duration, log: PathBuf },
}

/// A running contestant; killed when dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    name: String,
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
    log: PathBuf,
    patience: Duration,
    /// The last request, as errors call it.
    asked: &'static str,
}

impl Peer {
    /// Starts a program on so many threads, whose standard error goes to `log`, and that answers within `patience`.
    pub(crate) fn start(
        name: &str,
        mut command: Command,
        threads: usize,
        log: PathBuf,
        patience: Duration,
    ) -> Result<Self, PeerError> {
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, threads.to_string());
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |source| PeerError::Start { name: name.to_owned(), program: program.clone(), source };
        let errors = File::create(&log).map_err(failed)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().map_err(failed)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, output) = pipes.expect("bug: both ends were asked for");
        let (send, answers) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            // The receiver is gone once the contestant is dropped.
            lines.map(|line| send.send(line)).find(Result::is_err)
        });
        Ok(Self { name: name.to_owned(), child, requests, answers, log, patience, asked: "start" })
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask<A: DeserializeOwned>(&mut self, request: &Request) -> Result<A, PeerError> {
        self.send(request);
        self.answer()
    }

    /// Sends a request without waiting.
    pub(crate) fn send(&mut self, request: &Request) {
        self.asked = request.name();
        let mut line = serde_json::to_string(request).expect("bug: a request is plain data");
        line.push('\n');
        // A broken pipe shows in the answer, as the end of them.
        let _ = self.requests.write_all(line.as_bytes()).and_then(|()| self.requests.flush());
    }

    /// Waits for the answer to the request before.
    pub(crate) fn answer<A: DeserializeOwned>(&mut self) -> Result<A, PeerError> {
        let (name, request, log) = (self.name.clone(), self.asked, self.log.clone());
        match self.answers.recv_timeout(self.patience) {
            Ok(answer) => {
                let parsed = serde_json::from_str(&answer);
                parsed.map_err(|problem| PeerError::Garbage { name, request, answer: shortened(&answer), problem })
            }
            Err(RecvTimeoutError::Timeout) => Err(PeerError::Silent { name, request, after: self.patience, log }),
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(PeerError::Ended { name, request, status, tail: self.tail(), log })
            }
        }
    }

    /// The most memory that it ever held, in bytes, where the system tells.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        memory::peak_of(self.child.id())
    }

    fn tail(&self) -> String {
        let printed = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = printed.lines().collect();
        let shown = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        if shown.is_empty() { "(nothing)".to_owned() } else { shown.join("\n") }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shortened(answer: &str) -> String {
    const SHOWN: usize = 80;
    match answer.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &answer[..end]),
        None => answer.to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::protocol::Losses;

    fn ask(script: &str, patience: Duration) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut peer = Peer::start("PyTorch", command, 1, folder.path().join("log"), patience).expect("a shell");
        let answer: Result<Losses, PeerError> = peer.ask(&Request::Check { steps: 3 });
        answer.map_or_else(|error| error.to_string(), |losses| format!("{:?}", losses.losses))
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_peer_that_answers_is_understood() {
        let answer = r#"read line; echo '{"losses": [1.5, 1.25]}'"#;
        assert_eq!(ask(answer, LONG), "[1.5, 1.25]");
    }

    #[test]
    fn a_peer_gets_its_threads() {
        let answer = r#"read line; echo "{\"losses\": [$RAYON_NUM_THREADS]}""#;
        assert_eq!(ask(answer, LONG), "[1.0]");
    }

    #[test]
    fn a_peer_that_crashes_is_named_with_its_last_words() {
        let message = ask("read line; echo 'no module named mup' >&2; exit 3", LONG);
        assert!(message.starts_with("PyTorch ended (exit status: 3) when asked to `check`"), "{message}");
        assert!(message.ends_with("no module named mup"), "{message}");
    }

    #[test]
    fn a_peer_that_is_gone_before_it_is_asked_is_named() {
        let message = ask("exit 0", LONG);
        assert!(message.starts_with("PyTorch ended (exit status: 0)"), "{message}");
    }

    #[test]
    fn a_peer_that_prints_garbage_is_named_with_what_it_printed() {
        let message = ask("read line; echo Segmentation fault", LONG);
        assert!(message.contains("PyTorch was asked to `check` and answered `Segmentation fault`"), "{message}");
        let message = ask(r#"read line; echo '{"losses": "nan"}'"#, LONG);
        assert!(message.contains("is no such answer"), "{message}");
    }

    #[test]
    fn a_peer_that_hangs_is_named_and_killed() {
        let message = ask("sleep 60", Duration::from_millis(50));
        assert!(message.starts_with("PyTorch was asked to `check` and has not answered"), "{message}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Peer::start("PyTorch", Command::new("/nowhere/python"), 1, folder.path().join("log"), LONG);
        let message = error.expect_err("no such program").to_string();
        assert!(message.starts_with("cannot start PyTorch (`/nowhere/python`)"), "{message}");
    }
}
