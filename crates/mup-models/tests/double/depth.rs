//! Depth: where the layers of a GPT stand in their branches, and that both forms of a branch's factor are one function.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use mup_init::{InitSpec, initialize};
use mup_models::{Generator, Gpt, GptConfig, Positions, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::{Kind, Place};

use crate::common::{decoders, distance, random_tokens, values};
use crate::device;

/// Some hundred operations in f64 on numbers of order 1 to 10, forty of them steps of an optimizer.
const ROUNDING: f64 = 1e-11;

fn config(n_layer: usize, width: usize) -> GptConfig {
    GptConfig::new(13, 8, n_layer, width, width / 4, 4, 3 * width)
}

/// Base 2 × 8, target 8 × 16.
fn plan(of: impl Fn(GptConfig) -> GptConfig, table: Parametrization) -> ScalingPlan {
    let model = |n_layer, width| of(config(n_layer, width)).init(&device()).unwrap();
    let shapes = shape_reader().infer(&model(2, 8), &model(3, 12), &model(8, 16)).unwrap();
    ScalingPlan::of(&shapes, table).build().unwrap()
}

fn kinds() -> impl Iterator<Item = GptConfig> {
    let positions = [Positions::Relative, Positions::Absolute, Positions::None].into_iter();
    let gpts = positions.flat_map(|positions| {
        [(false, true), (true, false)]
            .map(|(tied, bias)| config(8, 16).with_positions(positions).with_tied(tied).with_bias(bias))
    });
    gpts.chain(decoders(&config(8, 16)))
}

/// The same decoder in the sizes of another config.
fn like(kind: &GptConfig, sizes: GptConfig) -> GptConfig {
    let GptConfig { n_layer, d_model, n_head, d_ffn, .. } = sizes;
    GptConfig { n_layer, d_model, n_head, d_ffn, ..kind.clone() }
}

#[test]
fn every_tensor_of_every_gpt_has_a_place() {
    for kind in kinds() {
        for multiplied in [false, true] {
            let plan =
                plan(|config| like(&kind, config).with_branch_factors(multiplied), Parametrization::complete_p());
            for row in plan.rows().iter().filter(|row| row.is_trained()) {
                let last = if kind.sandwich { ".output_norm." } else { ".output." };
                let closes = [last, ".down"].iter().any(|part| row.path.contains(part))
                    && !(kind.sandwich && row.path.contains("down"));
                let expected = match row.path.starts_with("blocks.") {
                    false => Place::Outside,
                    true if closes => Place::Closing,
                    true => Place::Inside,
                };
                assert_eq!(row.place, Some(expected), "{}", row.path);
            }
            // What every token goes through beside its experts ends in a map of its own.
            let shared = kind.experts.as_ref().is_some_and(|experts| experts.d_shared.is_some());
            assert_eq!(plan.streams()[0].to_string(), if shared { "blocks 6→24" } else { "blocks 4→16" });
            let factors = plan.rows().iter().filter(|row| row.kind == Kind::BranchFactor);
            assert_eq!(
                factors.map(|row| row.multiplier.value).collect::<Vec<_>>(),
                [0.25; 16][..16 * usize::from(multiplied)]
            );
        }
    }
}

fn trained(kind: &GptConfig, multiplied: bool, steps: usize) -> Gpt {
    let device = device().autodiff();
    let of = |config: GptConfig| like(kind, config).with_branch_factors(multiplied);
    let plan = plan(of, Parametrization::complete_p());
    let model = of(config(8, 16)).init(&device).unwrap();
    let mut model = initialize(model, &plan, &InitSpec::new(), 3).unwrap();
    let optimizer = MupAdamWConfig::new().with_epsilon(1e-3).with_weight_decay(0.5);
    let mut optimizer: ModuleOptimizer = optimizer.init(&plan, &model).unwrap();
    for step in 0..steps as u64 {
        let [tokens, targets] = [0, 1000].map(|shift| random_tokens([2, 8], 13, step + shift, &device));
        let gradients = GradientsParams::from_grads(model.loss(tokens, targets).backward(), &model);
        model = optimizer.step(1e-2, model, gradients);
    }
    model.valid()
}

fn logits(model: &Gpt) -> Tensor<3> {
    model.forward(random_tokens([2, 8], 13, 6, &device()))
}

/// The plan's two forms are one parametrization: the same function after every step, with ε and decay on.
#[test]
fn a_gpt_that_multiplies_its_branches_trains_as_one_that_does_not() {
    for kind in kinds() {
        let [plain, multiplied] = [false, true].map(|multiplied| trained(&kind, multiplied, 10));
        assert!(distance(&logits(&plain), &logits(&multiplied)) < ROUNDING, "{kind}");
        let untrained = trained(&kind, true, 0);
        assert!(distance(&logits(&untrained), &logits(&multiplied)) > 1e-3, "it trains: {kind}");
    }
}

#[test]
fn sampling_folding_and_records_keep_the_factors_of_branches() {
    for kind in kinds() {
        let model = trained(&kind, true, 2);
        let expected = logits(&model);
        let cached = Generator::new(&model).feed(random_tokens([2, 8], 13, 6, &device())).unwrap();
        assert!(distance(&cached, &expected) < ROUNDING, "cached: {kind}");
        let folded = model.folded().unwrap();
        assert!(distance(&logits(&folded), &expected) < ROUNDING, "folded: {kind}");
        assert!(!folded.config().branch_factors && model.config().branch_factors);
        let fresh = model.config().init(&device()).unwrap();
        let loaded = fresh.load_record(model.clone().into_record());
        assert_eq!(values(&logits(&loaded)), values(&expected), "record: {kind}");
    }
}
