//! Base and delta to base shapes, applied to a target. Every mismatch is reported at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::feeds::resolve;
use crate::matching::{Matching, Param, Tensor};
use crate::stack::count;
use crate::{Axes, Axis, Dim, FileProblem, InfShape, InfShapes, Mismatch, ModuleShapes, ParamShape, ShapeError};

/// One parameter of the base: which axes are infinite, and their base sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawBaseParam")]
pub struct BaseParam {
    /// Sizes in the base model, in storage order.
    pub dims: Vec<usize>,
    /// Whether the axis grows with width, in storage order.
    pub infinite: Vec<bool>,
    /// Axes in storage order.
    pub axes: Axes,
}

/// A [`BaseParam`] as a file states it, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBaseParam {
    dims: Vec<usize>,
    infinite: Vec<bool>,
    axes: Axes,
}

impl RawBaseParam {
    pub(crate) fn check(self, path: &str) -> Result<BaseParam, FileProblem> {
        let Self { dims, infinite, axes } = self;
        let (path, n_axes) = (path.to_owned(), axes.rank());
        if let Some(axis) = dims.iter().position(|dim| *dim == 0) {
            return Err(FileProblem::ZeroDimension { path, axis });
        }
        if infinite.len() != dims.len() || n_axes != dims.len() {
            let (dims, infinite) = (dims.len(), infinite.len());
            return Err(FileProblem::Lengths { path, dims, infinite, axes: n_axes });
        }
        Ok(BaseParam { dims, infinite, axes })
    }
}

impl TryFrom<RawBaseParam> for BaseParam {
    type Error = FileProblem;

    fn try_from(raw: RawBaseParam) -> Result<Self, FileProblem> {
        raw.check("parameter")
    }
}

/// The base of a family of models, by parameter path.
///
/// # Reference
///
/// microsoft/mup, `mup/shape.py::make_base_shapes`, `set_base_shapes`, commit 1981497.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseShapes(pub(crate) BTreeMap<String, BaseParam>);

impl BaseShapes {
    /// A dimension is infinite when the delta has another size there than the base.
    ///
    /// The number of repeated blocks (`blocks.0`, `blocks.1`, …) may differ; it does not say that anything grows.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Mismatch`]: missing or extra paths, blocks in another order, other ranks or axes, a delta equal to the
    /// base.
    pub fn infer(base: &ModuleShapes, delta: &ModuleShapes) -> Result<Self, ShapeError> {
        let matching = Matching::new(&tensors(base), &tensors(delta), "delta");
        let mut problems = matching.problems();
        let (other_of, delta) = (matching.other_of(), by_path(delta));
        let mut params = BTreeMap::new();
        for param in base {
            let wider = other_of.get(param.path.as_str()).and_then(|path| delta.get(path));
            let Some(wider) = wider else { continue };
            problems.extend(axes_problem(&param.path, param.dims.len(), &param.axes, wider, "delta"));
            let infinite = param.dims.iter().zip(&wider.dims).map(|(base, delta)| base != delta).collect();
            let param_base = BaseParam { dims: param.dims.clone(), infinite, axes: param.axes.clone() };
            params.insert(param.path.clone(), param_base);
        }
        if problems.is_empty() && !params.values().any(|param| param.infinite.contains(&true)) {
            problems.push(Mismatch::DeltaEqualsBase);
        }
        if problems.is_empty() { Ok(Self(params)) } else { Err(ShapeError::Mismatch(problems)) }
    }

    /// Classifies every dimension of the target. The base itself is a legal target: all multipliers are 1.
    ///
    /// A list of blocks may have another length than in the base: blocks of the target past the base's end stand for those
    /// of the base in the order in which that repeats, `blocks.*` for one block if all are alike.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Mismatch`]: missing or extra paths, blocks in another order, a list inside of a block that has another
    /// length, other ranks or axes, a finite dimension that changed, more than two infinite axes, a kernel that grows.
    pub fn apply(&self, target: &ModuleShapes) -> Result<InfShapes, ShapeError> {
        let matching = Matching::new(&self.tensors(), &tensors(target), "target");
        let mut problems = matching.problems();
        let base_of = matching.base_of();
        let mut shapes = Vec::new();
        for param in target {
            let base = base_of.get(param.path.as_str()).and_then(|path| self.0.get(*path));
            let Some(base) = base else { continue };
            match axes_problem(&param.path, base.dims.len(), &base.axes, param, "target") {
                Some(problem) => problems.push(problem),
                None => {
                    let shape = classify(base, param, &mut problems);
                    problems.extend(infinite_problems(&shape));
                    shapes.push(shape);
                }
            }
        }
        let streams = target.iter().filter_map(|param| Some((param.path.as_str(), param.stream.as_deref()?)));
        count(&mut shapes, &streams.collect(), &matching.pairs);
        resolve(&mut shapes);
        if problems.is_empty() { Ok(InfShapes(shapes)) } else { Err(ShapeError::Mismatch(problems)) }
    }

    fn tensors(&self) -> Vec<Param<'_>> {
        let params = self.0.iter();
        params
            .map(|(path, BaseParam { dims, infinite, axes })| (path.as_str(), Tensor { axes, dims, infinite }))
            .collect()
    }

    /// The parameters by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BaseParam)> {
        self.0.iter().map(|(path, param)| (path.as_str(), param))
    }

    /// The parameter at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&BaseParam> {
        self.0.get(path)
    }
}

fn tensors(shapes: &ModuleShapes) -> Vec<Param<'_>> {
    let params = shapes.iter();
    params.map(|ParamShape { path, axes, dims, .. }| (path.as_str(), Tensor { axes, dims, infinite: &[] })).collect()
}

fn by_path(shapes: &ModuleShapes) -> HashMap<&str, &ParamShape> {
    shapes.iter().map(|param| (param.path.as_str(), param)).collect()
}

fn paths(shapes: &ModuleShapes) -> BTreeSet<&str> {
    shapes.iter().map(|param| param.path.as_str()).collect()
}

pub(crate) fn path_problems(base: BTreeSet<&str>, other_shapes: &ModuleShapes, other: &'static str) -> Vec<Mismatch> {
    let theirs = paths(other_shapes);
    let missing = base.difference(&theirs).map(|path| Mismatch::Missing { path: (*path).to_owned(), other });
    let extra = theirs.difference(&base).map(|path| Mismatch::Extra { path: (*path).to_owned(), other });
    missing.chain(extra).collect()
}

pub(crate) fn axes_problem(
    path: &str,
    rank: usize,
    axes: &Axes,
    param: &ParamShape,
    other: &'static str,
) -> Option<Mismatch> {
    let (path, other_rank) = (|| path.to_owned(), param.dims.len());
    if rank != other_rank {
        return Some(Mismatch::Rank { path: path(), base: rank, other_rank, other });
    }
    let mismatch =
        || Mismatch::Axes { path: path(), base: axes.to_string(), other_axes: param.axes.to_string(), other };
    (axes != &param.axes).then(mismatch)
}

fn classify(base: &BaseParam, param: &ParamShape, problems: &mut Vec<Mismatch>) -> InfShape {
    let mut dims = Vec::with_capacity(param.dims.len());
    for (axis, (&target, (&base, &infinite))) in param.dims.iter().zip(base.dims.iter().zip(&base.infinite)).enumerate()
    {
        if !infinite && base != target {
            problems.push(Mismatch::FiniteChanged { path: param.path.clone(), axis, base, target });
        }
        dims.push(if infinite { Dim::Infinite { base, dim: target } } else { Dim::Finite(target) });
    }
    InfShape {
        path: param.path.clone(),
        layer: param.layer.clone(),
        dims,
        axes: param.axes.clone(),
        kind: param.kind,
        multiplied: param.multiplied,
        feeds: param.feeds,
        by_name: param.by_name,
        within: param.within.clone(),
        place: param.place,
        stack: None,
    }
}

fn infinite_problems(shape: &InfShape) -> Vec<Mismatch> {
    let mut problems = Vec::new();
    let path = || shape.path.clone();
    if shape.n_infinite() > 2 {
        let dims: Vec<String> = shape.dims.iter().map(Dim::to_string).collect();
        problems.push(Mismatch::TooManyInfinite { path: path(), n: shape.n_infinite(), dims: dims.join(" × ") });
    }
    for (axis, (kind, dim)) in shape.axes.as_slice().iter().zip(&shape.dims).enumerate() {
        if *kind == Axis::Kernel && dim.is_infinite() {
            problems.push(Mismatch::InfiniteKernel { path: path(), axis, dim: *dim });
        }
    }
    problems
}
