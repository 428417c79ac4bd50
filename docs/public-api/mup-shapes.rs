// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
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
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Axes(_);
impl Axes {
    pub fn new(axes: impl Into<Vec<Axis>>) -> Self {}
    pub fn in_out() -> Self {}
    pub fn out_in_kernel(rank: usize) -> Self {}
    pub fn in_out_kernel(rank: usize) -> Self {}
    pub fn experts() -> Self {}
    pub fn vector(rank: usize) -> Self {}
    pub fn multiplier() -> Self {}
    pub fn as_slice(&self) -> &[Axis] {}
    pub fn rank(&self) -> usize {}
}
impl std::fmt::Display for Axes {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Axis {
    In,
    Out,
    Kernel,
    Expert,
}
impl std::fmt::Display for Axis {}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawBaseParam")]
pub struct BaseParam {
    pub dims: Vec<usize>,
    pub infinite: Vec<bool>,
    pub axes: Axes,
}
impl TryFrom<RawBaseParam> for BaseParam {
    type Error = FileProblem;
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseShapes(_);
impl BaseShapes {
    pub fn infer(base: &ModuleShapes, delta: &ModuleShapes) -> Result<Self, ShapeError> {}
    pub fn apply(&self, target: &ModuleShapes) -> Result<InfShapes, ShapeError> {}
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BaseParam)> {}
    pub fn get(&self, path: &str) -> Option<&BaseParam> {}
}
impl BaseShapes {
    pub fn save(&self, file: impl AsRef<Path>) -> Result<(), ShapeError> {}
    pub fn load(file: impl AsRef<Path>) -> Result<Self, ShapeError> {}
    pub fn to_toml(&self) -> String {}
    pub fn from_toml(text: &str) -> Result<Self, ShapeError> {}
}
impl BaseShapes {
    pub fn write_bsh(
        &self,
        file: impl AsRef<Path>,
        module: &ModuleShapes,
    ) -> Result<(), ShapeError> {}
}
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bsh(_);
impl Bsh {
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ShapeError> {}
    pub fn from_yaml(text: &str) -> Result<Self, ShapeError> {}
    pub fn write(&self, file: impl AsRef<Path>) -> Result<(), ShapeError> {}
    pub fn to_yaml(&self) -> String {}
    pub fn base_shapes(&self, module: &ModuleShapes) -> Result<BaseShapes, ShapeError> {}
    pub fn get(&self, name: &str) -> Option<&[Option<usize>]> {}
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Option<usize>])> {}
}
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BshProblem {
    Prefix { here: String, there: String, n: usize, total: usize },
    EveryNumber { path: String, axis: usize, dim: usize },
    Missing { path: String, name: String },
    Extra { name: String },
    Rank { path: String, name: String, rank: usize, file_rank: usize },
    NoBase { path: String, kind: Kind, dims: Vec<usize> },
    BaseRank { path: String, rank: usize, stated: usize },
    SameName { name: String, first: String, second: String },
    Unused { method: &'static str, pattern: String },
    NothingInfinite,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dim {
    Finite(usize),
    Infinite { base: usize, dim: usize },
}
impl Dim {
    pub fn size(self) -> usize {}
    pub fn base_size(self) -> usize {}
    pub fn is_infinite(self) -> bool {}
    pub fn width_mult(self) -> f64 {}
}
impl std::fmt::Display for Dim {}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Feeds {
    #[default]
    Unsaid,
    Readout,
    Inner,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    pub file: Option<PathBuf>,
    pub line: Option<usize>,
    pub problem: FileProblem,
}
impl std::error::Error for FileError {}
impl std::fmt::Display for FileError {}
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    Read { reason: String },
    Write { reason: String },
    TooLarge { limit: u64 },
    NotUtf8 { offset: usize },
    Encoding { encoding: &'static str },
    Syntax { format: &'static str, message: String },
    ForeignFormat { found: String },
    InvalidVersion { found: String },
    FutureVersion { found: i64, known: i64 },
    Count { announced: usize, found: usize },
    Lengths { path: String, dims: usize, infinite: usize, axes: usize },
    ZeroDimension { path: String, axis: usize },
    Empty,
    NothingInfinite,
    BshForm { expected: &'static str, found: String },
    BshTag { tag: String, expected: &'static str },
    Duplicate { name: String },
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InfShape {
    pub path: String,
    pub layer: String,
    pub dims: Vec<Dim>,
    pub axes: Axes,
    pub kind: Kind,
    pub multiplied: bool,
    #[serde(default, skip_serializing_if = "Feeds::is_unsaid")]
    pub feeds: Feeds,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<Stack>,
}
impl InfShape {
    pub fn is_undecided(&self) -> bool {}
}
impl InfShape {
    pub fn new(
        path: impl Into<String>,
        layer: impl Into<String>,
        dims: impl Into<Vec<Dim>>,
        spec: ParamSpec,
    ) -> Self {}
    pub fn role(&self) -> Role {}
    pub fn order_matters(&self) -> bool {}
    pub fn fan_in_mult(&self) -> f64 {}
    pub fn fan_out_mult(&self) -> f64 {}
    pub fn fan_in(&self) -> usize {}
    pub fn fan_out(&self) -> usize {}
    pub fn base_fan_in(&self) -> usize {}
    pub fn base_fan_out(&self) -> usize {}
    pub fn n_infinite(&self) -> usize {}
    pub fn n_elements(&self) -> usize {}
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfShapes(_);
impl<'a> IntoIterator for &'a InfShapes {
    type Item = &'a InfShape;
    type IntoIter = std::slice::Iter<'a, InfShape>;
}
impl InfShapes {
    pub fn new(params: Vec<InfShape>) -> Self {}
    pub fn iter(&self) -> std::slice::Iter<'_, InfShape> {}
    pub fn get(&self, path: &str) -> Option<&InfShape> {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Weight,
    Bias,
    Gain,
    Slope,
    Multiplier,
    LogitScale,
    BranchFactor,
    RunningStatistic,
}
impl Kind {
    pub fn is_trained(self) -> bool {}
}
impl std::fmt::Display for Kind {}
#[derive(Clone, Debug)]
pub struct LayerTable(_);
impl Default for LayerTable {}
impl LayerTable {
    pub fn empty() -> Self {}
    pub fn burn() -> Self {}
    pub fn with(mut self, layer: &str, field: &str, spec: ParamSpec) -> Self {}
    pub fn get(&self, layer: &str, field: &str) -> Option<&ParamSpec> {}
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &ParamSpec)> {}
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    Missing { path: String, other: &'static str },
    Extra { path: String, other: &'static str },
    OtherBlock {
        path: String,
        like: String,
        list: String,
        period: usize,
        base: usize,
        other: &'static str,
    },
    FewerThanPeriod {
        list: String,
        period: usize,
        base: usize,
        n: usize,
        other: &'static str,
    },
    NestedBlocks { path: String, base: usize, target: usize, other: &'static str },
    Rank { path: String, base: usize, other_rank: usize, other: &'static str },
    Axes { path: String, base: String, other_axes: String, other: &'static str },
    FiniteChanged { path: String, axis: usize, base: usize, target: usize },
    TooManyInfinite { path: String, n: usize, dims: String },
    InfiniteKernel { path: String, axis: usize, dim: Dim },
    DeltaEqualsBase,
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleShapes(_);
impl<'a> IntoIterator for &'a ModuleShapes {
    type Item = &'a ParamShape;
    type IntoIter = std::slice::Iter<'a, ParamShape>;
}
impl ModuleShapes {
    pub fn new(params: Vec<ParamShape>) -> Self {}
    pub fn iter(&self) -> std::slice::Iter<'_, ParamShape> {}
    pub fn get(&self, path: &str) -> Option<&ParamShape> {}
}
impl ModuleShapes {
    pub fn placed(mut self, places: &Places) -> Result<Self, ShapeError> {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParamShape {
    pub path: String,
    pub layer: String,
    pub dims: Vec<usize>,
    pub axes: Axes,
    pub kind: Kind,
    pub multiplied: bool,
    #[serde(default, skip_serializing_if = "Feeds::is_unsaid")]
    pub feeds: Feeds,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}
impl ParamShape {
    pub fn new(
        path: impl Into<String>,
        layer: impl Into<String>,
        dims: impl Into<Vec<usize>>,
        spec: ParamSpec,
    ) -> Self {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParamSpec {
    pub axes: Axes,
    pub kind: Kind,
    pub multiplied: bool,
    #[serde(default, skip_serializing_if = "Feeds::is_unsaid")]
    pub feeds: Feeds,
}
impl ParamSpec {
    pub fn new(axes: Axes, kind: Kind) -> Self {}
    pub fn weight() -> Self {}
    pub fn vector() -> Self {}
    pub fn bias() -> Self {}
    pub fn gain() -> Self {}
    pub fn experts() -> Self {}
    pub fn inner(mut self) -> Self {}
    pub fn readout(mut self) -> Self {}
    pub fn multiplied(mut self) -> Self {}
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathPattern(_);
impl From<&str> for PathPattern {}
impl From<String> for PathPattern {}
impl PathPattern {
    pub fn nearest<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Option<Self> {}
}
impl PathPattern {
    pub fn new(pattern: impl Into<String>) -> Self {}
    pub fn in_any_block(path: &str) -> Self {}
    pub fn matches(&self, path: &str) -> bool {}
    pub fn as_str(&self) -> &str {}
}
impl std::fmt::Display for PathPattern {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    Outside,
    Inside,
    Closing,
}
impl std::fmt::Display for Place {}
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[private_fields]
pub struct Places {}
impl Places {
    pub fn new() -> Self {}
    pub fn burn() -> Self {}
    pub fn outside(self, pattern: impl Into<PathPattern>) -> Self {}
    pub fn inside(self, pattern: impl Into<PathPattern>) -> Self {}
    pub fn closing(self, pattern: impl Into<PathPattern>) -> Self {}
    pub fn place(mut self, pattern: impl Into<PathPattern>, place: Place) -> Self {}
    pub fn within(
        mut self,
        module: &str,
        pattern: impl Into<PathPattern>,
        place: Place,
    ) -> Self {}
    pub fn within_unless(
        mut self,
        module: &str,
        pattern: impl Into<PathPattern>,
        place: Place,
        field: impl Into<String>,
    ) -> Self {}
    pub fn stream(
        mut self,
        pattern: impl Into<PathPattern>,
        name: impl Into<String>,
    ) -> Self {}
    pub fn and(mut self, others: Self) -> Self {}
}
#[derive(Clone, Debug, Default)]
#[private_fields]
pub struct PyTorchNames {}
impl PyTorchNames {
    pub fn new() -> Self {}
    pub fn rename(
        mut self,
        burn: impl Into<String>,
        pytorch: impl Into<String>,
    ) -> Self {}
    pub fn same_order(mut self, pattern: impl Into<PathPattern>) -> Self {}
    pub fn base(
        mut self,
        pattern: impl Into<PathPattern>,
        dims: impl Into<Vec<Option<usize>>>,
    ) -> Self {}
    pub fn base_shapes(
        &self,
        bsh: &Bsh,
        module: &ModuleShapes,
    ) -> Result<BaseShapes, ShapeError> {}
    pub fn bsh(
        &self,
        base: &BaseShapes,
        module: &ModuleShapes,
    ) -> Result<Bsh, ShapeError> {}
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadProblem {
    UnknownAxes { path: String, layer: String, field: String, dims: Vec<usize> },
    Rank { path: String, rank: usize, declared: usize, axes: String },
    ColLayout { path: String },
    BiasContradicts {
        path: String,
        layer: String,
        dims: Vec<usize>,
        axes: String,
        bias: usize,
    },
    OtherBurn { path: String },
    TiedByClone { path: String, first: String },
    UnusedDeclaration { pattern: String, meant: Option<PathPattern>, paths: String },
    UnusedPlace { pattern: String, meant: Option<PathPattern>, paths: String },
    ShadowedPlace { pattern: String, by: String },
    EmptyDimension { path: String, dims: Vec<usize> },
}
/// (input weights and biases, output weights, hidden weights).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    Input,
    Hidden,
    Output,
    Inner,
    Vector,
    Scalar,
}
impl Role {
    pub fn classify(axes: &Axes, dims: &[Dim]) -> Self {}
}
impl std::fmt::Display for Role {}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    Read(Vec<ReadProblem>),
    Mismatch(Vec<Mismatch>),
    Bsh(Vec<BshProblem>),
    File(#[from] FileError),
}
#[derive(Clone, Debug, Default)]
#[private_fields]
pub struct ShapeReader {}
impl ShapeReader {
    pub fn new() -> Self {}
    pub fn with_layer(mut self, layer: &str, field: &str, spec: ParamSpec) -> Self {}
    pub fn within(
        mut self,
        module: &str,
        pattern: impl Into<PathPattern>,
        spec: ParamSpec,
    ) -> Self {}
    pub fn declare(mut self, pattern: impl Into<PathPattern>, spec: ParamSpec) -> Self {}
    pub fn place(mut self, pattern: impl Into<PathPattern>, place: Place) -> Self {}
    pub fn with_places(mut self, places: Places) -> Self {}
    pub fn read<M: Module>(&self, module: &M) -> Result<ModuleShapes, ShapeError> {}
    pub fn infer<M: Module>(
        &self,
        base: &M,
        delta: &M,
        target: &M,
    ) -> Result<InfShapes, ShapeError> {}
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stack {
    pub stream: String,
    pub base: usize,
    pub target: usize,
}
impl Stack {
    pub fn depth_mult(&self) -> f64 {}
    pub fn grows_as(&self, other: &Self) -> bool {}
}
impl std::fmt::Display for Stack {}
pub fn infer<M: Module>(
    base: &M,
    delta: &M,
    target: &M,
) -> Result<InfShapes, ShapeError> {}
pub fn param_mappers<const D: usize>(param: &Param<Tensor<D>>) -> Option<(bool, bool)> {}
pub fn param_paths<M: Module>(module: &M) -> Vec<(String, ParamId)> {}
pub fn read_shapes<M: Module>(module: &M) -> Result<ModuleShapes, ShapeError> {}
