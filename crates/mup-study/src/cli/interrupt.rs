//! Ctrl-C: stop cleanly. A second one stops at once, and says so.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::say;

/// What a shell reports for a program that Ctrl-C ended.
const EXIT_CODE: u8 = 130;

/// Whether the user wants to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

/// The process cannot listen to signals.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen to Ctrl-C: {0}")]
pub struct InterruptError(#[from] io::Error);

impl Interrupt {
    /// Listens to Ctrl-C, to termination and to the end of the terminal, once for the whole process; the last not
    /// under `nohup`.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn listen() -> Result<Self, InterruptError> {
        static LISTENING: Mutex<Option<Interrupt>> = Mutex::new(None);
        let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*listening {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let mut heard = Signals::new(signals())?;
        let requested = Arc::clone(&interrupt.0);
        // Files are whole or absent: nothing finished is lost when the second signal ends the process.
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in heard.forever() {
                if requested.swap(true, Ordering::Relaxed) {
                    say("stopped at once: what ran is not recorded; everything finished is kept, and the same command continues");
                    std::process::exit(i32::from(EXIT_CODE));
                }
            }
        })?;
        Ok(listening.insert(interrupt).clone())
    }

    /// Whether the user wants to stop.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// How a stopped program ends: it says that the same command continues.
    #[must_use]
    pub fn exit_code() -> std::process::ExitCode {
        say("\nstopped; everything finished is kept, and the same command continues");
        std::process::ExitCode::from(EXIT_CODE)
    }
}

#[cfg(unix)]
fn signals() -> Vec<i32> {
    use signal_hook::consts::SIGHUP;
    let mut signals = vec![SIGINT, SIGTERM];
    if !is_ignored(SIGHUP) {
        signals.push(SIGHUP);
    }
    signals
}

#[cfg(not(unix))]
fn signals() -> Vec<i32> {
    vec![SIGINT, SIGTERM]
}

/// Whether the process was started with a signal ignored, as `nohup` does; to listen would undo that. Asking the system
/// itself needs unsafe code, Linux also says it in a file.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
