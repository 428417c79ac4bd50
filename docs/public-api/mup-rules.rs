// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use abc::AbcExponents;
    pub use amendment::{Amended, Amendment};
    pub use builder::PlanBuilder;
    pub use conventions::{EpsilonRule, L2Rule, WeightDecay};
    pub use depth::DepthRule;
    pub use difference::PlanDifference;
    pub use doubt::Doubt;
    pub use error::RuleError;
    pub use factor::{Factor, Term};
    pub use markdown::rules_markdown;
    pub use optimizer::{DecayTerm, EpsilonTerm, OptimizerId, ShapeFactor, Update};
    pub use overrides::{Change, Override, Overrides};
    pub use parametrization::Parametrization;
    pub use plan::ScalingPlan;
    pub use power::Power;
    pub use precision::Significand;
    pub use row::{Column, PlanRow};
    pub use rule::{Form, Rule};
    pub use run::{Run, RunScaling};
    pub use run_law::RunLaw;
    pub use selector::Selector;
    pub use summary::{PlanSummary, RowGroup};
    pub use variable::{Ratios, Variable};
}
/// let hidden = mup.rule(Role::Hidden, Form::Plain).unwrap().abc(Update::ENTRYWISE);
/// assert_eq!((hidden.a, hidden.b, hidden.c), (0.0, 0.5, 1.0));
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbcExponents {
    pub a: f64,
    pub b: f64,
    pub c: f64,
}
impl AbcExponents {
    pub fn shifted(self, theta: f64, update: Update) -> Self {}
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Amended {
    Multiplier,
    InitStd,
    Adam,
    Gradient,
    WeightDecay,
    Epsilon,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Amendment {
    pub tensors: Selector,
    pub quantity: Amended,
    pub power: Power,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Form>,
}
impl Amendment {
    pub fn new(
        tensors: impl Into<Selector>,
        quantity: Amended,
        power: Power,
        reason: impl Into<String>,
    ) -> Self {}
    pub fn in_branches(self, form: Form) -> Self {}
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    Optimizer(OptimizerId),
    Rate(f64),
    Decay(f64),
    InitStd(f64),
    Frozen,
}
impl std::fmt::Display for Change {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Column {
    Multiplier,
    InitStd,
    LearningRate,
    WeightDecay,
    Epsilon,
}
impl std::fmt::Display for Column {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DecayTerm {
    Step,
    Gradient,
    Update,
    None,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DepthRule {
    #[default]
    Refused,
    Ignored,
    Scaled,
}
impl std::fmt::Display for DepthRule {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doubt {
    AxesByName,
    ReadoutOrInner,
    SquareRootAttention,
    NormFirst,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EpsilonRule {
    Unscaled,
    /// vector and hidden tensors; for the readout `1/m_in` in the multiplier form and constant in the plain
    Gradient,
    FanIn,
}
impl EpsilonRule {
    pub fn factor(self, rule: &Rule) -> Power {}
}
impl std::fmt::Display for EpsilonRule {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EpsilonTerm {
    Gradient,
    Weight,
    None,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Factor {
    pub value: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
}
impl Factor {
    pub fn formula(&self) -> String {}
    /// The terms with their reasons, `1/m_in (hidden, plain form)`.
    pub fn reasons(&self) -> String {}
}
impl std::fmt::Display for Factor {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    Plain,
    Multiplier,
    TableNine,
    /// `1/√m_in` in front of hidden weights, whose entries then keep their size, `1/m_in` in front of the readout (u-µP).
    UnitScaled,
}
impl std::fmt::Display for Form {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum L2Rule {
    AsWeightDecay,
    Gradient,
}
impl std::fmt::Display for L2Rule {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OptimizerId {
    pub name: Cow<'static, str>,
    pub update: Update,
    pub shape_factor: ShapeFactor,
    pub decay: DecayTerm,
    pub epsilon: EpsilonTerm,
    /// Whether it trains nothing but hidden matrices.
    pub hidden_matrices_only: bool,
}
impl OptimizerId {
    pub const ADAMW: Self = Self::new("adamw", Update::ENTRYWISE);
    pub const ADAM: Self = Self::new("adam", Update::ENTRYWISE)
        .with_decay(DecayTerm::Gradient);
    pub const RMSPROP: Self = Self::new("rmsprop", Update::ENTRYWISE)
        .with_decay(DecayTerm::Gradient);
    pub const ADAGRAD: Self = Self::new("adagrad", Update::ENTRYWISE)
        .with_decay(DecayTerm::Gradient);
    pub const ADAN: Self = Self::new("adan", Update::ENTRYWISE);
    pub const LION: Self = Self::new("lion", Update::ENTRYWISE)
        .with_epsilon(EpsilonTerm::None);
    pub const SGD: Self = Self::new("sgd", Update::PROPORTIONAL)
        .with_decay(DecayTerm::Gradient)
        .with_epsilon(EpsilonTerm::None);
    pub const LAMB: Self = Self::new("lamb", Update::PARAMETER_SCALED)
        .with_decay(DecayTerm::Update);
    pub const ADAFACTOR: Self = Self::new("adafactor", Update::ENTRYWISE)
        .with_epsilon(EpsilonTerm::None);
    pub const ADAFACTOR_SCALED: Self = Self::new(
            "adafactor, parameter-scaled",
            Update::PARAMETER_SCALED,
        )
        .with_epsilon(EpsilonTerm::Weight);
    pub const MUON: Self = Self::new("muon", Update::SPECTRAL)
        .with_shape_factor(ShapeFactor::SqrtAspectAboveOne)
        .with_epsilon(EpsilonTerm::None)
        .on_hidden_matrices_only();
    pub const MUON_MATCH_RMS: Self = Self::new("muon, match rms", Update::SPECTRAL)
        .with_shape_factor(ShapeFactor::MatchRmsAdam)
        .with_epsilon(EpsilonTerm::None)
        .on_hidden_matrices_only();
    pub const fn new(name: &'static str, update: Update) -> Self {}
    pub const fn with_shape_factor(mut self, factor: ShapeFactor) -> Self {}
    pub const fn with_decay(mut self, decay: DecayTerm) -> Self {}
    pub const fn with_epsilon(mut self, epsilon: EpsilonTerm) -> Self {}
    /// The same, refusing whatever is no hidden matrix.
    pub const fn on_hidden_matrices_only(mut self) -> Self {}
}
impl std::fmt::Display for OptimizerId {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Override {
    pub tensors: Selector,
    pub change: Change,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}
impl std::fmt::Display for Override {}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[private_fields]
pub struct Overrides {}
impl Overrides {
    pub fn new() -> Self {}
    pub fn decay_matrices_only() -> Self {}
    pub fn and(mut self, tensors: impl Into<Selector>, change: Change) -> Self {}
    pub fn and_if_any(mut self, tensors: impl Into<Selector>, change: Change) -> Self {}
    pub fn iter(&self) -> impl Iterator<Item = &Override> {}
    pub fn is_empty(&self) -> bool {}
}
/// µP without its learning-rate rule for hidden weights, the rule that matters most. A check that stays green
/// let hidden = mup.rule(Role::Hidden, Form::Plain).unwrap().clone();
/// let ablated = mup.with_rule(hidden.with_adam(Power::ONE)).named_as("mup, hidden rate kept");
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Parametrization {
    pub name: String,
    pub rules: Vec<Rule>,
    pub multiplied_form: Form,
    pub requires_readout: bool,
    pub attention_exponent: f64,
    pub weight_decay: WeightDecay,
    pub l2: L2Rule,
    pub epsilon: EpsilonRule,
    #[serde(default, skip_serializing_if = "DepthRule::is_refused")]
    pub depth: DepthRule,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<Amendment>,
}
impl Parametrization {
    pub const NAMES: &[&str] = &[
        "mup",
        "complete-p",
        "depth-mup",
        "tensor-programs-v",
        "mup-package",
        "nanogpt-completep",
        "complete-d-p",
        "u-mup",
        "standard",
    ];
    ///   same at every width. With λ kept, hidden weights of a wide model hardly decay at all, and the rate
    /// - **Inner tensors** (keys and values of a fixed number of heads) start like hidden ones, σ/√m_in, so that
    pub fn mup() -> Self {}
    ///   rate; in Burn, as in PyTorch, it is, and then the decay of hidden weights shrinks like 1/m.
    pub fn tensor_programs_v() -> Self {}
    /// - `MuReadout` required (`mup/shape.py::assert_hidden_size_inf`), so outputs have the multiplier form.
    pub fn mup_package() -> Self {}
    pub fn standard() -> Self {}
    pub fn named(name: &str) -> Result<Self, RuleError> {}
    pub fn with_multiplied_form(mut self, form: Form) -> Self {}
    pub fn with_weight_decay(mut self, convention: WeightDecay) -> Self {}
    pub fn with_epsilon(mut self, convention: EpsilonRule) -> Self {}
    pub fn with_l2(mut self, convention: L2Rule) -> Self {}
    pub fn with_readout_required(mut self, required: bool) -> Self {}
    pub fn with_attention_exponent(mut self, exponent: f64) -> Self {}
    pub fn named_as(mut self, name: impl Into<String>) -> Self {}
    pub fn with_amendment(mut self, amendment: Amendment) -> Self {}
    pub fn with_rule(mut self, rule: Rule) -> Self {}
    pub fn rule(&self, role: Role, form: Form) -> Option<&Rule> {}
    pub fn form(&self, role: Role, multiplied: bool) -> Form {}
}
impl Parametrization {
    pub fn complete_p() -> Self {}
    pub fn depth_mup() -> Self {}
    pub fn nanogpt_complete_p(alpha: f64) -> Self {}
    pub fn complete_d_p(alpha: f64) -> Self {}
    /// u-µP's scaling of width and depth: hidden weights in the form whose entries stay of size 1, embeddings with rate
    pub fn u_mup() -> Self {}
}
impl Parametrization {
    pub fn with_depth(mut self, alpha: f64) -> Self {}
    pub fn alpha(&self) -> Option<f64> {}
    pub fn with_depth_rule(mut self, rule: DepthRule) -> Self {}
}
#[private_fields]
pub struct PlanBuilder<'a> {}
impl<'a> PlanBuilder<'a> {
    pub fn default_optimizer(mut self, optimizer: OptimizerId) -> Self {}
    pub fn optimizer(
        self,
        tensors: impl Into<Selector>,
        optimizer: OptimizerId,
    ) -> Self {}
    pub fn rate(self, tensors: impl Into<Selector>, times: f64) -> Self {}
    pub fn decay(self, tensors: impl Into<Selector>, times: f64) -> Self {}
    pub fn no_decay(self, tensors: impl Into<Selector>) -> Self {}
    pub fn init_std(self, tensors: impl Into<Selector>, times: f64) -> Self {}
    pub fn frozen(self, tensors: impl Into<Selector>) -> Self {}
    pub fn wish(mut self, tensors: impl Into<Selector>, change: Change) -> Self {}
    pub fn overrides(mut self, set: Overrides) -> Self {}
    pub fn variable(
        self,
        variable: Variable,
        ratio: impl Fn(&InfShape) -> f64 + 'a,
    ) -> Self {}
    pub fn run(mut self, base: Run, target: Run, law: RunLaw) -> Self {}
    pub fn build(self) -> Result<ScalingPlan, RuleError> {}
}
impl std::fmt::Debug for PlanBuilder<'_> {}
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanDifference {
    Optimizers { from: String, to: String },
    Optimizer { path: String, from: String, to: String },
    WeightDecay { from: WeightDecay, to: WeightDecay },
    Beta { from: f64, to: f64 },
    Missing { path: String },
    Added { path: String },
    Parameter { path: String, from: String, to: String },
    Factor { path: String, column: Column, from: Factor, to: Factor },
}
impl PlanDifference {
    pub fn in_any_block(&self) -> Self {}
}
impl std::fmt::Display for PlanDifference {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanRow {
    pub path: String,
    pub layer: String,
    pub kind: Kind,
    pub role: Role,
    pub form: Form,
    pub axes: Axes,
    pub dims: Vec<Dim>,
    pub base_fan_in: usize,
    pub base_fan_out: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    #[serde(default, skip_serializing_if = "Ratios::is_empty")]
    pub variables: Ratios,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub optimizer: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    pub multiplier: Factor,
    pub init_std: Factor,
    pub learning_rate: Factor,
    pub weight_decay: Factor,
    pub epsilon: Factor,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}
impl PlanRow {
    pub fn in_any_block(&self) -> String {}
    pub fn is_trained(&self) -> bool {}
    pub fn columns(&self) -> impl Iterator<Item = (Column, &Factor)> {}
    pub fn width_mults(&self) -> (f64, f64) {}
}
impl fmt::Display for PlanRow {}
#[derive(Clone, Debug)]
#[private_fields]
pub struct PlanSummary<'a> {}
impl<'a> PlanSummary<'a> {
    pub fn groups(&self) -> &[RowGroup<'a>] {}
}
impl fmt::Display for PlanSummary<'_> {}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, f64>", from = "BTreeMap<String, f64>")]
#[private_fields]
pub struct Power {}
impl Div<&Power> for &Power {
    type Output = Power;
}
impl Div for Power {
    type Output = Self;
}
impl From<BTreeMap<String, f64>> for Power {}
impl Mul<&Power> for &Power {
    type Output = Power;
}
impl Mul for Power {
    type Output = Self;
}
impl Power {
    pub const ONE: Self = Self { exponents: Vec::new() };
    pub fn new(fan_in: f64, fan_out: f64) -> Self {}
    pub fn fan_in(exponent: f64) -> Self {}
    pub fn fan_out(exponent: f64) -> Self {}
    pub fn of(variable: Variable, exponent: f64) -> Self {}
    pub fn exponent(&self, variable: &Variable) -> f64 {}
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {}
    pub fn value(&self, ratios: &Ratios) -> Option<f64> {}
    pub fn pow(&self, exponent: f64) -> Self {}
    pub fn is_one(&self) -> bool {}
    pub fn is_finite(&self) -> bool {}
}
impl std::fmt::Display for Power {}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratios(_);
impl<'de> Deserialize<'de> for Ratios {}
impl Ratios {
    pub fn width(m_in: f64, m_out: f64) -> Self {}
    pub fn with(mut self, variable: Variable, ratio: f64) -> Self {}
    pub fn get(&self, variable: &Variable) -> Option<f64> {}
    pub fn is_empty(&self) -> bool {}
    pub fn iter(&self) -> impl Iterator<Item = &(Variable, f64)> {}
}
impl Serialize for Ratios {}
impl std::fmt::Display for Ratios {}
#[derive(Clone, Debug)]
pub struct RowGroup<'a> {
    pub pattern: String,
    pub rows: Vec<&'a PlanRow>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    pub role: Role,
    pub form: Form,
    pub multiplier: Power,
    pub init_std: Power,
    pub adam: Power,
    pub gradient: Power,
}
impl Rule {
    pub const fn constant(role: Role, form: Form) -> Self {}
    pub fn with_multiplier(self, multiplier: Power) -> Self {}
    pub fn with_init_std(self, init_std: Power) -> Self {}
    pub fn with_adam(self, adam: Power) -> Self {}
    pub fn with_gradient(self, gradient: Power) -> Self {}
    pub fn rate(&self, update: Update) -> Power {}
    pub fn with_rate(self, update: Update, rate: &Power) -> Self {}
}
impl Rule {
    pub fn abc(&self, update: Update) -> AbcExponents {}
    pub fn shifted(&self, form: Form, theta: &Power) -> Self {}
}
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    NoRule {
        path: String,
        parametrization: String,
        role: mup_shapes::Role,
        form: crate::Form,
    },
    ReadoutRequired { tensors: Vec<String>, parametrization: String },
    TwoRules { parametrization: String, role: mup_shapes::Role, form: crate::Form },
    BadExponent { parametrization: String, rule: String },
    BadFactor { path: String, column: crate::Column, value: f64, formula: String },
    BadAxes { path: String, axes: String, rank: usize },
    DepthNotCovered {
        path: String,
        blocks: String,
        stream: String,
        base: usize,
        target: usize,
        parametrization: String,
    },
    NoPlace { tensors: Vec<String>, stream: String, burn: bool },
    NothingCloses { blocks: String, stream: String, base: usize, target: usize },
    BadAlpha { parametrization: String, alpha: f64 },
    DuplicatePath { path: String },
    NotMultiplied { path: String, by: String },
    TiedForm { path: String, form: crate::Form },
    NoRatio { path: String, variable: String },
    KnownVariable { variable: String },
    UnusedVariable { variable: String, parametrization: String },
    BadRatio { path: String, variable: String, ratio: f64 },
    BadRun { whose: &'static str, batch: f64, tokens: f64, problem: &'static str },
    NothingMatches { wish: String, meant: Option<PathPattern>, paths: String },
    NoEffect { wish: String, reason: &'static str },
    BadWish { wish: String, problem: &'static str },
    HiddenMatricesOnly { path: String, tensors: Vec<String>, optimizer: String },
    BadOptimizer { name: String, problem: &'static str },
    TwoOptimizers { name: String },
    UnknownOptimizer { path: String, optimizer: String },
    Edited { place: String, field: String, stored: String, computed: String },
    NotAPlan { reason: String, line: usize, column: usize },
    OtherFormat { found: String, expected: &'static str },
    OtherVersion { found: u64, known: u64 },
    UnknownPath { path: String, meant: Option<PathPattern> },
    UnknownParametrization { name: String, meant: Option<String>, known: String },
    UnknownRunLaw { name: String, meant: Option<String>, known: String },
    ForeignVariable { law: String, variable: String },
    TwoRuns { run: String },
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Run {
    pub batch: f64,
    pub tokens: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<f64>,
}
impl Run {
    pub const fn new(batch: f64, tokens: f64) -> Self {}
    pub const fn with_parameters(self, parameters: f64) -> Self {}
    pub fn steps(&self) -> f64 {}
    pub fn is_as_long_as(&self, other: &Self) -> bool {}
    pub fn to(self, target: Self) -> Ratios {}
}
impl std::fmt::Display for Run {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RunLaw {
    pub name: String,
    pub rate: Power,
    pub rate_decay: Power,
    pub epsilon: Power,
    #[serde(default, skip_serializing_if = "Power::is_one")]
    pub beta: Power,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub derived: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub empirical: String,
}
impl RunLaw {
    pub const NAMES: &[&str] = &["none", "complete-d", "bjorck", "power-lines"];
    pub fn new(
        name: impl Into<String>,
        rate: Power,
        rate_decay: Power,
        epsilon: Power,
    ) -> Self {}
    pub fn with_beta(mut self, exponent: Power) -> Self {}
    pub fn with_grounds(
        mut self,
        derived: impl Into<String>,
        empirical: impl Into<String>,
    ) -> Self {}
    pub fn none() -> Self {}
    pub fn complete_d() -> Self {}
    pub fn bjorck() -> Self {}
    pub fn power_lines() -> Self {}
    pub fn named(name: &str) -> Result<Self, RuleError> {}
    pub fn is_none(&self) -> bool {}
    pub fn follows(&self, variable: &Variable) -> bool {}
    pub fn grounds(&self) -> impl Iterator<Item = String> {}
}
impl std::str::FromStr for RunLaw {
    type Err = RuleError;
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RunScaling {
    pub base: Run,
    pub target: Run,
    pub law: RunLaw,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<f64>,
}
impl RunScaling {
    pub fn ratios(&self) -> Ratios {}
    pub fn changes(&self) -> bool {}
    pub fn beta_exponent(&self) -> f64 {}
    pub fn counts_batches(&self) -> bool {}
    pub fn growth(&self) -> String {}
    pub fn applied(&self, optimizer: &OptimizerId) -> Vec<String> {}
    pub fn applied_to(&self, optimizers: &[OptimizerId]) -> Vec<String> {}
    pub fn canceled(&self) -> Option<String> {}
    pub fn warning(&self) -> Option<String> {}
}
impl std::fmt::Display for RunScaling {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "PlanContents", try_from = "PlanContents")]
#[private_fields]
pub struct ScalingPlan {}
impl ScalingPlan {
    /// #         ParamShape::new("hidden.weight", "Linear", [n, n], ParamSpec::weight()),
    pub fn with_rate(
        &self,
        tensors: impl Into<Selector>,
        times: f64,
    ) -> Result<Self, RuleError> {}
}
impl ScalingPlan {
    /// #     ModuleShapes::new(vec![ParamShape::new("hidden.weight", "Linear", [n, n], ParamSpec::weight())])
    /// assert_eq!(differences[1].to_string(), "`hidden.weight`: learning rate 0.25 = 1/m_in → 1");
    pub fn diff(&self, other: &Self) -> Vec<PlanDifference> {}
    pub fn fingerprint(&self) -> String {}
}
impl ScalingPlan {
    /// #     ModuleShapes::new(vec![ParamShape::new("hidden.weight", "Linear", [n, n], ParamSpec::weight())])
    /// assert_eq!(plan.row("hidden.weight")?.learning_rate.to_string(), "0.5 = 1/m_in · √m_B/√m_D");
    pub fn with_run(
        &self,
        base: Run,
        target: Run,
        law: RunLaw,
    ) -> Result<Self, RuleError> {}
    pub fn beta_exponent(&self) -> f64 {}
    pub fn beta(&self, at_base: f64) -> f64 {}
}
impl ScalingPlan {
    pub fn depth_mult(&self) -> f64 {}
    pub fn depth_warning(&self) -> Option<String> {}
}
impl ScalingPlan {
    pub fn new(
        shapes: &InfShapes,
        parametrization: Parametrization,
        optimizer: OptimizerId,
    ) -> Result<Self, RuleError> {}
    pub fn parametrization(&self) -> &Parametrization {}
    pub fn optimizers(&self) -> &[OptimizerId] {}
    pub fn optimizer_of(&self, row: &PlanRow) -> Option<&OptimizerId> {}
    pub fn optimizer_names(&self) -> String {}
    pub fn overrides(&self) -> &Overrides {}
    pub fn run(&self) -> Option<&RunScaling> {}
    pub fn streams(&self) -> &[Stack] {}
    pub fn rows(&self) -> &[PlanRow] {}
    pub fn rows_by_path(&self) -> impl Iterator<Item = &PlanRow> {}
    pub fn peak_of_decay(&self, peak: f64) -> Option<f64> {}
    pub fn warnings(&self) -> &[String] {}
    pub fn row(&self, path: &str) -> Result<&PlanRow, RuleError> {}
    pub fn weight_decay(&self) -> WeightDecay {}
}
impl ScalingPlan {
    pub fn notes(&self) -> Vec<String> {}
}
impl ScalingPlan {
    pub fn of(shapes: &InfShapes, parametrization: Parametrization) -> PlanBuilder<'_> {}
}
impl ScalingPlan {
    pub fn rounded_away(
        &self,
        stored: Significand,
        rate: f64,
        base_std: impl Fn(&PlanRow) -> f64,
    ) -> Option<String> {}
}
impl ScalingPlan {
    pub fn summary(&self) -> PlanSummary<'_> {}
}
impl ScalingPlan {
    pub fn to_json(&self) -> String {}
    pub fn from_json(text: &str) -> Result<Self, RuleError> {}
}
impl TryFrom<PlanContents> for ScalingPlan {
    type Error = RuleError;
}
impl fmt::Display for ScalingPlan {}
/// assert_eq!((matrices.to_string(), norms.to_string()), ("hidden tensors".to_owned(), "`blocks.*.norm.*`".to_owned()));
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Selector {
    All,
    Role(Role),
    Kind(Kind),
    Place(Place),
    Layer(String),
    Path(PathPattern),
    Every(Vec<Selector>),
}
impl From<&str> for Selector {}
impl From<Kind> for Selector {}
impl From<PathPattern> for Selector {}
impl From<Place> for Selector {}
impl From<Role> for Selector {}
impl From<String> for Selector {}
impl Selector {
    pub fn selects(&self, shape: &InfShape, role: Role) -> bool {}
}
impl std::fmt::Display for Selector {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShapeFactor {
    One,
    SqrtAspectAboveOne,
    MatchRmsAdam,
    SqrtAspect,
}
impl ShapeFactor {
    pub fn value(self, fan_in: f64, fan_out: f64) -> f64 {}
}
impl std::fmt::Display for ShapeFactor {}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Significand {
    Bf16,
    F16,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Term {
    pub formula: String,
    pub reason: String,
}
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Update {
    pub weight: f64,
    pub gradient: f64,
    pub width: f64,
}
impl Update {
    pub const ENTRYWISE: Self = Self::new(0.0, 0.0, 0.0);
    pub const PROPORTIONAL: Self = Self::new(0.0, -1.0, 0.0);
    pub const PARAMETER_SCALED: Self = Self::new(-1.0, 0.0, 0.0);
    pub const SPECTRAL: Self = Self::new(0.0, 0.0, 1.0);
    pub const fn new(weight: f64, gradient: f64, width: f64) -> Self {}
    pub fn rate(self, rule: &Rule) -> Power {}
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variable(_);
impl Ord for Variable {}
impl PartialOrd for Variable {}
impl Variable {
    pub const FAN_IN: Self = Self::new("m_in");
    pub const FAN_OUT: Self = Self::new("m_out");
    pub const DEPTH: Self = Self::new("m_L");
    pub const BATCH: Self = Self::new("m_B");
    pub const TOKENS: Self = Self::new("m_D");
    pub const PARAMETERS: Self = Self::new("m_N");
    pub const fn new(name: &'static str) -> Self {}
    pub fn name(&self) -> &str {}
}
impl std::fmt::Display for Variable {}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeightDecay {
    KeepLambda,
    KeepProduct,
    Independent,
}
impl WeightDecay {
    pub fn factor(self, rate: &Power) -> Power {}
}
impl std::fmt::Display for WeightDecay {}
pub fn rules_markdown() -> String {}
