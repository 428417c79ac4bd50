//! What the commands on a study make of a family that lacks something: a folded form, SP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use mup_probe::Probe;
use mup_study::Study;
use mup_sweep::Log2Grid;
use mup_train::{Family, FamilyError, MicroBatch, Size};

use super::{CheckpointArguments, StudyArguments, TrainCommand};
use crate::{AnyFamily, TargetRunArguments};

#[derive(Module, Debug)]
struct Net {
    first: Linear,
    last: Linear,
}

/// A regression on one fixed batch, with nothing of its own but what every family has to say.
#[derive(Clone)]
struct Squares;

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
    let (study, path) = (study(folder.path(), &Squares), folder.path().join("weights.safetensors"));
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
        command.run(&|_| Ok(Squares.boxed()))
    };
    let error = train(true).expect_err("refused").to_string();
    for part in ["Squares has no folded form", "leave the folding out", "implement Family::export"] {
        assert!(error.contains(part), "{error:?} lacks {part:?}");
    }
    assert!(!runs(&study).exists(), "it was trained before");
    train(false).expect("as it is");
    assert!(runs(&study).exists() && path.exists());
}
