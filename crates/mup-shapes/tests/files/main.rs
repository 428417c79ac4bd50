//! Tests that need no Burn: comparison of shapes, and files.

mod base_shapes_file;
mod blocks;
mod bsh;
mod bsh_yaml;
mod damage;
mod mismatches;
mod properties;
mod wrappers;

use mup_shapes::{Axes, Kind, ModuleShapes, ParamShape, ParamSpec};

/// A parameter of a layer that the table knows, or with the axes of a spec.
fn param(layer: &str, path: &str, dims: &[usize], spec: ParamSpec) -> ParamShape {
    ParamShape::new(path, layer, dims, spec)
}

/// An MLP with a readout multiplier: d_input 3, d_output 10.
fn mlp(d_model: usize, d_ff: usize) -> ModuleShapes {
    let linear = |path: &str, d_in, d_out| {
        [
            param("Linear", &format!("{path}.weight"), &[d_in, d_out], ParamSpec::weight()),
            param("Linear", &format!("{path}.bias"), &[d_out], ParamSpec::bias()),
        ]
    };
    let multiplier = ParamSpec::new(Axes::multiplier(), Kind::Multiplier);
    let mut params = Vec::new();
    params.extend(linear("input", 3, d_model));
    params.extend(linear("up", d_model, d_ff));
    params.extend(linear("down", d_ff, d_model));
    params.push(param("Readout", "readout.weight", &[d_model, 10], ParamSpec::weight().multiplied()));
    params.push(param("Readout", "readout.multiplier", &[d_model], multiplier));
    ModuleShapes::new(params)
}
