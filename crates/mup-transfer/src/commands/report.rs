//! `report`: the page, figures and numbers of a study, beside it.

use std::collections::BTreeMap;
use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
use std::path::Path;

use mup_study::Study;
use mup_study::cli::{say, this_command};
use mup_transfer::report::{Circumstances, Report, ReportError};

use super::output::{line, print_json};

/// `report`.
pub(crate) fn run(folder: &Path, out: Option<&Path>, open: bool, json: bool) -> Result<(), Box<dyn std::error::Error>> {
    let study = Study::open(folder)?;
    let version = ("mup-transfer".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let environment = BTreeMap::from([version, ("platform".to_owned(), platform())]);
    let circumstances = Circumstances { command: this_command(), commit: None, environment };
    let report = Report::of_study(&study, circumstances)?;
    let out = out.unwrap_or(study.folder());
    report.write(out).map_err(|error| with_remedy(error, out))?;
    let page = out.join("report.html");
    if json {
        print_json(&report)?;
    } else {
        line(report.verdict())?;
        line(report.cost_sentence())?;
        for warning in &report.numbers.choice.warnings {
            line(format!("warning: {warning}"))?;
        }
        line(format!("\nreport    {}", page.display()))?;
    }
    // The page is written, whatever shows it.
    if open && let Err(error) = open::that_detached(&page) {
        say(format!("warning: no browser could be started ({error}): open {} yourself", page.display()));
    }
    Ok(())
}

/// The folder is the user's to choose, which the library does not know.
fn with_remedy(error: ReportError, out: &Path) -> Box<dyn std::error::Error> {
    match error {
        ReportError::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) => format!(
            "you are not permitted to write the report into {}: write it elsewhere with `--out FOLDER`, or make the \
                 folder writable (chmod u+w)",
            out.display()
        )
        .into(),
        error => error.into(),
    }
}

fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}
