//! Presets that scale depth: µP with the rules of depth on top, ours and those of others to the letter.

use mup_shapes::{Place, Role};

use crate::{Amended, Amendment, Form, Parametrization, Power, Selector, Variable, WeightDecay, mup};

impl Parametrization {
    /// Our recommended parametrization of width and depth: [`mup`](Self::mup) with branches ∝ 1/m_L (α = 1).
    ///
    /// - **α = 1**: with blocks of more than one layer, as a transformer's are, α < 1 makes each block linear in its own
    ///   parameters as depth grows (TP-VI Claim 7.6), and the optimum moves (CompleteP).
    /// - **ε and λ** by the conventions of `mup`, depth included: ε follows the gradient, ∝ 1/m_L inside of branches; rate·λ
    ///   is kept. At α = 1 the multiplier form has one rate at every depth, so λ is that of width alone.
    ///
    /// ```
    /// use mup_rules::{Parametrization, ScalingPlan};
    /// use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec, Places};
    ///
    /// let model = |n_layer: usize, n: usize| {
    ///     let linear = |path: String, d: [usize; 2]| ParamShape::new(path, "Linear", d, ParamSpec::weight());
    ///     let block = |l| [linear(format!("blocks.{l}.up"), [n, 4 * n]), linear(format!("blocks.{l}.down"), [4 * n, n])];
    ///     ModuleShapes::new((0..n_layer).flat_map(block).collect())
    /// };
    /// let places = Places::new().inside("blocks.**").closing("blocks.*.down");
    /// let shapes = BaseShapes::infer(&model(2, 64), &model(2, 128))?.apply(&model(8, 256).placed(&places)?)?;
    /// let plan = ScalingPlan::of(&shapes, Parametrization::complete_p()).build()?;
    /// // No layer multiplies the branch, so its last map starts smaller and learns slower.
    /// assert_eq!(plan.row("blocks.7.down")?.init_std.to_string(), "0.125 = 1/√m_in · 1/m_L");
    /// assert_eq!(plan.row("blocks.7.down")?.learning_rate.to_string(), "0.0625 = 1/m_in · 1/m_L");
    /// assert_eq!(plan.row("blocks.7.up")?.epsilon.to_string(), "0.0625 = 1/m_out · 1/m_L");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Reference
    ///
    /// CompleteP, arXiv:2505.01618, Table 1.
    #[must_use]
    pub fn complete_p() -> Self {
        Self::mup().with_depth(1.0).named_as("complete-p")
    }

    /// Depth-µP: [`mup`](Self::mup) with branches ∝ 1/√m_L (α = ½), which is for blocks of one layer.
    ///
    /// # Reference
    ///
    /// Tensor Programs VI, arXiv:2310.02244, Table 1: branches and Adam's rate ∝ 1/√L, SGD's constant. It says nothing of λ
    /// and ε, which follow the conventions of `mup`.
    #[must_use]
    pub fn depth_mup() -> Self {
        Self::mup().with_depth(0.5).named_as("depth-mup")
    }

    /// CompleteP's own code to the letter, proven by `tests/golden_depth.rs`.
    ///
    /// As [`complete_p`](Self::complete_p) but: λ follows the rate of width alone, also where α < 1; ε of *every* tensor is
    /// ∝ m_L^−α, embeddings and final norm too, although their gradients do not shrink with depth.
    ///
    /// # Reference
    ///
    /// EleutherAI/nanoGPT-mup, branch `completep`, commit 6f8bc3b, `model.py::configure_optimizers` and `Block`.
    #[must_use]
    pub fn nanogpt_complete_p(alpha: f64) -> Self {
        let everywhere = Power::of(Variable::DEPTH, -alpha);
        let table = Self::mup().with_depth(alpha).with_decay_of_width(alpha).named_as("nanogpt-completep");
        table.with_amendment(Amendment::new(Place::Outside, Amended::Epsilon, everywhere, "ε of every tensor"))
    }

    /// Complete(d)P to the letter; its columns of batch and horizon are [`RunLaw::complete_d`](crate::RunLaw::complete_d).
    ///
    /// As [`complete_p`](Self::complete_p) but: λ follows the rate of width alone, also where α < 1; ε of the final norm is
    /// constant ("output norms"), although its gradient shrinks like 1/m.
    ///
    /// # Reference
    ///
    /// Complete(d)P, arXiv:2512.22382, Table 1.
    #[must_use]
    pub fn complete_d_p(alpha: f64) -> Self {
        let final_norm = Selector::Every(vec![Place::Outside.into(), Role::Vector.into()]);
        let table = Self::mup().with_depth(alpha).with_decay_of_width(alpha).named_as("complete-d-p");
        table.with_amendment(Amendment::new(
            final_norm,
            Amended::Epsilon,
            Power::fan_out(1.0),
            "ε of output norms is kept",
        ))
    }

    /// u-µP's scaling of width and depth: hidden weights in the form whose entries stay of size 1, embeddings with rate
    /// 1/√width, branches ∝ 1/√m_L, decay independent of the rate.
    ///
    /// Proven by `tests/golden_depth.rs`. Not here: the absolute numbers of unit scaling (σ = 1, τ of each branch) and
    /// factors in the backward pass alone, which change Adam through ε only.
    ///
    /// # Reference
    ///
    /// u-µP, arXiv:2407.17465; graphcore-research/unit-scaling 0.3.5, `optim.py::lr_scale_func_adam`.
    #[must_use]
    pub fn u_mup() -> Self {
        let table = mup::rules();
        let of = |role, form| table.iter().find(|rule| rule.role == role && rule.form == form).cloned();
        let inside = [Role::Hidden, Role::Inner].map(|role| of(role, Form::Plain));
        let inside = inside.into_iter().flatten().map(|rule| rule.shifted(Form::UnitScaled, &Power::fan_in(-0.5)));
        let slower = of(Role::Input, Form::Plain).map(|rule| rule.with_adam(Power::fan_out(-0.5)));
        let readout = of(Role::Output, Form::Multiplier).map(|rule| crate::Rule { form: Form::UnitScaled, ..rule });
        let rules: Vec<_> = inside.chain(slower).chain(readout).collect();
        let table = rules.into_iter().fold(Self::mup(), Self::with_rule).with_multiplied_form(Form::UnitScaled);
        table.with_weight_decay(WeightDecay::Independent).with_depth(0.5).named_as("u-mup")
    }

    /// λ as if the rate did not follow depth.
    fn with_decay_of_width(self, alpha: f64) -> Self {
        let places = if alpha < 1.0 { vec![Place::Inside, Place::Closing] } else { Vec::new() };
        places.into_iter().fold(self, |table, place| {
            let kept = Power::of(Variable::DEPTH, alpha - 1.0);
            table.with_amendment(Amendment::new(place, Amended::WeightDecay, kept, "λ follows width alone"))
        })
    }
}
