//! Training the target: with the transferred values, or with others to compare with.

use std::path::{Path, PathBuf};

use mup_models::Gpt;
use mup_rules::ScalingPlan;
use mup_study::cli::{Interrupt, say};
use mup_study::{Record, RecordSource, Setting, Smoothing, Store, Study, Trial, TrialEnd, Values};
use mup_train::{Ended, RunFolder, Trained};
use mup_transfer::{Transfer, Transferred, transfer};
use serde_json::{Value, json};

use super::study::{Proxy, Target};
use super::{choose, output};
use crate::cli::{CheckpointArguments, TrainArguments};
use crate::error::RunError;
use crate::family::short;
use crate::hyperparameters::{Hyperparameter, Hyperparameters};
use crate::progress::Progress;
use crate::run_context::RunContext;
use crate::training::{Run, Trainer};

/// Without tuning: the rate that nanoGPT's configuration for characters has, as has PyTorch's AdamW; everything else 1.
pub(super) const DEFAULT_RATE: f64 = 0.001;

/// The target of a study and what trains it.
pub(super) struct TargetTraining<'a> {
    study: &'a Study,
    trainer: Trainer,
    proxy: Proxy,
    target: Target,
    folder: PathBuf,
    settings: Value,
    store: Store,
}

/// `train`.
pub(super) fn run(arguments: &TrainArguments) -> Result<(), RunError> {
    let study = Study::open(&arguments.study)?;
    let training = TargetTraining::of(&study)?;
    training.trainer.family.data()?.verify()?;
    if let Some(path) = &arguments.export {
        check_export(path)?;
    }
    let parametrization = arguments.parametrization.clone().unwrap_or_else(|| training.proxy.parametrization.clone());
    let values = values(&arguments.values, &study)?;
    if arguments.values == "chosen" && parametrization == training.proxy.parametrization {
        say(explain(&training.transfer(&values)?));
    }
    let (record, _) = training.train(&parametrization, &values, arguments.seed, &arguments.checkpoints)?;
    if let Some(path) = &arguments.export {
        training.export(&record.trial, path, arguments.fold)?;
    }
    if arguments.json { output::print_json(&record) } else { output::line(line(&record)?) }
}

impl<'a> TargetTraining<'a> {
    /// Opens where the runs of this target are kept.
    pub(super) fn of(study: &'a Study) -> Result<Self, RunError> {
        let (proxy, target) = (Proxy::of(study.config())?, Target::of(study.config())?);
        let trainer = proxy.trainer(study)?;
        trainer.family.configuration.check(&[target.width])?;
        let folder = study.folder().join("targets").join(format!("width{}-steps{}", target.width, target.steps));
        let settings = trainer.family.configuration.settings(trainer.family.data()?, proxy.device);
        let store = Store::open(&folder, &settings)?;
        Ok(Self { study, trainer, proxy, target, folder, settings, store })
    }

    /// Every run of this target that has ended; says which records are damaged.
    pub(super) fn records(&self) -> Result<Vec<Record<Trial>>, RunError> {
        let (records, damaged) = self.store.records()?;
        for (path, reason) in damaged {
            let path = path.display();
            say(format!("warning: {path} is damaged ({reason}) and left out; `train` with its values writes it again"));
        }
        Ok(records.iter().map(|stored| stored.judged(self.smoothing())).collect())
    }

    fn smoothing(&self) -> Smoothing {
        Smoothing::tenth_of(self.target.steps)
    }

    /// What becomes of the proxy's values in the target.
    pub(super) fn transfer(&self, values: &Hyperparameters) -> Result<Transfer, RunError> {
        let name = &self.proxy.parametrization;
        let (proxy, target) = (self.plan(name, self.proxy.width)?, self.plan(name, self.target.width)?);
        Ok(transfer(&(*values).into(), &self.study.config().space, &proxy, &target)?)
    }

    /// Plans of proxy, target and target in SP, with their names.
    pub(super) fn plans(&self) -> Result<Vec<(String, ScalingPlan)>, RunError> {
        let name = &self.proxy.parametrization;
        let plan = |label: &str, name: &str, width| -> Result<_, RunError> {
            Ok((format!("{label}, {}", short(name)), self.plan(name, width)?))
        };
        let mut plans = vec![plan("Proxy", name, self.proxy.width)?, plan("Target", name, self.target.width)?];
        if name != "standard" {
            plans.push(plan("Target", "standard", self.target.width)?);
        }
        Ok(plans)
    }

    fn plan(&self, parametrization: &str, width: usize) -> Result<ScalingPlan, RunError> {
        self.trainer.plan(parametrization, width)
    }

    /// The record of a run: read if it has ended, otherwise trained, from its last checkpoint if there is one.
    pub(super) fn train(
        &self,
        parametrization: &str,
        values: &Hyperparameters,
        seed: u64,
        checkpoints: &CheckpointArguments,
    ) -> Result<(Record<Trial>, RecordSource), RunError> {
        let trial = self.trial(parametrization, values, seed)?;
        let (stored, source) = self.store.run(&trial, || {
            say(format!("\nTraining width {} in {} with {values}", self.target.width, short(parametrization)));
            let trained = self.train_or_continue(&trial, Some(checkpoints))?;
            let curve = self.trainer.curve_and_sample(&self.run(&trial)?, &trained)?;
            // It may have had several processes.
            Ok::<_, RunError>(TrialEnd { seconds: Some(trained.seconds), ..TrialEnd::from(curve) })
        })?;
        if let RecordSource::Repaired { kept_as, reason } = &source {
            say(format!("warning: the record was damaged ({reason}); it was kept as {}", kept_as.display()));
        }
        Ok((stored.judged(self.smoothing()), source))
    }

    fn trial(&self, parametrization: &str, values: &Hyperparameters, seed: u64) -> Result<Trial, RunError> {
        let Target { width, steps, micro_batches, evaluate_every, .. } = self.target;
        let plan = self.plan(parametrization, width)?.fingerprint();
        let mut settings = self.settings.clone();
        settings["run"] = json!({ "steps": steps, "micro_batches": micro_batches, "evaluate_every": evaluate_every });
        let parametrization = parametrization.to_owned();
        Ok(RunContext { parametrization, width, plan, settings }.trial(*values, seed, steps))
    }

    fn run(&self, trial: &Trial) -> Result<Run, RunError> {
        let RunContext { parametrization, width, .. } = RunContext::of(trial)?;
        Ok(Run {
            parametrization,
            width,
            values: Hyperparameters::try_from(&trial.values)?,
            seed: trial.seed,
            steps: trial.steps,
            micro_batches: self.target.micro_batches,
            evaluate_every: Some(self.target.evaluate_every),
        })
    }

    /// Where a run keeps its checkpoints and metrics.
    fn folder(&self, trial: &Trial, parametrization: &str) -> PathBuf {
        self.folder.join("runs").join(format!("{parametrization}-{}", trial.id()))
    }

    fn train_or_continue(
        &self,
        trial: &Trial,
        checkpoints: Option<&CheckpointArguments>,
    ) -> Result<Trained<Gpt>, RunError> {
        let run = self.run(trial)?;
        let plan = self.plan(&run.parametrization, run.width)?;
        let mut folder = RunFolder::new(self.folder(trial, &run.parametrization), &plan);
        if let Some(checkpoints) = checkpoints {
            folder = folder.with_every(checkpoints.checkpoint_minutes).with_keep_last(checkpoints.keep_last);
            if let Some(steps) = checkpoints.checkpoint_every {
                folder = folder.with_every_steps(steps);
            }
        }
        let progress = Progress::new(short(&run.parametrization), run.steps);
        let interrupt = Interrupt::listen()?;
        self.trainer.train(&run, Some(folder), |event| progress.see(event), || interrupt.requested())
    }

    /// Writes the weights of a run that has ended; its last checkpoint has them.
    fn export(&self, trial: &Trial, path: &Path, fold: bool) -> Result<(), RunError> {
        let trained = self.train_or_continue(trial, None)?;
        if trained.curve.ended != Ended::Finished {
            let parametrization = RunContext::of(trial)?.parametrization;
            return Err(RunError::NothingToExport { folder: self.folder(trial, &parametrization) });
        }
        let layouts = crate::export::write(&trained.model, path, fold)?;
        say(format!("wrote {}; {layouts}", path.display()));
        Ok(())
    }

    /// The study.
    pub(super) fn study(&self) -> &Study {
        self.study
    }

    /// Name of the proxy's parametrization.
    pub(super) fn parametrization(&self) -> &str {
        &self.proxy.parametrization
    }
}

/// Better now than after the training.
fn check_export(path: &Path) -> Result<(), RunError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(());
    }
    Err(RunError::NoFolder { path: path.to_owned(), folder: folder.to_owned() })
}

/// `chosen`, `default`, or a list.
fn values(text: &str, study: &Study) -> Result<Hyperparameters, RunError> {
    match text {
        "chosen" => choose::values(&choose::choose(study)?),
        "default" => Ok(Hyperparameters::at_rate(DEFAULT_RATE)),
        list => parse(list),
    }
}

fn parse(list: &str) -> Result<Hyperparameters, RunError> {
    let refuse = |reason: String| RunError::Values { text: list.to_owned(), reason };
    let mut values = Values::default();
    for entry in list.split(',') {
        let (name, value) = entry.split_once('=').ok_or_else(|| refuse(format!("`{entry}` has no =")))?;
        let value: f64 = value.trim().parse().map_err(|error| refuse(format!("`{value}`: {error}")))?;
        let name = name.trim();
        if values.get(name).is_some() {
            return Err(refuse(format!("`{name}` is there twice")));
        }
        values = values.with(name, Setting::Number(value));
    }
    Hyperparameters::try_from(&values).map_err(|error| refuse(error.to_string()))
}

/// One line for each transferred value.
pub(super) fn explain(transfer: &Transfer) -> String {
    let number = |value: &Setting| value.number().unwrap_or(f64::NAN);
    let line = |row: &Transferred| {
        let Transferred { name, proxy, target, explanation, .. } = row;
        format!("  {name:<16} {:>10.5} → {:<10.5} {explanation}", number(proxy), number(target))
    };
    let varied = |row: &&Transferred| {
        row.name == Hyperparameter::LearningRate.name() || (number(&row.proxy) - 1.0).abs() > f64::EPSILON
    };
    let lines: Vec<String> = transfer.rows.iter().filter(varied).map(line).collect();
    format!("Transferred from proxy to target:\n{}", lines.join("\n"))
}

fn line(record: &Record<Trial>) -> Result<String, RunError> {
    let RunContext { parametrization, width, .. } = RunContext::of(&record.trial)?;
    let validation = record.curve.validation.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.4}"));
    let (name, outcome) = (short(&parametrization), &record.outcome);
    Ok(format!("{name} width {width}  training loss {outcome}, validation loss {validation}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_values_is_read_and_what_is_wrong_is_shown() {
        let values = parse("learning-rate=0.5, alpha-output=2").unwrap();
        assert_eq!(values, Hyperparameters { alpha_output: 2.0, ..Hyperparameters::at_rate(0.5) });
        for (text, said) in [
            ("alpha-output=2", "learning-rate"),
            ("learning-rate", "has no ="),
            ("learning-rate=x", "`x`"),
            ("learning-rate=1,learning-rate=2", "twice"),
            ("learning-rate=1,dropout=0.1", "dropout"),
            ("learning-rate=-1", "positive"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(text), "{error}");
        }
    }
}
