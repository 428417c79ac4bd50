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
    /// The table prescribes two things for the same tensors.
    #[error(
        "parametrization `{parametrization}` has two rules for role {role} in form {form}; replace a rule with \
         `Parametrization::with_rule` instead of pushing another"
    )]
    TwoRules {
        /// Name of the parametrization.
        parametrization: String,
        /// Role of both rules.
        role: mup_shapes::Role,
        /// Form of both rules.
        form: crate::Form,
    },
    /// An exponent that is not a finite number.
    #[error("parametrization `{parametrization}`, {rule}: an exponent is not a finite number; correct the table")]
    BadExponent {
        /// Name of the parametrization.
        parametrization: String,
        /// Where in the table.
        rule: String,
    },
    /// A number that cannot be used.
    #[error("`{path}`: {column} {value} = {formula} is not a positive finite number; check the table and the widths")]
    BadFactor {
        /// Path of the parameter.
        path: String,
        /// Which number.
        column: crate::Column,
        /// Its value.
        value: f64,
        /// Its formula.
        formula: String,
    },
    /// A row with more or fewer axes than dimensions.
    #[error("`{path}` has axes {axes} but {rank} dimensions; was the plan edited by hand?")]
    BadAxes {
        /// Path of the parameter.
        path: String,
        /// Its axes.
        axes: String,
        /// Number of dimensions.
        rank: usize,
    },
    /// Two rows for one parameter.
    #[error("`{path}` occurs twice; every parameter needs a path of its own")]
    DuplicatePath {
        /// The path.
        path: String,
    },
    /// A readout that applies a multiplier to a weight that is not planned for one.
    #[error(
        "`{by}` multiplies `{path}`, but that weight is planned without a multiplier, so both would scale it; \
         declare it with ParamSpec::weight().multiplied()"
    )]
    NotMultiplied {
        /// Path of the weight.
        path: String,
        /// Path of the multiplier.
        by: String,
    },
    /// A tied readout in another form than the multiplier form.
    #[error(
        "`{path}` belongs to a tied readout: its weight is an embedding, whose constant σ fits the multiplier form \
         alone, not form {form}; leave `Parametrization::multiplied_form` at `Form::Multiplier`"
    )]
    TiedForm {
        /// Path of the multiplier.
        path: String,
        /// The form asked for.
        form: crate::Form,
    },
    /// A plan file that cannot be parsed.
    #[error(
        "not a plan: {reason} at line {line}, column {column}; write one with `ScalingPlan::to_json`, or write it again"
    )]
    NotAPlan {
        /// What the parser says.
        reason: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A JSON file of another kind.
    #[error("the file has format `{found}`, not `{expected}`; is it another program's file?")]
    OtherFormat {
        /// The format named in the file.
        found: String,
        /// The format of plans.
        expected: &'static str,
    },
    /// A version that this library does not know.
    #[error(
        "the plan has version {found}, this library reads version {known}; update mup-rules, or write the plan again"
    )]
    OtherVersion {
        /// Version of the file.
        found: u64,
        /// Version that is read.
        known: u64,
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
