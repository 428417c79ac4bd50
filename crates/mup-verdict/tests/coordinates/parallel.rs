//! Trials side by side give the records of trials one after the other.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use burn::{
    optim::GradientsParams,
    tensor::{Device, Distribution, Tensor},
};
use mup_init::{InitSpec, initialize};
use mup_models::{Mlp, MlpConfig};
use mup_optim::MupAdamConfig;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_verdict::coordinates::{Activations, CheckError, CoordCheck, Source, Statistic, TrialError};

fn jobs(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("positive")
}

/// Wide enough that matrix products are split between threads where there are several.
fn check() -> CoordCheck {
    CoordCheck::new([64, 512], 2, 2)
        .expect("valid")
        .with_statistics(Statistic::ALL.iter().copied())
        .with_sources(Source::ALL.iter().copied())
}

fn trial(
    inputs: &Tensor<2>,
    width: usize,
    seed: u64,
) -> Result<impl FnMut(&mut Activations) -> Result<(), TrialError> + use<>, TrialError> {
    let (inputs, device) = (inputs.clone(), inputs.device());
    let mlp = |width| MlpConfig::new(64, vec![width, width], 8).init(&device);
    let shapes = mup_models::shape_reader().infer(&mlp(32)?, &mlp(64)?, &mlp(width)?)?;
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAM)?;
    let mut model: Mlp = initialize(mlp(width)?, &plan, &InitSpec::default(), seed)?;
    let mut optimizer = MupAdamConfig::new().init(&plan, &model)?;
    Ok(move |seen: &mut Activations| {
        seen.observe_input("readout", &inputs);
        let loss = (model.forward_probed(inputs.clone(), seen) - 1.0).powf_scalar(2.0).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        seen.observe_parameters(&model);
        seen.observe_gradients(&model, &gradients);
        model = optimizer.step(0.01, model.clone(), gradients);
        Ok(())
    })
}

#[test]
fn two_trials_side_by_side_give_the_same_records_to_the_bit() {
    let device = Device::flex().autodiff();
    let inputs = Tensor::<2>::random([64, 64], Distribution::Default, &device);
    let alone = check().run(|width, seed| trial(&inputs, width, seed)).expect("runs");
    let together = check().run_parallel(jobs(2), |width, seed| trial(&inputs, width, seed)).expect("runs");
    assert_eq!(alone, together);
    let bits = |records: &mup_verdict::coordinates::Records| {
        records.iter().map(|record| record.value.to_bits()).collect::<Vec<u64>>()
    };
    assert_eq!(bits(&alone), bits(&together));
    let mut of_width = Source::ALL.iter().filter(|source| !Source::ALONG_DEPTH.contains(source));
    assert!(of_width.all(|source| alone.iter().any(|record| record.source == *source)));
}

#[test]
fn each_trial_computes_on_one_thread_of_its_own() {
    let threads = |check: &CoordCheck| {
        check.run_parallel(jobs(3), |_, _| {
            let n_threads = rayon::current_num_threads();
            Ok(move |seen: &mut Activations| {
                seen.insert("threads", &[n_threads as f32]);
                Ok(())
            })
        })
    };
    let check = CoordCheck::new([1, 2], 2, 1).expect("valid").with_statistics([Statistic::Max]);
    let records = threads(&check).expect("runs");
    let initial = records.iter().filter(|record| record.step == 0);
    assert_eq!(initial.map(|record| record.value as usize).collect::<Vec<_>>(), [1; 4]);
}

#[test]
fn wide_trials_start_first_and_every_pass_is_counted() {
    let passes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&passes);
    let check = CoordCheck::new([32, 64], 2, 1).expect("valid");
    let check = check.on_pass(move |width, seed, step| seen.lock().expect("whole").push((width, seed, step)));
    check.run_parallel(jobs(1), |_, _| Ok(constant)).expect("runs");
    let expected = [(64, 1, 0), (64, 1, 1), (64, 0, 0), (64, 0, 1), (32, 1, 0), (32, 1, 1), (32, 0, 0), (32, 0, 1)];
    assert_eq!(*passes.lock().expect("whole"), expected);
    assert_eq!(expected.len(), check.n_passes());
}

fn constant(seen: &mut Activations) -> Result<(), TrialError> {
    seen.insert("x", &[1.0, 2.0]);
    Ok(())
}

#[test]
fn a_panic_in_one_of_many_trials_is_an_error_and_the_others_do_not_hang() {
    let check = CoordCheck::new([32, 64, 128], 2, 1).expect("valid");
    let error = check.run_parallel(jobs(2), |width, seed| {
        assert!((width, seed) != (64, 1), "does not fit");
        Ok(constant)
    });
    let error = error.expect_err("panics");
    assert!(matches!(error, CheckError::Panicked { width: 64, seed: 1, .. }), "{error}");
    assert!(error.to_string().contains("does not fit"));
}

#[test]
fn after_an_error_no_further_trial_starts() {
    let built = Mutex::new(Vec::new());
    let check = CoordCheck::new([32, 64, 128], 1, 1).expect("valid");
    let records = check.run_parallel(jobs(1), |width, _| {
        built.lock().expect("whole").push(width);
        if width == 64 { Err("out of memory".into()) } else { Ok(constant) }
    });
    assert!(matches!(records, Err(CheckError::Build { width: 64, seed: 0, .. })));
    assert_eq!(*built.lock().expect("whole"), [128, 64]);
}

#[test]
fn finished_trials_are_kept_when_another_one_fails() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let check = CoordCheck::new([32, 64], 2, 1).expect("valid").with_folder(folder.path(), "constant");
    let built = Mutex::new(Vec::new());
    let run = |fails: Option<usize>| {
        check.run_parallel(jobs(2), |width, seed| {
            built.lock().expect("whole").push((width, seed));
            if fails == Some(width) { Err("power cut".into()) } else { Ok(constant) }
        })
    };
    run(Some(32)).expect_err("fails");
    built.lock().expect("whole").clear();
    let records = run(None).expect("runs");
    assert!(built.lock().expect("whole").iter().all(|(width, _)| *width == 32), "wide trials were kept");
    assert_eq!(records, check.run(|_, _| Ok(constant)).expect("reads"));
}
