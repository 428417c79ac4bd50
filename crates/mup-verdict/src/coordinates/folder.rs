//! Finished trials on disk: one file each, whole or absent, with the check that it belongs to.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use mup_files::{create_folders, sha256, write_durably};
use mup_shapes::PathPattern;
use serde::{Deserialize, Serialize};

use super::{CheckError, CoordCheck, DamagedTrial, Record, Source, Statistic};

/// What two checks must share to share trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) key: String,
    pub(super) steps: usize,
    pub(super) statistics: Vec<Statistic>,
    pub(super) sources: Vec<Source>,
    pub(super) modules: Vec<PathPattern>,
}

impl Identity {
    /// The first field that differs: its name, what it is there, what it is here.
    fn difference(&self, there: &Self) -> Option<[String; 3]> {
        let list = |items: &[String]| format!("[{}]", items.join(", "));
        let fields = |of: &Self| {
            [
                ("key", of.key.clone()),
                ("steps", of.steps.to_string()),
                ("statistics", list(&of.statistics.iter().map(ToString::to_string).collect::<Vec<_>>())),
                ("sources", list(&of.sources.iter().map(ToString::to_string).collect::<Vec<_>>())),
                ("modules", list(&of.modules.iter().map(ToString::to_string).collect::<Vec<_>>())),
            ]
        };
        let pairs = fields(self).into_iter().zip(fields(there));
        pairs.into_iter().find(|(here, there)| here != there).map(|(here, there)| [here.0.to_owned(), there.1, here.1])
    }
}

#[derive(Serialize, Deserialize)]
struct Trial {
    check: Identity,
    width: usize,
    seed: u64,
    records: Vec<Record>,
}

/// The trials that are there, and where new ones go; nothing and nowhere without a folder.
#[derive(Debug, Default)]
pub(super) struct Finished {
    place: Option<(PathBuf, Identity)>,
    trials: BTreeMap<(usize, u64), Vec<Record>>,
    pub(super) damaged: Vec<DamagedTrial>,
}

impl Finished {
    /// Reads every trial of the check's folder.
    pub(super) fn of(check: &CoordCheck) -> Result<Self, CheckError> {
        let Some((folder, key)) = &check.folder else {
            return Ok(Self::default());
        };
        let identity = check.identity(key);
        create_folders(folder).map_err(|source| write_failed(folder, source))?;
        let mut finished = Self { place: Some((folder.clone(), identity.clone())), ..Self::default() };
        for path in trial_files(folder).map_err(|source| CheckError::Read { path: folder.clone(), source })? {
            let bytes = fs::read(&path).map_err(|source| CheckError::Read { path: path.clone(), source })?;
            match parse(&bytes) {
                Err(problem) => finished.damaged.push(DamagedTrial { path, problem }),
                Ok(trial) => {
                    if let Some([field, there, here]) = identity.difference(&trial.check) {
                        return Err(CheckError::OtherCheck { path, field, there, here });
                    }
                    finished.trials.insert((trial.width, trial.seed), trial.records);
                }
            }
        }
        let wanted: Vec<PathBuf> = check.trials().into_iter().map(|(w, s)| folder.join(file_name(w, s))).collect();
        finished.damaged.retain(|damaged| wanted.contains(&damaged.path));
        Ok(finished)
    }

    pub(super) fn get(&self, width: usize, seed: u64) -> Option<&[Record]> {
        self.trials.get(&(width, seed)).map(Vec::as_slice)
    }

    /// Writes a trial's records, so that they survive whatever happens next.
    pub(super) fn keep(&self, width: usize, seed: u64, records: &[Record]) -> Result<(), CheckError> {
        let Some((folder, check)) = &self.place else {
            return Ok(());
        };
        let path = folder.join(file_name(width, seed));
        let trial = Trial { check: check.clone(), width, seed, records: records.to_vec() };
        let json = serde_json::to_string(&trial).map_err(|error| write_failed(&path, error.into()))?;
        write_durably(&path, format!("{}\n{json}\n", sha256(json.as_bytes())).as_bytes())
            .map_err(|source| write_failed(&path, source))
    }
}

fn file_name(width: usize, seed: u64) -> String {
    format!("width-{width}-seed-{seed}.trial")
}

fn trial_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut files: Vec<PathBuf> =
        entries?.into_iter().filter(|path| path.extension() == Some(OsStr::new("trial"))).collect();
    files.sort();
    Ok(files)
}

/// The digest of the second line, and the second line: the trial as JSON.
fn parse(bytes: &[u8]) -> Result<Trial, String> {
    let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let (stored, json) = text.split_once('\n').ok_or("no line end")?;
    if stored != sha256(json.trim_end().as_bytes()) {
        return Err("its content does not have the digest that it names; it is cut off or was changed".to_owned());
    }
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn write_failed(path: &Path, source: io::Error) -> CheckError {
    CheckError::Write { path: path.to_owned(), source: source.into() }
}
