//! What a module says about the order of axes that a layer's name suggests: proof, contradiction, or nothing.

use std::collections::HashMap;

use crate::{Axis, Kind, ModuleShapes, ParamShape, PathPattern, ReadProblem};

/// Compares every weight whose axes its layer's type gave with the bias beside it, which has as many entries as the
/// weight produces. Clears `by_name` where that proves the order; a contradiction is a problem.
pub(crate) fn weigh(params: &mut [ParamShape], declared: &[bool]) -> Vec<ReadProblem> {
    let mut biases: HashMap<String, usize> = HashMap::new();
    for param in params.iter().filter(|param| param.kind == Kind::Bias) {
        if let [length] = param.dims[..] {
            biases.insert(owner(&param.path).to_owned(), length);
        }
    }
    let mut problems = Vec::new();
    for (param, _) in params.iter_mut().zip(declared).filter(|(_, declared)| !**declared) {
        let (Some(d_in), Some(d_out)) = (size(param, Axis::In), size(param, Axis::Out)) else { continue };
        let Some(bias) = biases.get(owner(&param.path)).copied() else { continue };
        // Burn's transposed convolutions store out / groups (conv_transpose2d.rs), and the groups are no tensor.
        let grouped = param.layer.starts_with("ConvTranspose");
        if bias == d_out || (grouped && bias.is_multiple_of(d_out)) {
            param.by_name &= grouped || d_in == d_out;
        } else {
            let (path, layer, axes) = (param.path.clone(), param.layer.clone(), param.axes.to_string());
            problems.push(ReadProblem::BiasContradicts { path, layer, dims: param.dims.clone(), axes, bias });
        }
    }
    problems
}

fn owner(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(owner, _)| owner)
}

/// The size of the one axis of a kind.
fn size(param: &ParamShape, wanted: Axis) -> Option<usize> {
    let mut sizes = param.axes.as_slice().iter().zip(&param.dims).filter(|(axis, _)| **axis == wanted);
    let (_, size) = sizes.next()?;
    sizes.next().is_none().then_some(*size)
}

/// What one member of a family proves holds for all: a base with d_in = d_out may hide what its delta shows. For a block
/// that it does not have, what it proves of its own blocks.
pub(crate) fn share(target: &mut ModuleShapes, others: [&ModuleShapes; 2]) {
    let proven = |shapes: &ModuleShapes| -> HashMap<PathPattern, bool> {
        let exact = shapes.iter().map(|param| (PathPattern::new(&param.path), !param.by_name));
        let of_blocks = shapes.iter().map(|param| (PathPattern::in_any_block(&param.path), !param.by_name));
        of_blocks.chain(exact).collect()
    };
    let proven = others.map(proven);
    for param in target.0.iter_mut().filter(|param| param.by_name) {
        let [path, block] = [PathPattern::new(&param.path), PathPattern::in_any_block(&param.path)];
        let of =
            |proven: &HashMap<PathPattern, bool>| *proven.get(&path).or_else(|| proven.get(&block)).unwrap_or(&false);
        param.by_name = !proven.iter().any(of);
    }
}
