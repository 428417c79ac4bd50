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

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use mup_models::{ConvNet, Gpt, Mlp};

    use super::plan;
    use crate::{
        choices::{Optimizer, Preset},
        subject::Subject,
    };

    fn check_all_presets<S: Subject>() {
        for preset in Preset::value_variants() {
            for optimizer in Optimizer::value_variants() {
                let plan = plan::<S>(32, 128, preset.parametrization(), *optimizer);
                let plan = plan.unwrap_or_else(|error| panic!("{preset} {optimizer}: {error}"));
                assert!(plan.rows().len() > 5, "{preset} {optimizer}");
            }
        }
    }

    #[test]
    fn every_model_has_a_plan_under_every_parametrization_and_optimizer() {
        check_all_presets::<Mlp>();
        check_all_presets::<Gpt>();
        check_all_presets::<ConvNet>();
    }

    #[test]
    fn a_width_that_no_head_divides_is_an_error_that_names_it() {
        let message = |base, width| {
            let plan = plan::<Gpt>(base, width, Preset::Mup.parametrization(), Optimizer::Adam);
            plan.expect_err("refused").to_string()
        };
        assert_eq!(message(32, 40), "width 40 is not a positive multiple of 16, the width of one head");
        assert_eq!(message(0, 32), "width 0 is not a positive multiple of 16, the width of one head");
    }
}
