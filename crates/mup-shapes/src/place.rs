//! Where a tensor stands relative to the residual stream, and how a model says so.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::pattern::some_paths;
use crate::{ModuleShapes, ParamShape, PathPattern, ReadProblem, ShapeError};

/// Where a tensor stands relative to the residual stream `x ← x + F(x)`: what depth scales it by follows from this.
///
/// # Reference
///
/// Tensor Programs VI, arXiv:2310.02244, Table 1; CompleteP, arXiv:2505.01618, Table 1: rules for tensors inside of
/// residual blocks and outside of them. The closing map is told apart because, where no layer multiplies the branch, the
/// factor of the branch goes into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    /// In no residual branch: embeddings, positions, the final norm, the readout.
    Outside,
    /// In a branch F, before its last affine map: the norm in front, queries, keys, values, the first feed-forward map.
    Inside,
    /// The last affine map of a branch, bias included: the attention's output, the second feed-forward map; or gain and
    /// bias of a norm behind it (sandwich norm), and then that map is inside.
    Closing,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Outside => "outside",
            Self::Inside => "inside",
            Self::Closing => "closing",
        })
    }
}

/// Places by path, and which repeated blocks share a stream. Of two that match a tensor the later wins.
///
/// Whatever lies in no list of blocks is outside unless said otherwise; what lies in one and is not placed has no place,
/// and a parametrization that scales depth refuses it by name.
///
/// ```
/// use mup_shapes::{ModuleShapes, ParamShape, ParamSpec, Place, Places};
/// let linear = |path: &str| ParamShape::new(path, "Linear", [64, 64], ParamSpec::weight());
/// let model = ModuleShapes::new(vec![linear("blocks.0.up.weight"), linear("blocks.0.down.weight")]);
/// let placed = model.placed(&Places::new().inside("blocks.**").closing("blocks.*.down.*"))?;
/// assert_eq!(placed.get("blocks.0.down.weight").unwrap().place, Some(Place::Closing));
/// # Ok::<(), mup_shapes::ShapeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    placed: Vec<Placed>,
    streams: Vec<(PathPattern, String)>,
}

/// One statement; `within` is the type of the module that the layer is a field of, any if empty.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    within: String,
    pattern: PathPattern,
    place: Place,
    /// A layer beside it in whose presence nothing is said.
    unless: Option<String>,
}

impl Places {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The `TransformerEncoder` and `TransformerDecoder` of burn-nn 0.22.1, wherever they are in a model, built with
    /// `norm_first(true)`: encoder.rs:295, decoder.rs:317 and following (self-attention, cross-attention, feed-forward).
    ///
    /// With `norm_first(false)` (burn-nn's default) each addition is normalized on the stream itself, so there is no sum
    /// of branches that depth could scale, and no parameter tells: the plan has a note about it.
    #[must_use]
    pub fn burn() -> Self {
        let norms = ["TransformerEncoderLayer", "TransformerDecoderLayer"];
        let inside = norms.map(|layer| (layer, "**.layers.*.*.*", Place::Inside));
        let branches = [
            ("MultiHeadAttention", "mha", "output"),
            ("MultiHeadAttention", "self_attn", "output"),
            ("MultiHeadAttention", "cross_attn", "output"),
            ("PositionWiseFeedForward", "pwff", "linear_outer"),
        ];
        let inside = inside
            .into_iter()
            .fold(Self::new(), |places, (within, pattern, place)| places.within(within, pattern, place));
        branches.into_iter().fold(inside, |places, (within, field, last)| {
            let branch = places.within(within, format!("**.layers.*.{field}.*.*"), Place::Inside);
            branch.within(within, format!("**.layers.*.{field}.{last}.*"), Place::Closing)
        })
    }

    /// These tensors are in no residual branch, although they lie in a list of blocks.
    #[must_use]
    pub fn outside(self, pattern: impl Into<PathPattern>) -> Self {
        self.place(pattern, Place::Outside)
    }

    /// These tensors are in a branch, before its last affine map.
    #[must_use]
    pub fn inside(self, pattern: impl Into<PathPattern>) -> Self {
        self.place(pattern, Place::Inside)
    }

    /// These tensors are the last affine map of a branch, or the norm behind it.
    #[must_use]
    pub fn closing(self, pattern: impl Into<PathPattern>) -> Self {
        self.place(pattern, Place::Closing)
    }

    /// These tensors have this place.
    #[must_use]
    pub fn place(mut self, pattern: impl Into<PathPattern>, place: Place) -> Self {
        self.placed.push(Placed { within: String::new(), pattern: pattern.into(), place, unless: None });
        self
    }

    /// Tensors at these paths have this place if their layer is a field of a module of this type; a model without one is no
    /// error. For whoever writes a layer: its users say nothing. Burn tells a struct's bare name only, so any crate's module of
    /// that name is meant: a place by path, said later, wins.
    #[must_use]
    pub fn within(mut self, module: &str, pattern: impl Into<PathPattern>, place: Place) -> Self {
        self.placed.push(Placed { within: module.to_owned(), pattern: pattern.into(), place, unless: None });
        self
    }

    /// As [`within`](Self::within), for modules without parameters in a field of this name: the map that closes a branch
    /// unless a norm stands behind it.
    ///
    /// ```
    /// use mup_shapes::{Place, Places};
    /// let places = Places::new()
    ///     .within("FeedForward", "**", Place::Inside)
    ///     .within_unless("FeedForward", "**.down.*", Place::Closing, "output_norm")
    ///     .within("FeedForward", "**.output_norm.*", Place::Closing);
    /// ```
    #[must_use]
    pub fn within_unless(
        mut self,
        module: &str,
        pattern: impl Into<PathPattern>,
        place: Place,
        field: impl Into<String>,
    ) -> Self {
        let (within, pattern, unless) = (module.to_owned(), pattern.into(), Some(field.into()));
        self.placed.push(Placed { within, pattern, place, unless });
        self
    }

    /// The branches of these tensors are added to one stream of this name. Unless said, each list of blocks has a stream
    /// of its own, as an encoder and a decoder have; two lists that follow each other on one stream share it.
    #[must_use]
    pub fn stream(mut self, pattern: impl Into<PathPattern>, name: impl Into<String>) -> Self {
        self.streams.push((pattern.into(), name.into()));
        self
    }

    /// These, and others on top of them.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.placed.extend(others.placed);
        self.streams.extend(others.streams);
        self
    }

    /// What was said by path and decides nothing.
    fn problems(&self, shapes: &ModuleShapes) -> Vec<ReadProblem> {
        let unused = self.unused(shapes);
        if !unused.is_empty() {
            return unused;
        }
        let fields = fields(shapes);
        let places = self.placed.iter().map(|placed| (placed.within.is_empty(), &placed.pattern)).collect();
        let streams = self.streams.iter().map(|(pattern, _)| (true, pattern)).collect();
        let place = |idx: usize, param: &ParamShape| self.placed[idx].speaks_of(param, &fields);
        let stream = |idx: usize, param: &ParamShape| self.streams[idx].0.matches(&param.path);
        [shadowed(shapes, places, place), shadowed(shapes, streams, stream)].concat()
    }

    /// What matches no parameter at all.
    fn unused(&self, shapes: &ModuleShapes) -> Vec<ReadProblem> {
        let own = self.placed.iter().filter(|placed| placed.within.is_empty()).map(|placed| &placed.pattern);
        let said = own.chain(self.streams.iter().map(|(pattern, _)| pattern));
        let paths: Vec<String> = shapes.iter().map(|param| param.path.clone()).collect();
        let unused = said.filter(|pattern| !paths.iter().any(|path| pattern.matches(path)));
        let problem = |pattern: &PathPattern| {
            let meant = pattern.nearest(paths.iter().map(String::as_str));
            ReadProblem::UnusedPlace { pattern: pattern.to_string(), meant, paths: some_paths(pattern, &paths) }
        };
        unused.map(problem).collect()
    }
}

/// Of statements (whether they are the user's own, and their pattern) the own ones whose tensors later ones decide.
fn shadowed(
    shapes: &ModuleShapes,
    said: Vec<(bool, &PathPattern)>,
    speaks: impl Fn(usize, &ParamShape) -> bool,
) -> Vec<ReadProblem> {
    let last = |param: &ParamShape| (0..said.len()).rev().find(|idx| speaks(*idx, param));
    let decided: Vec<(&ParamShape, usize)> = shapes.iter().filter_map(|param| Some((param, last(param)?))).collect();
    let own = said.iter().enumerate().filter(|(_, (own, _))| *own).map(|(idx, (_, pattern))| (idx, pattern));
    let idle = own.filter(|(idx, _)| decided.iter().all(|(_, by)| by != idx));
    let problem = |(idx, pattern): (usize, &&PathPattern)| {
        let (_, by) = decided.iter().find(|(param, _)| speaks(idx, param))?;
        Some(ReadProblem::ShadowedPlace { pattern: pattern.to_string(), by: said[*by].1.to_string() })
    };
    idle.filter_map(problem).collect()
}

impl Placed {
    fn speaks_of(&self, param: &ParamShape, fields: &BTreeSet<String>) -> bool {
        let here = (self.within.is_empty() || self.within == param.within) && self.pattern.matches(&param.path);
        let beside = |field: &String| fields.contains(&format!("{}.{field}", module_of(&param.path)));
        here && !self.unless.as_ref().is_some_and(beside)
    }
}

/// The module that the layer of a parameter is a field of.
fn module_of(path: &str) -> &str {
    let layer = path.rsplit_once('.').map_or("", |(layer, _)| layer);
    layer.rsplit_once('.').map_or("", |(module, _)| module)
}

/// The paths of all layers with parameters.
fn fields(shapes: &ModuleShapes) -> BTreeSet<String> {
    shapes.iter().filter_map(|param| param.path.rsplit_once('.')).map(|(layer, _)| layer.to_owned()).collect()
}

impl ModuleShapes {
    /// The same shapes with their places.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Read`] with every path pattern that matches no parameter, or whose tensors later ones decide.
    pub fn placed(mut self, places: &Places) -> Result<Self, ShapeError> {
        let problems = places.problems(&self);
        if !problems.is_empty() {
            return Err(ShapeError::Read(problems));
        }
        let fields = fields(&self);
        for param in &mut self.0 {
            let placed =
                places.placed.iter().rfind(|placed| placed.speaks_of(param, &fields)).map(|placed| placed.place);
            let stream = places.streams.iter().rfind(|(pattern, _)| pattern.matches(&param.path));
            param.place = placed.or(param.place);
            param.stream = stream.map(|(_, name)| name.clone()).or(param.stream.take());
        }
        Ok(self)
    }
}
