//! `cargo xtask plan`: what a parametrization prescribes for a model.

use std::{error::Error, process::ExitCode};

use crate::{
    choices::{Model, Optimizer, Preset, Scaling},
    setup::Setup,
};

/// Arguments of `cargo xtask plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// The model.
    #[arg(long)]
    model: Model,
    /// What grows with width in a transformer.
    #[arg(long, default_value_t = Scaling::Heads)]
    scaling: Scaling,
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
        let setup = Setup::new(self.model, self.scaling, self.optimizer)?;
        let setup = setup.with_parametrization(self.parametrization.parametrization());
        for &width in &self.width {
            println!("{} · {} · base width {} · target width {width}", self.model, self.scaling, self.base);
            println!("{}", setup.subject()?.plan(&setup, self.base, width)?);
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use mup_verdict::coordinates::TrialError;

    use crate::{
        choices::{Model, Optimizer, Preset, Scaling},
        setup::Setup,
    };

    fn n_rows(
        model: Model,
        scaling: Scaling,
        optimizer: Optimizer,
        preset: Preset,
        [base, width]: [usize; 2],
    ) -> Result<usize, TrialError> {
        let setup = Setup::new(model, scaling, optimizer)?.with_parametrization(preset.parametrization());
        Ok(setup.subject()?.plan(&setup, base, width)?.rows().len())
    }

    #[test]
    fn every_model_has_a_plan_under_every_parametrization_and_optimizer() {
        for model in [Model::Mlp, Model::MlpUneven, Model::ConvNet, Model::Gpt, Model::GptAbsolute, Model::GptTied] {
            for preset in Preset::value_variants() {
                for optimizer in Optimizer::value_variants() {
                    let rows = n_rows(model, Scaling::Heads, *optimizer, *preset, [32, 128]);
                    let rows = rows.unwrap_or_else(|error| panic!("{model} {preset} {optimizer}: {error}"));
                    assert!(rows > 5, "{model} {preset} {optimizer}");
                }
            }
        }
    }

    #[test]
    fn a_width_that_no_head_divides_is_an_error_that_names_it() {
        let message = |base, width| {
            let rows = n_rows(Model::Gpt, Scaling::Heads, Optimizer::Adam, Preset::Mup, [base, width]);
            rows.expect_err("refused").to_string()
        };
        assert_eq!(message(32, 40), "width 40 is not a positive multiple of 16, as whole heads need");
        assert_eq!(message(0, 32), "width 0 is not a positive multiple of 16, as whole heads need");
    }
}
