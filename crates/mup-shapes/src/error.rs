//! What can be wrong with a model, or with base, delta and target together.

use crate::{Dim, FileError, Kind, PathPattern};

/// Errors of this crate. All problems of a kind are reported at once.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// The module cannot be read into shapes.
    #[error("cannot read the module's shapes:{}", list(.0))]
    Read(Vec<ReadProblem>),
    /// Base, delta and target do not fit together.
    #[error("base, delta and target do not fit together:{}", list(.0))]
    Mismatch(Vec<Mismatch>),
    /// A `.bsh` file and a module do not fit together.
    #[error("the .bsh file and the module do not fit together:{}", list(.0))]
    Bsh(Vec<BshProblem>),
    /// A base-shape file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why one parameter cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadProblem {
    /// The owning layer type is not in the table.
    #[error(
        "`{path}` {dims:?}: its axes are unknown, because the layer table has no row for field `{field}` of `{layer}`; \
         declare it: ShapeReader::new().declare(\"{path}\", ParamSpec::weight(), ::experts(), ::vector() or ::new(axes, kind))"
    )]
    UnknownAxes {
        /// Path of the parameter.
        path: String,
        /// Type of the owning layer.
        layer: String,
        /// Field of that layer.
        field: String,
        /// Shape of the parameter.
        dims: Vec<usize>,
    },
    /// The table or a declaration speaks of another number of axes.
    #[error(
        "`{path}` has {rank} axes, but its declaration has {declared} ({axes}); declare as many axes as the tensor has"
    )]
    Rank {
        /// Path of the parameter.
        path: String,
        /// Number of axes of the tensor.
        rank: usize,
        /// Number of axes declared.
        declared: usize,
        /// The declared axes.
        axes: String,
    },
    /// `Linear` in `Col` layout stores its weight transposed and reports its shape differently before and
    /// after initialization.
    #[error(
        "`{path}` is a Linear in `Col` layout, whose stored axes change on initialization (burn-nn linear.rs:66-96); build it with LinearLayout::Row"
    )]
    ColLayout {
        /// Path of the parameter.
        path: String,
    },
    /// A layer whose name is in the table has another order of axes.
    #[error(
        "`{path}` {dims:?} is read as {axes}, as layers named `{layer}` are, but the bias beside it has {bias} entries, so \
         the order is another; declare it: ShapeReader::new().declare(\"{path}\", ParamSpec::new(Axes::new([Axis::Out, \
         Axis::In]), Kind::Weight)), in the order in which it is stored"
    )]
    BiasContradicts {
        /// Path of the weight.
        path: String,
        /// Type of the owning layer.
        layer: String,
        /// Shape of the weight.
        dims: Vec<usize>,
        /// Axes that the layer's name suggests.
        axes: String,
        /// Length of the bias.
        bias: usize,
    },
    /// Burn describes its parameters otherwise than burn-core 0.22.1.
    #[error(
        "`{path}`: whether this Linear is in `Col` layout cannot be told from this version of Burn; use Burn 0.22.1, or \
         update mup-shapes"
    )]
    OtherBurn {
        /// Path of the parameter.
        path: String,
    },
    /// One `Param` was cloned into two places.
    #[error(
        "`{path}` is a clone of `{first}`: Burn updates only the first after a step, so the two drift apart; keep one Param and use it twice in forward (see mup_models' TiedReadout)"
    )]
    TiedByClone {
        /// Path of the clone.
        path: String,
        /// Path of the original.
        first: String,
    },
    /// A declaration that matches nothing changes nothing.
    #[error(
        "the declaration for `{pattern}` matches no parameter; {}correct its path, or remove it; there are {paths}",
        did_you_mean(.meant.as_ref())
    )]
    UnusedDeclaration {
        /// The declared pattern.
        pattern: String,
        /// As it was probably meant.
        meant: Option<PathPattern>,
        /// Some paths of the module.
        paths: String,
    },
    /// A place that matches nothing changes nothing.
    #[error(
        "the place of `{pattern}` matches no parameter; {}correct its path, or remove it; there are {paths}",
        did_you_mean(.meant.as_ref())
    )]
    UnusedPlace {
        /// The pattern.
        pattern: String,
        /// As it was probably meant.
        meant: Option<PathPattern>,
        /// Some paths of the module.
        paths: String,
    },
    /// A place or stream all of whose tensors have another by a later statement.
    #[error(
        "what is said of the place or stream of `{pattern}` changes nothing, because `{by}`, said later, decides all of them; \
         say the wider pattern first, or remove one"
    )]
    ShadowedPlace {
        /// The pattern.
        pattern: String,
        /// The later pattern.
        by: String,
    },
    /// A dimension of size zero.
    #[error("`{path}` {dims:?} has an empty dimension; check the sizes that the model is built with")]
    EmptyDimension {
        /// Path of the parameter.
        path: String,
        /// Shape of the parameter.
        dims: Vec<usize>,
    },
}

/// One disagreement between base, delta and target.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A parameter of the base is missing elsewhere.
    #[error(
        "`{path}` is in the base but not in the {other}; all three must differ in sizes and in the number of repeated blocks \
         only, not in options"
    )]
    Missing {
        /// Path of the parameter.
        path: String,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// A parameter that the base does not have.
    #[error(
        "`{path}` is in the {other} but not in the base; all three must differ in sizes and in the number of repeated blocks \
         only, not in options"
    )]
    Extra {
        /// Path of the parameter.
        path: String,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// A block that is not like the one that it stands for.
    #[error(
        "`{path}` (in the {other}) is not as `{like}` is, for which it would have to stand: the base has {base} {}, which \
         repeat after {period}, and more blocks must go on in that order; order them alike, or give base and {other} the \
         same number",
        blocks(list)
    )]
    OtherBlock {
        /// Path of the block's first parameter that differs.
        path: String,
        /// Path of the parameter that it differs from.
        like: String,
        /// Path of the list of blocks.
        list: String,
        /// Number of blocks after which the base repeats itself.
        period: usize,
        /// Number of blocks in the base.
        base: usize,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// Fewer blocks than the base's order is made of.
    #[error(
        "the {other} has {n} {}, and the {base} of the base repeat after {period}, so some of them would stand for none; give \
         the {other} at least {period}",
        blocks(list)
    )]
    FewerThanPeriod {
        /// Path of the list of blocks.
        list: String,
        /// Number of blocks after which the base repeats itself.
        period: usize,
        /// Number of blocks in the base.
        base: usize,
        /// Number of blocks elsewhere.
        n: usize,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// A list inside of a block has another length.
    #[error(
        "`{path}` is a list inside of a repeated block and has {base} elements in the base, but {target} in the {other}; \
         whether that is depth (blocks of a stage) or not (experts) cannot be told, so keep its length, or make it one list \
         of blocks"
    )]
    NestedBlocks {
        /// Path of the list.
        path: String,
        /// Length in the base.
        base: usize,
        /// Length elsewhere.
        target: usize,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// Different number of axes.
    #[error("`{path}` has {base} axes in the base and {other_rank} in the {other}; is it the same layer?")]
    Rank {
        /// Path of the parameter.
        path: String,
        /// Rank in the base.
        base: usize,
        /// Rank elsewhere.
        other_rank: usize,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// The layer types or axes differ.
    #[error("`{path}` has axes {base} in the base and {other_axes} in the {other}; is it the same layer?")]
    Axes {
        /// Path of the parameter.
        path: String,
        /// Axes in the base.
        base: String,
        /// Axes elsewhere.
        other_axes: String,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// Base and delta agree in a dimension, the target does not.
    #[error(
        "`{path}` axis {axis}: {base} in base and delta, so it counts as finite, but {target} in the target; \
         did the delta forget to widen it?"
    )]
    FiniteChanged {
        /// Path of the parameter.
        path: String,
        /// Index of the axis.
        axis: usize,
        /// Size in base and delta.
        base: usize,
        /// Size in the target.
        target: usize,
    },
    /// Theory and rules know at most two infinite axes.
    #[error("`{path}` has {n} infinite axes ({dims}); at most two may grow, so keep the others fixed")]
    TooManyInfinite {
        /// Path of the parameter.
        path: String,
        /// Number of infinite axes.
        n: usize,
        /// The dimensions.
        dims: String,
    },
    /// A receptive field that grows is not width.
    #[error(
        "`{path}` axis {axis} is a kernel axis that grows ({dim}); a receptive field is not a width: keep it fixed, or \
         declare the axes if the layer is a struct of yours that has the name of one of Burn's"
    )]
    InfiniteKernel {
        /// Path of the parameter.
        path: String,
        /// Index of the axis.
        axis: usize,
        /// The dimension.
        dim: Dim,
    },
    /// The delta equals the base everywhere.
    #[error(
        "the delta has the same shapes as the base, so nothing would be infinite and the result would silently be the standard parametrization; widen every dimension of the delta that the target changes"
    )]
    DeltaEqualsBase,
}

/// One disagreement between a `.bsh` file, or PyTorch's names, and a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BshProblem {
    /// Names begin otherwise in the file.
    #[error(
        "{n} of {total} names agree once {}, so say PyTorchNames::new().rename(\"{here}\", \"{there}\"); below, it counts as said",
        prefixes(here, there)
    )]
    Prefix {
        /// What the module's names begin with; empty for its root.
        here: String,
        /// What the file's names begin with; empty for its root.
        there: String,
        /// Names that then agree.
        n: usize,
        /// Names of the module.
        total: usize,
    },
    /// No `null` in the file, and sizes that stay the same.
    #[error(
        "every size in the file is a number, so all of them would count as growing, though `{path}` axis {axis} is \
         {dim} here too; finite dimensions are `null`: write the file again with mup's save_base_shapes from a base \
         and a delta, or, if every dimension does grow, take BaseShapes::infer"
    )]
    EveryNumber {
        /// Path in Burn of the first parameter whose size stays.
        path: String,
        /// Index of the axis, in Burn's order.
        axis: usize,
        /// The size.
        dim: usize,
    },
    /// The file lacks a parameter of the module.
    #[error(
        "`{path}`: the file does not have `{name}`, its name in PyTorch; if it has another name there, say \
         PyTorchNames::new().rename(\"{path}\", \"its.name\")"
    )]
    Missing {
        /// Path in Burn.
        path: String,
        /// Expected name in PyTorch.
        name: String,
    },
    /// The module lacks a parameter of the file.
    #[error("the file's `{name}` is no parameter of the module; {}", remedy_for_extra(name))]
    Extra {
        /// Name in PyTorch.
        name: String,
    },
    /// Different number of axes.
    #[error(
        "`{path}` has {rank} axes, and `{name}` in the file has {file_rank}; the module must be the twin of the one that wrote the file"
    )]
    Rank {
        /// Path in Burn.
        path: String,
        /// Name in PyTorch.
        name: String,
        /// Number of axes of the module's tensor.
        rank: usize,
        /// Number of axes in the file.
        file_rank: usize,
    },
    /// PyTorch does not have the parameter, so the file cannot tell its base.
    #[error(
        "`{path}` {dims:?} is a {kind}, which PyTorch does not have, so a .bsh file cannot tell its base; state it: \
         PyTorchNames::new().base(\"{path}\", [..]) with one entry per axis, Some(base size) if it grows with width, \
         else None"
    )]
    NoBase {
        /// Path in Burn.
        path: String,
        /// What it is for.
        kind: Kind,
        /// Shape in the module.
        dims: Vec<usize>,
    },
    /// The stated base has another number of axes.
    #[error("`{path}` has {rank} axes, but PyTorchNames::base states {stated}; state one entry per axis")]
    BaseRank {
        /// Path in Burn.
        path: String,
        /// Number of axes of the tensor.
        rank: usize,
        /// Number of axes stated.
        stated: usize,
    },
    /// Two parameters have the same name in PyTorch.
    #[error("`{first}` and `{second}` are both `{name}` in PyTorch; tell them apart with PyTorchNames::rename")]
    SameName {
        /// Name in PyTorch.
        name: String,
        /// Path of one.
        first: String,
        /// Path of the other.
        second: String,
    },
    /// A statement that matches nothing changes nothing.
    #[error("PyTorchNames::{method}(\"{pattern}\") matches no parameter it could apply to; correct or remove it")]
    Unused {
        /// `rename`, `same_order` or `base`.
        method: &'static str,
        /// The path or pattern.
        pattern: String,
    },
    /// All dimensions are `null`.
    #[error(
        "no dimension in the file is infinite, so the result would silently be the standard parametrization; write \
         it again from a base and a delta that differ in every dimension that is to grow"
    )]
    NothingInfinite,
}

fn blocks(list: &str) -> String {
    if list.is_empty() { "blocks".to_owned() } else { format!("blocks in `{list}`") }
}

/// PyTorch's own layers that pack several matrices into one parameter.
fn remedy_for_extra(name: &str) -> &'static str {
    let field = name.rsplit('.').next().unwrap_or(name);
    if field.starts_with("in_proj_") || field.starts_with("weight_ih_") || field.starts_with("weight_hh_") {
        "PyTorch packs several matrices into it: rename the Burn layer that holds the same packed matrix, or, if Burn has \
         them apart, take BaseShapes::infer from a base and a delta"
    } else {
        "the module must be the twin of the one that wrote the file"
    }
}

fn prefixes(here: &str, there: &str) -> String {
    match (here, there) {
        ("", there) => format!("the file's `{there}.` is dropped"),
        (here, "") => format!("the module's `{here}.` is dropped"),
        (here, there) => format!("the file's `{there}.` is the module's `{here}.`"),
    }
}

fn did_you_mean(pattern: Option<&PathPattern>) -> String {
    pattern.map_or_else(String::new, |pattern| format!("did you mean `{pattern}`? "))
}

fn list<T: std::fmt::Display>(problems: &[T]) -> String {
    problems.iter().map(|problem| format!("\n  - {problem}")).collect()
}
