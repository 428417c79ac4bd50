//! A plan put together: shapes, a parametrization, optimizers, wishes, the run.

use mup_shapes::{InfShape, InfShapes, Role};

use crate::alike::Composed;
use crate::compose::Composition;
use crate::depth::Depth;
use crate::overrides::Overrides;
use crate::plan::PlanContents;
use crate::rule_for::rule_for;
use crate::uses::Uses;
use crate::warnings::warnings;
use crate::{
    Change, OptimizerId, Parametrization, PlanRow, Ratios, RuleError, Run, RunLaw, RunScaling, ScalingPlan, Selector,
    Variable,
};

/// The ratio of a variable for one tensor.
type RatioOf<'a> = Box<dyn Fn(&InfShape) -> Option<f64> + 'a>;

/// A plan in the making; see [`ScalingPlan::of`].
pub struct PlanBuilder<'a> {
    shapes: &'a InfShapes,
    parametrization: Parametrization,
    default: OptimizerId,
    overrides: Overrides,
    variables: Vec<(Variable, RatioOf<'a>)>,
    run: Option<RunScaling>,
}

impl ScalingPlan {
    /// Begins a plan for the target's shapes; without more, AdamW trains everything as the parametrization has it.
    ///
    /// # Example
    ///
    /// Muon trains the matrices and AdamW the rest, without decay of biases, gains and embeddings, and the embedding at
    /// twice its rate. Of two wishes for one tensor the later wins, and a wish that finds no tensor is an error.
    ///
    /// ```
    /// use mup_rules::{OptimizerId, Overrides, Parametrization, ScalingPlan};
    /// use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec, Role};
    ///
    /// let model = |n: usize| {
    ///     ModuleShapes::new(vec![
    ///         ParamShape::new("embedding.weight", "Embedding", [256, n], ParamSpec::weight()),
    ///         ParamShape::new("up.weight", "Linear", [n, 4 * n], ParamSpec::weight()),
    ///         ParamShape::new("down.weight", "Linear", [4 * n, n], ParamSpec::weight()),
    ///         ParamShape::new("head.weight", "Linear", [n, 256], ParamSpec::weight()),
    ///     ])
    /// };
    /// let shapes = BaseShapes::infer(&model(64), &model(128))?.apply(&model(1024))?;
    /// let plan = ScalingPlan::of(&shapes, Parametrization::mup())
    ///     .optimizer(Role::Hidden, OptimizerId::MUON)
    ///     .overrides(Overrides::decay_matrices_only())
    ///     .rate("embedding.*", 2.0)
    ///     .build()?;
    /// assert_eq!(plan.row("embedding.weight")?.learning_rate.to_string(), "2 = yours 2");
    /// assert_eq!(plan.row("embedding.weight")?.weight_decay.to_string(), "0 = yours: no decay");
    /// assert_eq!(plan.row("up.weight")?.learning_rate.to_string(), "1 = √m_out/√m_in");
    /// println!("{plan}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(shapes: &InfShapes, parametrization: Parametrization) -> PlanBuilder<'_> {
        PlanBuilder {
            shapes,
            parametrization,
            default: OptimizerId::ADAMW,
            overrides: Overrides::new(),
            variables: Vec::new(),
            run: None,
        }
    }
}

impl<'a> PlanBuilder<'a> {
    /// The optimizer of whatever no other is chosen for.
    #[must_use]
    pub fn default_optimizer(mut self, optimizer: OptimizerId) -> Self {
        self.default = optimizer;
        self
    }

    /// The optimizer of some tensors.
    #[must_use]
    pub fn optimizer(self, tensors: impl Into<Selector>, optimizer: OptimizerId) -> Self {
        self.wish(tensors, Change::Optimizer(optimizer))
    }

    /// The learning rate of some tensors, times a number.
    #[must_use]
    pub fn rate(self, tensors: impl Into<Selector>, times: f64) -> Self {
        self.wish(tensors, Change::Rate(times))
    }

    /// The weight decay of some tensors, times a number.
    #[must_use]
    pub fn decay(self, tensors: impl Into<Selector>, times: f64) -> Self {
        self.wish(tensors, Change::Decay(times))
    }

    /// No weight decay for some tensors.
    #[must_use]
    pub fn no_decay(self, tensors: impl Into<Selector>) -> Self {
        self.decay(tensors, 0.0)
    }

    /// The initial standard deviation of some tensors, times a number. What starts at a constant (bias, gain, slope)
    /// has none, and that nothing else is meant is an error.
    #[must_use]
    pub fn init_std(self, tensors: impl Into<Selector>, times: f64) -> Self {
        self.wish(tensors, Change::InitStd(times))
    }

    /// Some tensors are not trained.
    #[must_use]
    pub fn frozen(self, tensors: impl Into<Selector>) -> Self {
        self.wish(tensors, Change::Frozen)
    }

    /// One wish.
    #[must_use]
    pub fn wish(mut self, tensors: impl Into<Selector>, change: Change) -> Self {
        self.overrides = self.overrides.and(tensors, change);
        self
    }

    /// A set of wishes.
    #[must_use]
    pub fn overrides(mut self, set: Overrides) -> Self {
        self.overrides.wishes.extend(set.wishes);
        self
    }

    /// What a variable of the parametrization's is for each tensor: target over base.
    #[must_use]
    pub fn variable(self, variable: Variable, ratio: impl Fn(&InfShape) -> f64 + 'a) -> Self {
        self.ratios(variable, move |shape| Some(ratio(shape)))
    }

    /// The same where some tensors have none.
    pub(crate) fn ratios(mut self, variable: Variable, ratio: impl Fn(&InfShape) -> Option<f64> + 'a) -> Self {
        self.variables.push((variable, Box::new(ratio)));
        self
    }

    /// Batch and horizon of the base's run and of the target's, and the law that connects them.
    #[must_use]
    pub fn run(mut self, base: Run, target: Run, law: RunLaw) -> Self {
        self.run = Some(RunScaling::new(base, target, law));
        self
    }

    /// The plan.
    ///
    /// # Errors
    ///
    /// [`RuleError::NoRule`], [`RuleError::TwoRules`], [`RuleError::BadExponent`]: a table that was changed
    /// and is incomplete or contradicts itself. [`RuleError::ReadoutRequired`]: a plain readout under a
    /// parametrization that refuses them. [`RuleError::NotMultiplied`], [`RuleError::TiedForm`]: a readout
    /// whose multiplier and weight would follow different forms. [`RuleError::BadFactor`]: a number that
    /// overflows. [`RuleError::NoRatio`], [`RuleError::KnownVariable`], [`RuleError::BadRatio`],
    /// [`RuleError::UnusedVariable`]: a variable that has no ratio, two, none that is a positive number, or no rule. [`RuleError::NothingMatches`], [`RuleError::BadWish`],
    /// [`RuleError::NoEffect`]: a wish that finds no tensor, asks for the impossible, or changes nothing.
    /// [`RuleError::HiddenMatricesOnly`]: Muon on something else. [`RuleError::TwoOptimizers`]: two of one name.
    /// [`RuleError::BadRun`], [`RuleError::BadOptimizer`]. [`RuleError::DepthNotCovered`]: another number of blocks under rules of width.
    /// [`RuleError::NoPlace`], [`RuleError::NothingCloses`]: blocks whose tensors have no place, or none that takes the
    /// branches' factor, under rules of depth. [`RuleError::BadAlpha`].
    pub fn build(self) -> Result<ScalingPlan, RuleError> {
        self.run.as_ref().map_or(Ok(()), RunScaling::check)?;
        self.default.check()?;
        self.overrides.optimizers().try_for_each(OptimizerId::check)?;
        let shapes = self.shapes;
        let (contents, uses) = self.contents()?;
        Depth::check_scaled(shapes, &contents.parametrization)?;
        uses.check_effective(&contents.overrides)?;
        ScalingPlan::from_contents(contents)
    }

    /// The plan before it is checked as a whole. What is asked here was asked of every plan that was ever stored, since
    /// reading asks it again; what is asked of new plans alone belongs to [`build`](Self::build).
    pub(crate) fn contents(mut self) -> Result<(PlanContents, Uses), RuleError> {
        if let Some(run) = &mut self.run {
            run.parameters =
                run.law.follows(&Variable::PARAMETERS).then(|| parameters_mult(self.shapes, run.base.parameters));
        }
        self.parametrization.check()?;
        self.check_variables()?;
        self.overrides.check()?;
        let mut uses = Uses::new(&self.overrides);
        let depth = Depth::of(self.shapes);
        let rows = self.rows(&depth, &mut uses)?;
        uses.check_found(&self.overrides, &rows)?;
        let Self { parametrization, overrides, run, default, variables, .. } = self;
        let variables = variables.into_iter().map(|(variable, _)| variable).collect();
        let optimizers = optimizers(&rows, default, &overrides)?;
        let streams = depth.streams(parametrization.depth);
        let none = Vec::new();
        let mut contents =
            PlanContents { optimizers, parametrization, overrides, run, variables, streams, rows, warnings: none };
        contents.warnings = warnings(&contents);
        Ok((contents, uses))
    }

    /// A row for every shape, or what is wrong with all of which the same is wrong.
    fn rows(&self, depth: &Depth, uses: &mut Uses) -> Result<Vec<PlanRow>, RuleError> {
        let (mut rows, mut errors, mut composed) = (Vec::new(), Vec::new(), Composed::default());
        for shape in self.shapes {
            let row = self.row(shape, depth, uses, &mut composed);
            row.map_or_else(|error| errors.push(error), |row| rows.push(row));
        }
        RuleError::of_all(errors).map_or(Ok(rows), Err)
    }

    fn row<'s>(
        &'s self,
        shape: &'s InfShape,
        depth: &Depth,
        uses: &mut Uses,
        composed: &mut Composed<'s>,
    ) -> Result<PlanRow, RuleError> {
        depth.check(shape, &self.parametrization)?;
        let rule = rule_for(shape, self.shapes, &self.parametrization)?;
        let wishes = uses.wishes(&self.overrides, &self.default, shape, rule.role);
        let chosen = wishes.iter().find_map(|wish| match wish {
            Change::Optimizer(optimizer) => Some(optimizer),
            _ => None,
        });
        let optimizer = chosen.unwrap_or(&self.default);
        let frozen = wishes.iter().any(|wish| matches!(wish, Change::Frozen));
        if optimizer.hidden_matrices_only && shape.kind.is_trained() && !frozen && !is_hidden_matrix(shape, rule.role) {
            let (path, optimizer, axes) = (shape.path.clone(), optimizer.to_string(), shape.dims.len());
            let axes = if axes == 1 { "1 axis".to_owned() } else { format!("{axes} axes") };
            let tensors = vec![format!("{path} ({}, {axes})", rule.role)];
            return Err(RuleError::HiddenMatricesOnly { path, tensors, optimizer });
        }
        let known = match depth.mult(shape, self.parametrization.depth) {
            Some(m_l) if self.parametrization.follows(&Variable::DEPTH) => Ratios::default().with(Variable::DEPTH, m_l),
            _ => Ratios::default(),
        };
        let variables = self.variables.iter().fold(known, |known, (variable, ratio)| match ratio(shape) {
            Some(ratio) => known.with(variable.clone(), ratio),
            None => known,
        });
        let run = self.run.as_ref().map(RunScaling::ratios).unwrap_or_default();
        let width = Ratios::width(shape.fan_in_mult(), shape.fan_out_mult());
        let ratios = variables
            .iter()
            .chain(run.iter())
            .fold(width, |known, (variable, ratio)| known.with(variable.clone(), *ratio));
        if let Some((variable, ratio)) = ratios.iter().find(|(_, ratio)| !(ratio.is_finite() && *ratio > 0.0)) {
            return Err(RuleError::BadRatio {
                path: shape.path.clone(),
                variable: variable.to_string(),
                ratio: *ratio,
            });
        }
        let law = self.run.as_ref().map(|run| &run.law);
        let (table, branch) = (&self.parametrization, depth.branch(shape));
        let composition = Composition { shape, rule, branch, table, optimizer, law, ratios, wishes };
        Ok(composition.row(composed.numbers(&composition)?, variables))
    }

    /// The fans are the tensor's own, and every other variable is said once.
    fn check_variables(&self) -> Result<(), RuleError> {
        let fans = [Variable::FAN_IN, Variable::FAN_OUT];
        let run = [Variable::BATCH, Variable::TOKENS, Variable::PARAMETERS];
        let run = if self.run.is_some() { &run[..] } else { &[] };
        let mut known: Vec<&Variable> = fans.iter().chain(run).collect();
        for (variable, _) in &self.variables {
            if known.contains(&variable) {
                return Err(RuleError::KnownVariable { variable: variable.to_string() });
            }
            if !self.parametrization.follows(variable) {
                let parametrization = self.parametrization.name.clone();
                return Err(RuleError::UnusedVariable { variable: variable.to_string(), parametrization });
            }
            known.push(variable);
        }
        Ok(())
    }
}

/// `m_N`: numbers that are trained, target over those of the base's run, or else of the base, where a block of another number
/// of blocks counts as one of the base's.
fn parameters_mult(shapes: &InfShapes, of_run: Option<f64>) -> f64 {
    let trained = || shapes.into_iter().filter(|shape| shape.kind.is_trained());
    let target: f64 = trained().map(|shape| shape.dims.iter().map(|dim| dim.size() as f64).product::<f64>()).sum();
    let at_base = |shape: &InfShape| {
        let blocks = shape.stack.as_ref().map_or(1.0, |stack| stack.depth_mult());
        shape.dims.iter().map(|dim| dim.base_size() as f64).product::<f64>() / blocks
    };
    target / of_run.unwrap_or_else(|| trained().map(at_base).sum())
}

fn is_hidden_matrix(shape: &InfShape, role: Role) -> bool {
    role == Role::Hidden && shape.dims.len() == 2
}

/// The optimizers that train something, in the order of the rows; the default if nothing is trained.
fn optimizers(rows: &[PlanRow], default: OptimizerId, overrides: &Overrides) -> Result<Vec<OptimizerId>, RuleError> {
    let mut known = vec![default];
    for optimizer in overrides.optimizers() {
        match known.iter().find(|known| known.name == optimizer.name) {
            Some(same) if same != optimizer => {
                return Err(RuleError::TwoOptimizers { name: optimizer.name.to_string() });
            }
            Some(_) => {}
            None => known.push(optimizer.clone()),
        }
    }
    let mut used: Vec<OptimizerId> = Vec::new();
    for row in rows.iter().filter(|row| row.is_trained()) {
        if used.iter().all(|optimizer| optimizer.name != row.optimizer) {
            used.extend(known.iter().find(|optimizer| optimizer.name == row.optimizer).cloned());
        }
    }
    if used.is_empty() {
        known.truncate(1);
        return Ok(known);
    }
    Ok(used)
}

impl std::fmt::Debug for PlanBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let variables: Vec<&Variable> = self.variables.iter().map(|(variable, _)| variable).collect();
        let mut printed = f.debug_struct("PlanBuilder");
        printed.field("parametrization", &self.parametrization.name).field("default", &self.default);
        printed.field("overrides", &self.overrides).field("variables", &variables).field("run", &self.run);
        printed.finish_non_exhaustive()
    }
}
