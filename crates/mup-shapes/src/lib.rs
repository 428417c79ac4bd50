//! What the parameters of a model are: sizes, axes, roles, places, and how they grow from a base to a target.
//!
#![cfg_attr(feature = "burn", doc = include_str!("../README.md"))]
//!
//! The rooms: [`Axes`] (which axes are contracted, which produced), [`LayerTable`] (what Burn's layers
//! store), [`ShapeReader`] (module to shapes, feature `burn`), [`BaseShapes`] (base and delta to base
//! shapes, applied to a target, and their file), [`Bsh`] and [`PyTorchNames`] (microsoft/mup's file),
//! [`Place`] and [`Stack`] (repeated blocks and their residual streams), [`InfShape`] and [`Role`] (the result).
//!
//! It may use Burn behind a feature, and knows no rule, no optimizer and no concrete model.

mod axes;
mod base_shapes;
mod base_shapes_file;
mod bsh;
mod bsh_yaml;
mod dim;
mod error;
#[cfg(feature = "burn")]
mod evidence;
mod feeds;
mod file_error;
mod layers;
mod matching;
#[cfg(feature = "burn")]
mod module_path;
mod near;
#[cfg(feature = "burn")]
mod param_debug;
mod pattern;
mod place;
mod pytorch;
#[cfg(feature = "burn")]
mod read;
mod role;
mod shape;
mod stack;
mod whole_file;
mod wrappers;

pub use axes::{Axes, Axis};
pub use base_shapes::{BaseParam, BaseShapes};
pub use bsh::Bsh;
pub use dim::Dim;
pub use error::{BshProblem, Mismatch, ReadProblem, ShapeError};
pub use feeds::Feeds;
pub use file_error::{FileError, FileProblem};
pub use layers::{Kind, LayerTable, ParamSpec};
#[cfg(feature = "burn")]
pub use module_path::param_paths;
#[cfg(feature = "burn")]
pub use param_debug::param_mappers;
pub use pattern::PathPattern;
pub use place::{Place, Places};
pub use pytorch::PyTorchNames;
#[cfg(feature = "burn")]
pub use read::{ShapeReader, infer, read_shapes};
pub use role::Role;
pub use shape::{InfShape, InfShapes, ModuleShapes, ParamShape};
pub use stack::Stack;
