//! `cargo xtask plan`: what a parametrization prescribes for a model of this workspace.

use std::process::ExitCode;

use mup_cli::PlanCommand;
use mup_train::FamilyError;

use crate::{
    choices::{Model, Optimizer, Scaling},
    setup::WIDTH,
    subjects,
};

/// Arguments of `cargo xtask plan`.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// The model.
    #[arg(long)]
    model: Model,
    /// What grows with width in a transformer.
    #[arg(long, default_value_t = Scaling::Heads)]
    scaling: Scaling,
    /// The optimizer.
    #[arg(long, default_value_t = Optimizer::Adamw)]
    optimizer: Optimizer,
    /// Width of the target; several for several plans [default: 8 times the base]
    #[arg(long, value_delimiter = ',', conflicts_with = "target")]
    width: Vec<usize>,
    #[command(flatten)]
    plan: PlanCommand,
}

impl Plan {
    /// Prints the plans.
    ///
    /// # Errors
    ///
    /// A size that there is no model of, and what no rule covers.
    pub fn run(mut self) -> Result<ExitCode, FamilyError> {
        // Width is all that grows here, so its name may be left out.
        let named = |width: &str| width.parse::<usize>().map_or(width.to_owned(), |width| format!("{WIDTH}={width}"));
        self.plan.base = self.plan.base.as_deref().map(named);
        self.plan.target.extend(self.width.iter().map(|width| format!("{WIDTH}={width}")));
        let setup = subjects::setup(self.model, self.scaling, self.optimizer)?;
        self.plan.run(&*subjects::family(&setup))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use mup_rules::Parametrization;
    use mup_train::FamilyError;

    use crate::{
        choices::{Model, Optimizer, Scaling},
        setup::{Setup, WIDTH},
        subjects,
    };

    fn n_rows(
        model: Model,
        scaling: Scaling,
        optimizer: Optimizer,
        preset: &str,
        [base, width]: [usize; 2],
    ) -> Result<usize, FamilyError> {
        let setup = subjects::setup(model, scaling, optimizer)?.with_parametrization(Parametrization::named(preset)?);
        let growth = Setup { widths: vec![base], ..setup.clone() }.growth();
        let target = growth.base.clone().with(WIDTH, width)?;
        let family = subjects::family(&setup);
        Ok(family.plan(&family.run(growth, target), &setup.device)?.rows().len())
    }

    #[test]
    fn every_model_has_a_plan_under_every_parametrization_and_optimizer() {
        let gpts = [Model::Gpt, Model::GptAbsolute, Model::GptTied, Model::Llama, Model::Qwen3, Model::Mixtral];
        for model in [Model::Mlp, Model::MlpUneven, Model::ConvNet].into_iter().chain(gpts) {
            for preset in Parametrization::NAMES {
                for optimizer in Optimizer::value_variants() {
                    let rows = n_rows(model, Scaling::Heads, *optimizer, preset, [32, 128]);
                    // A router is no readout, and tables that know nothing else from wide to fixed refuse it.
                    let readouts_alone = Parametrization::named(preset).expect("a preset").requires_readout;
                    if model == Model::Mixtral && readouts_alone {
                        let refused = rows.expect_err("a router is no readout").to_string();
                        assert!(refused.contains("experts.router.weight"), "{refused}");
                        continue;
                    }
                    let rows = rows.unwrap_or_else(|error| panic!("{model} {preset} {optimizer}: {error}"));
                    assert!(rows > 5, "{model} {preset} {optimizer}");
                }
            }
        }
    }

    #[test]
    fn a_width_that_no_head_divides_is_an_error_that_names_it() {
        let message = |base, width| {
            let rows = n_rows(Model::Gpt, Scaling::Heads, Optimizer::Adam, "mup", [base, width]);
            rows.expect_err("refused").to_string()
        };
        assert_eq!(message(32, 40), "width 40 is not a positive multiple of 16, as whole heads need");
        assert_eq!(message(0, 32), "width 0 is not a positive multiple of 16, as whole heads need");
    }
}
