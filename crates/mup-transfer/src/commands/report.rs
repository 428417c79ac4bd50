//! `report`: the page, figures and numbers of a study, beside it.

use std::collections::BTreeMap;
use std::path::Path;

use mup_study::Study;
use mup_transfer::report::{Circumstances, Report};

use super::output::{line, print_json};
use super::shell::this_command;

/// The page is written, but nothing shows it.
#[derive(Debug, thiserror::Error)]
#[error("cannot open a browser ({source}): open {file} yourself")]
struct NotOpened {
    file: String,
    source: std::io::Error,
}

/// `report`.
pub(crate) fn run(folder: &Path, open: bool, json: bool) -> Result<(), Box<dyn std::error::Error>> {
    let study = Study::open(folder)?;
    let version = ("mup-transfer".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let environment = BTreeMap::from([version, ("platform".to_owned(), platform())]);
    let circumstances = Circumstances { command: this_command(), commit: None, environment };
    let report = Report::of_study(&study, circumstances)?;
    report.write(study.folder())?;
    let page = study.folder().join("report.html");
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
    if open {
        open::that_detached(&page).map_err(|source| NotOpened { file: page.display().to_string(), source })?;
    }
    Ok(())
}

fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}
