//! The table of docs/devices.md, generated between its markers.

use std::{fmt, io, path::Path, process::Command};

use super::{
    Found,
    judge::{Judged, REASONS},
};

const BEGIN: &str = "<!-- begin: cargo xtask devices -->\n";
const END: &str = "<!-- end: cargo xtask devices -->\n";

/// What was found; prints as Markdown.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) judged: &'a [Judged],
    pub(super) found: &'a [Found],
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
            write!(f, "| {} | {} | {} |", result.quantity, result.reason, result.found.tolerance())?;
            for judged in self.judged {
                let found = &judged.results[idx].found;
                let mark = if found.is_right() { "" } else { "**" };
                write!(f, " {mark}{found}{mark} |")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Commit {}, {}.\n", commit(), machine())?;
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
                    writeln!(f, "- `{}` answers{description}; measured in {:.0} s.", found.name, measured.seconds)?;
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

fn replaced(text: &str, content: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{content}{END}{after}"))
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    format!("{commit}{}", if changed { " with changes" } else { "" })
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
