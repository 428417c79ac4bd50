//! The presets of depth to the letter, against numbers that others' code and tables gave: `golden/generate/depth` says how
//! each file was written.

use std::path::Path;

use mup_rules::{Overrides, Parametrization, Power, Ratios, RunLaw, ScalingPlan, Variable};
use mup_shapes::{Axes, BaseShapes, InfShapes, Kind, ModuleShapes, ParamShape, ParamSpec, Places};
use serde_json::Value;

/// Python divides, multiplies and raises the same `f64` in another order, a few roundings of 2⁻⁵³ each.
const RELATIVE: f64 = 1e-12;

fn golden(name: &str) -> Value {
    let path = Path::new("../../golden/data/depth").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("a list `{key}`"))
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("a number `{key}` in {value}"))
}

fn size(value: &Value, key: &str) -> usize {
    number(value, key) as usize
}

/// What disagrees, in words.
#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn compare(&mut self, what: &str, ours: f64, theirs: f64) {
        if (ours - theirs).abs() > RELATIVE * theirs.abs() {
            self.0.push(format!("{what}: ours {ours}, theirs {theirs}"));
        }
    }
}

/// The target's shapes against a base of the same layout and a delta that is one unit wider.
fn shapes(model: impl Fn([usize; 2]) -> ModuleShapes, [base, target]: [[usize; 2]; 2], places: &Places) -> InfShapes {
    let base_shapes = BaseShapes::infer(&model(base), &model([1, 2 * base[1]])).expect("base shapes");
    base_shapes.apply(&model(target).placed(places).expect("places")).expect("shapes")
}

/// A row for a PyTorch name: matrices of linear layers are `[out, in]` there.
fn param(name: &str, dims: &[usize], by_row: bool, multiplied: bool) -> ParamShape {
    let spec = match dims {
        [_, _] => ParamSpec::weight(),
        _ if name.ends_with("bias") => ParamSpec::bias(),
        _ => ParamSpec::gain(),
    };
    let mut dims = dims.to_vec();
    if !by_row {
        dims.reverse();
    }
    ParamShape::new(
        name,
        if by_row { "Embedding" } else { "Linear" },
        dims,
        if multiplied { spec.multiplied() } else { spec },
    )
}

fn factor(path: String) -> ParamShape {
    ParamShape::new(path, "Block", [1], ParamSpec::new(Axes::multiplier(), Kind::BranchFactor))
}

// CompleteP's own code -----------------------------------------------------------------------------------------------

/// nanoGPT as the golden file lists it at one size, with the factor that its blocks apply.
fn nano_gpt([n_layer, d]: [usize; 2]) -> ModuleShapes {
    let block = |idx: usize| {
        let of = |name: &str, dims: &[usize]| param(&format!("transformer.h.{idx}.{name}"), dims, false, false);
        vec![
            of("ln_1.weight", &[d]),
            of("ln_1.bias", &[d]),
            of("attn.c_attn.weight", &[3 * d, d]),
            of("attn.c_attn.bias", &[3 * d]),
            of("attn.c_proj.weight", &[d, d]),
            of("attn.c_proj.bias", &[d]),
            of("ln_2.weight", &[d]),
            of("ln_2.bias", &[d]),
            of("mlp.c_fc.weight", &[4 * d, d]),
            of("mlp.c_fc.bias", &[4 * d]),
            of("mlp.c_proj.weight", &[d, 4 * d]),
            of("mlp.c_proj.bias", &[d]),
            factor(format!("transformer.h.{idx}.residual_scaling")),
        ]
    };
    let outside = [
        param("transformer.wte.weight", &[50, d], true, false),
        param("transformer.wpe.weight", &[16, d], true, false),
        param("transformer.ln_f.weight", &[d], false, false),
        param("transformer.ln_f.bias", &[d], false, false),
    ];
    ModuleShapes::new(outside.into_iter().chain((0..n_layer).flat_map(block)).collect())
}

fn against_nano_gpt(table: impl Fn(f64) -> Parametrization) -> Vec<String> {
    let golden = golden("complete_p.json");
    let (base, settings) = (&golden["base"], &golden["settings"]);
    let places = Places::new().inside("transformer.h.**").closing("transformer.h.*.*.c_proj.*");
    let sizes = |value: &Value| [size(value, "n_layer"), size(value, "n_embd")];
    let mut found = Found::default();
    for run in list(&golden, "runs") {
        let shapes = shapes(nano_gpt, [sizes(base), sizes(run)], &places);
        // What it does not decay is a habit, not a rule of scaling.
        let habits = Overrides::new().and(Kind::Bias, mup_rules::Change::Decay(0.0));
        let habits = habits.and(Kind::Gain, mup_rules::Change::Decay(0.0));
        let plan = ScalingPlan::of(&shapes, table(number(run, "alpha"))).overrides(habits).build().expect("a plan");
        let parameters = list(run, "parameters");
        assert_eq!(plan.rows().iter().filter(|row| row.is_trained()).count(), parameters.len());
        for theirs in parameters {
            let path = theirs["name"].as_str().expect("a name");
            let row = plan.row(path).expect("a row");
            let what = |column: &str| format!("{path} {column} at {:?}, α = {}", sizes(run), run["alpha"]);
            found.compare(&what("rate"), row.learning_rate.value, number(theirs, "lr_scale"));
            let decay = row.weight_decay.value * number(settings, "weight_decay");
            found.compare(&what("decay"), decay, number(theirs, "weight_decay"));
            found.compare(&what("ε"), row.epsilon.value * number(settings, "adam_eps"), number(theirs, "eps"));
            if let Some(std) = theirs["std"].as_f64() {
                found.compare(&what("init std"), 0.02 * row.init_std.value, std);
            }
        }
        let branch = plan.row("transformer.h.0.residual_scaling").expect("a row").multiplier.value;
        found.compare("branch", branch, number(run, "residual_scaling"));
    }
    found.0
}

#[test]
fn completeps_own_code_is_followed_to_the_letter() {
    assert_eq!(against_nano_gpt(Parametrization::nanogpt_complete_p), Vec::<String>::new());
}

/// Where our recommended table differs, and nowhere else: ε outside of branches, and λ where α < 1.
#[test]
fn the_recommended_table_differs_from_it_in_epsilon_outside_of_branches_alone() {
    let found = against_nano_gpt(|alpha| Parametrization::mup().with_depth(alpha));
    let outside = |text: &str| !text.starts_with("transformer.h.") && text.contains(" ε ");
    let decay = |text: &str| text.contains(" decay ") && !text.contains("α = 1.0");
    assert!(found.iter().any(|text| outside(text)) && found.iter().any(|text| decay(text)), "{found:?}");
    let others: Vec<&String> = found.iter().filter(|text| !outside(text) && !decay(text)).collect();
    assert!(others.is_empty(), "{others:?}");
}

// u-µP's library -----------------------------------------------------------------------------------------------------

/// The model of the golden file at one size, rebuilt from another size's list of names and shapes.
fn unit_scaled(parameters: &[Value], of_width: usize, n_layer_there: usize) -> impl Fn([usize; 2]) -> ModuleShapes {
    let listed: Vec<(String, Vec<usize>)> = parameters
        .iter()
        .map(|row| {
            let dims = serde_json::from_value(row["shape"].clone()).expect("a shape");
            (row["name"].as_str().expect("a name").to_owned(), dims)
        })
        .collect();
    move |[n_layer, width]| {
        let grown = |dims: &[usize]| -> Vec<usize> {
            dims.iter().map(|dim| if dim % of_width == 0 { dim / of_width * width } else { *dim }).collect()
        };
        let mut params = Vec::new();
        for (name, dims) in &listed {
            let in_block = |idx: usize| name.starts_with(&format!("layers.{idx}."));
            let by_row = name == "embedding.weight";
            if !name.starts_with("layers.") {
                params.push(param(name, &grown(dims), by_row, name == "projection.weight"));
            } else if in_block(0) {
                for idx in 0..n_layer {
                    let name = name.replacen("layers.0.", &format!("layers.{idx}."), 1);
                    params.push(param(&name, &grown(dims), false, dims.len() == 2));
                }
            } else {
                assert!((0..n_layer_there).any(in_block));
            }
        }
        params.extend((0..n_layer).map(|idx| factor(format!("layers.{idx}.tau"))));
        ModuleShapes::new(params)
    }
}

fn against_unit_scaling(table: &Parametrization) -> Vec<String> {
    let golden = golden("unit_scaling.json");
    let mut found = Found::default();
    for model in ["decoder", "stack"] {
        let runs: Vec<&Value> = list(&golden, "runs").iter().filter(|run| run["model"] == model).collect();
        let sizes = |run: &Value| [size(run, "layers"), size(run, "hidden")];
        let base = runs[0];
        let parameters = list(base, "parameters");
        let build = unit_scaled(parameters, sizes(base)[1], sizes(base)[0]);
        let closing: &[&str] = if model == "stack" { &["down"] } else { &["mhsa.linear_o", "mlp.linear_2"] };
        let places = closing
            .iter()
            .fold(Places::new().inside("layers.**"), |places, closing| places.closing(format!("layers.*.{closing}.*")));
        for run in &runs {
            let shapes = shapes(&build, [sizes(base), sizes(run)], &places);
            let plan = ScalingPlan::of(&shapes, table.clone()).build().expect("a plan");
            let theirs = list(run, "parameters");
            assert_eq!(plan.rows().iter().filter(|row| row.is_trained()).count(), theirs.len());
            for row in theirs {
                let path = row["name"].as_str().expect("a name");
                let first = path.split('.').map(|part| if part.parse::<usize>().is_ok() { "0" } else { part });
                let first = first.collect::<Vec<_>>().join(".");
                let at_base = parameters.iter().find(|row| row["name"] == first.as_str()).expect("the base's row");
                let ours = plan.row(path).expect("a row");
                for (column, ours) in [("lr", ours.learning_rate.value), ("weight_decay", ours.weight_decay.value)] {
                    let theirs = number(row, column) / number(at_base, column);
                    found.compare(&format!("{model} {path} {column} at {:?}", sizes(run)), ours, theirs);
                }
            }
        }
    }
    found.0
}

#[test]
fn rates_and_decay_of_unit_scaling_are_those_of_the_preset() {
    assert_eq!(against_unit_scaling(&Parametrization::u_mup()), Vec::<String>::new());
}

/// What tells it from µP in the same form: the embedding's rate, and α.
#[test]
fn unit_scaling_is_not_complete_p() {
    let with = |alpha| Parametrization::u_mup().with_depth(alpha);
    assert!(against_unit_scaling(&with(1.0)).iter().any(|text| text.contains("layers.")));
    let embedding = of_input().with_adam(Power::ONE);
    let found = against_unit_scaling(&Parametrization::u_mup().with_rule(embedding));
    assert!(!found.is_empty() && found.iter().all(|text| text.contains("embedding.weight")), "{found:?}");
}

fn of_input() -> mup_rules::Rule {
    Parametrization::u_mup().rule(mup_shapes::Role::Input, mup_rules::Form::Plain).expect("a rule").clone()
}

// Complete(d)P's table -------------------------------------------------------------------------------------------------

fn table_one([n_layer, d]: [usize; 2]) -> ModuleShapes {
    let block = |idx: usize| {
        let of = |name: &str, dims: &[usize]| param(&format!("blocks.{idx}.{name}"), dims, false, false);
        vec![
            of("norm.weight", &[d]),
            of("query.weight", &[d, d]),
            of("query.bias", &[d]),
            of("qk_norm.weight", &[16]),
            of("output.weight", &[d, d]),
            of("output.bias", &[d]),
            factor(format!("blocks.{idx}.factor")),
        ]
    };
    let outside = [
        param("embedding.weight", &[50, d], true, false),
        param("final_norm.weight", &[d], false, false),
        param("final_norm.bias", &[d], false, false),
        param("unembedding.weight", &[50, d], false, false),
        param("unembedding.bias", &[50], false, false),
    ];
    ModuleShapes::new(outside.into_iter().chain((0..n_layer).flat_map(block)).collect())
}

fn against_table_one(table: impl Fn(f64) -> Parametrization) -> Vec<String> {
    let lines = [
        ("embedding.weight", "input embedding"),
        ("blocks.0.query.weight", "hidden weight"),
        ("blocks.0.output.weight", "hidden weight"),
        ("blocks.0.query.bias", "hidden bias"),
        ("blocks.0.output.bias", "hidden bias"),
        ("blocks.0.norm.weight", "hidden norm"),
        ("blocks.0.qk_norm.weight", "QK norm"),
        ("final_norm.weight", "unembedding norm"),
        ("final_norm.bias", "unembedding norm"),
        ("unembedding.weight", "unembedding weight"),
        ("unembedding.bias", "unembedding bias"),
    ];
    let places = Places::new().inside("blocks.**").closing("blocks.*.output.*");
    let mut found = Found::default();
    for column in list(&golden("complete_d_p.json"), "columns") {
        let (m_n, m_l, alpha) = (size(column, "m_n"), size(column, "m_l"), number(column, "alpha"));
        let shapes = shapes(table_one, [[2, 32], [2 * m_l, 32 * m_n]], &places);
        let plan = ScalingPlan::of(&shapes, table(alpha)).build().expect("a plan");
        for (path, tensor) in lines {
            let theirs = list(column, "tensors").iter().find(|row| row["tensor"] == tensor).expect("a line");
            let row = plan.row(path).expect("a row");
            let what = |name: &str| format!("{path} {name} at m_N = {m_n}, m_L = {m_l}, α = {alpha}");
            found.compare(&what("variance"), row.init_std.value.powi(2), number(theirs, "variance"));
            found.compare(&what("rate"), row.learning_rate.value, number(theirs, "rate"));
            found.compare(&what("ε"), row.epsilon.value, number(theirs, "epsilon"));
            found.compare(&what("decay"), row.weight_decay.value, number(theirs, "weight_decay"));
        }
        let branch = plan.row("blocks.0.factor").expect("a row").multiplier.value;
        found.compare(&format!("branch at m_L = {m_l}, α = {alpha}"), branch, number(column, "branch"));
    }
    found.0
}

#[test]
fn table_one_of_complete_d_p_is_followed_to_the_letter() {
    assert_eq!(against_table_one(Parametrization::complete_d_p), Vec::<String>::new());
}

/// At α = 1 our recommended table differs in one cell: the gradient of the final norm shrinks like 1/m, and ε with it.
#[test]
fn the_recommended_table_differs_from_table_one_in_epsilon_of_the_final_norm_alone() {
    let found = against_table_one(|alpha| Parametrization::mup().with_depth(alpha));
    assert!(found.iter().any(|text| text.starts_with("final_norm.weight ε")), "{found:?}");
    let at_one = found.iter().filter(|text| text.ends_with("α = 1") || text.contains("α = 1:"));
    let others: Vec<&String> = at_one.filter(|text| !text.starts_with("final_norm.")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// The columns of batch and horizon of the same table.
#[test]
fn the_run_law_of_complete_d_p_is_that_of_its_table() {
    let golden = golden("complete_d_p.json");
    let law = RunLaw::complete_d();
    let ratios = Ratios::default().with(Variable::BATCH, 8.0).with(Variable::TOKENS, 30.0);
    let theirs = |key: &str| {
        let exponents: Vec<f64> = serde_json::from_value(golden["run"][key].clone()).expect("two exponents");
        8.0_f64.powf(exponents[0]) * 30.0_f64.powf(exponents[1])
    };
    let mut found = Found::default();
    let value = |power: &Power| power.value(&ratios).expect("both ratios");
    found.compare("rate", value(&law.rate), theirs("rate"));
    found.compare("ε", value(&law.epsilon), theirs("epsilon"));
    found.compare("rate·λ", value(&law.rate_decay), theirs("rate") * theirs("weight_decay"));
    assert_eq!(found.0, Vec::<String>::new());
}
