//! Every model as a family: what it starts with, minimizes, is judged by and says of itself.

use burn::tensor::{Device, Int, Tensor};
use clap::ValueEnum;
use mup_data::{Batch, Text};
use mup_probe::NoProbe;
use mup_rules::Parametrization;
use mup_train::{Family, FamilyRun, Growth, MicroBatch, Size};

use super::{Sizes, TextFamily};
use crate::{Data, Model};

fn sizes(model: Model) -> Sizes {
    Sizes { model, d_head: 8, n_layer: 2, context: 8, batch: 4, n_head: None, d_ffn: None }
}

fn family(model: Model) -> TextFamily {
    of(sizes(model))
}

fn of(sizes: Sizes) -> TextFamily {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("text");
    std::fs::write(&path, "Shall I compare thee to a summer's day? ".repeat(40)).expect("written");
    TextFamily::of_text(sizes, Some(&path)).expect("a text")
}

fn run(family: &TextFamily, size: &str) -> FamilyRun {
    let base = family.size().changed("width=16").expect("a size");
    let size = base.changed(size).expect("a size");
    FamilyRun::new(family, Growth::new(base, ["width"], Parametrization::mup()), size)
}

#[test]
fn every_model_starts_trains_and_samples_and_has_a_fingerprint_of_its_own() {
    let mut fingerprints = Vec::new();
    for model in Model::value_variants() {
        let family = family(*model);
        let trained = run(&family, "width=32").with_steps(3).train(&family, &Device::flex(), |_| {}, || false);
        let trained = trained.unwrap_or_else(|error| panic!("{model}: {error}"));
        assert!(trained.curve.losses.iter().all(|loss| loss.is_finite()), "{model}");
        assert!(family.sample(&trained.model, 0).expect("samples").is_some(), "{model}");
        assert!(family.flops_per_token(&family.size()).is_some_and(|flops| flops > 0.0), "{model}");
        fingerprints.push(format!("{} {}", family.name(), family.fingerprint()));
    }
    assert!(
        fingerprints[0].starts_with("GPT on text training code 1, β 0.9, 0.95"),
        "studies of before: {}",
        fingerprints[0]
    );
    for (i, fingerprint) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[..i].contains(fingerprint), "{fingerprint}");
    }
}

#[test]
fn training_minimizes_what_balances_experts_and_evaluation_judges_the_cross_entropy_alone() {
    let device = Device::flex();
    for model in Model::value_variants() {
        let family = family(*model);
        let started = run(&family, "width=16").start(&family, &device).expect("starts");
        let batch = family.batch(0, MicroBatch { step: 0, index: 0, of: 1 }, &device).expect("a batch");
        let model_of_run = burn::module::Module::valid(&started.model);
        let [tokens, targets] = batch.clone();
        let loss = family.loss(&model_of_run, &batch, &mut NoProbe).expect("a loss").into_scalar::<f32>();
        let judged = model_of_run.cross_entropy(tokens, targets).into_scalar::<f32>();
        // In balance the term is its coefficient, 0.01.
        let added = loss - judged;
        assert_eq!(added > 5e-3, *model == Model::Mixtral, "{model}: {added}");
        // A readout of zero guesses, whatever is added to train by.
        let evaluated = family.evaluate(&model_of_run, &device).expect("evaluates").expect("a loss");
        assert!((evaluated - 256_f64.ln()).abs() < 1e-5, "{model}: {evaluated}");
    }
}

#[test]
fn what_no_rule_is_known_for_is_said_by_name_and_a_wider_model_says_nothing() {
    let untested = |model, target: &str| {
        let family = family(model);
        let base: Size = family.size();
        family.untested(&base, &base.changed(target).expect("a size"))
    };
    for model in Model::value_variants() {
        assert_eq!(untested(*model, "width=128"), Vec::<String>::new(), "{model}");
    }
    assert!(
        untested(Model::Llama, "width=64,queries_per_key=4")[0].contains("2 heads of queries share a head of keys")
    );
    for model in [Model::Llama, Model::Qwen3, Model::Mixtral] {
        let warning = untested(model, "width=64,d_head=16").remove(0);
        assert!(warning.contains("heads with rotary positions are 8 wide in the base, 16 in"), "{model}: {warning}");
    }
    assert_eq!(untested(Model::Gpt3, "width=64,d_head=16"), Vec::<String>::new(), "the factor on its logits follows");
    assert!(untested(Model::Mixtral, "experts=16")[0].contains("8 experts in the base, 16 in the target"));
    assert!(untested(Model::Mixtral, "chosen=4")[0].contains("goes to 2 experts in the base, to 4"));
}

#[test]
fn heads_that_are_counted_have_any_width_and_grow_in_it() {
    let sizes = Sizes { d_head: 24, n_head: Some(2), ..sizes(Model::Gpt3) };
    let family = of(sizes);
    let heads = |grows: &[&str], number| {
        let size = Growth::new(family.size(), grows.to_vec(), Parametrization::mup()).at(number).expect("a size");
        let config = family.model(&size, &Device::flex()).unwrap_or_else(|error| panic!("{size}: {error}")).config();
        [config.d_model, config.n_head, config.d_head]
    };
    assert_eq!(heads(&["width", "d_head"], 32), [32, 2, 24]);
    assert_eq!(heads(&["width", "d_head"], 64), [64, 2, 48]);
    assert_eq!(heads(&["d_head"], 48), [32, 2, 48]);
    let refused = |family: TextFamily, size: &str| {
        let size = family.size().changed(size).expect("a size");
        family.model(&size, &Device::flex()).expect_err("no model").to_string()
    };
    let odd = refused(family.clone(), "width=33");
    assert!(odd.contains("a width of 33 is no positive even number"), "{odd}");
    let uncounted = refused(of(Sizes { n_head: None, ..sizes }), "width=32");
    assert!(uncounted.contains("a width of 32 is no positive even multiple of the head width 24"), "{uncounted}");
}

#[test]
fn only_relative_positions_have_their_multiplier() {
    for model in Model::value_variants() {
        let names: Vec<&str> = family(*model).hyperparameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.contains(&"alpha-relative"), *model == Model::Gpt3, "{model}");
        assert!(names.contains(&"alpha-attention"), "{model}");
    }
}

#[test]
#[allow(clippy::float_cmp, reason = "whole numbers")]
fn the_work_of_gpt_3_is_that_of_its_products() {
    let family = family(Model::Gpt3);
    let [d, layers, context, batch] = [32.0, 2.0, 8.0, 4.0];
    // q, k, v, output and 2 · 4d of the feed-forward branch; relative keys once for a batch; three products with positions.
    let block = 2.0 * (4.0 + 8.0) * d * d + 2.0 * d * d / batch + 3.0 * 2.0 * context * d;
    assert_eq!(family.flops_per_token(&family.size()), Some(3.0 * (layers * block + 2.0 * d * 256.0)));
}

#[test]
fn of_tokens_that_nobody_can_read_there_is_no_sample() {
    let text = Text::from_string("x", "abcd".repeat(100)).expect("a text");
    let mut data = Data::in_memory(text, 8).expect("data");
    data.tokenizer = None;
    let family = family(Model::Llama);
    let model = family.model(&family.size(), &Device::flex()).expect("a model");
    assert_eq!(super::continued(&model, &data, 0).expect("no sample"), None);
}

#[test]
fn tokens_and_targets_of_one_upload_are_those_of_the_batch() {
    let batch = Batch { tokens: vec![1, 2, 3, 4, 5, 6], targets: vec![2, 3, 9, 5, 6, 7], shape: [2, 3] };
    for device in [Device::flex(), Device::flex().autodiff()] {
        let [tokens, targets] = TextFamily::tensors(batch.clone(), &device);
        let numbers = |tensor: Tensor<2, Int>| (tensor.dims(), tensor.into_data().iter::<i32>().collect::<Vec<_>>());
        assert_eq!(numbers(tokens), (batch.shape, batch.tokens.clone()));
        assert_eq!(numbers(targets), (batch.shape, batch.targets.clone()));
    }
}
