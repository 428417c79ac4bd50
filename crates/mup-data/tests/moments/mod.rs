//! Random moments at which tests kill processes; shared by the tests of several crates.
//!
//! `MUP_KILLS` is how many each test kills, few by default; `MUP_KILLS_SEED` repeats the moments of a seed that was
//! printed, as far as a machine repeats itself.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::process::Child;
use std::time::Duration;

/// Of a test, where `MUP_KILLS` says nothing.
const FEW: usize = 5;

/// Kills after which a run should have come to its end.
const KILLS_PER_RUN: std::ops::RangeInclusive<usize> = 3..=12;

pub(crate) struct Moments {
    state: u64,
    left: usize,
    /// Milliseconds.
    limit: u64,
    kills_of_run: usize,
}

impl Moments {
    /// `limit`: milliseconds, which adapt to how long a run takes on this machine.
    pub(crate) fn below(limit: u64) -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
        let seed = number("MUP_KILLS_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 32);
        let left = number("MUP_KILLS").map_or(FEW, |n| n as usize);
        println!("{left} kills: MUP_KILLS={left} MUP_KILLS_SEED={seed}");
        Self { state: seed, left, limit, kills_of_run: 0 }
    }

    /// How many kills are still to come.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Below `limit` (SplitMix64).
    pub(crate) fn draw(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    /// Sleeps, then kills with SIGKILL what still runs; whether all of it did.
    pub(crate) fn kill(&mut self, mut processes: Vec<Child>) -> bool {
        let milliseconds = 2 + self.draw(self.limit);
        std::thread::sleep(Duration::from_millis(milliseconds));
        let ended = |process: &mut Child| process.try_wait().expect("a child").is_some();
        let n_ended = processes.iter_mut().map(ended).filter(|ended| *ended).count();
        println!("after {milliseconds} ms{}", if n_ended > 0 { ", which is too late" } else { "" });
        if n_ended < processes.len() {
            self.left = self.left.saturating_sub(1);
            self.kills_of_run += 1;
        }
        for mut process in processes {
            process.kill().expect("a child");
            process.wait().expect("a child");
        }
        if self.kills_of_run > *KILLS_PER_RUN.end() {
            // So early that the run hardly advances.
            (self.limit, self.kills_of_run) = (self.limit * 3 / 2 + 1, 0);
        }
        n_ended == 0
    }

    /// The run came to its end; the next begins anew.
    pub(crate) fn run_ended(&mut self) {
        if self.kills_of_run < *KILLS_PER_RUN.start() {
            self.limit = self.limit * 3 / 4 + 1;
        }
        self.kills_of_run = 0;
    }
}
