//! What can be wrong with a plan or a specification for a module.

/// Errors of this crate. All problems of a kind are reported at once.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The plan was made for another module.
    #[error("the plan does not fit the module:{}", list(.0))]
    Mismatch(Vec<PlanMismatch>),
    /// The specification cannot be followed.
    #[error("the initialization cannot be followed:{}", list(.0))]
    Spec(Vec<SpecProblem>),
}

/// One disagreement between plan and module.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanMismatch {
    /// The plan has a row that the module lacks.
    #[error("`{path}` is in the plan but not in the module; make the plan from this module's own shapes")]
    Missing {
        /// Path of the parameter.
        path: String,
    },
    /// The module has a parameter that the plan lacks.
    #[error("`{path}` {dims:?} is in the module but not in the plan; make the plan from this module's own shapes")]
    Extra {
        /// Path of the parameter.
        path: String,
        /// Its shape.
        dims: Vec<usize>,
    },
    /// Plan and module speak of different sizes.
    #[error("`{path}` has shape {module:?} in the module and {plan:?} in the plan; is it the plan of another width?")]
    Shape {
        /// Path of the parameter.
        path: String,
        /// Shape in the plan.
        plan: Vec<usize>,
        /// Shape in the module.
        module: Vec<usize>,
    },
    /// One `Param` was cloned into two places.
    #[error("`{path}` is a clone of `{first}`; keep one Param and use it twice in forward")]
    TiedByClone {
        /// Path of the clone.
        path: String,
        /// Path of the original.
        first: String,
    },
}

/// One thing in a specification that cannot be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecProblem {
    /// An override that matches nothing would silently change nothing.
    #[error(
        "{knob} `{pattern}` matches no trained parameter (`*` is one segment, `**` any number); the paths are: {paths}"
    )]
    MatchesNothing {
        /// The kind of override.
        knob: &'static str,
        /// The pattern.
        pattern: String,
        /// Paths of the trained parameters.
        paths: String,
    },
    /// There is no output weight to start at zero.
    #[error(
        "zero_readout: no weight maps an infinite to a finite dimension; a readout tied to the embedding has no weight \
         of its own, so leave zero_readout out"
    )]
    NoReadout,
    /// Weights map an infinite to a finite dimension, and which of them is the readout is open.
    #[error(
        "zero_readout: nothing says which weight is the readout, or whether `{path}` is one or feeds further layers; \
         declare it: ShapeReader::declare(\"{path}\", ParamSpec::weight().readout()) or .inner()"
    )]
    UndecidedReadout {
        /// Path of the first of them.
        path: String,
    },
    /// A number that makes no sense.
    #[error("`{path}`: {distribution}: {problem}")]
    Value {
        /// Path of the parameter.
        path: String,
        /// The distribution asked for.
        distribution: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A factor that makes no sense.
    #[error("{knob} {factor}: a factor must be a finite number that is not negative")]
    Factor {
        /// Which factor.
        knob: String,
        /// Its value.
        factor: f64,
    },
    /// Xavier and Kaiming need fans.
    #[error(
        "`{path}` has axes {axes}, no fan-in, so {distribution} has no meaning for it; use Normal or Uniform with a \
         size of its own"
    )]
    NoFanIn {
        /// Path of the parameter.
        path: String,
        /// Its axes.
        axes: String,
        /// The distribution asked for.
        distribution: String,
    },
    /// The mean of a hidden weight adds up over its fan-in.
    #[error(
        "`{path}` is a hidden weight, and {distribution} has a mean other than zero, which grows like the width in a sum \
         over the fan-in; use a distribution with mean zero"
    )]
    NonZeroMean {
        /// Path of the parameter.
        path: String,
        /// The distribution asked for.
        distribution: String,
    },
    /// A factor on closing maps that is 1/√(number of residual additions) of the target itself.
    #[error(
        "scale `{pattern}` by {factor}: that is 1/√{target}, by the target's own {target} residual additions, and the plan scales \
         these maps with depth already; use the base's, 1/√{base}, at every depth"
    )]
    OwnDepth {
        /// The pattern.
        pattern: String,
        /// The factor.
        factor: f64,
        /// Residual additions in the base.
        base: usize,
        /// Residual additions in the target.
        target: usize,
    },
    /// The values do not fit into `f32`.
    #[error("`{path}`: after all factors entries reach {largest:e}, which is too large for f32 or not a number")]
    TooLarge {
        /// Path of the parameter.
        path: String,
        /// Largest absolute value.
        largest: f64,
    },
}

fn list<T: std::fmt::Display>(problems: &[T]) -> String {
    problems.iter().map(|problem| format!("\n  - {problem}")).collect()
}
