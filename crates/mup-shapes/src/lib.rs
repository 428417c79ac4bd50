#![doc = include_str!("../README.md")]
//!
//! The rooms: [`Axes`] (which axes are contracted, which produced), [`LayerTable`] (what Burn's layers
//! store), [`ShapeReader`] (module to shapes, feature `burn`), [`BaseShapes`] (base and delta to base
//! shapes, applied to a target), [`InfShape`] and [`Role`] (the result).

mod axes;
mod base_shapes;
mod dim;
mod error;
mod layers;
#[cfg(feature = "burn")]
mod module_path;
mod pattern;
#[cfg(feature = "burn")]
mod read;
mod role;
mod shape;

pub use axes::{Axes, Axis};
pub use base_shapes::{BaseParam, BaseShapes};
pub use dim::Dim;
pub use error::{Mismatch, ReadProblem, ShapeError};
pub use layers::{Kind, LayerTable, ParamSpec};
#[cfg(feature = "burn")]
pub use module_path::param_paths;
pub use pattern::PathPattern;
#[cfg(feature = "burn")]
pub use read::{ShapeReader, infer, read_shapes};
pub use role::Role;
pub use shape::{InfShape, InfShapes, ModuleShapes, ParamShape};
