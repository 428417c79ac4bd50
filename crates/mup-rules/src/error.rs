//! What can be wrong with a plan, or with asking one.

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// The table has no row for a tensor.
    #[error(
        "`{path}`: parametrization `{parametrization}` has no rule for role {role} in form {form}; add a `Rule` to `Parametrization::rules`"
    )]
    NoRule {
        /// Path of the parameter.
        path: String,
        /// Name of the parametrization.
        parametrization: String,
        /// Role of the parameter.
        role: mup_shapes::Role,
        /// Form of the parameter.
        form: crate::Form,
    },
    /// microsoft/mup refuses a stock layer that maps an infinite to a finite dimension.
    #[error(
        "`{path}` ({layer}, {dims}) maps an infinite to a finite dimension without a forward multiplier, which `{parametrization}` \
         refuses; use mup_models' Readout, or the preset `mup`, which has a plain form; if it should not be a readout, \
         did the delta forget to widen its output?"
    )]
    ReadoutRequired {
        /// Path of the parameter.
        path: String,
        /// Type of the owning layer.
        layer: String,
        /// Its dimensions.
        dims: String,
        /// Name of the parametrization.
        parametrization: String,
    },
    /// A path that the plan does not have.
    #[error("the plan has no row for `{path}`; was it made for another model?")]
    UnknownPath {
        /// Path asked for.
        path: String,
    },
    /// A preset name that does not exist.
    #[error("no parametrization is called `{name}`; there are: {known}")]
    UnknownParametrization {
        /// Name asked for.
        name: String,
        /// Names of the presets.
        known: String,
    },
}
