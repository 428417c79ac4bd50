//! Burn's training loop with metrics, checkpoints and dashboard, for any model whose output has a loss.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::lr_scheduler::LrSchedulerRecord;
use burn::optim::OptimizerRecord;
use burn::store::ModuleRecord;
use burn::tensor::Device;
use burn::train::checkpoint::{Checkpoint, CheckpointerError};
use burn::train::metric::{Adaptor, LearningRateMetric, LossInput, LossMetric};
use burn::train::{
    ExecutionStrategy, InferenceStep, Learner, LearnerModel, MultiDeviceOptim, SupervisedTraining, TrainStep,
};
use mup_rules::ScalingPlan;

use crate::lines::Lines;

/// Where and how long to train.
#[derive(Clone, Debug)]
pub struct Training {
    /// Holds `plan.json`, Burn's `checkpoint/`, and a log of each metric in `train/` and `valid/`.
    pub folder: PathBuf,
    /// Trains to the end of this epoch.
    pub epochs: usize,
    /// Continues after this epoch.
    pub resume: Option<usize>,
    /// Burn's terminal dashboard, if standard output is a terminal; otherwise a line per epoch.
    pub dashboard: bool,
    /// One, or several that share each step; gradients are then summed on the first.
    pub devices: Vec<Device>,
}

/// Why a training could not be started or finished.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// Burn would mix two trainings.
    #[error("{} holds a training already: give --resume EPOCH to continue it, or another --folder", .0.display())]
    Occupied(PathBuf),
    /// A file of the folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The plan beside the checkpoints is damaged.
    #[error("{}: {source}", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// Why.
        source: mup_rules::RuleError,
    },
    /// The checkpoints are those of another model.
    #[error("the checkpoints in {} are of another plan: {difference}", folder.display())]
    OtherPlan {
        /// The folder.
        folder: PathBuf,
        /// The first difference, from the old plan to the new one.
        difference: String,
    },
    /// A checkpoint is missing or damaged.
    #[error("cannot read {}: {source}; give an epoch of which all three files are there", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CheckpointerError,
    },
    /// There is nothing left to do.
    #[error("epoch {resume} is not before --epochs {epochs}: raise --epochs")]
    Finished {
        /// Epoch of the checkpoint.
        resume: usize,
        /// Last epoch.
        epochs: usize,
    },
    /// Burn's loop stopped.
    #[error("training stopped: {0}")]
    Stopped(Arc<burn::train::TrainingError>),
}

impl Training {
    /// Trains with Burn's loop, and returns the model ready for inference.
    ///
    /// # Errors
    ///
    /// [`TrainingError`].
    pub fn run<M: LearnerModel>(
        &self,
        plan: &ScalingPlan,
        learner: Learner<M>,
        train: Arc<dyn DataLoader<<M as TrainStep>::Input>>,
        validation: Arc<dyn DataLoader<<M as InferenceStep>::Input>>,
    ) -> Result<M, TrainingError>
    where
        <M as TrainStep>::Output: Adaptor<LossInput>,
        <M as InferenceStep>::Output: Adaptor<LossInput>,
    {
        self.check(plan)?;
        let strategy = ExecutionStrategy::multi(self.devices.clone(), MultiDeviceOptim::OptimMainDevice);
        let mut training = SupervisedTraining::new(&self.folder, train, validation)
            .metric_train_numeric(LossMetric::new())
            .metric_valid_numeric(LossMetric::new())
            .metric_train_numeric(LearningRateMetric::new())
            .with_training_strategy(strategy.into())
            .with_application_logger(None)
            .with_default_checkpointers()
            .num_epochs(self.epochs);
        training = if self.dashboard { training.summary() } else { training.renderer(Box::new(Lines::default())) };
        if let Some(epoch) = self.resume {
            training = training.checkpoint(epoch);
        }
        let result = training.launch(learner);
        result.error.map_or(Ok(result.model), |error| Err(TrainingError::Stopped(error)))
    }

    /// What Burn would panic on.
    fn check(&self, plan: &ScalingPlan) -> Result<(), TrainingError> {
        let path = self.folder.join("plan.json");
        let file = |source| TrainingError::File { path: path.clone(), source };
        let Some(epoch) = self.resume else {
            if fs::read_dir(self.folder.join("checkpoint")).is_ok_and(|mut files| files.next().is_some()) {
                return Err(TrainingError::Occupied(self.folder.clone()));
            }
            fs::create_dir_all(self.folder.join("checkpoint")).map_err(file)?;
            return fs::write(&path, plan.to_json()).map_err(file);
        };
        if epoch >= self.epochs {
            return Err(TrainingError::Finished { resume: epoch, epochs: self.epochs });
        }
        let text = fs::read_to_string(&path).map_err(file)?;
        let before =
            ScalingPlan::from_json(&text).map_err(|source| TrainingError::Plan { path: path.clone(), source })?;
        if let Some(difference) = before.diff(plan).first() {
            let difference = difference.to_string();
            return Err(TrainingError::OtherPlan { folder: self.folder.clone(), difference });
        }
        let checkpoint = |name| self.folder.join(format!("checkpoint/{name}-{epoch}.bpk"));
        readable::<ModuleRecord>(&checkpoint("model"))?;
        readable::<OptimizerRecord>(&checkpoint("optim"))?;
        readable::<LrSchedulerRecord>(&checkpoint("scheduler"))
    }
}

fn readable<R: Checkpoint>(path: &Path) -> Result<(), TrainingError> {
    match R::load(path.to_owned()) {
        Ok(_) => Ok(()),
        Err(source) => Err(TrainingError::Checkpoint { path: path.to_owned(), source }),
    }
}
