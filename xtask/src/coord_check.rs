//! `cargo xtask coord-check`: the coordinate check on the models of this workspace.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use mup_devices::{Backend, DeviceName};
use mup_verdict::coordinates::{CoordCheck as Check, Criteria, Report, Source, Statistic, TrialError};

use crate::{
    ablations::{self, ABLATIONS},
    choices::{Model, Optimizer, Preset, Scaling},
    matrix::matrix,
    measure::{jobs, progress_bar},
    setup::{SEEDS, STEPS, Setup},
};

/// Arguments of `cargo xtask coord-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CoordCheck {
    /// The model.
    #[arg(long, required_unless_present_any = ["ablate", "matrix"])]
    model: Option<Model>,
    /// What grows with width in a transformer; other models have one way to grow.
    #[arg(long, default_value_t = Scaling::Heads)]
    scaling: Scaling,
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
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
    /// Number of optimizer steps.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
    /// Base learning rate; the default depends on model and optimizer.
    #[arg(long)]
    lr: Option<f64>,
    /// Where to train, such as wgpu or cuda:1.
    #[arg(long, default_value_t = Backend::Flex.into())]
    device: DeviceName,
    /// Only activations of these names, `*` for one part of a path and `**` for several.
    #[arg(long, value_delimiter = ',')]
    modules: Vec<String>,
    /// What is recorded besides the statistic that decides [default: mean-abs, rms, std, max].
    #[arg(long, value_delimiter = ',')]
    statistics: Vec<Statistic>,
    /// What is observed [default: activation, with which logits come, and input]; parameter and gradient are reported, and do not decide.
    #[arg(long, value_delimiter = ',')]
    observe: Vec<Source>,
    /// Largest absolute slope that counts as flat.
    #[arg(long, default_value_t = Criteria::default().tolerance)]
    tolerance: f64,
    /// Removes each rule of µP alone, with the defaults of the check, and prints which module shows it.
    #[arg(long, conflicts_with_all = ["model", "scaling", "optimizer", "parametrization", "widths", "seeds", "steps", "lr", "tolerance", "device", "json"])]
    ablate: bool,
    /// Checks every model, way to grow and optimizer in µP and in SP, and prints a table.
    #[arg(long, conflicts_with_all = ["ablate", "model", "scaling", "optimizer", "parametrization", "widths", "seeds", "steps", "lr", "tolerance", "device", "json"])]
    matrix: bool,
    /// Folder for finished trials, so that an interrupted check continues, and for page, table, records and figure;
    /// with `--ablate` and `--matrix` the document's file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl CoordCheck {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
        if self.matrix {
            matrix(self.out.as_deref())?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.ablate {
            return ablate(self.out.as_deref());
        }
        let begun = Instant::now();
        let setup = self.setup()?;
        let report = self.report(&setup)?;
        let title = format!(
            "{} · {} · {} · {} · learning rate {:.4}",
            setup.model, self.scaling, self.optimizer, self.parametrization, setup.learning_rate
        );
        if self.json {
            println!("{}", report.to_json(&title));
        } else {
            println!("{title}\n{report}");
        }
        eprintln!("{:.0} s", begun.elapsed().as_secs_f64());
        if let Some(folder) = &self.out {
            for file in report.write_to(folder, &title)? {
                eprintln!("wrote {}", file.display());
            }
        }
        Ok(ExitCode::from(report.exit_code()))
    }

    fn setup(&self) -> Result<Setup, TrialError> {
        let model = self.model.ok_or("--model is missing")?;
        let setup = Setup::new(model, self.scaling, self.optimizer)?;
        let learning_rate = self.lr.unwrap_or(setup.learning_rate);
        if !(learning_rate.is_finite() && learning_rate > 0.0) {
            return Err(format!("--lr must be finite and positive, but is {learning_rate}").into());
        }
        let (parametrization, widths) = (self.parametrization.parametrization(), self.widths.clone());
        let device = mup_devices::open(self.device)?;
        Ok(Setup { parametrization, learning_rate, widths, steps: self.steps, device, ..setup })
    }

    fn report(&self, setup: &Setup) -> Result<Report, TrialError> {
        let criteria = Criteria { tolerance: self.tolerance, ..setup.criteria()? };
        let mut check = Check::new(setup.widths.clone(), self.seeds, setup.steps)?;
        if !self.modules.is_empty() {
            check = check.with_modules(self.modules.iter().map(String::as_str));
        }
        if !self.statistics.is_empty() {
            check = check.with_statistics(self.statistics.iter().copied().chain([criteria.statistic]));
        }
        if !self.observe.is_empty() {
            check = check.with_sources(self.observe.iter().copied());
        }
        if let Some(folder) = &self.out {
            check = check.with_folder(folder.join("trials"), setup.key());
        }
        let bar = progress_bar(check.n_passes());
        let counted = bar.clone();
        let check = check.on_pass(move |width, seed, _| {
            counted.set_message(format!("width {width} seed {seed}"));
            counted.inc(1);
        });
        let subject = setup.subject()?;
        let records = check.run_parallel(jobs(), |width, seed| subject.trial(setup, width, seed))?;
        bar.finish_and_clear();
        Ok(records.judge(criteria)?)
    }
}

/// Measures every ablation; fails when one contradicts what is claimed of it.
fn ablate(out: Option<&Path>) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    let groups = ablations::groups(ABLATIONS, SEEDS, |setup| setup)?;
    let document = ablations::document(&groups);
    match out {
        Some(path) => std::fs::write(path, document)?,
        None => print!("{document}"),
    }
    let contradictions = ablations::contradictions(&groups);
    contradictions.iter().for_each(|contradiction| eprintln!("{contradiction}"));
    Ok(if contradictions.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::{CoordCheck, TrialError};
    use crate::choices::Optimizer;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        task: CoordCheck,
    }

    fn exit_code(arguments: &str) -> Result<u8, TrialError> {
        let cli = Cli::try_parse_from(std::iter::once("coord-check").chain(arguments.split_whitespace()))?;
        Ok(cli.task.report(&cli.task.setup()?)?.exit_code())
    }

    fn check(arguments: &str, expected: u8) {
        assert_eq!(exit_code(arguments).ok(), Some(expected), "{arguments}");
    }

    /// µP is flat and SP is not.
    fn check_both(arguments: &str) {
        check(&format!("{arguments} --parametrization mup"), 0);
        check(&format!("{arguments} --parametrization standard"), 1);
    }

    #[test]
    fn with_every_optimizer_mup_is_flat_and_sp_is_not() {
        for optimizer in Optimizer::value_variants() {
            check_both(&format!("--model mlp --optimizer {optimizer}"));
            check_both(&format!("--model gpt-absolute --scaling d-head --optimizer {optimizer}"));
        }
        check_both("--model gpt --scaling d-head --optimizer adam");
        check_both("--model gpt --optimizer sgd --steps 3");
        check_both("--model conv-net --optimizer adam --steps 2 --seeds 3");
    }

    #[test]
    fn where_only_the_feed_forward_branch_grows_mup_is_flat_and_sp_is_not() {
        check_both("--model gpt-tied --scaling d-ffn --optimizer adam --steps 4");
        check_both("--model burn-transformer --scaling d-ffn --optimizer sgd --steps 4");
    }

    #[test]
    fn heads_that_grow_in_width_fail_in_burns_attention_until_the_query_absorbs_its_square_root() {
        check("--model burn-transformer --scaling d-head --optimizer adam", 1);
        check("--model burn-transformer-absorbed --scaling d-head --optimizer adam", 0);
    }

    #[test]
    fn a_model_that_diverges_is_a_verdict() {
        check("--model mlp --optimizer sgd --widths 32,64 --seeds 1 --steps 3 --lr 1e30", 1);
    }

    #[test]
    fn a_folder_of_another_check_is_refused_and_of_the_same_is_continued() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let out = folder.path().display();
        let small = format!("--model mlp --widths 32,64 --seeds 2 --steps 2 --out {out}");
        let first = exit_code(&small).expect("runs");
        assert_eq!(exit_code(&small).ok(), Some(first));
        let message = exit_code(&format!("{small} --lr 0.02")).expect_err("another rate").to_string();
        for part in ["learning rate 0.01", "learning rate 0.02", "another folder"] {
            assert!(message.contains(part) && message.len() < 400, "{message:?} lacks {part:?}");
        }
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
        refused("--scaling d-head", "no heads");
    }
}
