//! Inputs, parameters, updates and gradients of a model in training.

use burn::{
    nn::{Initializer, LinearConfig},
    optim::{GradientsParams, SgdConfig},
    tensor::{Device, Tensor},
};
use mup_verdict::coordinates::{Activations, CoordCheck, Quantity, Record, Records, Source, Statistic, TrialError};

/// One trained by plain steps of size 1/2, so that every number is known: with inputs of ones, weights start at 1
/// and every gradient of the mean over examples is 1.
fn run(check: &CoordCheck) -> Records {
    let device = Device::flex().autodiff();
    let trial = |width: usize, _seed| {
        let config = LinearConfig::new(4, width).with_bias(false).with_initializer(Initializer::Ones);
        let mut layer = config.init(&device);
        let mut optimizer = SgdConfig::new().init();
        let inputs = Tensor::<2>::ones([2, 4], &device);
        Ok(move |seen: &mut Activations| -> Result<(), TrialError> {
            seen.observe_input("layer", &inputs);
            let output = layer.forward(inputs.clone());
            mup_probe::Probe::observe(seen, "layer", &output);
            let gradients = GradientsParams::from_grads((output.sum() / 2.0).backward(), &layer);
            seen.observe_parameters(&layer);
            seen.observe_gradients(&layer, &gradients);
            layer = optimizer.step(0.5, layer.clone(), gradients);
            Ok(())
        })
    };
    check.run(trial).expect("runs")
}

fn values(records: &Records, source: Source, quantity: Quantity) -> Vec<f64> {
    let of = |record: &&Record| record.source == source && record.quantity == quantity && record.width == 8;
    records.iter().filter(of).map(|record| record.value).collect()
}

#[test]
fn each_source_shows_its_value_and_its_change() {
    let check = CoordCheck::new([8, 16], 1, 2).expect("valid").with_statistics([Statistic::Max]);
    let records = run(&check.with_sources(Source::ALL.iter().copied()));
    let check = |source, value: &[f64], change: &[f64]| {
        assert_eq!(values(&records, source, Quantity::Value), value, "{source}");
        assert_eq!(values(&records, source, Quantity::Change), change, "{source}");
    };
    check(Source::Input, &[1.0; 3], &[0.0; 2]);
    check(Source::Parameter, &[1.0, 0.5, 0.0], &[0.5, 1.0]);
    check(Source::Gradient, &[1.0; 3], &[]);
    check(Source::Activation, &[4.0, 2.0, 0.0], &[2.0, 4.0]);
}

#[test]
fn parameters_and_gradients_are_recorded_on_request_only() {
    let check = CoordCheck::new([8, 16], 1, 1).expect("valid");
    let sources = |records: &Records| {
        let mut sources: Vec<Source> = records.iter().map(|record| record.source).collect();
        sources.sort();
        sources.dedup();
        sources
    };
    assert_eq!(sources(&run(&check)), [Source::Activation, Source::Input]);
    assert_eq!(sources(&run(&check.clone().with_sources([Source::Gradient]))), [Source::Gradient]);
}

#[test]
fn a_filter_selects_parameters_by_path() {
    let check = CoordCheck::new([8, 16], 1, 1)
        .expect("valid")
        .with_sources(Source::ALL.iter().copied())
        .with_modules(["weight"]);
    assert!(run(&check).iter().all(|record| record.module == "weight"));
}

/// Two examples with the same outputs 4: every entry of their Gram matrix is 16. One vector would have no other one.
#[test]
fn covariances_are_those_between_examples() {
    let statistics = [Statistic::CovMeanAbs, Statistic::CovOffDiagonalRms];
    let records = run(&CoordCheck::new([8, 16], 1, 1).expect("valid").with_statistics(statistics));
    assert_eq!(values(&records, Source::Activation, Quantity::Value)[..2], [16.0, 16.0]);
}
