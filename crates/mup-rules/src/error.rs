//! What can be wrong with a plan, or with asking one.

use mup_shapes::PathPattern;

use crate::named::some;

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
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
        "without a forward multiplier `{parametrization}` refuses what maps an infinite to a finite dimension: {}; use mup_models' \
         Readout, or the preset `mup`, which has a plain form; if it should not be a readout, did the delta forget to widen \
         its output?",
        some(tensors)
    )]
    ReadoutRequired {
        /// Path, layer and dimensions of each.
        tensors: Vec<String>,
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
    /// Another number of blocks under rules of width alone.
    #[error(
        "`{path}`: the target has {target} residual additions on `{stream}`, the base {base}, and `{parametrization}` scales \
         width alone; use Parametrization::complete_p() (or .with_depth(1.0)); for blocks without a residual branch, \
         Places::outside(\"{blocks}\"); to leave depth unscaled, .with_depth_rule(DepthRule::Ignored)"
    )]
    DepthNotCovered {
        /// Path of the first parameter of the blocks.
        path: String,
        /// The pattern of the blocks.
        blocks: String,
        /// Their stream.
        stream: String,
        /// Number in the base.
        base: usize,
        /// Number in the target.
        target: usize,
        /// Name of the parametrization.
        parametrization: String,
    },
    /// Tensors of a block whose place nobody said.
    #[error(
        "{} lie in the blocks of `{stream}`, and nothing says where they stand in a residual branch; say it of each: \
         ShapeReader::place(\"{}\", Place::Inside), Closing for the last map of a branch, Outside for none{}",
        quoted(tensors), tensors[0], burns_places(*burn)
    )]
    NoPlace {
        /// Their paths, `*` for numbers.
        tensors: Vec<String>,
        /// The stream of the blocks.
        stream: String,
        /// Whether the first is a tensor of burn-nn's transformers.
        burn: bool,
    },
    /// Blocks whose branches nothing scales, under rules of depth.
    #[error(
        "the target has {target} blocks of `{stream}`, the base {base}, and nothing scales their branches: no tensor of \
         `{blocks}` closes one, and no layer multiplies one; say which map is the last of a branch, after wider patterns: \
         ShapeReader::place(\"blocks.*.down.*\", Place::Closing); for blocks without a residual branch, \
         Places::outside(\"{blocks}\")"
    )]
    NothingCloses {
        /// The pattern of the blocks.
        blocks: String,
        /// Their stream.
        stream: String,
        /// Number in the base.
        base: usize,
        /// Number in the target.
        target: usize,
    },
    /// Rules of depth with an exponent that no theory covers.
    #[error(
        "`{parametrization}` scales branches by m_L^−α with α = {alpha}; the stream is stable and its features learn for α from ½ \
         to 1 (Tensor Programs VI, Claims 7.1 to 7.3): 1 is complete_p, ½ is depth_mup"
    )]
    BadAlpha {
        /// Name of the parametrization.
        parametrization: String,
        /// α.
        alpha: f64,
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
    /// A variable of a rule that has no value for a tensor.
    #[error(
        "`{path}` follows a rule in {variable}, but nothing says what {variable} is: PlanBuilder::variable, PlanBuilder::run for m_B and m_D, \
         or Places::stream for the m_L of a model with several streams"
    )]
    NoRatio {
        /// Path of the parameter.
        path: String,
        /// The variable.
        variable: String,
    },
    /// A variable that has a value already.
    #[error(
        "{variable} has a value already (the fans are each tensor's own, m_B and m_D the run's): leave this one out, or name it otherwise"
    )]
    KnownVariable {
        /// The variable.
        variable: String,
    },
    /// A variable that no rule follows.
    #[error(
        "no rule of `{parametrization}` follows {variable}, so what you say of it changes nothing: leave it out, or add an Amendment"
    )]
    UnusedVariable {
        /// The variable.
        variable: String,
        /// Name of the parametrization.
        parametrization: String,
    },
    /// A ratio that cannot be used.
    #[error("`{path}`: {variable} is {ratio}, but a ratio of target over base is a positive number")]
    BadRatio {
        /// Path of the parameter.
        path: String,
        /// The variable.
        variable: String,
        /// Its value.
        ratio: f64,
    },
    /// A batch or horizon that cannot be.
    #[error("the {whose}'s run has a batch of {batch} and {tokens} tokens in all: {problem}")]
    BadRun {
        /// `base` or `target`.
        whose: &'static str,
        /// Tokens in a batch.
        batch: f64,
        /// Tokens in the whole training.
        tokens: f64,
        /// Why not, and what instead.
        problem: &'static str,
    },
    /// A wish that finds no tensor.
    #[error(
        "{wish}: no trained tensor is meant by it; {}there are {paths} (`*` is one segment of a path, `**` any number)",
        did_you_mean(.meant.as_ref())
    )]
    NothingMatches {
        /// The wish.
        wish: String,
        /// Path, pattern or layer as it was probably meant.
        meant: Option<PathPattern>,
        /// Some paths that exist.
        paths: String,
    },
    /// A wish that changes nothing.
    #[error("{wish}: changes nothing, since {reason}")]
    NoEffect {
        /// The wish.
        wish: String,
        /// Why not, and what instead.
        reason: &'static str,
    },
    /// A wish with a number that cannot be.
    #[error("{wish}: {problem}")]
    BadWish {
        /// The wish.
        wish: String,
        /// Why not, and what instead.
        problem: &'static str,
    },
    /// An optimizer of matrices on something else.
    #[error(
        "{optimizer} orthogonalizes hidden matrices and cannot train {}; choose it for those alone, `.optimizer(Role::Hidden, …)`, \
         and after it another for what is left of these: `.optimizer(\"{path}\", OptimizerId::ADAMW)`",
        some(tensors)
    )]
    HiddenMatricesOnly {
        /// Path of the first.
        path: String,
        /// Path, role and number of axes of each.
        tensors: Vec<String>,
        /// Name of the optimizer.
        optimizer: String,
    },
    /// An optimizer that cannot be.
    #[error("optimizer `{name}`: {problem}")]
    BadOptimizer {
        /// Its name.
        name: String,
        /// Why not, and what instead.
        problem: &'static str,
    },
    /// Two optimizers of one name.
    #[error("two different optimizers are called `{name}`, and a plan tells them apart by name; rename one")]
    TwoOptimizers {
        /// The name.
        name: String,
    },
    /// A row of an optimizer that the plan does not list.
    #[error("`{path}` is trained by `{optimizer}`, which the plan does not list; was it edited by hand?")]
    UnknownOptimizer {
        /// Path of the parameter.
        path: String,
        /// Name of the optimizer.
        optimizer: String,
    },
    /// A stored plan that does not follow from what it was made from.
    #[error(
        "{place} has {field} {stored}, but what the plan was made from gives {computed}: it was edited by hand; change what it \
         is made from (shapes, table, wishes, run) instead, and make it again"
    )]
    Edited {
        /// Row or list.
        place: String,
        /// Which of its entries.
        field: String,
        /// As it stands in the file.
        stored: String,
        /// As it is made again.
        computed: String,
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
        "the plan has version {found}, this library reads versions up to {known}; update mup-rules, or write the plan again"
    )]
    OtherVersion {
        /// Version of the file.
        found: u64,
        /// Version that is read.
        known: u64,
    },
    /// A path that the plan does not have.
    #[error("the plan has no row for `{path}`; {}was it made for another model?", did_you_mean(.meant.as_ref()))]
    UnknownPath {
        /// Path asked for.
        path: String,
        /// As it was probably meant.
        meant: Option<PathPattern>,
    },
    /// A preset name that does not exist.
    #[error("no parametrization is called `{name}`; {}there are: {known}", did_you_mean(.meant.as_ref()))]
    UnknownParametrization {
        /// Name asked for.
        name: String,
        /// The name that was probably meant.
        meant: Option<String>,
        /// Names of the presets.
        known: String,
    },
    /// A law of runs that does not exist.
    #[error("no run law is called `{name}`; {}there are: {known}", did_you_mean(.meant.as_ref()))]
    UnknownRunLaw {
        /// Name asked for.
        name: String,
        /// The name that was probably meant.
        meant: Option<String>,
        /// Names of the presets.
        known: String,
    },
    /// A law that follows what a run has not.
    #[error(
        "run law `{law}` follows {variable}, which no run has: m_B, m_D and m_N are its variables; for tensors there are Amendments"
    )]
    ForeignVariable {
        /// Name of the law.
        law: String,
        /// The variable.
        variable: String,
    },
    /// A run for a plan that has one.
    #[error(
        "the plan has a run already ({run}); give it once: leave out PlanBuilder::run, or the other (--run-law, \
         ScalingPlan::with_run)"
    )]
    TwoRuns {
        /// The plan's.
        run: String,
    },
}

fn did_you_mean(meant: Option<&impl std::fmt::Display>) -> String {
    meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "))
}

impl RuleError {
    /// One error about all tensors of which the first error speaks.
    pub(crate) fn of_all(mut errors: Vec<Self>) -> Option<Self> {
        let others = errors.split_off(errors.len().min(1));
        let mut first = errors.pop()?;
        for other in others {
            match (&mut first, other) {
                (Self::ReadoutRequired { tensors, .. }, Self::ReadoutRequired { tensors: more, .. }) => {
                    tensors.extend(more)
                }
                (
                    Self::HiddenMatricesOnly { tensors, optimizer, .. },
                    Self::HiddenMatricesOnly { tensors: more, optimizer: other, .. },
                ) if *optimizer == other => tensors.extend(more),
                (Self::NoPlace { tensors, stream, .. }, Self::NoPlace { tensors: more, stream: other, .. })
                    if *stream == other =>
                {
                    tensors.extend(more.into_iter().filter(|path| !tensors.contains(path)).collect::<Vec<_>>());
                }
                _ => {}
            }
        }
        Some(first)
    }
}

fn quoted(paths: &[String]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

fn burns_places(burn: bool) -> &'static str {
    if burn { "; or .with_places(Places::burn()) for burn-nn's transformers" } else { "" }
}
