//! How a Burn module's parameters are named and laid out in its PyTorch twin, for `.bsh` files.

use std::collections::{BTreeMap, BTreeSet};

use crate::base_shapes::{axes_problem, path_problems};
use crate::wrappers::{align, below};
use crate::{
    Axes, BaseParam, BaseShapes, Bsh, BshProblem, Kind, Mismatch, ModuleShapes, ParamShape, PathPattern, ShapeError,
};

/// Names and axis orders of a Burn module's PyTorch twin, and the base of what only Burn has.
///
/// By default, as burn-store's PyTorch adapter maps checkpoints:
///
/// | Burn | PyTorch |
/// |---|---|
/// | `weight` `[in, out]` of any layer except `Embedding` | `weight` `[out, in]` of `nn.Linear` (mup's `MuReadout` is one) |
/// | convolutions, `Embedding`, vectors | the same axis order |
/// | `gamma`, `beta` of a normalization | `weight`, `bias` |
/// | `alpha` of `PRelu` | `weight` |
/// | shape `[1]` | the same, or a 0-dimensional parameter |
///
/// burn-store leaves `InstanceNorm` and `PRelu` unnamed; here they have PyTorch's names. Layers that PyTorch
/// lays out otherwise (`nn.LSTM`, `nn.MultiheadAttention`, which pack several matrices into one) have no
/// counterpart parameter by parameter, and are reported as missing.
///
/// ```
/// # use mup_shapes::{Bsh, ModuleShapes, ParamShape, ParamSpec, PyTorchNames};
/// # let weight = ParamShape::new("blocks.0.up.weight", "Linear", [128, 512], ParamSpec::weight());
/// # let module = ModuleShapes::new(vec![weight]);
/// let bsh = Bsh::from_yaml("transformer.h.0.up.weight: [256, 64]")?;
/// let base = PyTorchNames::new().rename("blocks", "transformer.h").base_shapes(&bsh, &module)?;
/// assert_eq!(base.get("blocks.0.up.weight").unwrap().dims, [64, 256]);
/// # Ok::<(), mup_shapes::ShapeError>(())
/// ```
///
/// # Reference
///
/// burn-store 0.22.1, `adapter.rs::adapt_pytorch_tensor`.
#[derive(Clone, Debug, Default)]
pub struct PyTorchNames {
    renames: Vec<(String, String)>,
    same_order: Vec<PathPattern>,
    bases: Vec<(PathPattern, Vec<Option<usize>>)>,
}

impl PyTorchNames {
    /// Equal names, except for the layers in the table above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The module at `burn` is named `pytorch` there, with everything below it; the longest match wins. The
    /// root is `""`: `rename("", "model")` puts `model.` before every name, `rename("net", "")` drops `net.`.
    #[must_use]
    pub fn rename(mut self, burn: impl Into<String>, pytorch: impl Into<String>) -> Self {
        self.renames.push((burn.into(), pytorch.into()));
        self
    }

    /// An `[in, out]` weight that PyTorch stores as `[in, out]` too, such as an `nn.Parameter` of one's own.
    #[must_use]
    pub fn same_order(mut self, pattern: impl Into<PathPattern>) -> Self {
        self.same_order.push(pattern.into());
        self
    }

    /// The base of a parameter that PyTorch does not have, in Burn's axis order: the base size of an infinite
    /// dimension, `None` for a finite one. The multiplier beside a readout's weight is known from the weight.
    #[must_use]
    pub fn base(mut self, pattern: impl Into<PathPattern>, dims: impl Into<Vec<Option<usize>>>) -> Self {
        self.bases.push((pattern.into(), dims.into()));
        self
    }

    /// Base shapes from a `.bsh` file; the finite sizes, which the file does not have, are the module's.
    ///
    /// What wrappers put into names counts for nothing: `module.` of `DataParallel`, DDP and DeepSpeed, repeated
    /// too, `_orig_mod` of `torch.compile`, `_fsdp_wrapped_module`, `_checkpoint_wrapped_module`,
    /// `_forward_module`. Another prefix before every name, such as Lightning's `model.`, is dropped (or added)
    /// when then every name agrees, and else named in one sentence.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Bsh`] with every parameter that the file or the module lacks, every other rank, every
    /// parameter that only Burn has and whose base is not stated, and a file without a single `null` in which
    /// some size stays the same.
    pub fn base_shapes(&self, bsh: &Bsh, module: &ModuleShapes) -> Result<BaseShapes, ShapeError> {
        let mut problems = self.unused(module);
        let named = self.names(module, &mut problems);
        let (file, prefix) = align(bsh, &named.keys().map(String::as_str).collect());
        problems.extend(prefix);
        let mut params = BTreeMap::new();
        for (name, param) in &named {
            let Some(&dims) = file.get(name) else {
                problems.push(BshProblem::Missing { path: param.path.clone(), name: name.clone() });
                continue;
            };
            let dims = if dims.is_empty() && param.dims == [1] { &[None][..] } else { dims };
            if dims.len() == param.dims.len() {
                let dims = self.reorder(param, dims);
                params.insert(param.path.clone(), base_param(param, &dims));
            } else {
                let (rank, file_rank) = (param.dims.len(), dims.len());
                problems.push(BshProblem::Rank { path: param.path.clone(), name: name.clone(), rank, file_rank });
            }
        }
        let extra = file.keys().filter(|name| !named.contains_key(*name));
        problems.extend(extra.map(|name| BshProblem::Extra { name: (*name).clone() }));
        problems.extend(every_number(bsh, &params, module));
        self.burn_only(module, &mut params, &mut problems);
        if problems.is_empty() && !params.values().any(|param| param.infinite.contains(&true)) {
            problems.push(BshProblem::NothingInfinite);
        }
        if problems.is_empty() { Ok(BaseShapes(params)) } else { Err(ShapeError::Bsh(problems)) }
    }

    /// The `.bsh` of the PyTorch twin; parameters that PyTorch does not have are left out.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Mismatch`] when `base` is not the base of `module`, [`ShapeError::Bsh`] when two
    /// parameters would have the same PyTorch name.
    pub fn bsh(&self, base: &BaseShapes, module: &ModuleShapes) -> Result<Bsh, ShapeError> {
        let mut problems = self.unused(module);
        let named = self.names(module, &mut problems);
        let mut mismatches = path_problems(base.iter().map(|(path, _)| path).collect(), module, "module");
        mismatches.extend(module.iter().filter_map(|param| axes_mismatch(base, param)));
        if !mismatches.is_empty() {
            return Err(ShapeError::Mismatch(mismatches));
        }
        if !problems.is_empty() {
            return Err(ShapeError::Bsh(problems));
        }
        let entries = named.into_iter().filter_map(|(name, param)| {
            let base = base.get(&param.path)?;
            let dims = base.dims.iter().zip(&base.infinite).map(|(dim, infinite)| infinite.then_some(*dim));
            Some((name, self.reorder(param, &dims.collect::<Vec<_>>())))
        });
        Ok(Bsh(entries.collect()))
    }

    /// Every parameter that PyTorch has, by its name there.
    fn names<'a>(&self, module: &'a ModuleShapes, problems: &mut Vec<BshProblem>) -> BTreeMap<String, &'a ParamShape> {
        let mut named: BTreeMap<String, &ParamShape> = BTreeMap::new();
        for param in module.iter().filter(|param| in_pytorch(param.kind)) {
            let name = self.name(param);
            if let Some(first) = named.insert(name.clone(), param) {
                problems.push(BshProblem::SameName { name, first: first.path.clone(), second: param.path.clone() });
            }
        }
        named
    }

    fn name(&self, param: &ParamShape) -> String {
        let matches =
            self.renames.iter().filter_map(|(from, to)| Some((from.len(), to, at_or_below(&param.path, from)?)));
        match matches.max_by_key(|(length, ..)| *length) {
            Some((_, to, "")) => to.clone(),
            Some((_, to, rest)) if to.is_empty() => field_renamed(rest, &param.layer),
            Some((_, to, rest)) => field_renamed(&format!("{to}.{rest}"), &param.layer),
            None => field_renamed(&param.path, &param.layer),
        }
    }

    /// Between Burn's axis order and PyTorch's; either way, as a transposition is its own inverse.
    fn reorder(&self, param: &ParamShape, dims: &[Option<usize>]) -> Vec<Option<usize>> {
        let mut dims = dims.to_vec();
        let same = param.layer == "Embedding" || self.same_order.iter().any(|pattern| pattern.matches(&param.path));
        if param.axes == Axes::in_out() && !same {
            dims.reverse();
        }
        dims
    }

    /// Adds the parameters that PyTorch does not have, from what is stated or from the weight beside them.
    fn burn_only(
        &self,
        module: &ModuleShapes,
        params: &mut BTreeMap<String, BaseParam>,
        problems: &mut Vec<BshProblem>,
    ) {
        for param in module.iter().filter(|param| !in_pytorch(param.kind)) {
            let stated = self.bases.iter().rev().find(|(pattern, _)| pattern.matches(&param.path));
            let one = (param.kind == Kind::BranchFactor).then(|| vec![None; param.dims.len()]);
            let dims = stated.map(|(_, dims)| dims.clone()).or(one).or_else(|| beside(param, module, params));
            match dims {
                Some(dims) if dims.len() == param.dims.len() => {
                    params.insert(param.path.clone(), base_param(param, &dims));
                }
                Some(dims) => {
                    let (rank, stated) = (param.dims.len(), dims.len());
                    problems.push(BshProblem::BaseRank { path: param.path.clone(), rank, stated });
                }
                None => problems.push(BshProblem::NoBase {
                    path: param.path.clone(),
                    kind: param.kind,
                    dims: param.dims.clone(),
                }),
            }
        }
    }

    fn unused(&self, module: &ModuleShapes) -> Vec<BshProblem> {
        let any = |used: &dyn Fn(&ParamShape) -> bool| module.iter().any(used);
        let renames = self.renames.iter().filter(|(from, _)| !any(&|param| at_or_below(&param.path, from).is_some()));
        let orders = self.same_order.iter().filter(|pattern| !any(&|param| pattern.matches(&param.path)));
        let bases = self
            .bases
            .iter()
            .filter(|(pattern, _)| !any(&|param| !in_pytorch(param.kind) && pattern.matches(&param.path)));
        let patterns = renames.map(|(from, _)| ("rename", from.clone()));
        let patterns = patterns.chain(orders.map(|pattern| ("same_order", pattern.to_string())));
        let patterns = patterns.chain(bases.map(|(pattern, _)| ("base", pattern.to_string())));
        patterns.map(|(method, pattern)| BshProblem::Unused { method, pattern }).collect()
    }
}

fn in_pytorch(kind: Kind) -> bool {
    !matches!(kind, Kind::Multiplier | Kind::LogitScale | Kind::BranchFactor | Kind::RunningStatistic)
}

fn axes_mismatch(base: &BaseShapes, param: &ParamShape) -> Option<Mismatch> {
    let known = base.get(&param.path)?;
    axes_problem(&param.path, known.dims.len(), &known.axes, param, "module")
}

/// Burn's own names of a layer's parameters to PyTorch's.
fn field_renamed(path: &str, layer: &str) -> String {
    let is_norm = matches!(layer, "BatchNorm" | "LayerNorm" | "GroupNorm" | "RmsNorm" | "InstanceNorm");
    let (parent, field) = split(path);
    let field = match field {
        "gamma" if is_norm => "weight",
        "beta" if is_norm => "bias",
        "alpha" if layer == "PRelu" => "weight",
        other => other,
    };
    if parent.is_empty() { field.to_owned() } else { format!("{parent}.{field}") }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

/// What follows a leading module path; nothing follows the path itself.
fn at_or_below<'a>(path: &'a str, module: &str) -> Option<&'a str> {
    if path == module { Some("") } else { below(path, module) }
}

fn base_param(param: &ParamShape, dims: &[Option<usize>]) -> BaseParam {
    BaseParam {
        dims: param.dims.iter().zip(dims).map(|(dim, base)| base.unwrap_or(*dim)).collect(),
        infinite: dims.iter().map(Option::is_some).collect(),
        axes: param.axes.clone(),
    }
}

/// A file whose writer gave every size as a number hides which dimensions grow. It is one if it has no `null` at
/// all and some size in it is this module's own: what stays the same while the rest grows is finite.
fn every_number(bsh: &Bsh, params: &BTreeMap<String, BaseParam>, module: &ModuleShapes) -> Option<BshProblem> {
    if bsh.iter().any(|(_, dims)| dims.contains(&None)) {
        return None;
    }
    module.iter().find_map(|param| {
        let base = params.get(&param.path)?;
        let axis = base.dims.iter().zip(&param.dims).position(|(base, dim)| base == dim)?;
        Some(BshProblem::EveryNumber { path: param.path.clone(), axis, dim: param.dims[axis] })
    })
}

/// A multiplier's base is that of the same axis of the weights in the same layer, if they agree.
fn beside(
    param: &ParamShape,
    module: &ModuleShapes,
    params: &BTreeMap<String, BaseParam>,
) -> Option<Vec<Option<usize>>> {
    let ([axis], [dim], Kind::Multiplier) = (param.axes.as_slice(), param.dims.as_slice(), param.kind) else {
        return None;
    };
    let layer = split(&param.path).0;
    let weights = module.iter().filter(|weight| weight.kind == Kind::Weight && split(&weight.path).0 == layer);
    let mut found = BTreeSet::new();
    for weight in weights {
        let base = params.get(&weight.path)?;
        for (index, _) in weight.axes.as_slice().iter().enumerate().filter(|(_, other)| *other == axis) {
            if weight.dims.get(index) == Some(dim) {
                found.insert(base.infinite[index].then_some(base.dims[index]));
            }
        }
    }
    (found.len() == 1).then(|| found.into_iter().collect())
}
