//! What keeps a run: its lock, its checkpoints, and when the next is due.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Bytes;
use mup_files::create_folders;
use mup_optim::{OptimError, resume};
use serde_json::{Value, json};

use super::identity::{differences, shapes_value};
use super::lock::Lock;
use super::read::{Whole, newest_whole};
use super::state::{LOSSES, MODEL, OPTIMIZER, STATE, State, VERSION, losses_to_bytes};
use super::write::Writer;
use super::{RunFolder, folder};
use crate::error::io_error;
use crate::running::settle;
use crate::{Evaluation, TrainError, Training};

/// What a checkpoint is made of.
pub(crate) struct Snapshot<'a, M> {
    pub(crate) model: &'a M,
    pub(crate) optimizer: &'a ModuleOptimizer,
    pub(crate) losses: &'a [f64],
    pub(crate) evaluations: &'a [Evaluation],
    pub(crate) seconds: f64,
}

/// Where a run continues.
pub(crate) struct Resumed {
    pub(crate) path: PathBuf,
    pub(crate) losses: Vec<f64>,
    pub(crate) evaluations: Vec<Evaluation>,
    pub(crate) seconds: f64,
}

/// The folder of a run under way.
#[derive(Debug)]
pub(crate) struct Keeper {
    settings: RunFolder,
    checkpoints: PathBuf,
    identity: Value,
    saved_step: usize,
    saved_at: Instant,
    _lock: Lock,
}

impl Keeper {
    /// Opens the folder for this process alone, and removes what a killed one left unfinished.
    pub(crate) fn open<M: Module>(
        settings: RunFolder,
        training: &Training,
        task: String,
        model: &M,
        warn: impl FnMut(String),
    ) -> Result<Self, TrainError> {
        settings.check()?;
        let checkpoints = settings.path.join("checkpoints");
        create_folders(&checkpoints).map_err(io_error("create", &checkpoints))?;
        let lock = Lock::take(&settings.path.join(".lock"), warn)?;
        folder::remove_temporaries(&checkpoints)?;
        let mut identity = json!(settings.identity);
        identity["shapes"] = shapes_value(model);
        identity["task"] = task.into();
        identity["training"] = json!(training);
        Ok(Self { settings, checkpoints, identity, saved_step: 0, saved_at: Instant::now(), _lock: lock })
    }

    /// The file of metrics.
    pub(crate) fn metrics(&self) -> PathBuf {
        self.settings.path.join("metrics.jsonl")
    }

    /// Model and optimizer as of the newest whole checkpoint; as they are if there is none. Once it is known to be whole
    /// and of this run, the old ones that a killed process did not come to delete are: those that its own settings did
    /// not keep, since whoever only reads a finished run may not know them.
    pub(crate) fn resume<M: Module>(
        &mut self,
        model: M,
        optimizer: ModuleOptimizer,
        mut warn: impl FnMut(String),
    ) -> Result<(M, ModuleOptimizer, Option<Resumed>), TrainError> {
        let Some(whole) = newest_whole(&self.checkpoints, &mut warn)? else { return Ok((model, optimizer, None)) };
        let Whole { path, state, losses, model: weights, optimizer: moments } = whole;
        let differences = differences(&state.identity, &self.identity);
        if !differences.is_empty() {
            return Err(TrainError::AnotherRun { path, differences });
        }
        self.saved_step = state.step;
        let model = load_model(model, weights).map_err(unusable(&path.join(MODEL)))?;
        let optimizer = load_optimizer(optimizer, moments, &model, &path.join(OPTIMIZER))?;
        if let Some(kept) = state.keep_last {
            self.delete_old(kept.max(self.settings.keep_last), warn);
        }
        let State { evaluations, seconds, .. } = state;
        Ok((model, optimizer, Some(Resumed { path, losses, evaluations, seconds })))
    }

    /// Whether a checkpoint is due after `step` updates.
    pub(crate) fn is_due(&self, step: usize) -> bool {
        let by_steps = self.settings.every_steps.is_some_and(|every| step.is_multiple_of(every));
        by_steps || self.saved_at.elapsed() >= self.settings.every
    }

    /// Whether the model after `step` updates is in a checkpoint already.
    pub(crate) fn has(&self, step: usize) -> bool {
        self.saved_step == step
    }

    /// Writes a checkpoint and, once it is durable, deletes the oldest.
    pub(crate) fn save<M: Module>(
        &mut self,
        snapshot: &Snapshot<'_, M>,
        warn: impl FnMut(String),
    ) -> Result<PathBuf, TrainError> {
        let step = snapshot.losses.len();
        let mut writer = Writer::new(&self.checkpoints, step)?;
        settle(snapshot.model);
        let model = snapshot.model.clone().into_record().into_bytes();
        writer.file(MODEL, &model.map_err(unusable(&self.checkpoints))?)?;
        let optimizer = snapshot.optimizer.to_record().into_bytes();
        writer.file(OPTIMIZER, &optimizer.map_err(unusable(&self.checkpoints))?)?;
        writer.file(LOSSES, &losses_to_bytes(snapshot.losses))?;
        let (evaluations, identity) = (snapshot.evaluations.to_vec(), self.identity.clone());
        let (seconds, keep_last) = (snapshot.seconds, Some(self.settings.keep_last));
        let state = json!(State { version: VERSION, step, evaluations, seconds, keep_last, identity });
        writer.file(STATE, format!("{state:#}\n").as_bytes())?;
        let path = writer.commit()?;
        (self.saved_step, self.saved_at) = (step, Instant::now());
        self.delete_old(self.settings.keep_last, warn);
        Ok(path)
    }

    /// Too many checkpoints are no reason to stop.
    fn delete_old(&self, keep_last: usize, mut warn: impl FnMut(String)) {
        let delete = || {
            let steps = folder::steps(&self.checkpoints)?;
            let old = steps.len().saturating_sub(keep_last);
            steps[..old].iter().try_for_each(|step| folder::delete(&self.checkpoints, *step))
        };
        delete().unwrap_or_else(|error| warn(error.to_string()));
    }
}

/// Statistics of passes before are settled first: they would be applied after those of the record.
fn load_model<M: Module>(model: M, bytes: Vec<u8>) -> Result<M, RecordError> {
    settle(&model);
    model.try_load_record(ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes))?)
}

fn load_optimizer<M: Module>(
    optimizer: ModuleOptimizer,
    bytes: Vec<u8>,
    model: &M,
    path: &Path,
) -> Result<ModuleOptimizer, TrainError> {
    let record = OptimizerRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(unusable(path))?;
    let lost = |error: OptimError| TrainError::Unusable { path: path.to_owned(), problem: error.to_string() };
    resume(optimizer, record, model).map_err(lost)
}

fn unusable(path: &Path) -> impl FnOnce(RecordError) -> TrainError {
    let path = path.to_owned();
    move |error| TrainError::Unusable { path, problem: error.to_string() }
}
