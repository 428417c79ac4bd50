//! Random numbers that are a pure function of their place, so that a batch is one of seed and step.

/// Uniform in [0, 1): the i-th number of a step under a seed.
#[must_use]
pub fn uniform(seed: u64, step: usize, i: usize) -> f32 {
    let place = (((seed << 20) + step as u64) << 20) + i as u64;
    let z = (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 40) as f32 / (1_u32 << 24) as f32
}

/// The README of the workspace, so that its examples are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
