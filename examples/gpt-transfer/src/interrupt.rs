//! Ctrl-C: stop between two steps. A second one stops at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::RunError;

/// Whether the user wants to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens to Ctrl-C and to termination, once for the whole process.
    pub(crate) fn listen() -> Result<Self, RunError> {
        static LISTENING: Mutex<Option<Interrupt>> = Mutex::new(None);
        let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*listening {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let flag = Arc::clone(&interrupt.0);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                // Records are whole or absent, so nothing finished can be lost.
                std::process::exit(130);
            }
        })?;
        Ok(listening.insert(interrupt).clone())
    }

    pub(crate) fn check(&self) -> Result<(), RunError> {
        if self.0.load(Ordering::Relaxed) { Err(RunError::Interrupted) } else { Ok(()) }
    }
}
