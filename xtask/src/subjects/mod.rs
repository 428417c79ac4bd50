//! The models under test: how they grow with width, what they are trained on, how they start, and what they report.

mod burn_transformer;
mod data;
mod feed_forward;
mod gpt;
mod growth;
mod training;

use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor},
};
use mup_init::{InitSpec, initialize};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::ShapeReader;
use mup_verdict::coordinates::{Activations, TrialError};

pub(crate) use self::training::Trained;
use crate::{
    choices::{Model, Optimizer, Scaling},
    setup::Setup,
};

/// Size of the readout's start, relative to variance 1/fan_in. What a random readout makes of the features is a
/// sum of n independent terms that is Θ(1/√n) under µP: noise that a wide model does not have, and that
/// at these widths is as large as what training does. TP-V D.2 recommends to start from zero; a quarter leaves
/// the initialization for the check to see.
const READOUT: f64 = 0.25;

/// A family of models, one per width, with a fixed batch.
pub(crate) trait Family: Copy + Send + Sync + 'static {
    type Model: Module;
    /// Inputs and targets.
    type Batch: 'static;

    /// The model of a width; nothing is allocated yet.
    fn at_width(&self, width: usize, device: &Device) -> Result<Self::Model, TrialError>;

    /// The same at every width and seed.
    fn batch(&self, device: &Device) -> Self::Batch;

    /// How the base model starts.
    fn start(&self) -> InitSpec;

    /// The loss on the batch, with every activation reported.
    fn loss_observed(&self, model: &Self::Model, batch: &Self::Batch, seen: &mut Activations) -> Tensor<1>;

    /// Widths must be multiples of this.
    fn granularity(&self) -> usize {
        1
    }

    /// Knows the layers of the model.
    fn reader(&self) -> ShapeReader {
        mup_models::shape_reader()
    }

    /// The parametrization with the rules that only this family needs.
    fn adapt(&self, parametrization: Parametrization) -> Parametrization {
        parametrization
    }

    /// Activations, beside the known ones, that are sums of independent terms until training correlates them.
    fn transients(&self) -> &'static [&'static str] {
        &[]
    }

    /// Activations of which ten steps show the noise only: reported, not judged.
    fn unclaimed(&self, _optimizer: Optimizer) -> &'static [&'static str] {
        &[]
    }
}

/// One training run: each call is a step that reports its activations.
pub(crate) type Trial = Box<dyn FnMut(&mut Activations) -> Result<(), TrialError>>;

/// A [`Family`] without its types.
pub(crate) trait Subject: Send + Sync {
    /// What the setup prescribes at a width, relative to a base width. The delta is the base widened twice.
    fn plan(&self, setup: &Setup, base: usize, width: usize) -> Result<ScalingPlan, TrialError>;

    /// A model of that width and seed, ready to be trained.
    fn trial(&self, setup: &Setup, width: usize, seed: u64) -> Result<Trial, TrialError>;

    /// Trains for the steps of the setup; before step `checkpoint`, model and optimizer go through their records into
    /// new ones.
    fn train(&self, setup: &Setup, width: usize, checkpoint: Option<usize>) -> Result<Trained, TrialError>;

    /// See [`Family::start`].
    fn start(&self) -> InitSpec;

    /// See [`Family::transients`].
    fn transients(&self) -> &'static [&'static str];

    /// See [`Family::unclaimed`].
    fn unclaimed(&self, optimizer: Optimizer) -> &'static [&'static str];
}

/// The subject, unless the model cannot grow in that way.
pub(crate) fn subject(model: Model, scaling: Scaling) -> Result<Box<dyn Subject>, TrialError> {
    use gpt::Variant;
    Ok(match (model, scaling) {
        (Model::Mlp, Scaling::Heads) => Box::new(feed_forward::Perceptron { uneven: false }),
        (Model::MlpUneven, Scaling::Heads) => Box::new(feed_forward::Perceptron { uneven: true }),
        (Model::ConvNet, Scaling::Heads) => Box::new(feed_forward::Convolutions),
        (Model::Gpt, _) => Box::new(gpt::Decoder { variant: Variant::Relative, scaling }),
        (Model::GptAbsolute, _) => Box::new(gpt::Decoder { variant: Variant::Absolute, scaling }),
        (Model::GptTied, _) => Box::new(gpt::Decoder { variant: Variant::Tied, scaling }),
        (Model::BurnTransformer, _) => Box::new(burn_transformer::Encoder { scaling, absorbed: false }),
        (Model::BurnTransformerAbsorbed, Scaling::DHead) => {
            Box::new(burn_transformer::Encoder { scaling, absorbed: true })
        }
        (Model::BurnTransformerAbsorbed, Scaling::Heads | Scaling::DFfn) => {
            return Err(format!(
                "--scaling {scaling}: with heads of fixed width Burn's attention has nothing to absorb"
            )
            .into());
        }
        (Model::Mlp | Model::MlpUneven | Model::ConvNet, Scaling::DHead | Scaling::DFfn) => {
            return Err(format!("--scaling {scaling}: {model} has no heads and no feed-forward branch").into());
        }
    })
}

impl<F: Family> Subject for F {
    fn plan(&self, setup: &Setup, base: usize, width: usize) -> Result<ScalingPlan, TrialError> {
        let granularity = self.granularity();
        if let Some(width) = [base, width].into_iter().find(|width| *width == 0 || width % granularity != 0) {
            return Err(
                format!("width {width} is not a positive multiple of {granularity}, as whole heads need").into()
            );
        }
        let device = setup.device.clone();
        let [base, delta, target] = [base, 2 * base, width].map(|width| self.at_width(width, &device));
        let declarations = setup.declarations.iter();
        let reader = declarations.fold(self.reader(), |reader, (path, spec)| reader.declare(*path, spec.clone()));
        let shapes = reader.infer(&base?, &delta?, &target?)?;
        let parametrization = self.adapt(setup.parametrization.clone());
        Ok(ScalingPlan::new(&shapes, parametrization, setup.optimizer.kind())?)
    }

    fn trial(&self, setup: &Setup, width: usize, seed: u64) -> Result<Trial, TrialError> {
        let (family, device) = (*self, setup.device.clone().autodiff());
        let plan = self.plan(setup, setup.base(), width)?;
        let model = initialize(self.at_width(width, &device)?, &plan, &setup.start, seed)?;
        let mut optimizer = optimizer(setup, &plan, &model)?;
        let (batch, learning_rate) = (self.batch(&device), setup.learning_rate);
        let mut model = Some(model);
        Ok(Box::new(move |seen: &mut Activations| {
            let now = model.take().ok_or("bug: the model is put back after every step")?;
            let gradients = GradientsParams::from_grads(family.loss_observed(&now, &batch, seen).backward(), &now);
            seen.observe_parameters(&now);
            seen.observe_gradients(&now, &gradients);
            model = Some(optimizer.step(learning_rate, now, gradients));
            Ok(())
        }))
    }

    fn train(&self, setup: &Setup, width: usize, checkpoint: Option<usize>) -> Result<Trained, TrialError> {
        training::train(*self, setup, width, checkpoint)
    }

    fn start(&self) -> InitSpec {
        Family::start(self)
    }

    fn transients(&self) -> &'static [&'static str] {
        Family::transients(self)
    }

    fn unclaimed(&self, optimizer: Optimizer) -> &'static [&'static str] {
        Family::unclaimed(self, optimizer)
    }
}

fn optimizer<M: Module>(setup: &Setup, plan: &ScalingPlan, model: &M) -> Result<ModuleOptimizer, TrialError> {
    let (epsilon, weight_decay) = (setup.epsilon, setup.weight_decay);
    Ok(match setup.optimizer {
        Optimizer::Sgd => MupSgdConfig::new().init(plan, model)?,
        Optimizer::Adam => MupAdamConfig::new().with_epsilon(epsilon).with_l2(setup.l2).init(plan, model)?,
        Optimizer::Adamw => {
            MupAdamWConfig::new().with_epsilon(epsilon).with_weight_decay(weight_decay).init(plan, model)?
        }
    })
}
