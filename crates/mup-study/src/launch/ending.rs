//! How processes are ended: asked politely, then killed until none is left.

use std::io;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::processes::Process;

/// Between two looks whether they have ended.
const LOOK: Duration = Duration::from_millis(50);
/// How long the system may take to end what was killed.
const KILLED: Duration = Duration::from_secs(2);

/// Ends processes. `signal` sends a signal to those that run, and says whether there are any; at each look again, for they
/// may be starting others. `wait` passes the time in between.
///
/// # Errors
///
/// Those of both.
pub(super) fn end(
    patience: Duration,
    signal: &mut dyn FnMut(Signal) -> io::Result<bool>,
    wait: &mut dyn FnMut(Duration) -> io::Result<()>,
) -> io::Result<()> {
    for (kind, patience) in [(Signal::SIGTERM, patience), (Signal::SIGKILL, KILLED)] {
        let begun = Instant::now();
        while signal(kind)? && begun.elapsed() < patience {
            wait(LOOK)?;
        }
    }
    Ok(())
}

/// Those that were sent a signal.
#[derive(Debug, Default)]
pub(super) struct Signalled(Vec<Process>);

impl Signalled {
    /// Signals them. Nobody is asked politely twice: many take the second time for haste.
    pub(super) fn send(&mut self, signal: Signal, processes: &[Process]) {
        for process in processes {
            let known = self.0.contains(process);
            if signal == Signal::SIGKILL || !known {
                process.signal(signal);
            }
            if !known {
                self.0.push(*process);
            }
        }
    }

    /// How many those were.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_while_all_are_killed_is_killed_too() {
        let (mut sent, mut left) = (Vec::new(), 3);
        let mut signal = |signal: Signal| {
            sent.push(signal);
            left -= usize::from(signal == Signal::SIGKILL && left > 0);
            Ok(left > 0)
        };
        end(Duration::ZERO, &mut signal, &mut |_| Ok(())).unwrap();
        assert_eq!(sent, [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGKILL, Signal::SIGKILL]);
    }
}
