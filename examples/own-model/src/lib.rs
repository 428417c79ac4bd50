//! The README of the workspace and the chapters of its book that show Rust, so that their examples are compiled and run.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/ten-minutes.md")]
struct TenMinutes;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/your-model.md")]
struct YourModel;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from-mup.md")]
struct ComingFromMup;
