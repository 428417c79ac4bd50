//! Snapshots of what a user reads: a changed rule shows up here as a diff.

mod gpt;

use gpt::Gpt;
use insta::assert_snapshot;
use mup_rules::{OptimizerId, Parametrization, Run, RunLaw, ScalingPlan, WeightDecay};
use mup_shapes::InfShapes;

/// Two layers, heads and feed-forward widths that grow by different factors.
fn shapes() -> InfShapes {
    let gpt = |d_model, n_head, d_ffn| Gpt { vocab: 256, n_layer: 2, d_model, n_head, d_head: 32, d_ffn };
    gpt::infer(gpt(64, 2, 128), gpt(96, 3, 192), gpt(256, 8, 1024))
}

fn plan(table: Parametrization, optimizer: OptimizerId) -> ScalingPlan {
    ScalingPlan::new(&shapes(), table, optimizer).expect("a plan")
}

#[test]
fn the_recommended_plan_of_a_gpt() {
    assert_snapshot!(plan(Parametrization::mup(), OptimizerId::ADAMW));
}

#[test]
fn the_summaries_of_every_preset() {
    for &name in Parametrization::NAMES {
        for optimizer in [OptimizerId::ADAMW, OptimizerId::SGD] {
            let plan = plan(Parametrization::named(name).expect("a preset"), optimizer.clone());
            assert_snapshot!(format!("{name}, {optimizer}"), plan.summary());
        }
    }
}

#[test]
fn the_summary_of_a_175b_model() {
    let gpt = |d_model| Gpt::wide(96, d_model, 128);
    let shapes = gpt::infer(gpt(256), gpt(512), gpt(12_288));
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).expect("a plan");
    assert_snapshot!(plan.summary());
}

/// Every axis of a real run on one screen: 4 blocks of width 256 to 32 of 2048, 8 times the batch, 30 times the tokens.
#[test]
fn the_summary_of_a_run_that_grows_along_every_axis() {
    let gpt = |n_layer, d_model| Gpt::wide(n_layer, d_model, 64);
    let shapes = gpt::infer(gpt(4, 256), gpt(8, 512), gpt(32, 2048));
    let (base, target) = (Run::new(65_536.0, 2e9), Run::new(524_288.0, 6e10));
    let plan = ScalingPlan::of(&shapes, Parametrization::complete_p()).run(base, target, RunLaw::complete_d());
    let plan = plan.build().expect("a plan");
    let printed = plan.summary().to_string();
    assert!(printed.lines().count() < 50, "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 120), "{printed}");
    assert_snapshot!(plan.summary());
    assert_snapshot!("one row along every axis", plan.row("blocks.9.feed_forward.down.weight").expect("a row"));
}

#[test]
fn one_row_in_words() {
    let plan = plan(Parametrization::mup(), OptimizerId::ADAMW);
    assert_snapshot!(plan.row("blocks.1.feed_forward.down.weight").expect("a row"));
}

/// A 1 would say that something is kept which does not exist.
#[test]
fn what_an_optimizer_does_not_have_prints_as_a_dash() {
    use mup_rules::{DecayTerm, Update};
    use mup_shapes::Role;
    let cells = |optimizer: OptimizerId| {
        let shapes = shapes();
        let plan = ScalingPlan::of(&shapes, Parametrization::mup()).optimizer(Role::Hidden, optimizer).build();
        let plan = plan.expect("a plan");
        let (table, path) = (plan.to_string(), "blocks.0.feed_forward.up.weight");
        let line = table.lines().find(|line| line.starts_with(path)).expect("a line").to_owned();
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let last: Vec<String> = cells[cells.len() - 2..].iter().map(|cell| (*cell).to_owned()).collect();
        (last, plan.row(path).expect("a row").to_string())
    };
    for optimizer in [OptimizerId::MUON, OptimizerId::SGD, OptimizerId::LION, OptimizerId::ADAFACTOR] {
        let (last, words) = cells(optimizer.clone());
        assert_eq!(last[1], "–", "{optimizer}");
        assert_ne!(last[0], "–", "{optimizer}");
        assert!(words.contains(&format!("epsilon       – ({optimizer} has none)")), "{words}");
    }
    let (last, words) = cells(OptimizerId::new("plain", Update::ENTRYWISE).with_decay(DecayTerm::None));
    assert_eq!(last, ["–", "0.125 = 1/m_out"]);
    assert!(words.contains("weight decay  – (plain has none)"), "{words}");
    assert_eq!(cells(OptimizerId::ADAMW).0, ["4 = m_in", "0.125 = 1/m_out"]);
}

#[test]
fn every_line_of_a_gpt_fits_160_columns() {
    let plan = plan(Parametrization::mup(), OptimizerId::ADAMW);
    let table = plan.to_string();
    let lines = table.lines().filter(|line| !line.starts_with("warning") && !line.starts_with("m_in"));
    let longest = lines.map(|line| line.chars().count()).max();
    assert!(longest <= Some(160), "{longest:?}");
}

#[test]
fn differences_name_path_number_and_formula() {
    let mup = plan(Parametrization::mup(), OptimizerId::ADAMW);
    let kept = Parametrization::mup().with_weight_decay(WeightDecay::KeepLambda);
    let kept = plan(kept, OptimizerId::ADAMW);
    let lines: Vec<String> = mup.diff(&kept).iter().take(3).map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"));
}

/// A summary must not claim that layers are alike when they are not.
#[test]
fn layers_that_differ_are_listed_by_number() {
    use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};
    let model = |wide: [usize; 4]| {
        let layer = |(idx, d_out): (usize, usize)| {
            ParamShape::new(format!("layers.{idx}.weight"), "Linear", [10, d_out], ParamSpec::weight())
        };
        ModuleShapes::new(wide.into_iter().enumerate().map(layer).collect())
    };
    let base = BaseShapes::infer(&model([8, 8, 8, 8]), &model([16, 16, 16, 16])).expect("base shapes");
    let shapes = base.apply(&model([32, 64, 32, 128])).expect("shapes");
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::SGD).expect("a plan");
    let summary = plan.summary();
    let patterns: Vec<&str> = summary.groups().iter().map(|group| group.pattern.as_str()).collect();
    assert_eq!(patterns, ["layers.{0,2}.weight", "layers.1.weight", "layers.3.weight"]);
}
