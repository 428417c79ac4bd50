//! Where, when and with what something was measured.

use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use mup_golden::Provenance;

/// Provenance of a measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The command that was given.
    pub(crate) command: String,
    /// Year, month and day, UTC.
    pub(crate) date: String,
    /// Of the source that this program was built from.
    pub(crate) commit: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// That every contestant was given.
    pub(crate) threads: usize,
    pub(crate) system: String,
    pub(crate) versions: BTreeMap<String, String>,
    /// The GPU and its driver, where a contestant is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gpu: Option<String>,
    /// What the contestants' devices call themselves, by contestant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) devices: BTreeMap<String, String>,
}

impl Machine {
    pub(crate) fn describe(threads: usize) -> Result<Self, String> {
        let Provenance { commit, versions } = Provenance::of_this_program()?;
        Ok(Self {
            command: command(),
            date: date(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())),
            commit,
            processor: processor(),
            cores: all_cores(),
            threads,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            versions,
            gpu: None,
            devices: BTreeMap::new(),
        })
    }

    /// One line of a document.
    pub(crate) fn line(&self) -> String {
        let versions: Vec<String> = self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let Self { command, date, commit, processor, cores, threads, system, .. } = self;
        let gpu = self.gpu.as_ref().map(|gpu| format!(" and {gpu}")).unwrap_or_default();
        let devices = self.devices.iter().map(|(name, device)| format!("; {name} is on {device}"));
        format!(
            "`{command}`, {date}, commit {commit}, on {processor} ({cores} cores, {threads} threads used, {system}){gpu}; \
             {}{}.",
            versions.join(", "),
            devices.collect::<String>()
        )
    }
}

/// The threads to use, which defaults to all cores.
pub(crate) fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
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
