//! The table of docs/devices.md, generated between its markers.

use std::{fmt, io, path::Path};

use super::{
    Found,
    judge::{Judged, REASONS},
};
use mup_golden::Precision;

const BEGIN: &str = "<!-- begin: cargo xtask devices -->\n";
const END: &str = "<!-- end: cargo xtask devices -->\n";

/// What was found; prints as Markdown.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) judged: &'a [Judged],
    pub(super) found: &'a [Found],
    pub(super) commit: &'a str,
}

impl Document<'_> {
    /// Replaces what is between the markers.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or written, or has no markers.
    pub(super) fn write_between_markers(&self, path: &Path) -> io::Result<()> {
        let text = std::fs::read_to_string(path)?;
        let replaced = replaced(&text, &self.to_string()).ok_or_else(|| {
            io::Error::other(format!("{}: there is no line {BEGIN}with a line {END}below it", path.display()))
        })?;
        std::fs::write(path, replaced)
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.judged.first() else { return writeln!(f, "No device answers.") };
        let names: Vec<String> = self.judged.iter().map(|judged| format!(" `{}` |", judged.name)).collect();
        writeln!(f, "| | reason | allowed |{}", names.concat())?;
        writeln!(f, "|---|---|---|{}", "---|".repeat(names.len()))?;
        for (idx, result) in first.results.iter().enumerate() {
            let row = || self.judged.iter().map(|judged| &judged.results[idx].found);
            let strictest = row().min_by(|a, b| a.bound().total_cmp(&b.bound())).unwrap_or(&result.found);
            write!(f, "| {} | {} | {} |", result.quantity, result.reason, strictest.tolerance())?;
            for found in row() {
                let mark = if found.is_right() { "" } else { "**" };
                let more = found.bound() > strictest.bound();
                let allowed = if more { format!(" (TF32: {})", found.tolerance()) } else { String::new() };
                write!(f, " {mark}{found}{mark}{allowed} |")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Commit {}, {}.\n", self.commit, machine())?;
        self.table(f)?;
        writeln!(f)?;
        for (reason, text) in REASONS {
            writeln!(f, "- *{reason}*: {text}.")?;
        }
        writeln!(f)?;
        for found in self.found {
            match &found.measured {
                Ok(measured) => {
                    let description = measured.description.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
                    let precision = self.judged.iter().find(|judged| judged.name == found.name);
                    let precision = precision.map_or("", |judged| in_words(judged.precision));
                    let seconds = measured.seconds;
                    writeln!(f, "- `{}` answers{description}{precision}; measured in {seconds:.0} s.", found.name)?;
                }
                Err(reason) => writeln!(f, "- `{}` was not measured: {reason}.", found.name)?,
            }
        }
        for judged in self.judged {
            for result in judged.results.iter().filter(|result| !result.found.is_right()) {
                let (found, place) = (&result.found, result.found.place());
                writeln!(f, "- **`{}` is wrong**, {}: {found} ({place}).", judged.name, result.quantity)?;
            }
        }
        Ok(())
    }
}

fn in_words(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "",
        Precision::Tf32Convolutions => ", convolutions in TF32",
        Precision::Tf32 => ", products in TF32",
    }
}

fn replaced(text: &str, content: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{content}{END}{after}"))
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or_else(|_| "?".to_owned(), |n| n.to_string());
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let name = text.lines().find_map(|line| line.strip_prefix("model name"))?;
        Some(name.trim_start_matches([' ', '\t', ':']).to_owned())
    });
    format!("{}, {cores} cores", processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, replaced};

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("# Devices\n{BEGIN}old\n{END}after\n");
        assert_eq!(replaced(&text, "new\n"), Some(format!("# Devices\n{BEGIN}new\n{END}after\n")));
        assert_eq!(replaced("# Devices\n", "new\n"), None);
    }
}
