//! Burn reports a missing driver or adapter by panicking, sometimes in a thread of its own: here that becomes a value.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The hook is one for the process, so this is done by one thread at a time.
static HOOK: Mutex<()> = Mutex::new(());

/// The result, or what the panic said, with what another thread said when it panicked meanwhile: a device's own thread
/// leaves nothing here but a closed channel. Nothing is printed of a panic here; others keep their hook.
pub(crate) fn catch_panics<T>(compute: impl FnOnce() -> T) -> Result<T, String> {
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = Arc::new(panic::take_hook());
    let (others, here) = (Arc::clone(&hook), thread::current().id());
    let elsewhere = Arc::new(Mutex::new(None));
    let heard = Arc::clone(&elsewhere);
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here {
            heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| message(info.payload()));
            others(info);
        }
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(compute));
    drop(panic::take_hook());
    if let Some(hook) = Arc::into_inner(hook) {
        panic::set_hook(hook);
    }
    result.map_err(|payload| {
        let said = message(&*payload);
        match elsewhere.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => format!("{first} (in its own thread; here: {said})"),
            None => said,
        }
    })
}

/// What a panic said.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    shortened(text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no reason given"))
}

/// The first lines: libtorch appends a stack of C++ frames.
fn shortened(text: &str) -> String {
    // A `Result` that Burn unwraps prints its error in debug format, with newlines escaped.
    let text = text.replace("\\n", "\n");
    let text = text.split_once("an `Err` value: ").map_or(text.as_str(), |(_, error)| error);
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Exception raised from"));
    let words = lines.filter(|line| !line.is_empty()).take(4).collect::<Vec<_>>().join(" ");
    words.chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::{catch_panics, shortened};

    /// The hook is one for the process, and a test sets it without `catch_panics`: tests that need it take turns.
    static TURN: Mutex<()> = Mutex::new(());

    #[test]
    fn a_panic_becomes_its_message_and_the_hook_is_back_afterwards() {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(catch_panics(|| -> u8 { panic!("no {}", "adapter") }), Err("no adapter".to_owned()));
        assert_eq!(catch_panics(|| 7), Ok(7));
        let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = std::sync::Arc::clone(&seen);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |_| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }));
        let _ = catch_panics(|| panic!("quiet"));
        assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 0);
        let _ = std::panic::catch_unwind(|| panic!("loud"));
        assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 1);
        std::panic::set_hook(before);
    }

    #[test]
    fn what_a_devices_own_thread_said_is_the_reason_and_not_the_channel_that_it_closed() {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = || {
            let (sender, receiver) = std::sync::mpsc::channel::<u8>();
            std::thread::spawn(move || {
                let _kept_until_the_end = sender;
                panic!("cannot load libcuda.so");
            });
            receiver.recv().unwrap()
        };
        let reason = catch_panics(asked).expect_err("it panicked");
        assert!(reason.starts_with("cannot load libcuda.so (in its own thread; here: RecvError"), "{reason}");
    }

    #[test]
    fn libtorchs_stack_of_frames_is_left_out() {
        let text = "Found no NVIDIA driver.\nException raised from device_count (most recent call first):\nframe #0";
        assert_eq!(shortened(text), "Found no NVIDIA driver.");
        let unwrapped =
            "called `Result::unwrap()` on an `Err` value: Torch(\"Found no driver\\nException raised from x\")";
        assert_eq!(shortened(unwrapped), "Torch(\"Found no driver");
    }
}
