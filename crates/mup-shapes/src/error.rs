//! What can be wrong with a model, or with base, delta and target together.

use crate::Dim;

/// Errors of this crate. All problems of a kind are reported at once.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShapeError {
    /// The module cannot be read into shapes.
    #[error("cannot read the module's shapes:{}", list(.0))]
    Read(Vec<ReadProblem>),
    /// Base, delta and target do not fit together.
    #[error("base, delta and target do not fit together:{}", list(.0))]
    Mismatch(Vec<Mismatch>),
}

/// Why one parameter cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadProblem {
    /// The owning layer type is not in the table.
    #[error(
        "`{path}` {dims:?}: its axes are unknown, because the layer table has no row for field `{field}` of `{layer}`; \
         declare it: ShapeReader::new().declare(\"{path}\", ParamSpec::weight() or ::vector() or ::new(axes, kind))"
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
    #[error("the declaration for `{pattern}` matches no parameter; the paths are: {paths}")]
    UnusedDeclaration {
        /// The declared pattern.
        pattern: String,
        /// The paths of the module.
        paths: String,
    },
    /// A dimension of size zero.
    #[error("`{path}` {dims:?} has an empty dimension")]
    EmptyDimension {
        /// Path of the parameter.
        path: String,
        /// Shape of the parameter.
        dims: Vec<usize>,
    },
}

/// One disagreement between base, delta and target.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// A parameter of the base is missing elsewhere.
    #[error(
        "`{path}` is in the base but not in the {other}; all three must differ in width only, not in depth or options"
    )]
    Missing {
        /// Path of the parameter.
        path: String,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// A parameter that the base does not have.
    #[error(
        "`{path}` is in the {other} but not in the base; all three must differ in width only, not in depth or options"
    )]
    Extra {
        /// Path of the parameter.
        path: String,
        /// `delta` or `target`.
        other: &'static str,
    },
    /// Different number of axes.
    #[error("`{path}` has {base} axes in the base and {other_rank} in the {other}")]
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
    #[error(
        "`{path}` has {n} infinite axes ({dims}); at most two may grow: keep the others fixed, or declare the parameter's axes"
    )]
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
        "`{path}` axis {axis} is a kernel axis that grows ({dim}); a receptive field is not a width, keep it fixed"
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

fn list<T: std::fmt::Display>(problems: &[T]) -> String {
    problems.iter().map(|problem| format!("\n  - {problem}")).collect()
}
