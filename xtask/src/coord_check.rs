//! `cargo xtask coord-check`: the coordinate check on the models of this workspace.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

use burn::{
    optim::{GradientsParams, ModuleOptimizer},
    tensor::Device,
};
use indicatif::{ProgressBar, ProgressStyle};
use mup_init::initialize;
use mup_models::{ConvNet, Gpt, Mlp};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{Parametrization, ScalingPlan};
use mup_verdict::coordinates::{Activations, CoordCheck as Check, Criteria, Report, TrialError};

use crate::{
    choices::{Model, Optimizer, Preset},
    plan::plan,
    subject::Subject,
};

/// Arguments of `cargo xtask coord-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CoordCheck {
    /// The model.
    #[arg(long)]
    model: Model,
    /// The optimizer.
    #[arg(long, default_value_t = Optimizer::Adamw)]
    optimizer: Optimizer,
    /// The parametrization; `standard` is the negative control.
    #[arg(long, default_value_t = Preset::Mup)]
    parametrization: Preset,
    /// Widths; the smallest is the base.
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256")]
    widths: Vec<usize>,
    /// Number of seeds per width.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Number of optimizer steps.
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// Base learning rate; the default depends on model and optimizer.
    #[arg(long)]
    lr: Option<f64>,
    /// Largest absolute slope that counts as flat.
    #[arg(long, default_value_t = Criteria::default().tolerance)]
    tolerance: f64,
    /// Folder for the table, every record as CSV, and the figure as SVG and PNG.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl CoordCheck {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
        let begun = Instant::now();
        let report = self.report()?;
        let title = format!(
            "{} · {} · {} · learning rate {:.4}",
            self.model,
            self.optimizer,
            self.parametrization,
            self.learning_rate()
        );
        println!("{title}\n{report}");
        println!("{:.0} s", begun.elapsed().as_secs_f64());
        if let Some(folder) = &self.out {
            for file in report.write_to(folder, &title)? {
                println!("wrote {}", file.display());
            }
        }
        Ok(ExitCode::from(report.exit_code()))
    }

    fn report(&self) -> Result<Report, TrialError> {
        let learning_rate = self.learning_rate();
        if !(learning_rate.is_finite() && learning_rate > 0.0) {
            return Err(format!("--lr must be finite and positive, but is {learning_rate}").into());
        }
        let parametrization = self.parametrization.parametrization();
        match self.model {
            Model::Mlp => self.check::<Mlp>(&parametrization),
            Model::Gpt => self.check::<Gpt>(&parametrization),
            Model::ConvNet => self.check::<ConvNet>(&parametrization),
        }
    }

    fn check<S: Subject>(&self, parametrization: &Parametrization) -> Result<Report, TrialError> {
        let check = Check::new(self.widths.clone(), self.seeds, self.steps)?;
        let base = check.widths()[0];
        let device = Device::flex().autodiff();
        let bar = progress_bar(check.n_passes());
        let records = check.run(|width, seed| {
            bar.set_message(format!("width {width} seed {seed}"));
            let plan = plan::<S>(base, width, parametrization.clone(), self.optimizer)?;
            let mut trial = self.trial::<S>(width, seed, &plan, &device)?;
            let bar = bar.clone();
            Ok(move |seen: &mut Activations| {
                bar.inc(1);
                trial(seen)
            })
        })?;
        bar.finish_and_clear();
        Ok(records.judge(Criteria { tolerance: self.tolerance, ..Criteria::default() })?)
    }

    fn trial<S: Subject>(
        &self,
        width: usize,
        seed: u64,
        plan: &ScalingPlan,
        device: &Device,
    ) -> Result<impl FnMut(&mut Activations) -> Result<(), TrialError> + use<S>, TrialError> {
        let model = initialize(S::at_width(width, device)?, plan, &S::start(), seed)?;
        let mut optimizer = self.build_optimizer(plan, &model)?;
        let (batch, learning_rate) = (S::batch(device), self.learning_rate());
        let mut model = Some(model);
        Ok(move |seen: &mut Activations| {
            let now = model.take().ok_or("bug: the model is put back after every step")?;
            let gradients = GradientsParams::from_grads(now.loss_observed(&batch, seen).backward(), &now);
            model = Some(optimizer.step(learning_rate, now, gradients));
            Ok(())
        })
    }

    fn build_optimizer<S: Subject>(&self, plan: &ScalingPlan, model: &S) -> Result<ModuleOptimizer, TrialError> {
        Ok(match self.optimizer {
            Optimizer::Sgd => MupSgdConfig::new().init(plan, model)?,
            Optimizer::Adam => MupAdamConfig::new().init(plan, model)?,
            Optimizer::Adamw => MupAdamWConfig::new().with_weight_decay(0.1).init(plan, model)?,
        })
    }

    fn learning_rate(&self) -> f64 {
        self.lr.unwrap_or(match (self.model, self.optimizer) {
            (Model::Mlp | Model::ConvNet, Optimizer::Sgd) => 0.1,
            (Model::Gpt, Optimizer::Sgd) => 0.5,
            (_, Optimizer::Adam | Optimizer::Adamw) => 0.01,
        })
    }
}

fn progress_bar(n_passes: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:18} {wide_bar} {pos}/{len} · {eta} left");
    ProgressBar::new(n_passes as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::{CoordCheck, Optimizer, TrialError};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        task: CoordCheck,
    }

    fn exit_code(arguments: &str) -> Result<u8, TrialError> {
        let cli = Cli::try_parse_from(std::iter::once("coord-check").chain(arguments.split_whitespace()))?;
        Ok(cli.task.report()?.exit_code())
    }

    fn check(arguments: &str, expected: u8) {
        assert_eq!(exit_code(arguments).ok(), Some(expected), "{arguments}");
    }

    #[test]
    fn with_every_optimizer_mup_is_flat_and_sp_is_not() {
        for optimizer in Optimizer::value_variants() {
            check(&format!("--model mlp --optimizer {optimizer} --parametrization mup"), 0);
            check(&format!("--model mlp --optimizer {optimizer} --parametrization standard"), 1);
        }
        for optimizer in [Optimizer::Sgd, Optimizer::Adam] {
            let short = format!("--model gpt --optimizer {optimizer} --steps 3");
            check(&format!("{short} --parametrization mup"), 0);
            check(&format!("{short} --parametrization standard"), 1);
        }
    }

    #[test]
    fn a_model_that_diverges_is_a_verdict() {
        check("--model mlp --optimizer sgd --widths 32,64 --seeds 1 --steps 3 --lr 1e30", 1);
    }

    #[test]
    fn bad_arguments_are_errors_that_name_them() {
        let refused = |arguments: &str, part: &str| {
            let message = exit_code(&format!("--model mlp {arguments}")).expect_err("refused").to_string();
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        };
        refused("--widths 32", "two different widths");
        refused("--widths 32,32", "32");
        refused("--widths 32,wide", "wide");
        refused("--seeds 0", "one seed");
        refused("--steps 0", "one optimizer step");
        refused("--tolerance 0", "tolerance");
        refused("--lr=-1", "--lr");
        refused("--lr nan", "--lr");
        refused("--optimizer lion", "lion");
    }
}
