//! `cargo xtask coord-check`: the coordinate check of `mup-cli` on the families of this workspace.

use std::{path::Path, process::ExitCode};

use mup_cli::CoordCheckCommand;
use mup_train::FamilyError;

use crate::{
    ablations,
    choices::{Model, Optimizer, Scaling},
    matrix::matrix,
    setup::SEEDS,
    subjects::{self, Subject},
};

/// Arguments of `cargo xtask coord-check`.
#[derive(Debug, clap::Args)]
pub struct CoordCheck {
    /// The model.
    #[arg(long, required_unless_present_any = ["ablate", "matrix"])]
    model: Option<Model>,
    /// What grows with width in a transformer; other models have one way to grow.
    #[arg(long, default_value_t = Scaling::Heads)]
    scaling: Scaling,
    /// The optimizer.
    #[arg(long, default_value_t = Optimizer::Adamw)]
    optimizer: Optimizer,
    /// Removes each rule of µP alone, with the defaults of the check, and prints which module shows it.
    #[arg(long, conflicts_with_all = ["model", "scaling", "optimizer", "parametrization", "ignore_depth", "widths", "seeds", "steps", "lr", "tolerance", "device", "json", "jobs", "grow", "to", "size", "modules", "statistics", "observe"])]
    ablate: bool,
    /// Checks every model, way to grow and optimizer in µP and in SP, and prints a table; with `--out`, as with
    /// `--ablate`, into that file.
    #[arg(long, conflicts_with_all = ["ablate", "model", "scaling", "optimizer", "parametrization", "ignore_depth", "widths", "seeds", "steps", "lr", "tolerance", "device", "json", "jobs", "grow", "to", "size", "modules", "statistics", "observe"])]
    matrix: bool,
    #[command(flatten)]
    check: CoordCheckCommand,
}

impl CoordCheck {
    /// Checks, or measures every ablation, or the matrix.
    ///
    /// # Errors
    ///
    /// What no check can be made of, and the first error of a trial.
    pub fn run(self) -> Result<ExitCode, FamilyError> {
        if self.matrix {
            matrix(self.check.out.as_deref())?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.ablate {
            return ablate(self.check.out.as_deref());
        }
        self.check.run(&*self.family()?)
    }

    fn family(&self) -> Result<Box<dyn Subject>, FamilyError> {
        let model = self.model.ok_or("--model is missing")?;
        Ok(subjects::family(&subjects::setup(model, self.scaling, self.optimizer)?))
    }
}

/// Measures every ablation; fails when one contradicts what is claimed of it.
fn ablate(out: Option<&Path>) -> Result<ExitCode, FamilyError> {
    let groups = ablations::groups(ablations::all(), SEEDS, |setup| setup)?;
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

    use mup_train::FamilyError;

    use super::CoordCheck;
    use crate::choices::Optimizer;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        task: CoordCheck,
    }

    fn exit_code(arguments: &str) -> Result<u8, FamilyError> {
        let cli = Cli::try_parse_from(std::iter::once("coord-check").chain(arguments.split_whitespace()))?;
        Ok(cli.task.check.report(&*cli.task.family()?)?.1.exit_code())
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
    fn decoders_of_today_are_flat_in_mup_and_not_in_sp() {
        for model in ["llama", "qwen3", "mixtral"] {
            check_both(&format!("--model {model} --widths 32,64,128 --seeds 3"));
        }
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
    fn along_depth_rules_of_depth_are_flat_in_both_forms_and_others_are_not() {
        for model in ["gpt", "burn-transformer"] {
            let deep = format!("--model {model} --grow depth --widths 1,2,4,8 --seeds 3");
            check(&deep, 0);
            check(&format!("{deep} --parametrization depth-mup"), 0);
            check(&format!("{deep} --parametrization standard"), 1);
            check(&format!("{deep} --parametrization mup --ignore-depth"), 1);
        }
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
    fn what_ablations_and_the_matrix_would_ignore_is_refused() {
        for all in ["--ablate", "--matrix"] {
            for one in ["jobs 2", "grow width", "to 64", "size width=8", "modules x", "statistics rms", "observe input"]
            {
                let line = format!("coord-check {all} --{one}");
                assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
            }
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
        refused("--grow depth", "it has width");
        refused("--ignore-depth", "no depth to ignore");
    }

    #[test]
    fn what_a_check_along_depth_would_ignore_is_refused() {
        let refused = |arguments: &str, part: &str| {
            let message = exit_code(&format!("--model gpt --grow depth --to 4 {arguments}")).expect_err("refused");
            assert!(message.to_string().contains(part), "{message} lacks {part:?}");
        };
        refused("--steps 10", "leave --steps");
        refused("--observe input", "--observe out");
        refused("--parametrization mup", "complete-p");
    }
}
