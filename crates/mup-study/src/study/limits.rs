//! The largest numbers of a study. Above them no number is meant: it is a slip, and would overflow what is computed from
//! it.

/// Trials of a study: they fit into memory, and nobody trains more by one folder.
pub const TRIALS: u64 = 100_000;
/// Steps of a trial.
pub const STEPS: u64 = 1_000_000_000_000;
/// Seconds of a trial.
pub const SECONDS: u64 = 1_000_000_000;
/// Threads of a trial.
pub const THREADS: u64 = 65_536;
/// A seed: TOML's whole numbers end here.
pub const SEED: u64 = i64::MAX as u64;
