//! Reading the newest whole checkpoint.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use mup_files::{set_aside, sha256};

use super::folder;
use super::state::{Header, LOSSES, MODEL, OPTIMIZER, STATE, SUMS, State, VERSION, losses_from_bytes};
use crate::TrainError;
use crate::error::io_error;

/// A checkpoint all of whose files are what was written.
pub(super) struct Whole {
    pub(super) path: PathBuf,
    pub(super) state: State,
    pub(super) losses: Vec<f64>,
    pub(super) model: Vec<u8>,
    pub(super) optimizer: Vec<u8>,
}

/// Why a checkpoint cannot be used.
enum Problem {
    /// Its content is not what was written.
    Damaged(String),
    /// It may well be whole.
    Error(TrainError),
}

/// The newest whole checkpoint; newer ones that are damaged are set aside, with a warning each.
///
/// Where no checkpoint is whole, nothing is touched: starting again from step 0 is not decided here.
pub(super) fn newest_whole(checkpoints: &Path, mut warn: impl FnMut(String)) -> Result<Option<Whole>, TrainError> {
    let mut damaged: Vec<(PathBuf, String)> = Vec::new();
    for step in folder::steps(checkpoints)?.into_iter().rev() {
        let path = folder::at_step(checkpoints, step);
        match read(&path, step) {
            Ok(whole) => {
                for (path, problem) in damaged {
                    let Some(aside) = set_aside(&path, "damaged").map_err(io_error("rename", &path))? else { continue };
                    let (from, to) = (path.display(), aside.display());
                    warn(format!(
                        "checkpoint {from} is damaged ({problem}); it is now {to}, and the one before is used"
                    ));
                }
                return Ok(Some(whole));
            }
            Err(Problem::Damaged(problem)) => damaged.push((path, problem)),
            Err(Problem::Error(error)) => return Err(error),
        }
    }
    if damaged.is_empty() { Ok(None) } else { Err(TrainError::AllDamaged { checkpoints: damaged }) }
}

fn read(path: &Path, step: usize) -> Result<Whole, Problem> {
    let state = file(path, STATE)?;
    check_version(&path.join(STATE), &state)?;
    let sums = String::from_utf8_lossy(&file(path, SUMS)?).into_owned();
    let sums: HashMap<&str, &str> =
        sums.lines().filter_map(|line| line.split_once("  ")).map(|(a, b)| (b, a)).collect();
    let checked = |name: &str, content: Vec<u8>| match sums.get(name) {
        Some(wanted) if *wanted == sha256(&content) => Ok(content),
        Some(_) => Err(Problem::Damaged(format!("{name} is not what was written"))),
        None => Err(Problem::Damaged(format!("{SUMS} has no digest of {name}"))),
    };
    let state = checked(STATE, state)?;
    let state: State = serde_json::from_slice(&state).map_err(|error| Problem::Damaged(format!("{STATE}: {error}")))?;
    let losses = losses_from_bytes(&checked(LOSSES, file(path, LOSSES)?)?);
    if state.step != step || losses.len() != step {
        return Err(Problem::Damaged(format!("{STATE} is of step {}, with {} losses", state.step, losses.len())));
    }
    let model = checked(MODEL, file(path, MODEL)?)?;
    let optimizer = checked(OPTIMIZER, file(path, OPTIMIZER)?)?;
    Ok(Whole { path: path.to_owned(), state, losses, model, optimizer })
}

/// A missing file is damage; one that cannot be read may be whole.
fn file(path: &Path, name: &str) -> Result<Vec<u8>, Problem> {
    let path = path.join(name);
    std::fs::read(&path).map_err(|source| match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Problem::Damaged(format!("{name} is missing")),
        _ => Problem::Error(TrainError::Io { action: "read", path, source }),
    })
}

fn check_version(path: &Path, state: &[u8]) -> Result<(), Problem> {
    match serde_json::from_slice::<Header>(state) {
        Ok(Header { version }) if version > VERSION => {
            Err(Problem::Error(TrainError::NewerVersion { path: path.to_owned(), found: version, known: VERSION }))
        }
        _ => Ok(()),
    }
}
