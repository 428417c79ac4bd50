//! The exported file, read by a program that knows neither Burn nor multipliers.

mod plain;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptConfig, Positions, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::PathPattern;
use mup_train::{Layouts, write_safetensors};

use plain::Plain;

const TOKENS: [usize; 7] = [3, 1, 4, 1, 5, 9, 2];

fn config(width: usize) -> GptConfig {
    // Heads grow in number and in width, so that the logit scale differs from 1/√d.
    GptConfig::new(11, 8, 2, width, width / 8, width / 4, 3 * width)
}

/// A µP model at four times its base's width, with every α set.
fn model(change: impl Fn(GptConfig) -> GptConfig) -> Gpt {
    let device = Device::flex();
    let build = |width| change(config(width)).init(&device).unwrap();
    let shapes = shape_reader().infer(&build(8), &build(16), &build(32)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    initialize(build(32), &plan, &InitSpec::new(), 1).unwrap()
}

fn logits(model: &Gpt) -> Vec<f64> {
    let tokens: Vec<i64> = TOKENS.iter().map(|token| *token as i64).collect();
    let tokens: Tensor<2, Int> = Tensor::from_data(TensorData::new(tokens, [1, TOKENS.len()]), &Device::flex());
    model.forward(tokens).into_data().iter::<f64>().collect()
}

#[test]
fn a_plain_forward_pass_over_the_folded_file_has_the_same_logits() {
    for tied in [false, true] {
        for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
            let model = model(|config| {
                let config = config.with_tied(tied).with_positions(positions).with_alpha_attention(1.5);
                config.with_alpha_output(2.0).with_alpha_embedding(3.0).with_alpha_relative(0.5)
            });
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("model.safetensors");
            write_safetensors(&model.folded().unwrap(), &path, &GptConfig::multipliers()).unwrap();
            let plain = Plain::read(&path);
            assert!(plain.names().all(|name| !name.contains("multiplier") && !name.contains("scale")));
            let (ours, theirs) = (logits(&model), plain.logits(&TOKENS));
            // About a hundred roundings in f32 on the way to logits of order 1 to 10; the plain pass is in f64.
            let largest = ours.iter().fold(0.0_f64, |largest, logit| largest.max(logit.abs()));
            assert!(largest > 0.1, "{largest}");
            for (a, b) in ours.iter().zip(&theirs) {
                assert!(
                    (a - b).abs() < 100.0 * f64::from(f32::EPSILON) * largest.max(1.0),
                    "{tied} {positions:?}: {a} {b}"
                );
            }
        }
    }
}

#[test]
fn the_multipliers_matter_to_the_plain_pass() {
    let model = model(|config| config.with_alpha_output(2.0));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_safetensors(&model, &path, &GptConfig::multipliers()).unwrap();
    let theirs = Plain::read(&path).logits(&TOKENS);
    assert!(logits(&model).iter().zip(&theirs).any(|(a, b)| (a - b).abs() > 1e-2));
}

#[test]
fn the_file_holds_the_bits_of_every_parameter() {
    let model = model(|config| config);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_safetensors(&model, &path, &[]).unwrap();
    // Over the old file, and nothing is left beside it.
    write_safetensors(&model, &path, &[]).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let key = file.tensor("blocks.1.attention.key.weight").unwrap();
    assert_eq!(key.shape(), [32, 32]);
    let data = model.blocks[1].attention.key.weight.val().into_data();
    assert_eq!(key.data(), data.as_bytes());
    assert_eq!(file.len(), mup_shapes::param_paths(&model).len());
    assert_eq!(
        file.iter().map(|(_, tensor)| tensor.shape().iter().product::<usize>()).sum::<usize>(),
        model.num_params()
    );
}

/// `__metadata__` of the file's header.
fn metadata(path: &std::path::Path) -> std::collections::HashMap<String, String> {
    let bytes = std::fs::read(path).unwrap();
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    metadata.metadata().clone().unwrap()
}

#[test]
fn the_format_is_pytorchs_only_where_the_layouts_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let layouts = write_safetensors(&model(|config| config), &path, &[]).unwrap();
    let said = metadata(&path);
    assert_eq!((layouts, said["format"].as_str()), (Layouts::Burn, "burn"));
    for text in [&layouts.to_string(), &said["layouts"]] {
        assert!(text.contains("[d_input, d_output]") && text.contains("metadata={'format': 'pt'}"), "{text}");
    }
    // Convolutions are laid out alike; the readout, a matrix of Burn's `Linear`, decides.
    let net = mup_models::ConvNetConfig::new(3, [4, 8], 10).init(&Device::flex()).unwrap();
    assert_eq!(write_safetensors(&net, &path, &[]).unwrap(), Layouts::Burn);
    let without = [PathPattern::new("readout.**")];
    assert_eq!(write_safetensors(&net, &path, &without).unwrap(), Layouts::PyTorch);
    assert_eq!(metadata(&path)["format"], "pt");
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("conv2.weight").unwrap().shape(), [8, 4, 3, 3], "as torch.nn.Conv2d(4, 8, 3) has it");
    // An embedding is `[n_embedding, d_model]` in both; attention and feed-forward are `Linear`.
    let without = ["blocks.**", "readout.**", "position_embedding.**"].map(PathPattern::new);
    let gpt = model(|config| config.with_positions(Positions::None));
    assert_eq!(write_safetensors(&gpt, &path, &without).unwrap(), Layouts::PyTorch);
    assert_eq!(metadata(&path)["format"], "pt");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_safetensors(&model(|config| config), &folder.path().join("absent/model.safetensors"), &[]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("cannot write") && error.contains("absent/model.safetensors"), "{error}");
}

#[test]
fn what_a_killed_export_left_does_not_keep_the_next_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    // A temporary file's name is random, so what another process left is in nobody's way.
    let left = folder.path().join(format!(".model.safetensors.{}.tmp", std::process::id()));
    std::fs::write(&left, "half").unwrap();
    let path = folder.path().join("model.safetensors");
    write_safetensors(&model(|config| config), &path, &[]).unwrap();
    assert!(Plain::read(&path).names().next().is_some());
}
