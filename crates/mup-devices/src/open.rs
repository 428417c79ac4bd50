//! From a name to a device that has computed something.

use burn::tensor::{Device, Tensor};

use crate::construct::{construct, identity};
use crate::quiet::catch_panics;
use crate::{DeviceError, DeviceName};

/// The device of that name, after it has computed something; without autodiff.
///
/// # Errors
///
/// A device that is not compiled in, that this machine has not, or that gives no or a wrong result.
pub fn open(name: DeviceName) -> Result<Device, DeviceError> {
    let opened = catch_panics(|| {
        let device = construct(name)?;
        let product = Tensor::<2>::full([2, 3], 2.0, &device).matmul(Tensor::ones([3, 2], &device));
        let sum = product.sum().into_scalar::<f32>();
        // Small whole numbers: exact in every float type.
        if sum.to_bits() == 24_f32.to_bits() {
            Ok(device)
        } else {
            Err(DeviceError::DoesNotAnswer { name, reason: format!("it computes 2 · 3 · 4 to be {sum}") })
        }
    });
    opened.unwrap_or_else(|reason| Err(DeviceError::DoesNotAnswer { name, reason }))
}

/// What a device that was opened calls itself, such as the name of a GPU; none for CPU devices.
#[must_use]
pub fn describe(device: &Device) -> Option<String> {
    catch_panics(|| identity(device)).ok().flatten()
}
