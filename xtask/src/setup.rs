//! One experiment: what is trained, under which rules and with which numbers. Data, so that an ablation is a change of it.

use burn::tensor::Device;
use mup_files::sha256;
use mup_init::InitSpec;
use mup_rules::Parametrization;
use mup_shapes::{ParamSpec, PathPattern};
use mup_verdict::coordinates::{Criteria, TrialError};

use crate::{
    choices::{Model, Optimizer, Scaling},
    subjects::{Subject, subject},
};

/// Widths of a check; the smallest is the base.
pub(crate) const WIDTHS: [usize; 4] = [32, 64, 128, 256];
/// Seeds of a check.
pub(crate) const SEEDS: u64 = 5;
/// Optimizer steps of a check.
pub(crate) const STEPS: usize = 10;

/// What is trained and how.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setup {
    pub(crate) model: Model,
    pub(crate) scaling: Scaling,
    pub(crate) optimizer: Optimizer,
    pub(crate) parametrization: Parametrization,
    /// Declarations by path, which win over the layer table.
    pub(crate) declarations: Vec<(&'static str, ParamSpec)>,
    pub(crate) start: InitSpec,
    pub(crate) learning_rate: f64,
    /// Adam's.
    pub(crate) epsilon: f64,
    /// Coupled, Adam's.
    pub(crate) l2: f64,
    /// Decoupled, AdamW's.
    pub(crate) weight_decay: f64,
    pub(crate) widths: Vec<usize>,
    pub(crate) steps: usize,
    /// Where it is trained, without autodiff.
    pub(crate) device: Device,
}

impl Setup {
    /// The defaults of a coordinate check.
    ///
    /// # Errors
    ///
    /// A model that cannot grow in that way.
    pub(crate) fn new(model: Model, scaling: Scaling, optimizer: Optimizer) -> Result<Self, TrialError> {
        Ok(Self {
            model,
            scaling,
            optimizer,
            parametrization: Parametrization::mup(),
            declarations: Vec::new(),
            start: subject(model, scaling)?.start(),
            learning_rate: learning_rate(model, scaling, optimizer),
            epsilon: 1e-8,
            l2: 0.0,
            weight_decay: 0.1,
            widths: WIDTHS.to_vec(),
            steps: STEPS,
            device: Device::flex(),
        })
    }

    pub(crate) fn with_parametrization(mut self, parametrization: Parametrization) -> Self {
        self.parametrization = parametrization;
        self
    }

    /// Width of the base model.
    pub(crate) fn base(&self) -> usize {
        self.widths.iter().copied().min().unwrap_or_default()
    }

    /// What identifies a trial besides its width and seed: what a reader wants to know, and a digest of all of it.
    pub(crate) fn key(&self) -> String {
        let Self { model, scaling, optimizer, parametrization, learning_rate, .. } = self;
        let everything = format!("{:?}", Self { widths: Vec::new(), ..self.clone() });
        let digest = &sha256(everything)[..12];
        let (rules, base) = (&parametrization.name, self.base());
        format!("{model} · {scaling} · {optimizer} · {rules} · learning rate {learning_rate} · base {base} · {digest}")
    }

    pub(crate) fn subject(&self) -> Result<Box<dyn Subject>, TrialError> {
        subject(self.model, self.scaling)
    }

    /// The default criteria, with what this subject adds.
    pub(crate) fn criteria(&self) -> Result<Criteria, TrialError> {
        let mut criteria = Criteria::default();
        let subject = self.subject()?;
        let patterns = |paths: &[&str]| paths.iter().copied().map(PathPattern::new).collect::<Vec<_>>();
        criteria.transients.extend(patterns(subject.transients()));
        criteria.unclaimed = patterns(subject.unclaimed(self.optimizer));
        Ok(criteria)
    }
}

/// Large enough that ten steps change every activation by more than the noise of its start, small enough that
/// no model is at its floor before; smaller on the short sequences on which heads of growing width are trained.
fn learning_rate(model: Model, scaling: Scaling, optimizer: Optimizer) -> f64 {
    match (model, scaling, optimizer) {
        (Model::Mlp | Model::MlpUneven | Model::ConvNet, _, Optimizer::Sgd) => 0.1,
        (Model::GptTied, _, Optimizer::Sgd) => 0.5,
        (_, Scaling::DHead, Optimizer::Sgd) => 0.1,
        (_, _, Optimizer::Sgd) => 0.5,
        (Model::GptTied, _, Optimizer::Adam | Optimizer::Adamw) => 0.01,
        (_, Scaling::DHead, Optimizer::Adam | Optimizer::Adamw) => 0.001,
        (_, _, Optimizer::Adam | Optimizer::Adamw) => 0.01,
    }
}
