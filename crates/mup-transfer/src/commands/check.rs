//! `check`: does the optimum stay where it is? For the studies of any program, or its runs as a file.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mup_study::cli::say;
use mup_transfer::{WidthStudy, over_widths};
use mup_verdict::Answer;
use mup_verdict::transfer::{Comparison, Criteria, Runs};
use serde::Serialize;

use super::output::{line, print_json};

/// Whether the best value of a hyperparameter stays where it is as the model grows wider.
///
/// Exit code 0: it stays here, and moves in the control; 1: it moves; 3: undecided, which it is at best without a control;
/// 2: an error.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// A study for each width, as FOLDER if its [proxy] says the width, else as WIDTH=FOLDER; or one JSON file of runs:
    /// {"label": "µP", "hyperparameter": "learning rate", "runs": [{"width": 64, "seed": 0, "log2_value": -8, "loss": 3.1}]}
    #[arg(required = true, value_name = "FOLDER")]
    subject: Vec<String>,
    /// The same in the standard parametrization, which has to move; may be repeated.
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    control: Vec<String>,
    /// Folder for the table, the figure and the page.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

/// `check`.
pub(crate) fn run(check: &Check) -> Result<ExitCode, Box<dyn Error>> {
    let subject = read("µP", &check.subject)?.judge(Criteria::default())?;
    let title = format!("{} · {}", subject.runs().hyperparameter, subject.runs().label);
    if check.control.is_empty() {
        // A check that could not have failed says nothing.
        let answer = subject.answer().max(Answer::Undecided);
        say("without --control, studies of the standard parametrization, the answer is at best undecided");
        return check.finish(&subject, answer, |out| subject.write_to(out, &title));
    }
    let both = Comparison::new(subject, read("SP", &check.control)?.judge(Criteria::default())?)?;
    check.finish(&both, both.answer(), |out| both.write_to(out, &title))
}

impl Check {
    fn finish<E: Error + 'static>(
        &self,
        report: &(impl Display + Serialize),
        answer: Answer,
        write: impl FnOnce(&Path) -> Result<Vec<PathBuf>, E>,
    ) -> Result<ExitCode, Box<dyn Error>> {
        if self.json {
            print_json(report)?
        } else {
            line(format!("{report}\nanswer: {answer}"))?
        }
        let files = self.out.as_deref().map(write).transpose()?.unwrap_or_default();
        files.iter().for_each(|file| say(format!("wrote {}", file.display())));
        Ok(answer.exit_code().into())
    }
}

fn read(label: &str, places: &[String]) -> Result<Runs, Box<dyn Error>> {
    if let [file] = places
        && Path::new(file).is_file()
    {
        let unusable = |reason: String| format!("{file}: {reason}; `mup-transfer check --help` shows what is read");
        let text = fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
        return Ok(serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?);
    }
    let studies: Vec<WidthStudy> = places.iter().map(|place| study(place)).collect::<Result<_, _>>()?;
    let (runs, remarks) = over_widths(label, &studies)?;
    remarks.into_iter().for_each(|remark| say(format!("warning: {remark}")));
    Ok(runs)
}

/// `WIDTH=FOLDER`, or a folder.
fn study(place: &str) -> Result<WidthStudy, Box<dyn Error>> {
    let said = place.split_once('=').and_then(|(width, folder)| Some((width.trim().parse().ok()?, folder)));
    Ok(match said {
        Some((width, folder)) if !Path::new(place).exists() => WidthStudy::open(folder.into(), Some(width))?,
        _ => WidthStudy::open(place.into(), None)?,
    })
}
