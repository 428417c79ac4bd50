//! `cargo xtask plan`: what a parametrization prescribes for a model.

use std::{error::Error, process::ExitCode};

use burn::tensor::Device;
use mup_models::{ConvNet, Gpt, Mlp, shape_reader};
use mup_rules::{Parametrization, ScalingPlan};

use crate::{
    choices::{Model, Optimizer, Preset},
    subject::Subject,
};

/// Arguments of `cargo xtask plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// The model.
    #[arg(long)]
    model: Model,
    /// Width of the base model, where every factor is 1.
    #[arg(long, default_value_t = 32)]
    base: usize,
    /// Width of the target; several for several plans.
    #[arg(long, value_delimiter = ',', default_value = "256")]
    width: Vec<usize>,
    /// The parametrization.
    #[arg(long, default_value_t = Preset::Mup)]
    parametrization: Preset,
    /// The optimizer.
    #[arg(long, default_value_t = Optimizer::Adamw)]
    optimizer: Optimizer,
}

impl Plan {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
        match self.model {
            Model::Mlp => self.print::<Mlp>(),
            Model::Gpt => self.print::<Gpt>(),
            Model::ConvNet => self.print::<ConvNet>(),
        }
    }

    fn print<S: Subject>(&self) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
        for &width in &self.width {
            println!("{} · base width {} · target width {width}", self.model, self.base);
            println!("{}", plan::<S>(self.base, width, self.parametrization.parametrization(), self.optimizer)?);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The plan of a subject at a width. The delta is the base widened twice.
pub(crate) fn plan<S: Subject>(
    base: usize,
    width: usize,
    parametrization: Parametrization,
    optimizer: Optimizer,
) -> Result<ScalingPlan, Box<dyn Error + Send + Sync>> {
    let granularity = S::GRANULARITY;
    if let Some(width) = [base, width].into_iter().find(|width| *width == 0 || width % granularity != 0) {
        return Err(format!("width {width} is not a positive multiple of {granularity}, the width of one head").into());
    }
    let device = Device::flex();
    let [base, delta, target] = [base, 2 * base, width].map(|width| S::at_width(width, &device));
    let shapes = shape_reader().infer(&base?, &delta?, &target?)?;
    Ok(ScalingPlan::new(&shapes, parametrization, optimizer.kind())?)
}
