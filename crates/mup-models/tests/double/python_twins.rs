//! Each model's logits and loss against its PyTorch twin, at three widths, with the constants that microsoft/mup prescribes.

use burn::config::Config;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use mup_models::{ConvNetConfig, GptConfig, MlpConfig};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::values;
use crate::device;
use crate::golden::{file, read, read_int};

/// Writes the twin's weights by path, and the constants into the untrained multipliers.
struct Load<'a> {
    tensors: &'a SafeTensors<'a>,
    constants: &'a Value,
    stack: Vec<String>,
}

impl ModuleMapper for Load<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.stack.join(".");
        let (shape, device) = (param.lazy_shape(), param.lazy_device());
        let value = match self.constants[&path]["value"].as_f64() {
            Some(constant) => Tensor::full(shape.clone(), constant, &device),
            None => read::<D>(self.tensors, &format!("init/{path}"), &device),
        };
        assert_eq!(value.shape(), shape, "{path}");
        Param::initialized(param.id, value)
    }
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.stack.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.stack.pop();
    }
}

/// The largest difference, against the largest entry expected.
fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    found.iter().zip(expected).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

/// Both sides compute in f64 from the same f32 weights: a few hundred operations per logit, and the twin's
/// attention scale and multiplier round differently.
const ROUNDING: f64 = 1e-12;

fn assert_twin<C: Config, M: Module>(
    name: &str,
    init: impl Fn(&C, &Device) -> M,
    run: impl Fn(&M, &SafeTensors<'_>, &Device) -> [Vec<f64>; 2],
) {
    let device = device();
    let json: Value = serde_json::from_slice(&file(&format!("{name}.json"))).unwrap();
    for width in json["widths"].as_array().unwrap() {
        let config: C = serde_json::from_value(with_defaults(&width["config"])).unwrap();
        let bytes = file(width["tensors"]["file"].as_str().unwrap());
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut load = Load { tensors: &tensors, constants: &width["constants"], stack: Vec::new() };
        let model = init(&config, &device).map(&mut load);
        let [logits, loss] = run(&model, &tensors, &device);
        let view = tensors.tensor("logits64").unwrap();
        let expected: Vec<f64> =
            view.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
        let error = relative_error(&logits, &expected);
        assert!(error < ROUNDING, "{name}, width {}: logits differ by {error}", width["index"]);
        let start = values(&read::<1>(&tensors, "loss/sgd", &device))[0];
        assert!((loss[0] - start).abs() < ROUNDING, "{name}, width {}: loss {} not {start}", width["index"], loss[0]);
    }
}

/// The twins are older than most fields, and those of the small models have no `alpha_output`.
fn with_defaults(config: &Value) -> Value {
    let fields = config.as_object().unwrap().clone();
    let mut config = match fields.contains_key("n_head") {
        true => serde_json::to_value(GptConfig::new(1, 1, 1, 1, 1, 1, 1)).unwrap(),
        false => serde_json::json!({ "alpha_output": 1.0 }),
    };
    config.as_object_mut().unwrap().extend(fields);
    config
}

#[test]
fn the_mlps_equal_their_pytorch_twins() {
    for name in ["mlp", "mlp_uneven"] {
        assert_twin(
            name,
            |config: &MlpConfig, device| config.init(device).unwrap(),
            |model, tensors, device| {
                let (x, targets) = (read::<2>(tensors, "input", device), read_int::<1>(tensors, "targets", device));
                [values(&model.forward(x.clone())), values(&model.loss(x, targets))]
            },
        );
    }
}

#[test]
fn the_convolutional_network_equals_its_pytorch_twin() {
    assert_twin(
        "conv_net",
        |config: &ConvNetConfig, device| config.init(device).unwrap(),
        |model, tensors, device| {
            let (x, targets) = (read::<4>(tensors, "input", device), read_int::<1>(tensors, "targets", device));
            [values(&model.forward(x.clone())), values(&model.loss(x, targets))]
        },
    );
}

#[test]
fn the_gpts_equal_their_pytorch_twins() {
    for name in ["gpt_relative", "gpt_relative_tied", "gpt_growing_d_head", "gpt_absolute"] {
        assert_twin(
            name,
            |config: &GptConfig, device| config.init(device).unwrap(),
            |model, tensors, device| {
                let tokens = read_int::<2>(tensors, "tokens", device);
                let targets = read_int::<2>(tensors, "targets", device);
                [values(&model.forward(tokens.clone())), values(&model.loss(tokens, targets))]
            },
        );
    }
}
