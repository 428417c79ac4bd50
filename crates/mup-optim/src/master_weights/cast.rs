//! A module in another floating-point type.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};
use mup_shapes::param_mappers;

use crate::OptimError;

/// Every float parameter in another type: trained ones stay trained, multipliers and frozen ones untrained, adapters
/// attached. Lazy parameters stay lazy, so it may stand before or after `mup_init::initialize`. Weights that are loaded
/// later come in this type too.
///
/// A multiplier is rounded like everything else: 1/m is exact where m is a power of two, and within 2⁻⁹ otherwise.
///
/// # Errors
///
/// [`OptimError::DType`] if a device of the module cannot compute in that type.
pub fn cast_parameters<M: Module>(module: M, dtype: FloatDType) -> Result<M, OptimError> {
    match module.devices().into_iter().find(|device| !device.supports_dtype(dtype)) {
        Some(device) => Err(OptimError::DType { device: format!("{device:?}"), dtype: format!("{dtype:?}") }),
        None => Ok(module.map(&mut Cast(dtype))),
    }
}

struct Cast(FloatDType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let dtype = self.0;
        // Of a layout, which is undone when it is saved; there is no way to keep it and to add ours.
        let has_mapper = param_mappers(&param).is_none_or(|(_, save)| save);
        let cast = param.init_mapper(move |tensor| {
            let trained = tensor.is_require_grad();
            tensor.cast(dtype).detach().set_require_grad(trained)
        });
        if has_mapper { cast } else { cast.load_mapper(move |tensor| tensor.cast(dtype)) }
    }
}
