#![doc = include_str!("../README.md")]
//!
//! The rooms: [`DeviceName`] (what a user writes), [`open`] (a device that has computed something, or why not),
//! [`list`] (what is compiled in and what answers), [`DeviceError`],
//! [`let_openmp_sleep`] (LibTorch beside our kernels).
//!
//! It may use Burn, and knows neither models nor what is computed on a device.

mod construct;
mod error;
mod list;
mod name;
mod open;
mod openmp;
mod quiet;

pub use error::DeviceError;
pub use list::{Availability, Listed, Listing, list};
pub use name::{Backend, DeviceName};
pub use open::{describe, open};
pub use openmp::{SPIN_COUNT, SPIN_VARIABLE, let_openmp_sleep};
