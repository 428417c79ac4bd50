//! The model families of this workspace behind one face: build, logits, loss.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use mup_models::{ConvNet, ConvNetConfig, Gpt, GptConfig, Mlp, MlpConfig};
use serde_json::Value;

use crate::Tensors;

/// A model family that golden data exists for.
pub trait Family: Module {
    /// Builds from the configuration in the JSON file.
    fn build(config: &Value, device: &Device) -> Self;

    /// Reads the batch.
    fn batch(tensors: &Tensors, device: &Device) -> Batch;

    /// Logits, flattened to [examples, classes].
    fn logits(&self, batch: &Batch) -> Tensor<2>;

    /// Mean cross-entropy.
    fn loss(&self, batch: &Batch) -> Tensor<1> {
        let targets = batch.targets.clone();
        let config = burn::nn::loss::CrossEntropyLossConfig::new();
        config.init(&targets.device()).forward(self.logits(batch), targets)
    }
}

/// The one batch of a case, with targets flattened.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What goes in.
    pub input: Input,
    /// Classes or next tokens.
    pub targets: Tensor<1, Int>,
}

/// What goes in.
#[derive(Clone, Debug)]
pub enum Input {
    /// Vectors.
    Vectors(Tensor<2>),
    /// Images.
    Images(Tensor<4>),
    /// Token indices.
    Tokens(Tensor<2, Int>),
}

fn parse<C: serde::de::DeserializeOwned>(config: &Value) -> C {
    serde_json::from_value(config.clone()).unwrap_or_else(|error| panic!("golden configuration {config}: {error}"))
}

impl Family for Mlp {
    fn build(config: &Value, device: &Device) -> Self {
        let mut config = config.clone();
        config["alpha_output"] = 1.0.into();
        parse::<MlpConfig>(&config).init(device).expect("golden configurations are valid")
    }

    fn batch(tensors: &Tensors, device: &Device) -> Batch {
        Batch { input: Input::Vectors(tensors.float("input", device)), targets: tensors.int("targets", device) }
    }

    fn logits(&self, batch: &Batch) -> Tensor<2> {
        let Input::Vectors(x) = &batch.input else { panic!("an Mlp takes vectors") };
        self.forward(x.clone())
    }
}

impl Family for ConvNet {
    fn build(config: &Value, device: &Device) -> Self {
        let mut config = config.clone();
        config["alpha_output"] = 1.0.into();
        parse::<ConvNetConfig>(&config).init(device).expect("golden configurations are valid")
    }

    fn batch(tensors: &Tensors, device: &Device) -> Batch {
        Batch { input: Input::Images(tensors.float("input", device)), targets: tensors.int("targets", device) }
    }

    fn logits(&self, batch: &Batch) -> Tensor<2> {
        let Input::Images(x) = &batch.input else { panic!("a ConvNet takes images") };
        self.forward(x.clone())
    }
}

impl Family for Gpt {
    fn build(config: &Value, device: &Device) -> Self {
        // The golden files are older than most fields.
        let mut with_defaults = serde_json::to_value(GptConfig::new(1, 1, 1, 1, 1, 1, 1)).expect("a config is JSON");
        let fields = config.as_object().expect("a configuration is an object").clone();
        with_defaults.as_object_mut().expect("a config is an object").extend(fields);
        parse::<GptConfig>(&with_defaults).init(device).expect("golden configurations are valid")
    }

    fn batch(tensors: &Tensors, device: &Device) -> Batch {
        let targets = tensors.int::<2>("targets", device);
        Batch { input: Input::Tokens(tensors.int("tokens", device)), targets: targets.reshape([-1]) }
    }

    fn logits(&self, batch: &Batch) -> Tensor<2> {
        let Input::Tokens(tokens) = &batch.input else { panic!("a Gpt takes tokens") };
        self.forward(tokens.clone()).flatten(0, 1)
    }
}
