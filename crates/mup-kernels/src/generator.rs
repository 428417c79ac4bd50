//! Burn's random generator, which is one for the whole process, lent to one run at a time.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use burn::tensor::{Device, Distribution, Tensor};

/// One run's random numbers, the same whatever runs in other threads.
///
/// Burn draws (dropout, weights at their first use) from one generator for all threads: a static in flex and ndarray, one
/// for all GPUs of CubeCL, LibTorch's own. Runs in threads take numbers out of each other's sequence, and a layer like
/// Burn's `Dropout` cannot be given another generator. So whoever draws gets the generator to itself, seeded, for as long as
/// it draws. Whoever draws nothing lets others in at once; which of the two a run is, its first call finds out.
///
/// On devices that queue what they compute (Burn's fusion on GPUs) a mask may be drawn after its turn: there a run is
/// reproducible only alone in its process.
///
/// ```
/// use burn::tensor::{Device, Distribution, Tensor};
/// use mup_kernels::Generator;
///
/// let device = Device::flex();
/// let draw = || {
///     let mask = || Tensor::<1>::random([8], Distribution::Bernoulli(0.5), &device).into_data();
///     Generator::default().seeded(&[device.clone()], 7, mask)
/// };
/// std::thread::scope(|scope| {
///     let other = scope.spawn(draw);
///     assert_eq!(draw(), other.join().unwrap());
/// });
/// ```
#[derive(Debug, Default)]
pub struct Generator {
    draws: OnceLock<bool>,
}

impl Generator {
    /// Seeds the devices and calls `run`, which must not wait for another thread that draws.
    ///
    /// If the first call drew nothing from the devices, later ones are seeded too but let others draw meanwhile: a run
    /// that begins to draw later is reproducible only alone.
    pub fn seeded<R>(&self, devices: &[Device], seed: u64, run: impl FnOnce() -> R) -> R {
        let turn = Turn::wait();
        devices.iter().for_each(|device| device.seed(seed));
        if self.draws.get() == Some(&false) {
            drop(turn);
            return run();
        }
        let result = run();
        // Inside another run, to find out would take numbers from its sequence.
        if turn.0.is_none() {
            return result;
        }
        self.draws.get_or_init(|| devices.iter().any(|device| drew(device, seed)));
        result
    }
}

/// Whether something was drawn since the device was seeded: its next numbers are not the first ones of the seed.
fn drew(device: &Device, seed: u64) -> bool {
    let next = || Tensor::<1>::random([4], Distribution::Default, device).into_data();
    let now = next();
    device.seed(seed);
    now != next()
}

/// The seed of a place in a run, such as its step: neighbouring places have unrelated ones.
#[must_use]
pub fn seed_at(seed: u64, place: &[u64]) -> u64 {
    place.iter().fold(seed, |seed, part| mix(seed ^ part))
}

/// SplitMix64 (Steele, Lea & Flood 2014).
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The right to draw; a run inside a run has it already.
struct Turn(Option<MutexGuard<'static, ()>>);

thread_local! {
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}

impl Turn {
    fn wait() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        if HAS_TURN.get() {
            return Self(None);
        }
        let guard = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        HAS_TURN.set(true);
        Self(Some(guard))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.0.is_some() {
            HAS_TURN.set(false);
        }
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use burn::tensor::{Device, Distribution, Tensor};

    use super::{Generator, seed_at};

    fn draw() -> Vec<f32> {
        Tensor::<1>::random([5], Distribution::Default, &Device::flex()).into_data().iter().collect()
    }

    fn seeded<R>(generator: &Generator, run: impl FnOnce() -> R) -> R {
        generator.seeded(&[Device::flex()], 3, run)
    }

    #[test]
    fn runs_in_threads_draw_what_they_draw_alone() {
        let run = |seed: u64| {
            Generator::default().seeded(&[Device::flex()], seed, || {
                std::thread::sleep(Duration::from_millis(5));
                draw()
            })
        };
        let alone = [1, 2, 3].map(run);
        let together = std::thread::scope(|scope| {
            [1, 2, 3].map(|seed| scope.spawn(move || run(seed))).map(|run| run.join().unwrap())
        });
        assert_eq!(together, alone);
        assert_ne!(alone[0], alone[1]);
    }

    #[test]
    fn a_run_inside_a_run_waits_for_nobody_and_a_panic_gives_the_turn_back() {
        let generator = Generator::default();
        let outer = seeded(&generator, || seeded(&Generator::default(), draw));
        assert!(std::panic::catch_unwind(|| seeded(&Generator::default(), || panic!("in a run"))).is_err());
        assert_eq!(seeded(&generator, draw), outer);
    }

    /// To find out whether it draws, the inner run would take numbers from the outer one, the first time alone.
    #[test]
    fn a_run_inside_a_run_leaves_the_same_sequence_every_time() {
        let inner = Generator::default();
        let outer = || seeded(&Generator::default(), || [seeded(&inner, draw), draw()]);
        assert_eq!(outer(), outer());
    }

    /// The first of two runs in threads ends only when the second has ended: with the turn it would wait in vain.
    #[test]
    fn what_draws_nothing_lets_others_in() {
        let generator = Generator::default();
        seeded(&generator, || ());
        let (ended, end) = channel();
        std::thread::scope(|scope| {
            let wait = move || end.recv_timeout(Duration::from_secs(60));
            let first = scope.spawn(|| seeded(&generator, wait));
            seeded(&generator, || ended.send(()).unwrap());
            assert!(first.join().unwrap().is_ok());
        });
    }

    #[test]
    fn places_have_unrelated_seeds() {
        let seeds = [seed_at(1, &[0, 1]), seed_at(1, &[1, 0]), seed_at(2, &[0, 1]), seed_at(1, &[])];
        assert!((0..4).all(|i| (0..i).all(|j| seeds[i] != seeds[j])), "{seeds:?}");
    }
}
