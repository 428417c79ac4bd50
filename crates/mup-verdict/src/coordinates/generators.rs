//! What trials draw, the same in any thread and in every pass.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;
use mup_kernels::{Generator, seed_at};

/// The random numbers of a check's trials.
#[derive(Debug)]
pub(super) struct Generators {
    now: Mutex<Arc<Lent>>,
}

/// What a trial draws from: devices that are seeded before it is built and before every pass.
///
/// Every pass draws the same numbers, as it sees the same batch: with other dropout masks in every pass, x_t − x_0 would
/// show the masks, at every width, whether or not anything was trained.
#[derive(Debug, Default)]
pub(super) struct Lent {
    devices: Vec<Device>,
    building: Generator,
    passing: Generator,
}

impl Generators {
    pub(super) fn new() -> Self {
        Self::of(processors())
    }

    fn of(devices: Vec<Device>) -> Self {
        Self { now: Mutex::new(Arc::new(Lent { devices, ..Lent::default() })) }
    }

    pub(super) fn lend(&self) -> Arc<Lent> {
        Arc::clone(&self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these devices are seeded too, and whether trials draw from them is found out anew.
    pub(super) fn learn(&self, devices: &[Device]) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = devices.iter().filter(|device| !now.devices.contains(device));
        let devices: Vec<Device> = now.devices.iter().chain(unknown).cloned().collect();
        if devices.len() > now.devices.len() {
            *now = Arc::new(Lent { devices, ..Lent::default() });
        }
    }
}

impl Lent {
    pub(super) fn build<R>(&self, width: usize, seed: u64, build: impl FnOnce() -> R) -> R {
        self.building.seeded(&self.devices, seed_at(seed, &[width as u64, 0]), build)
    }

    pub(super) fn pass<R>(&self, width: usize, seed: u64, pass: impl FnOnce() -> R) -> R {
        self.passing.seeded(&self.devices, seed_at(seed, &[width as u64, 1]), pass)
    }

    /// Whether all of these devices were seeded.
    pub(super) fn covers(&self, devices: &[Device]) -> bool {
        devices.iter().all(|device| self.devices.contains(device))
    }
}

/// The devices that every machine has and that cost nothing to seed; others are known once a trial shows them.
#[allow(deprecated, reason = "Burn deprecates ndarray and libtorch, which are offered as long as it has them")]
fn processors() -> Vec<Device> {
    vec![
        #[cfg(feature = "flex")]
        Device::flex(),
        #[cfg(feature = "ndarray")]
        Device::ndarray(),
        #[cfg(feature = "libtorch")]
        Device::libtorch(),
    ]
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::tensor::{Device, Tensor};
    use mup_probe::Probe;

    use super::Generators;
    use crate::coordinates::{Activations, CoordCheck};

    #[test]
    fn a_trial_that_shows_an_unknown_device_is_begun_again_with_it() {
        let check = CoordCheck::new([1, 2], 1, 1).unwrap();
        let begun = |generators: &Generators| {
            let mut begun = 0;
            let build = |_, _| {
                begun += 1;
                Ok(|seen: &mut Activations| {
                    seen.observe("x", &Tensor::<1>::ones([2], &Device::flex().autodiff()));
                    Ok(())
                })
            };
            check.run_trial(1, 0, generators, build).unwrap();
            begun
        };
        assert_eq!(begun(&Generators::new()), 1);
        let unaware = Generators::of(Vec::new());
        assert_eq!((begun(&unaware), begun(&unaware)), (2, 1));
        assert!(unaware.lend().covers(&[Device::flex()]));
    }
}
