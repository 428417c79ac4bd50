//! Base-shape files that microsoft/mup saved for the Python twins, applied to our models.

use burn::tensor::Device;
use mup_golden::{Case, Family, cases};
use mup_models::{ConvNet, Gpt, Mlp, shape_reader};
use mup_shapes::{BaseShapes, Bsh, PyTorchNames};
use serde_json::Value;

/// What the file cannot say: base sizes of constants that PyTorch does not have.
fn names(case: &Case) -> PyTorchNames {
    let size = |config: &Value, field: &str| config[field].as_u64().map(|size| size as usize);
    let base = |field: &str| {
        let grows = size(&case.base_config, field) != size(&case.delta_config, field);
        [if grows { size(&case.base_config, field) } else { None }]
    };
    let names = PyTorchNames::default();
    match (case.kind.as_str(), case.base_config["tied"].as_bool()) {
        ("Gpt", Some(true)) => {
            names.base("**.logit_scale", base("d_head")).base("tied_readout.multiplier", base("d_model"))
        }
        ("Gpt", _) => names.base("**.logit_scale", base("d_head")),
        _ => names,
    }
}

fn check<F: Family>(case: &Case) {
    let device = Device::flex();
    let read = |config: &Value| shape_reader().read(&F::build(config, &device)).expect("our models can be read");
    let inferred = BaseShapes::infer(&read(&case.base_config), &read(&case.delta_config)).expect("they fit");
    let file = format!("data/bsh/{}.bsh", case.model);
    let bsh = Bsh::read(file).expect("mup wrote it");
    for width in &case.widths {
        let target = read(&width.config);
        let from_file = names(case).base_shapes(&bsh, &target).expect("the file fits the model");
        let shapes = from_file.apply(&target).expect("the target fits");
        assert_eq!(shapes, inferred.apply(&target).expect("the target fits"), "{} {}", case.model, width.index);
    }
}

#[test]
fn a_file_that_mup_saved_gives_our_models_the_shapes_that_base_and_delta_give() {
    for case in cases() {
        match case.kind.as_str() {
            "Mlp" => check::<Mlp>(&case),
            "ConvNet" => check::<ConvNet>(&case),
            _ => check::<Gpt>(&case),
        }
    }
}
