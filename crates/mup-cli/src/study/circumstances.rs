//! Where and with what a report was made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mup_rules::Run;
use mup_study::StudyConfig;
use mup_study::cli::{shell_word, this_command};
use mup_train::FamilyError;
use mup_transfer::report::Circumstances;

use crate::identity::unchanged;

/// Versions and machine, and what the study was made with.
pub(super) fn circumstances(config: &StudyConfig) -> Circumstances {
    let mut environment = describe();
    let text = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    environment.extend(config.made_with.iter().map(|(name, value)| (name.clone(), text(value))));
    let device = config.proxy.get("device").map_or_else(|| "unknown".to_owned(), text);
    environment.insert("device".to_owned(), device);
    let command = environment.remove("command").unwrap_or_else(command);
    Circumstances { command, commit: environment.remove("commit"), environment }
}

/// Tokens in a batch of the proxy; its length is in the stages.
const PROXY_BATCH: &str = "proxy-batch";

/// What a new study is made with.
pub(super) fn made_with(proxy: Run) -> toml::Table {
    let entries = describe().into_iter().chain([("command".to_owned(), command())]);
    let entries = entries.map(|(name, value)| (name, value.into()));
    entries.chain([(PROXY_BATCH.to_owned(), proxy.batch.into())]).collect()
}

/// Whether the proxy has the batch that was written down, if one was.
pub(super) fn check_proxy_batch(config: &StudyConfig, now: Run) -> Result<(), FamilyError> {
    let Some(written) = config.made_with.get(PROXY_BATCH) else { return Ok(()) };
    unchanged("a proxy-batch of", &written.to_string(), &toml::Value::from(now.batch).to_string())
}

fn describe() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or_else(|_| "unknown".to_owned(), |n| n.to_string());
    let entries = [
        ("mup-cli", env!("CARGO_PKG_VERSION").to_owned()),
        ("processor", format!("{}, {cores} cores", std::env::consts::ARCH)),
        ("system", std::env::consts::OS.to_owned()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The command that was given, as one would repeat it.
fn command() -> String {
    this_command(&program())
}

/// How this program is started: through cargo where that started it, as what cargo builds is on nobody's PATH; otherwise by the
/// name or path that was typed.
pub(super) fn program() -> String {
    let typed = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let [package, folder] = ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR"].map(|name| std::env::var(name).ok());
    through_cargo(&typed, package, folder).unwrap_or_else(|| shell_word(typed.as_os_str()))
}

/// What cargo says of the package that it runs reaches every program that this starts: it has to be one of the package's.
fn through_cargo(typed: &Path, package: Option<String>, folder: Option<String>) -> Option<String> {
    let (package, name) = (package?, typed.file_stem()?.to_str()?);
    let release = if cfg!(debug_assertions) { "" } else { " --release" };
    if name == package {
        return Some(format!("cargo run{release} -p {package} --"));
    }
    let source = Path::new(&folder?).join("src/bin").join(name).with_extension("rs");
    source.is_file().then(|| format!("cargo run{release} -p {package} --bin {name} --"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::through_cargo;

    #[test]
    fn a_program_that_cargo_runs_is_named_as_cargo_takes_it_and_no_other_is() {
        let own_model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/own-model");
        let named = |typed: &str, package: &str| {
            let command = through_cargo(Path::new(typed), Some(package.to_owned()), Some(own_model.to_owned()));
            command.map(|command| command.replace(" --release", ""))
        };
        assert_eq!(named("target/release/net", "net").as_deref(), Some("cargo run -p net --"));
        let sequences = Some("cargo run -p own-model --bin sequences --");
        assert_eq!(named("/somewhere/target/debug/sequences", "own-model").as_deref(), sequences);
        // Started by a program that cargo runs.
        assert_eq!(named("target/release/gpt-transfer", "xtask"), None);
        assert_eq!(through_cargo(Path::new("./net"), None, None), None);
    }
}
