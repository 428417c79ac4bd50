//! Our families under test: how they grow with width, what they are trained on, how they start, and what they report.

mod burn_transformer;
mod data;
mod feed_forward;
mod gpt;
mod growth;
mod set_up;
mod training;

use burn::tensor::Device;
use mup_cli::AnyFamily;
use mup_train::{Family, FamilyError, FamilyRun};

pub(crate) use self::training::Trained;
use crate::{
    choices::{Model, Optimizer, Scaling},
    setup::Setup,
};

/// A family of ours without its types.
pub(crate) trait Subject: AnyFamily {
    /// Trains for the steps of the setup; before step `checkpoint`, model and optimizer go through their records into
    /// new ones.
    fn trained(&self, run: &FamilyRun, device: &Device, checkpoint: Option<usize>) -> Result<Trained, FamilyError>;
}

impl<F: Family> Subject for F {
    fn trained(&self, run: &FamilyRun, device: &Device, checkpoint: Option<usize>) -> Result<Trained, FamilyError> {
        training::train(self, run, device, checkpoint)
    }
}

/// The defaults of a coordinate check, unless the model cannot grow in that way.
pub(crate) fn setup(model: Model, scaling: Scaling, optimizer: Optimizer) -> Result<Setup, FamilyError> {
    let start = match (model, scaling) {
        (Model::Mlp | Model::MlpUneven | Model::ConvNet, Scaling::Heads) => feed_forward::start(),
        (Model::Mlp | Model::MlpUneven | Model::ConvNet, Scaling::DHead | Scaling::DFfn) => {
            return Err(format!("--scaling {scaling}: {model} has no heads and no feed-forward branch").into());
        }
        (Model::Llama | Model::Qwen3 | Model::Mixtral, Scaling::DHead | Scaling::DFfn) => {
            return Err(format!("--scaling {scaling}: {model} grows in heads, whose rotary frequencies stay").into());
        }
        (Model::BurnTransformerAbsorbed, Scaling::Heads | Scaling::DFfn) => {
            return Err(format!(
                "--scaling {scaling}: with heads of fixed width Burn's attention has nothing to absorb"
            )
            .into());
        }
        (Model::Gpt | Model::GptAbsolute | Model::GptTied | Model::Llama | Model::Qwen3 | Model::Mixtral, _) => {
            gpt::start(model, scaling)
        }
        (Model::BurnTransformer | Model::BurnTransformerAbsorbed, _) => burn_transformer::start(scaling),
    };
    Ok(Setup::starting(model, scaling, optimizer, start))
}

/// The family of a setup.
pub(crate) fn family(setup: &Setup) -> Box<dyn Subject> {
    let setup = setup.clone();
    match setup.model {
        Model::Mlp | Model::MlpUneven => Box::new(feed_forward::Perceptron(setup)),
        Model::ConvNet => Box::new(feed_forward::Convolutions(setup)),
        Model::Gpt | Model::GptAbsolute | Model::GptTied | Model::Llama | Model::Qwen3 | Model::Mixtral => {
            Box::new(gpt::Decoder(setup))
        }
        Model::BurnTransformer | Model::BurnTransformerAbsorbed => Box::new(burn_transformer::Encoder(setup)),
    }
}

/// A run of a setup at a width.
pub(crate) fn run(setup: &Setup, family: &dyn Subject, width: usize, seed: u64) -> Result<FamilyRun, FamilyError> {
    let growth = setup.growth();
    let size = growth.at(width)?;
    Ok(family.run(growth, size).with_seed(seed))
}
