//! Laws of batch and horizon against their sources: tables, a simulation of the limit in which the batch's part is
//! derived (T6 to T8 of the property tests), and what a plan says of its run.

use mup_rules::{Column, OptimizerId, Parametrization, Power, Ratios, Run, RunLaw, ScalingPlan, Variable, WeightDecay};
use mup_shapes::{BaseShapes, InfShapes, ModuleShapes, ParamShape, ParamSpec};

fn shapes(target: usize) -> InfShapes {
    let model = |n: usize| {
        let weight = |path: &str, dims: [usize; 2]| ParamShape::new(path, "Linear", dims, ParamSpec::weight());
        ModuleShapes::new(vec![
            ParamShape::new("embedding.weight", "Embedding", [100, n], ParamSpec::weight()),
            weight("hidden.weight", [n, n]),
            ParamShape::new("hidden.bias", "Linear", [n], ParamSpec::bias()),
            weight("head.weight", [n, 10]),
        ])
    };
    BaseShapes::infer(&model(16), &model(17)).expect("base").apply(&model(target)).expect("shapes")
}

const BASE: Run = Run::new(4096.0, 4_096_000.0);

/// `m_B` times the batch, `m_D` times the tokens.
fn times(m_b: f64, m_d: f64) -> Run {
    Run::new(BASE.batch * m_b, BASE.tokens * m_d)
}

fn plan(law: RunLaw, target: Run, width: usize) -> ScalingPlan {
    let shapes = shapes(width);
    ScalingPlan::of(&shapes, Parametrization::mup()).run(BASE, target, law).build().expect("a plan")
}

/// The rate, rate·λ, ε and exponent of β of each source, written out: Complete(d)P Table 1 (√(m_B/m_D), (m_B/m_D)·,
/// √(m_D/m_B), to first order 1 − β by m_B/m_D); Malladi et al. with Bjorck et al. and Wang & Aitchison; Power Lines,
/// λ = B/(η·D·τ) with τ ∝ (D/N)^−0.527.
#[test]
fn every_preset_is_its_source_written_out() {
    let (m_b, m_d, m_n) = (8.0_f64, 30.0_f64, 500.0_f64);
    let ratios = Ratios::default().with(Variable::BATCH, m_b).with(Variable::TOKENS, m_d);
    let ratios = ratios.with(Variable::PARAMETERS, m_n);
    let tau = (m_d / m_n).powf(-0.527);
    for (name, written) in [
        ("none", [1.0, 1.0, 1.0, 1.0]),
        ("complete-d", [(m_b / m_d).sqrt(), m_b / m_d, (m_d / m_b).sqrt(), m_b / m_d]),
        ("bjorck", [m_b.sqrt() * m_d.powf(-0.32), m_b / m_d, 1.0 / m_b.sqrt(), m_b]),
        ("power-lines", [1.0, m_b / (m_d * tau), 1.0, 1.0]),
    ] {
        let law = RunLaw::named(name).expect("a preset");
        assert_eq!(law.name, name);
        for (power, written) in [&law.rate, &law.rate_decay, &law.epsilon, &law.beta].into_iter().zip(written) {
            let value = power.value(&ratios).expect("all ratios");
            assert!((value / written - 1.0).abs() < 1e-12, "{name}: {power} is {value}, not {written}");
        }
        assert_eq!(law.grounds().count() == 0, name == "none", "{name} says what it rests on");
    }
    assert_eq!(RunLaw::NAMES.len(), 4);
}

/// Standard normal numbers, a pure function of the seed: splitmix64 (Steele et al., 2014) and Box & Muller (1958).
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn draw(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// AdamW at the base of T6.
#[derive(Clone, Copy)]
struct AdamW {
    rate: f64,
    betas: [f64; 2],
    epsilon: f64,
    lambda: f64,
}

const AT_BASE: AdamW = AdamW { rate: 4e-3, betas: [0.98, 0.999], epsilon: 15.0, lambda: 0.02 };
const STEPS: usize = 8192;

impl AdamW {
    fn in_run(self, law: &RunLaw, m_b: f64) -> Self {
        let ratios = Ratios::default().with(Variable::BATCH, m_b).with(Variable::TOKENS, 1.0);
        let of = |power: &Power| power.value(&ratios).expect("both ratios");
        Self {
            rate: self.rate * of(&law.rate),
            betas: self.betas.map(|beta| beta.powf(of(&law.beta))),
            epsilon: self.epsilon * of(&law.epsilon),
            lambda: self.lambda * of(&(&law.rate_decay / &law.rate)),
        }
    }

    /// Mean and standard deviation of the weights after as many samples as the base sees: loss (w − 1)²/2, whose gradient
    /// has noise of 30/√batch.
    fn weights(self, m_b: f64, seed: u64) -> [f64; 2] {
        const N: usize = 2000;
        let Self { rate, betas: [beta_1, beta_2], epsilon, lambda } = self;
        let (mut normal, noise) = (Normal(seed), 30.0 / m_b.sqrt());
        let mut state = vec![[0.0_f64; 3]; N];
        for time in 1..=(STEPS / m_b as usize) as i32 {
            let unbiased = [1.0 - beta_1.powi(time), 1.0 - beta_2.powi(time)];
            for [w, m, v] in &mut state {
                let gradient = *w - 1.0 + noise * normal.draw();
                *m = beta_1 * *m + (1.0 - beta_1) * gradient;
                *v = beta_2 * *v + (1.0 - beta_2) * gradient * gradient;
                *w = *w * (1.0 - rate * lambda) - rate * (*m / unbiased[0]) / ((*v / unbiased[1]).sqrt() + epsilon);
            }
        }
        let mean = state.iter().map(|[w, ..]| w).sum::<f64>() / N as f64;
        let variance = state.iter().map(|[w, ..]| (w - mean).powi(2)).sum::<f64>() / N as f64;
        [mean, variance.sqrt()]
    }
}

/// T6: where gradients are mostly noise, a larger batch at equal data gives weights of the same mean and spread. The
/// standard errors are 1.6% of a spread and less of a mean, and what the limit leaves out is of the order of the step, so
/// 5%; a wrong power is off by more, in mean or spread.
#[test]
fn a_larger_batch_at_equal_data_gives_the_same_weights_and_a_wrong_power_does_not() {
    let batch = |exponent| Power::of(Variable::BATCH, exponent);
    let base = AT_BASE.weights(1.0, 0);
    for m_b in [4.0, 16.0] {
        let off = |law: &RunLaw| {
            let found = AT_BASE.in_run(law, m_b).weights(m_b, 1);
            let ratios = [found[0] / base[0], found[1] / base[1]];
            (ratios.into_iter().map(|ratio| (ratio - 1.0).abs()).fold(0.0, f64::max), ratios)
        };
        for law in [RunLaw::complete_d(), RunLaw::bjorck()] {
            let (worst, ratios) = off(&law);
            assert!(worst < 0.05, "{} at m_B = {m_b}: mean and spread are {ratios:?} of the base's", law.name);
        }
        let [right, product, epsilon] = [batch(0.5), batch(1.0), batch(-0.5)];
        for (name, rate, rate_decay, epsilon) in [
            ("the linear rate", batch(1.0), batch(1.5), epsilon.clone()),
            ("a constant rate", Power::ONE, right.clone(), epsilon.clone()),
            ("a constant ε", right.clone(), product.clone(), Power::ONE),
            ("a constant λ", right.clone(), right.clone(), epsilon.clone()),
            ("a linear λ", right.clone(), batch(1.5), epsilon),
        ] {
            let (worst, ratios) = off(&RunLaw::new(name, rate, rate_decay, epsilon).with_beta(batch(1.0)));
            assert!(worst > 0.08, "{name} at m_B = {m_b} is not seen: {ratios:?}");
        }
    }
}

/// T7, what T6 cannot see: an average forgets the same over the same data (`bjorck`), or over the same part of the run
/// (`complete-d`): β'^steps' = β^steps. The linear form leaves (0, 1) at m_B = 10 for β₁ = 0.9.
#[test]
fn averages_forget_over_the_same_data_or_the_same_part_of_the_run() {
    let forgotten = |law: RunLaw, [m_b, m_d]: [f64; 2], part: f64, beta: f64| {
        let plan = plan(law, times(m_b, m_d), 64);
        plan.beta(beta).powf(1000.0 * part / m_b) / beta.powf(1000.0)
    };
    for beta in [0.9, 0.95, 0.999] {
        for [m_b, m_d] in [[8.0, 1.0], [10.0, 30.0], [0.5, 3.0]] {
            let [data, run] = [
                forgotten(RunLaw::bjorck(), [m_b, m_d], 1.0, beta),
                forgotten(RunLaw::complete_d(), [m_b, m_d], m_d, beta),
            ];
            // ln β^1000 is 105 at most, and each power rounds its exponent to 2⁻⁵³.
            assert!((data - 1.0).abs() < 1e-12 && (run - 1.0).abs() < 1e-12, "{beta} {m_b} {m_d}: {data} {run}");
        }
    }
    let kept = plan(RunLaw::power_lines(), times(8.0, 30.0), 64);
    assert_eq!(kept.beta(0.9).to_bits(), 0.9_f64.to_bits());
}

/// T8: whatever the convention of the model, rate·λ of every tensor changes by the law's product, which leaves the decay
/// of the whole run, steps·rate·λ, as it was.
#[test]
fn the_decay_of_the_whole_run_is_kept_for_every_tensor_and_convention() {
    let (m_b, m_d) = (8.0, 30.0);
    for convention in [WeightDecay::KeepLambda, WeightDecay::KeepProduct, WeightDecay::Independent] {
        for law in [RunLaw::complete_d(), RunLaw::bjorck()] {
            let (shapes, table) = (shapes(64), Parametrization::mup().with_weight_decay(convention));
            let model = ScalingPlan::of(&shapes, table).build().expect("a plan");
            let run = model.with_run(BASE, times(m_b, m_d), law.clone()).expect("a plan");
            for (model, run) in model.rows().iter().zip(run.rows()) {
                let product = |row: &mup_rules::PlanRow| row.learning_rate.value * row.weight_decay.value;
                let whole = product(run) / product(model) * m_d / m_b;
                assert!((whole - 1.0).abs() < 1e-14, "{} {convention} {}: {whole}", law.name, run.path);
            }
        }
    }
}

/// λ = B/(η·D·τ): at equal tokens per parameter as Wang & Aitchison have it, and stronger with more.
#[test]
fn power_lines_counts_the_parameters_of_the_model() {
    let n = |width: f64| 100.0 * width + width * width + width + 10.0 * width;
    let m_n = n(64.0) / n(16.0);
    let decay = |m_d: f64| {
        let plan = plan(RunLaw::power_lines(), Run::new(BASE.batch, BASE.tokens * m_d), 64);
        assert!(plan.to_string().contains(&format!("parameters × {:.3}", m_n)), "{plan}");
        plan.row("embedding.weight").expect("a row").weight_decay.value
    };
    let as_base = (BASE.tokens * m_n / BASE.batch).round() * BASE.batch / BASE.tokens;
    assert!((decay(as_base) * as_base - 1.0).abs() < 1e-3, "{}", decay(as_base));
    let longer = decay(4.0) / decay(1.0);
    assert!((longer - 0.25 * 4.0_f64.powf(0.527)).abs() < 1e-12, "{longer}");
}

#[test]
fn a_mistyped_law_is_answered_with_the_nearest_and_all_that_there_are() {
    for (typed, meant) in
        [("complet-d", "complete-d"), ("bjork", "bjorck"), ("power_line", "power-lines"), ("nome", "none")]
    {
        let message = RunLaw::named(typed).expect_err("mistyped").to_string();
        let wanted = format!(
            "no run law is called `{typed}`; did you mean `{meant}`? there are: none, complete-d, bjorck, power-lines"
        );
        assert_eq!(message, wanted);
    }
    let message = "linear".parse::<RunLaw>().expect_err("unknown").to_string();
    assert_eq!(message, "no run law is called `linear`; there are: none, complete-d, bjorck, power-lines");
    assert_eq!("complete_d()".parse::<RunLaw>(), Ok(RunLaw::complete_d()));
}

#[test]
fn a_mistyped_parametrization_is_answered_too_and_codes_spelling_is_read() {
    for spelling in ["complete-p", "complete_p", "complete_p()", "Complete-P"] {
        assert_eq!(Parametrization::named(spelling), Ok(Parametrization::complete_p()), "{spelling}");
    }
    let message = Parametrization::named("complet-p").expect_err("mistyped").to_string();
    assert!(
        message.starts_with("no parametrization is called `complet-p`; did you mean `complete-p`? there are: mup,"),
        "{message}"
    );
}

/// A law follows the run; what is a tensor's own has Amendments.
#[test]
fn laws_of_other_variables_and_second_runs_are_refused() {
    let law = RunLaw::new("deep", Power::of(Variable::DEPTH, -0.5), Power::ONE, Power::ONE);
    let (shapes, target) = (shapes(64), times(2.0, 1.0));
    let build = |law| ScalingPlan::of(&shapes, Parametrization::mup()).run(BASE, target, law).build();
    let message = build(law).expect_err("m_L is no run's").to_string();
    assert!(message.starts_with("run law `deep` follows m_L, which no run has"), "{message}");
    let endless = RunLaw::none().with_beta(Power::of(Variable::BATCH, f64::INFINITY));
    assert!(build(endless).expect_err("infinite").to_string().contains("an exponent is not a finite number"));
    let planned = build(RunLaw::complete_d()).expect("a plan");
    let message = planned.with_run(BASE, target, RunLaw::bjorck()).expect_err("a second run").to_string();
    assert!(message.starts_with("the plan has a run already (complete-d)"), "{message}");
    let plain = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).expect("a plan");
    let message = plain.with_run(BASE, Run::new(1e9, 1.0), RunLaw::none()).expect_err("no run").to_string();
    assert!(message.starts_with("the target's run has a batch of"), "{message}");
}

/// SGD's update is the gradient itself, so its rate follows the batch as such: the linear scaling of Goyal et al.,
/// arXiv:1706.02677. What an optimizer lacks is not said of it.
#[test]
fn what_a_law_does_is_said_of_the_plans_optimizer_and_not_of_adamw() {
    let said = |optimizer: OptimizerId| {
        let shapes = shapes(64);
        let plan = ScalingPlan::of(&shapes, Parametrization::mup()).default_optimizer(optimizer);
        plan.run(BASE, times(4.0, 1.0), RunLaw::complete_d()).build().expect("a plan")
    };
    let (sgd, lion) = (said(OptimizerId::SGD), said(OptimizerId::LION));
    let law = "\n  rate × 4 = m_B/m_D · λ × 1 · β to the power 4 = m_B/m_D\n  derived";
    assert!(sgd.to_string().contains(law) && sgd.summary().to_string().contains(law), "{sgd}");
    let law = "\n  rate × 2 = √m_B/√m_D · rate·λ × 4 = m_B/m_D · β to the power 4 = m_B/m_D\n  derived";
    assert!(lion.to_string().contains(law), "{lion}");
    let rate = |plan: &ScalingPlan| plan.row("hidden.bias").expect("a row").learning_rate.value;
    let alone = ScalingPlan::new(&shapes(64), Parametrization::mup(), OptimizerId::SGD).expect("a plan");
    assert!((rate(&sgd) / rate(&alone) - 4.0).abs() < 1e-12);
}

#[test]
fn a_run_that_changes_while_nothing_follows_is_a_warning_with_both_and_the_remedy() {
    let warned = |target| plan(RunLaw::none(), target, 64).warnings().join("\n");
    let warning = warned(times(4.0, 2.0));
    for part in
        ["4096 in a batch, 4096000 in all", "16384 in a batch, 8192000 in all", "`none`", "--run-law complete-d"]
    {
        assert!(warning.contains(part), "{warning}");
    }
    assert_eq!(warned(BASE), "");
    assert_eq!(plan(RunLaw::complete_d(), times(4.0, 2.0), 64).warnings().join("\n"), "");
}

#[test]
fn where_batch_and_tokens_cancel_in_a_law_the_plan_says_so() {
    let said = |law: RunLaw, target| plan(law, target, 64).to_string();
    let canceled = "batch and tokens cancel";
    assert!(said(RunLaw::complete_d(), times(4.0, 4.0)).contains(canceled));
    assert!(!said(RunLaw::complete_d(), times(4.0, 2.0)).contains(canceled));
    assert!(!said(RunLaw::bjorck(), times(4.0, 4.0)).contains(canceled));
}

#[test]
fn a_run_that_counts_its_batches_is_not_told_in_tokens() {
    let shapes = shapes(64);
    let plan = ScalingPlan::of(&shapes, Parametrization::mup());
    let plan = plan.run(Run::new(1.0, 100.0), Run::new(4.0, 400.0), RunLaw::none()).build().expect("a plan");
    let warning = plan.warnings().join("\n");
    assert!(warning.contains("4 in a batch, 400 in all (batches of the base's)"), "{warning}");
}

/// β is no number of a row, and changes what trains.
#[test]
fn plans_that_differ_in_beta_alone_are_different() {
    let beta = |exponent| {
        let law = RunLaw::none().with_beta(Power::of(Variable::BATCH, exponent));
        plan(law, times(4.0, 1.0), 64)
    };
    let (kept, scaled) = (plan(RunLaw::none(), times(4.0, 1.0), 64), beta(1.0));
    assert_ne!(kept.fingerprint(), scaled.fingerprint());
    let differences: Vec<String> = kept.diff(&scaled).iter().map(ToString::to_string).collect();
    assert_eq!(differences, ["β to the power 1 → 4"]);
    let without = ScalingPlan::new(&shapes(64), Parametrization::mup(), OptimizerId::ADAMW).expect("a plan");
    assert_eq!(without.fingerprint(), kept.fingerprint(), "of before there were runs");
}

/// What is stored of a run whose law counts parameters is read back, and an edited count is refused.
#[test]
fn a_plan_in_a_run_is_stored_with_beta_grounds_and_parameters() {
    for name in RunLaw::NAMES {
        let plan = plan(RunLaw::named(name).expect("a preset"), times(4.0, 2.0), 64);
        assert_eq!(ScalingPlan::from_json(&plan.to_json()).as_ref(), Ok(&plan), "{name}");
    }
    let text = plan(RunLaw::power_lines(), times(4.0, 2.0), 64).to_json();
    let mut file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    file["run"]["parameters"] = serde_json::json!(2.0);
    let message = ScalingPlan::from_json(&file.to_string()).expect_err("edited").to_string();
    assert!(message.contains("the run has m_N 2, but"), "{message}");
    // A law that was stored before laws spoke of β leaves it alone, as it did.
    let mut file: serde_json::Value =
        serde_json::from_str(&plan(RunLaw::complete_d(), times(4.0, 2.0), 64).to_json()).expect("JSON");
    let law = file["run"]["law"].as_object_mut().expect("a law");
    for field in ["beta", "derived", "empirical"] {
        law.remove(field).expect("a field");
    }
    let read = ScalingPlan::from_json(&file.to_string()).expect("a plan of before");
    assert!((read.row("hidden.bias").expect("a row").learning_rate.value - 2.0_f64.sqrt()).abs() < 1e-15);
    assert_eq!(read.beta_exponent().to_bits(), 1.0_f64.to_bits());
}

/// Every column but A and the start may follow the run, and for every optimizer.
#[test]
fn a_finished_plan_in_a_run_is_the_one_that_was_built_with_it() {
    let shapes = shapes(200);
    for optimizer in [OptimizerId::ADAMW, OptimizerId::ADAM, OptimizerId::SGD, OptimizerId::LAMB] {
        for name in RunLaw::NAMES {
            let of = || {
                ScalingPlan::of(&shapes, Parametrization::mup())
                    .default_optimizer(optimizer.clone())
                    .rate("hidden.*", 3.0)
                    .frozen("embedding.*")
                    .no_decay("hidden.bias")
            };
            let (law, target) = (RunLaw::named(name).expect("a preset"), times(8.0, 30.0));
            let built = of().run(BASE, target, law.clone()).build().expect("a plan");
            let finished = of().build().expect("a plan").with_run(BASE, target, law).expect("a plan");
            assert_eq!(finished, built, "{optimizer} {name}");
        }
    }
    let kept = [Column::Multiplier, Column::InitStd];
    let (plain, run) = (plan(RunLaw::none(), BASE, 64), plan(RunLaw::complete_d(), times(8.0, 30.0), 64));
    for difference in plain.diff(&run) {
        let mup_rules::PlanDifference::Factor { column, .. } = difference else { continue };
        assert!(!kept.contains(&column), "{column} follows the run");
    }
}
