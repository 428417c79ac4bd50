//! What is compiled in, and what answers on this machine.

use std::fmt;

use crate::construct::{enumerate, is_compiled_in};
use crate::quiet::catch_panics;
use crate::{Backend, DeviceError, DeviceName, describe, open};

/// Every device, as [`list`] found them; prints as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// In the order of [`Backend::ALL`].
    pub devices: Vec<Listed>,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: DeviceName,
    /// Whether it can be used.
    pub availability: Availability,
}

/// Whether a device can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It computed something.
    Answers {
        /// What it calls itself.
        description: Option<String>,
    },
    /// It is compiled in.
    DoesNotAnswer {
        /// What was said.
        reason: String,
    },
    /// The program was built without it.
    NotCompiled,
}

/// Opens every device that is compiled in, one after the other.
#[must_use]
pub fn list() -> Listing {
    let names = Backend::ALL.iter().copied().flat_map(names);
    let listed = |name| Listed { name, availability: availability(name) };
    Listing { devices: names.map(listed).collect() }
}

/// The default device of a backend, then those with an index that Burn can count.
fn names(backend: Backend) -> Vec<DeviceName> {
    let name = DeviceName::from(backend);
    let count = if is_compiled_in(backend) { catch_panics(|| enumerate(backend).len()).unwrap_or(0) } else { 0 };
    let mut names = vec![name];
    names.extend((0..count).map(|index| name.at(index)));
    if backend == Backend::LibTorch && is_compiled_in(backend) {
        names.push(name.at(0));
    }
    names
}

fn availability(name: DeviceName) -> Availability {
    match open(name) {
        Ok(device) => Availability::Answers { description: describe(&device) },
        Err(DeviceError::NotCompiled { .. }) => Availability::NotCompiled,
        Err(DeviceError::DoesNotAnswer { reason, .. }) => Availability::DoesNotAnswer { reason },
        Err(error) => Availability::DoesNotAnswer { reason: error.to_string() },
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Listed { name, availability } in &self.devices {
            write!(f, "{name:<12}")?;
            match availability {
                Availability::Answers { description: None } => writeln!(f, "answers")?,
                Availability::Answers { description: Some(description) } => writeln!(f, "answers: {description}")?,
                Availability::DoesNotAnswer { reason } => writeln!(f, "does not answer: {reason}")?,
                Availability::NotCompiled => writeln!(f, "needs --features {}", name.backend().feature())?,
            }
        }
        Ok(())
    }
}
