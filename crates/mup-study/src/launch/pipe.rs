//! The reading end of a pipe that others may hold open for ever.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::ChildStdout;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What there was to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Something,
    /// Nothing in the time given.
    Nothing,
    /// Nobody holds the other end any more.
    End,
}

/// A program's standard output.
#[derive(Debug)]
pub(super) struct Pipe {
    stdout: ChildStdout,
    buffer: Vec<u8>,
}

impl Pipe {
    pub(super) fn new(stdout: ChildStdout) -> Self {
        Self { stdout, buffer: vec![0; 64 << 10] }
    }

    pub(super) fn stdout(&self) -> &ChildStdout {
        &self.stdout
    }

    /// Reads what is there, and waits no longer than this for anything.
    pub(super) fn read(&mut self, wait: Duration, take: &mut dyn FnMut(&[u8])) -> io::Result<Heard> {
        let wait = PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO);
        match poll(&mut [PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)], wait) {
            Ok(0) | Err(Errno::EINTR) => return Ok(Heard::Nothing),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        // There is something, or the end: this does not wait.
        match self.stdout.read(&mut self.buffer) {
            Ok(0) => Ok(Heard::End),
            Ok(length) => {
                take(&self.buffer[..length]);
                Ok(Heard::Something)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Heard::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Reads what comes in this time, so that no writer waits for a reader.
    pub(super) fn listen(&mut self, time: Duration, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if self.read(left, take)? == Heard::End {
                std::thread::sleep(left);
            }
        }
    }

    /// Reads until nothing comes for a while, whoever holds the other end; from one who never pauses, no longer than
    /// `limit`.
    pub(super) fn drain(&mut self, pause: Duration, limit: Duration, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let begun = Instant::now();
        while self.read(pause, take)? == Heard::Something && begun.elapsed() < limit {}
        Ok(())
    }
}
