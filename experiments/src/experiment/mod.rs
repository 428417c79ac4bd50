//! `cargo xtask experiment`: experiments through the program that users run, as docs/experiment.md designs them.
//!
//! Every part is a study or a run of `gpt-transfer`: kill it, and the same command continues. Results are written again
//! whenever a run of the target has ended.

mod arms;
mod base_width;
mod figure;
mod pairs;
mod program;
mod rates;
mod runs;
mod transfer;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mup_devices::DeviceName;
use mup_files::write_durably;
use mup_train::FamilyError;
use serde::Serialize;
use serde_json::Value;

use arms::Arm;
use figure::Strips;
use program::Program;

/// Runs an experiment through gpt-transfer, resumable, and writes its numbers, its table and its figure.
#[derive(Debug, clap::Subcommand)]
pub enum Experiment {
    /// Six hyperparameters tuned on a proxy and used once on a target, against SP tuned at the target.
    Transfer(transfer::Transfer),
    /// The same rate tuned from several base widths, and with factors on the rates of embedding and vectors.
    BaseWidth(base_width::BaseWidth),
}

/// What experiments have in common.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// How large.
    #[arg(long, value_enum, default_value_t = Scale::Cpu)]
    scale: Scale,
    /// Text to train on instead of the source of Burn.
    #[arg(long)]
    text: Option<PathBuf>,
    /// Where to train, such as libtorch:0 [default: flex]
    #[arg(long)]
    device: Option<DeviceName>,
    /// Folder of its studies and results; an interrupted experiment continues there.
    #[arg(long, default_value = "runs/experiments")]
    out: PathBuf,
    /// Runs at a time, each with one thread [default: one for each processor; with --scale gpu 1]
    #[arg(long)]
    jobs: Option<usize>,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Scale {
    /// Three hours of two cores.
    Cpu,
    /// One GPU, which --device names.
    Gpu,
    /// So small that it says nothing: whether everything runs.
    Tiny,
}

impl Experiment {
    /// Runs what has not been run, and writes results and figure.
    ///
    /// # Errors
    ///
    /// A part that failed or was stopped; what has finished is kept.
    pub fn run(self) -> Result<ExitCode, FamilyError> {
        let program = Program::find()?;
        match self {
            Self::Transfer(transfer) => {
                transfer.run_with(&program)?;
            }
            Self::BaseWidth(base_width) => {
                base_width.run_with(&program)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Common {
    /// What makes no sense together.
    fn check(&self) -> Result<(), FamilyError> {
        if self.scale == Scale::Gpu && self.device.is_none() {
            return Err(
                "--scale gpu without --device would train on the processor, for days: add --device, such as libtorch:0"
                    .into(),
            );
        }
        Ok(())
    }

    /// Runs at a time.
    fn jobs(&self) -> usize {
        let usual = || match self.scale {
            Scale::Gpu => 1,
            Scale::Cpu | Scale::Tiny => std::thread::available_parallelism().map_or(1, usize::from),
        };
        self.jobs.unwrap_or_else(usual)
    }

    /// The folder of an experiment of this scale.
    fn folder(&self, name: &str) -> PathBuf {
        let scale = match self.scale {
            Scale::Cpu => "cpu",
            Scale::Gpu => "gpu",
            Scale::Tiny => "tiny",
        };
        self.out.join(format!("{name}-{scale}"))
    }

    /// Says what was found, at the end.
    fn conclude(&self, results: &(impl Display + Serialize), folder: &Path) -> Result<(), FamilyError> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(results)?);
        } else {
            println!("{results}");
        }
        eprintln!("wrote {}", folder.join("results.{json,txt,svg,png}").display());
        Ok(())
    }
}

/// `results.json`, `results.txt`, and the figure as SVG and PNG.
fn write(results: &(impl Display + Serialize), title: &str, arms: &[Arm], folder: &Path) -> Result<(), FamilyError> {
    let file = |ending: &str| folder.join(format!("results.{ending}"));
    write_durably(&file("json"), &serde_json::to_vec_pretty(results)?)?;
    write_durably(&file("txt"), results.to_string().as_bytes())?;
    let strips = Strips { title, arms };
    write_durably(&file("svg"), mup_figure::svg(&strips)?.as_bytes())?;
    mup_figure::write_png(&strips, &file("png"))?;
    Ok(())
}

/// The same while runs are still missing: results with more of them stay, until those are found again.
fn write_so_far(
    results: &(impl Display + Serialize),
    title: &str,
    arms: &[Arm],
    folder: &Path,
) -> Result<(), FamilyError> {
    let before = std::fs::read(folder.join("results.json")).ok();
    let before: Option<Value> = before.and_then(|before| serde_json::from_slice(&before).ok());
    if before.is_some_and(|before| serde_json::to_value(results).is_ok_and(|now| ended(&now) < ended(&before))) {
        return Ok(());
    }
    write(results, title, arms, folder)
}

/// Runs that have ended, anywhere in results.
fn ended(results: &Value) -> usize {
    match results {
        Value::Array(each) => each.iter().map(ended).sum(),
        Value::Object(fields) => {
            let this = fields.get("ended").is_some_and(Value::is_object);
            usize::from(this) + fields.values().map(ended).sum::<usize>()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A text of its own, and what is so small that it says nothing.
    pub(super) fn tiny() -> (TempDir, Common) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let text = folder.path().join("text");
        std::fs::write(&text, "Shall I compare thee to a summer's day? ".repeat(40)).expect("text");
        let out = folder.path().join("out");
        let common = Common { scale: Scale::Tiny, text: Some(text), device: None, out, jobs: Some(2), json: false };
        (folder, common)
    }

    #[test]
    fn a_gpu_is_named_and_trains_one_run_at_a_time() {
        let (_folder, tiny) = tiny();
        let gpu = Common { scale: Scale::Gpu, jobs: None, ..tiny };
        let refused = gpu.check().expect_err("no device").to_string();
        assert!(refused.contains("add --device, such as libtorch:0"), "{refused}");
        let named = Common { device: Some("libtorch:0".parse().expect("a name")), ..gpu };
        assert!(named.check().is_ok() && named.jobs() == 1);
    }
}
