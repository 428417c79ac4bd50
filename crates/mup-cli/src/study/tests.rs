//! What the commands on a study make of a family that lacks something: a folded form, SP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::InfShapes;
use mup_study::cli::TuneArguments;
use mup_study::{Study, TrialEnd};
use mup_sweep::Log2Grid;
use mup_train::{Family, FamilyError, MicroBatch, Size};
use mup_transfer::report::Report;

use super::opened::Opened;
use super::target::TargetTraining;
use super::tuned_control::STANDARD;
use super::{CheckpointArguments, StudyArguments, TrainCommand, everything, report};
use crate::{AnyFamily, TargetRunArguments};

#[derive(Module, Debug)]
struct Net {
    first: Linear,
    last: Linear,
}

/// A regression on one fixed batch, with nothing of its own but what every family has to say.
#[derive(Clone)]
struct Squares {
    /// Whether there is a plan for it in SP.
    standard: bool,
}

const SQUARES: Squares = Squares { standard: true };

impl Family for Squares {
    type Model = Net;
    type Batch = [Tensor<2>; 2];

    fn size(&self) -> Size {
        Size::new([("width", 16)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        Ok(Net { first: linear(1, size["width"]), last: linear(size["width"], 1) })
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let x = Tensor::<2>::from_floats([[-1.0], [-0.5], [0.0], [0.5], [1.0]], device);
        Ok([x.clone(), x.powf_scalar(2.0)])
    }

    fn loss(&self, net: &Net, [x, y]: &Self::Batch, _probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        let output = net.last.forward(relu(net.first.forward(x.clone())));
        Ok((output - y.clone()).powf_scalar(2.0).mean())
    }

    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        if parametrization.name == STANDARD && !self.standard {
            return Err("these squares have no SP".into());
        }
        Ok(ScalingPlan::new(shapes, parametrization, OptimizerId::ADAMW)?)
    }
}

/// Five rates over 40 steps, and a target of twice the width.
fn study(folder: &Path, family: &dyn AnyFamily) -> Study {
    let arguments = StudyArguments {
        study: Some(folder.join("study")),
        rates: Log2Grid::new(-9.0, -5.0, 1.0).ok(),
        steps: Some(40),
        target: Some("width=32".to_owned()),
        ..StudyArguments::default()
    };
    arguments.open(family).expect("a study")
}

/// Trains every trial, as the study's program would.
fn tune(study: &Study, family: &dyn AnyFamily) {
    let opened = Opened::new(study, family).expect("its own study");
    for index in 0..study.config().n_trials() {
        let trial = study.trial(index).expect("a trial");
        let run = || -> Result<TrialEnd, FamilyError> {
            let run = opened.run(&opened.proxy.parametrization, &opened.proxy_size, &trial.values)?;
            let run = run.with_seed(trial.seed).with_steps(trial.steps);
            family.train(&run, None, &opened.device, &mut |_| {}, &|| false, false)
        };
        study.run(&trial, run).expect("trains");
    }
}

fn reported(study: &Study, family: &dyn AnyFamily) -> Report {
    let opened = Opened::new(study, family).expect("its own study");
    report::write(&TargetTraining::of(&opened).expect("a target"), Vec::new()).expect("a report")
}

/// Where the target's runs are.
fn runs(study: &Study) -> PathBuf {
    study.folder().join("targets/width32-steps40/runs")
}

fn checkpoints() -> CheckpointArguments {
    CheckpointArguments { checkpoint_every: None, checkpoint_minutes: Duration::from_secs(300), keep_last: 2 }
}

#[test]
fn a_folded_form_that_a_family_does_not_have_is_refused_before_the_training() {
    let folder = tempfile::tempdir().expect("a folder");
    let (study, path) = (study(folder.path(), &SQUARES), folder.path().join("weights.safetensors"));
    let train = |fold: bool| {
        let command = TrainCommand {
            study: study.folder().to_owned(),
            values: "default".to_owned(),
            parametrization: None,
            seed: 0,
            target_run: TargetRunArguments::default(),
            checkpoints: checkpoints(),
            export: Some(path.clone()),
            fold,
            json: false,
        };
        command.run(&|_| Ok(SQUARES.boxed()))
    };
    let error = train(true).expect_err("refused").to_string();
    for part in ["Squares has no folded form", "leave the folding out", "implement Family::export"] {
        assert!(error.contains(part), "{error:?} lacks {part:?}");
    }
    assert!(!runs(&study).exists(), "it was trained before");
    train(false).expect("as it is");
    assert!(runs(&study).exists() && path.exists());
}

#[test]
fn a_family_without_sp_is_told_before_anything_is_trained_and_its_report_does_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let family = Squares { standard: false };
    let study = study(folder.path(), &family);
    let refused = everything(&study, &family, &TuneArguments::default(), &checkpoints(), false);
    let error = refused.expect_err("refused").to_string();
    for part in ["cannot be trained in SP", "these squares have no SP", "`train`"] {
        assert!(error.contains(part), "{error:?} lacks {part:?}");
    }
    assert!(!study.folder().join("trials").exists() && !runs(&study).exists());
    tune(&study, &family);
    let plans: Vec<String> = reported(&study, &family).plans.into_iter().map(|(name, _)| name).collect();
    assert_eq!(plans, ["Proxy, µP", "Target, µP"]);
}

#[test]
fn a_family_that_counts_no_operations_tunes_sp_for_the_same_parameters_times_tokens() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path(), &SQUARES);
    tune(&study, &SQUARES);
    everything(&study, &SQUARES, &TuneArguments::default(), &checkpoints(), false).expect("every stage");
    let numbers = reported(&study, &SQUARES).numbers;
    let labels: Vec<&str> = numbers.runs.iter().map(|run| run.label.as_str()).collect();
    assert_eq!(labels[..2], ["µP, values of the proxy", "SP, the same values"]);
    assert!(labels[2].starts_with("SP, rate tuned at the target for the same compute"), "{labels:?}");
    let tuning = numbers.runs[2].tuning.as_ref().expect("it was tuned");
    let share = tuning.spent.parameter_tokens / numbers.cost.tuning.parameter_tokens;
    assert!((0.9..=1.0).contains(&share), "{share}: {}", tuning.by);
    // As if it had been stopped in the last of the four.
    let trials = |folder: PathBuf| std::fs::read_dir(folder.join("trials")).into_iter().flatten().flatten();
    let targets = std::fs::read_dir(study.folder().join("targets")).expect("targets").flatten();
    let of_the_sweep = targets.map(|entry| entry.path()).filter(|folder| !folder.ends_with("width32-steps40"));
    let records =
        of_the_sweep.flat_map(trials).filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry)));
    let (_, last) = records.max_by_key(|(written, _)| *written).expect("four records");
    std::fs::remove_file(last.path()).expect("removed");
    let report = reported(&study, &SQUARES);
    assert!(report.other_targets.is_empty(), "runs of a sweep are none of a target: {:?}", report.other_targets);
}
