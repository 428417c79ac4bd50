//! Ctrl-C: stop cleanly. A second one stops at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a shell reports for a program that Ctrl-C ended.
const EXIT_CODE: u8 = 130;

/// Whether the user wants to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens to Ctrl-C and to termination, once for the whole process.
    ///
    /// # Errors
    ///
    /// If the process listens already by other means.
    pub fn listen() -> Result<Self, ctrlc::Error> {
        static LISTENING: Mutex<Option<Interrupt>> = Mutex::new(None);
        let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*listening {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let flag = Arc::clone(&interrupt.0);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                // Files are whole or absent, so nothing finished can be lost.
                std::process::exit(i32::from(EXIT_CODE));
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
        eprintln!("\nstopped; everything finished is kept, and the same command continues");
        std::process::ExitCode::from(EXIT_CODE)
    }
}
