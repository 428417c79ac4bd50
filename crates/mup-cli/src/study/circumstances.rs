//! Where and with what a report was made.

use std::collections::BTreeMap;

use mup_rules::Run;
use mup_study::StudyConfig;
use mup_study::cli::this_command;
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
    let command = environment.remove("command").unwrap_or_else(this_command);
    Circumstances { command, commit: environment.remove("commit"), environment }
}

/// Tokens in a batch of the proxy; its length is in the stages.
const PROXY_BATCH: &str = "proxy-batch";

/// What a new study is made with.
pub(super) fn made_with(proxy: Run) -> toml::Table {
    let entries = describe().into_iter().chain([("command".to_owned(), this_command())]);
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
