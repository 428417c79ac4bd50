//! Why a device cannot be used.

use crate::{Backend, DeviceName};

/// A device that cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No device is called that.
    #[error("unknown device `{name}`; there are {}, some with an index, as in cuda:1", names().join(", "))]
    Unknown {
        /// As given.
        name: String,
    },
    /// An index that is no number.
    #[error("device `{name}`: after the colon belongs a number from 0, as in {}:0", backend.feature())]
    Index {
        /// As given.
        name: String,
        /// What the index is for.
        backend: Backend,
    },
    /// An index where there is one device.
    #[error("device `{name}`: there is one {0}; write {0}", backend.feature())]
    OnlyOne {
        /// As given.
        name: String,
        /// Of which there is one.
        backend: Backend,
    },
    /// The program was built without it.
    #[error(
        "device `{name}` is not compiled in: turn on the feature `{0}` of `burn-mup`, or of the crate of its workspace \
         that this program depends on; a program that passes its features on takes `--features {0}`",
        name.backend().feature()
    )]
    NotCompiled {
        /// What was asked for.
        name: DeviceName,
    },
    /// Fewer devices than the index says.
    #[error("device `{name}`: {} numbers {found} on this machine, from 0", name.backend().feature())]
    NotThere {
        /// What was asked for.
        name: DeviceName,
        /// How many there are.
        found: usize,
    },
    /// It is compiled in, but gives no result.
    #[error("device `{name}` does not answer on this machine: {reason}")]
    DoesNotAnswer {
        /// What was asked for.
        name: DeviceName,
        /// What Burn, the driver or the library said.
        reason: String,
    },
}

fn names() -> Vec<&'static str> {
    Backend::ALL.iter().map(|backend| backend.feature()).collect()
}
