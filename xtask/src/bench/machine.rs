//! Where, when and with what something was measured.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use cargo_metadata::MetadataCommand;
use serde::{Deserialize, Serialize};

use super::root;

/// Provenance of a measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    /// The command that was given.
    pub(super) command: String,
    /// Year, month and day, UTC.
    pub(super) date: String,
    /// Of the source that this program was built from.
    pub(super) commit: String,
    pub(super) processor: String,
    pub(super) cores: usize,
    /// That every contestant was given.
    pub(super) threads: usize,
    pub(super) system: String,
    pub(super) versions: BTreeMap<String, String>,
}

impl Machine {
    pub(super) fn describe(threads: usize) -> Self {
        let versions = [("rustc", rustc()), ("burn", burn())];
        let known = versions.into_iter().filter_map(|(name, version)| Some((name.to_owned(), version?)));
        Self {
            command: command(),
            date: date(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            processor: processor(),
            cores: super::all_cores(),
            threads,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            versions: known.collect(),
        }
    }

    /// One line of a document.
    pub(super) fn line(&self) -> String {
        let versions: Vec<String> = self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let Self { command, date, commit, processor, cores, threads, system, .. } = self;
        format!(
            "`{command}`, {date}, commit {commit}, on {processor} ({cores} cores, {threads} threads used, {system}); {}.",
            versions.join(", ")
        )
    }
}

fn command() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask {}", arguments.join(" "))
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| info.lines().find(|line| line.starts_with(name))?.split_once(':').map(|(_, it)| it.trim());
    let extension = |flags: &str| {
        let wide = ["avx512f", "avx2", "asimd"].into_iter().find(|wanted| flags.split(' ').any(|flag| flag == *wanted));
        wide.map_or(String::new(), |wide| format!(", {wide}"))
    };
    let flags = field("flags").or_else(|| field("Features")).map(extension).unwrap_or_default();
    format!("{}{flags}", field("model name").unwrap_or(std::env::consts::ARCH))
}

fn printed(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The commit, shortened, and whether anything but documents differs from it.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| printed(Command::new("git").arg("-C").arg(root()).args(arguments));
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs"])?;
    let note = if changed.is_empty() { "" } else { " with changes" };
    Some(format!("{}{note}", git(&["rev-parse", "--short=12", "HEAD"])?))
}

fn rustc() -> Option<String> {
    let line = printed(Command::new("rustc").arg("--version").current_dir(root()))?;
    line.split(' ').nth(1).map(str::to_owned)
}

fn burn() -> Option<String> {
    let offline = vec!["--offline".to_owned()];
    let metadata = MetadataCommand::new().current_dir(root()).other_options(offline).exec().ok()?;
    metadata.packages.iter().find(|package| package.name.as_str() == "burn").map(|burn| burn.version.to_string())
}

/// The day of a time in seconds since 1970-01-01.
///
/// # Reference
///
/// Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_counted_through_leap_years() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(1_767_225_599), "2025-12-31");
        assert_eq!(date(4_107_542_400), "2100-03-01");
    }
}
