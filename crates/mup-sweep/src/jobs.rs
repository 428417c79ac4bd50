//! Many independent runs on one machine.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::ThreadPoolBuilder;

/// Runs every item, `jobs` at a time and in order, and returns the results in that order; after the first error no
/// other item begins.
///
/// Each item has one thread of its own, also for what it does with rayon (Burn's matrix products on the CPU): on two
/// cores, two GPTs of width 256 on one thread each train 1.7 times as much as one on two (docs/log.md), since most
/// operations of a training step use one thread anyway. Put the longest items first.
///
/// Threads share what is one for the process, and with Burn that is the random generator: an item that draws from it
/// (dropout) is a function of its seed if it trains with `mup-train`, or draws inside `mup_kernels::Generator::seeded`.
///
/// ```
/// let squares = mup_sweep::in_parallel(2, &[1, 2, 3], |n| Ok::<_, std::io::Error>(n * n))?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The first error of an item, in the order of the items.
///
/// # Panics
///
/// If an item panics, or the system gives no thread.
pub fn in_parallel<T: Sync, R: Send, E: Send>(
    jobs: usize,
    items: &[T],
    run: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<Option<Result<R, E>>>> = Mutex::new(items.iter().map(|_| None).collect());
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let idx = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(idx) else { break };
            let result = run(item);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            results.lock().expect("bug: nothing panics while it holds the results")[idx] = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("the system has no thread left");
            let work = &work;
            scope.spawn(move || pool.install(work));
        }
    });
    let results = results.into_inner().expect("bug: nothing panics while it holds the results");
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_jobs() {
        let items: Vec<u64> = (0..50).collect();
        let run = |item: &u64| {
            std::thread::sleep(std::time::Duration::from_micros(50 - item));
            Ok::<_, ()>(item * 2)
        };
        let expected: Vec<u64> = items.iter().map(|item| item * 2).collect();
        for jobs in [0, 1, 3, 100] {
            assert_eq!(in_parallel(jobs, &items, run), Ok(expected.clone()), "{jobs} jobs");
        }
        assert_eq!(in_parallel(2, &[], run), Ok(vec![]));
    }

    #[test]
    fn an_error_is_returned_and_begins_nothing_more() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let run = |item: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item == 3 { Err("three") } else { Ok(*item) }
        };
        assert_eq!(in_parallel(1, &items, run), Err("three"));
        assert_eq!(begun.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn every_item_has_one_thread_for_itself() {
        let threads = in_parallel(2, &[(), ()], |()| Ok::<_, ()>(rayon::current_num_threads()));
        assert_eq!(threads, Ok(vec![1, 1]));
    }
}
