//! At base width µP is the standard parametrization: the same bits in weights, logits and steps.

use burn::tensor::Device;
use mup_golden::{Case, Family, Prepared, cases, optimizer_id, parameters, prepare, train};
use mup_init::{InitSpec, initialize};
use mup_models::{ConvNet, Gpt, Mlp};
use mup_rules::{OptimizerId, Parametrization};

fn bits<F: Family>(model: &F) -> Vec<(String, Vec<u64>)> {
    let values = parameters(model).into_iter();
    values.map(|(path, values)| (path, values.iter().map(|value| value.to_bits()).collect())).collect()
}

/// The model as our own initialization draws it, instead of the recorded weights.
fn drawn<F: Family>(case: &Case, parametrization: Parametrization, kind: OptimizerId) -> Prepared<F> {
    let device = Device::flex().autodiff();
    let mut prepared = prepare::<F>(case, &case.widths[0], parametrization, kind, &device);
    prepared.model = initialize(prepared.model, &prepared.plan, &InitSpec::new(), 7).expect("the plan fits the model");
    prepared
}

fn check<F: Family>(case: &Case) {
    for (name, run) in &case.trajectory.runs {
        let kind = optimizer_id(name);
        let results = [Parametrization::mup(), Parametrization::standard()].map(|parametrization| {
            let prepared = drawn::<F>(case, parametrization, kind.clone());
            let start = bits(&prepared.model);
            let logits = prepared.model.logits(&prepared.batch).into_data();
            let (trained, losses) = train(prepared, name, run, 3);
            (start, logits, bits(&trained), losses.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>())
        });
        let [mup, standard] = results;
        assert_eq!(mup.0, standard.0, "{} {name}: weights", case.model);
        assert_eq!(mup.1, standard.1, "{} {name}: logits", case.model);
        assert_eq!(mup.2, standard.2, "{} {name}: weights after three steps", case.model);
        assert_eq!(mup.3, standard.3, "{} {name}: losses", case.model);
    }
}

#[test]
fn at_base_width_mup_and_sp_are_bit_identical() {
    for case in cases() {
        match case.kind.as_str() {
            "Mlp" => check::<Mlp>(&case),
            "ConvNet" => check::<ConvNet>(&case),
            _ => check::<Gpt>(&case),
        }
    }
}

#[test]
fn away_from_base_width_they_are_not() {
    for case in cases().iter().filter(|case| case.kind == "Mlp") {
        let start = [Parametrization::mup(), Parametrization::standard()].map(|parametrization| {
            let device = Device::flex().autodiff();
            let wide = &case.widths[2];
            let prepared = prepare::<Mlp>(case, wide, parametrization, OptimizerId::ADAMW, &device);
            bits(&initialize(prepared.model, &prepared.plan, &InitSpec::new(), 7).expect("the plan fits the model"))
        });
        assert_ne!(start[0], start[1], "{}", case.model);
    }
}
