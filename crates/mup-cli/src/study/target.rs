//! Training the target: with the transferred values, or with others to compare with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use mup_files::{WholeFile, folder_of};
use mup_rules::{Parametrization, ScalingPlan};
use mup_study::cli::{Interrupt, say, whole};
use mup_study::{Outcome, Record, RecordSource, Setting, Smoothing, Store, Study, Trial, Values};
use mup_train::{Event, FamilyError, FamilyRun, LEARNING_RATE, RunFolder, Size};
use mup_transfer::{Choice, Transfer, Transferred, choose, run_in_words};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::FamilyOf;
use super::arguments::{CheckpointArguments, DEFAULT_STUDY};
use super::opened::Opened;
use super::progress::Progress;
use super::tables::Target;
use super::values::{parse, told};
use crate::{TargetRunArguments, grow::short, output};

/// Trains the target of a study.
#[derive(Clone, Debug, Args)]
pub struct TrainCommand {
    /// Folder of the study.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STUDY)]
    pub study: PathBuf,
    /// The values: chosen (by the study), default (the family's own), or a list; what is not named is the family's own. Every
    /// family has learning-rate, init-scale, and factors on the rates of embeddings, hidden matrices, readout and vectors:
    /// rate-input, rate-hidden, rate-output, rate-vector
    #[arg(long, value_name = "chosen|default|NAME=VALUE,...", default_value = "chosen")]
    pub values: String,
    /// How the target is parametrized [default: as the proxy]
    #[arg(long, value_name = "NAME")]
    pub parametrization: Option<String>,
    /// Seed of weights and batches.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u64, 0>)]
    pub seed: u64,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub target_run: TargetRunArguments,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub checkpoints: CheckpointArguments,
    /// Write the trained weights: as safetensors, or what else the program makes of a name like this.
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Fold the multipliers into the exported weights: a plain model with equal outputs.
    #[arg(long, requires = "export")]
    pub fold: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What decides a run of the target besides its values, seed and steps: the context of its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunContext {
    /// Name of the parametrization.
    pub(super) parametrization: String,
    pub(super) size: Size,
    /// Fingerprint of the plan, so that a changed rule is another run.
    plan: String,
    /// Everything else that changes the numbers.
    settings: Value,
}

impl RunContext {
    pub(super) fn of(trial: &Trial) -> Result<Self, FamilyError> {
        serde_json::from_value((*trial.context).clone()).map_err(|error| {
            let remedy = "move it away, or use the program that wrote it";
            format!("a record of a run has another form than this program writes ({error}): {remedy}").into()
        })
    }
}

/// The target of a study and what trains it.
pub(super) struct TargetTraining<'a> {
    pub(super) opened: &'a Opened<'a>,
    folder: PathBuf,
    settings: Value,
    store: Store,
    /// One of a sweep: what begins, and what nothing follows in it, was said for all.
    quiet: bool,
}

impl TrainCommand {
    pub(super) fn run(&self, family: FamilyOf<'_>) -> Result<ExitCode, FamilyError> {
        let study = Study::open(&self.study)?;
        let family = family(&study)?;
        let opened = Opened::new(&study, &*family)?.with_target_run(&self.target_run)?;
        let training = TargetTraining::of(&opened)?;
        let of_proxy = &opened.proxy.parametrization;
        let asked = self.parametrization.as_deref().map(Parametrization::named).transpose()?;
        let parametrization = &asked.map_or_else(|| of_proxy.clone(), |asked| asked.name);
        let values = match self.values.as_str() {
            "chosen" => opened.complete(&chosen(&study)?.best.values)?,
            "default" => opened.usual()?,
            list => {
                let refuse = |error| format!("--values {list}: {error}");
                opened.complete(&parse(list)?).map_err(refuse)?
            }
        };
        if let Some(path) = &self.export {
            training.check_export(parametrization, &values, path, self.fold)?;
        }
        let (target, alike) = (opened.target_plan(parametrization, &values)?, parametrization == of_proxy);
        if self.values == "chosen" && alike {
            say(explain(&opened.transfer(&values, &target)?, &opened.usual()?));
        } else {
            control(&target, (!alike).then_some(of_proxy)).into_iter().for_each(say);
        }
        let (record, _) = training.train(parametrization, &values, self.seed, &self.checkpoints)?;
        if let Some(path) = &self.export {
            training.export(&record.trial, path, self.fold)?;
        }
        if self.json {
            output::print_json(&record)?
        } else {
            output::line(training.line(&record)?)?
        }
        Ok(exit_code(&record.outcome))
    }
}

/// A target that diverged is no success, whatever was recorded of it.
pub(super) fn exit_code(outcome: &Outcome) -> ExitCode {
    if outcome.loss().is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

pub(super) fn chosen(study: &Study) -> Result<Choice, FamilyError> {
    Ok(choose(study.config(), &study.records()?)?)
}

impl<'a> TargetTraining<'a> {
    /// Opens where the runs of this target are kept.
    pub(super) fn of(opened: &'a Opened<'a>) -> Result<Self, FamilyError> {
        let folder = folder_of_target(opened);
        let settings = serde_json::to_value(&opened.proxy)?;
        let store = Store::open(&folder, &settings)?;
        Ok(Self { opened, folder, settings, store, quiet: false })
    }

    /// The same if there is any run: looking leaves no trace.
    pub(super) fn if_there(opened: &'a Opened<'a>) -> Result<Option<Self>, FamilyError> {
        let is_there = folder_of_target(opened).join("settings.json").is_file();
        is_there.then(|| Self::of(opened)).transpose()
    }

    /// The same for a sweep, which says itself what it does.
    pub(super) fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Every run of this target that has ended; says which records are damaged.
    pub(super) fn records(&self) -> Result<Vec<Record<Trial>>, FamilyError> {
        let (records, damaged) = self.store.records()?;
        for (path, reason) in damaged {
            let path = path.display();
            say(format!("warning: {path} is damaged ({reason}) and left out; `train` with its values writes it again"));
        }
        Ok(records.iter().map(|stored| stored.judged(self.smoothing())).collect())
    }

    fn smoothing(&self) -> Smoothing {
        Smoothing::tenth_of(self.opened.target.steps)
    }

    /// The record of a run: read if it has ended, otherwise trained, from its last checkpoint if there is one.
    pub(super) fn train(
        &self,
        parametrization: &str,
        values: &Values,
        seed: u64,
        checkpoints: &CheckpointArguments,
    ) -> Result<(Record<Trial>, RecordSource), FamilyError> {
        let trial = self.trial(parametrization, values, seed)?;
        let (stored, source) = self.store.run(&trial, || {
            let Opened { family, device, .. } = self.opened;
            let (name, told) = (short(parametrization), told(values, &self.opened.usual()?));
            let (run, folder) = (self.run(&trial)?, self.run_folder(&trial, Some(checkpoints))?);
            let mut unfollowed = Vec::new();
            if self.quiet {
                unfollowed = run.warnings(&family.plan(&run, device)?);
                unfollowed.extend(family.untested(&run));
            } else {
                say(format!("\nTraining {} in {name} with {told}", self.opened.named_size()));
            }
            let progress = Progress::new(name, run.training.steps);
            let interrupt = Interrupt::listen()?;
            let mut observe = |event: &Event| match event {
                Event::Evaluated(_) if self.quiet => {}
                Event::Warning(warning) if unfollowed.contains(warning) => {}
                event => progress.see(event),
            };
            family.train(&run, Some(folder), device, &mut observe, &|| interrupt.requested(), !self.quiet)
        })?;
        if let RecordSource::Repaired { kept_as, reason } = &source {
            say(format!("warning: the record was damaged ({reason}); it was kept as {}", kept_as.display()));
        }
        Ok((stored.judged(self.smoothing()), source))
    }

    /// What is asked for, and so where its record is.
    pub(super) fn trial(&self, parametrization: &str, values: &Values, seed: u64) -> Result<Trial, FamilyError> {
        let Opened { target, target_size, .. } = self.opened;
        let plan = self.opened.target_plan(parametrization, values)?.fingerprint();
        let (micro_batches, evaluate_every) = (target.micro_batches, target.evaluate_every);
        let mut settings = self.settings.clone();
        settings["run"] = json!({ "micro_batches": micro_batches, "evaluate_every": evaluate_every });
        if target.batches > 1 {
            settings["run"]["batches"] = json!(target.batches);
        }
        let (parametrization, size) = (parametrization.to_owned(), target_size.clone());
        let context = serde_json::to_value(RunContext { parametrization, size, plan, settings })?;
        Ok(Trial { values: values.clone(), seed, steps: target.steps, context: context.into() })
    }

    fn run(&self, trial: &Trial) -> Result<FamilyRun, FamilyError> {
        let context = RunContext::of(trial)?;
        Ok(self.opened.target_run(&context.parametrization, &trial.values)?.with_seed(trial.seed))
    }

    /// Where a run keeps its checkpoints and metrics.
    fn path(&self, trial: &Trial) -> Result<PathBuf, FamilyError> {
        let parametrization = RunContext::of(trial)?.parametrization;
        Ok(self.folder.join("runs").join(format!("{parametrization}-{}", trial.id())))
    }

    fn run_folder(&self, trial: &Trial, checkpoints: Option<&CheckpointArguments>) -> Result<RunFolder, FamilyError> {
        let context = RunContext::of(trial)?;
        let plan = self.opened.target_plan(&context.parametrization, &trial.values)?;
        let folder = RunFolder::new(self.path(trial)?, &plan);
        let folder = folder.with_identity("run", &json!({ "values": trial.values, "seed": trial.seed }))?;
        Ok(match checkpoints {
            Some(checkpoints) => checkpoints.apply(folder),
            None => folder,
        })
    }

    /// Better now than after the training.
    fn check_export(&self, parametrization: &str, values: &Values, path: &Path, fold: bool) -> Result<(), FamilyError> {
        let folder = folder_of(path);
        if !folder.is_dir() {
            let (path, folder) = (path.display(), folder.display());
            let remedy = "create it, or give --export another";
            return Err(format!("cannot write {path}: there is no folder {folder}; {remedy}").into());
        }
        let Opened { family, device, .. } = self.opened;
        family.check_export(&self.opened.target_run(parametrization, values)?, device, path, fold)?;
        // Files get their names when they are whole, so it is the folder that has to be writable.
        let file = if path.is_dir() { path.join("weights") } else { path.to_owned() };
        WholeFile::create(&file).map(drop).map_err(|error| {
            let remedy = "make the folder writable, or give --export another";
            format!("cannot write {}: {error}; {remedy}", path.display()).into()
        })
    }

    /// Writes the weights of a run that has ended; its last checkpoint has them.
    fn export(&self, trial: &Trial, path: &Path, fold: bool) -> Result<(), FamilyError> {
        let (run, folder) = (self.run(trial)?, self.run_folder(trial, None)?);
        let Opened { family, device, .. } = self.opened;
        let Some(said) = family.export(&run, folder, device, path, fold)? else {
            let folder = self.path(trial)?;
            return Err(format!(
                "this run diverged, so it has no weights to export; its last checkpoint is in {}",
                folder.display()
            )
            .into());
        };
        say(format!("wrote {}; {said}", path.display()));
        Ok(())
    }

    fn line(&self, record: &Record<Trial>) -> Result<String, FamilyError> {
        let context = RunContext::of(&record.trial)?;
        let validation = record.curve.validation.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.4}"));
        let (name, outcome) = (short(&context.parametrization), &record.outcome);
        let (steps, seed) = (record.trial.steps, record.trial.seed);
        let seed = if seed == 0 { String::new() } else { format!(", seed {seed}") };
        let run = format!("{name} {}, {steps} steps{seed}", self.opened.named_size());
        let folder = self.path(&record.trial)?;
        let kept = format!("checkpoints and metrics in {}", folder.display());
        Ok(format!("{run}  training loss {outcome}, validation loss {validation}\n{kept}"))
    }

    /// Of the study's other targets, which have another size, batch, length or law: the runs of each by its name, but for
    /// those that are shown elsewhere.
    pub(super) fn others(&self, shown: impl Fn(&Trial) -> bool) -> Result<BTreeMap<String, Vec<String>>, FamilyError> {
        let Some(folders) = self.folder.parent().and_then(|targets| std::fs::read_dir(targets).ok()) else {
            return Ok(BTreeMap::new());
        };
        let mut folders: Vec<PathBuf> = folders.filter_map(|entry| Some(entry.ok()?.path())).collect();
        // Looking leaves no trace: a store is opened only where there is one.
        folders.retain(|folder| *folder != self.folder && folder.join("settings.json").is_file());
        let (usual, mut others) = (self.opened.usual()?, BTreeMap::new());
        for folder in folders {
            let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let Ok(store) = Store::open(&folder, &self.settings) else { continue };
            let mut runs = Vec::new();
            for stored in store.records()?.0.into_iter().filter(|stored| !shown(&stored.trial)) {
                let record = stored.judged(Smoothing::tenth_of(stored.trial.steps));
                let parametrization = short(&RunContext::of(&record.trial)?.parametrization).to_owned();
                let Record { trial, outcome, .. } = record;
                let told = told(&trial.values, &usual);
                runs.push(format!("{parametrization}, {told}, seed {}: {outcome}", trial.seed));
            }
            if !runs.is_empty() {
                others.insert(name, runs);
            }
        }
        Ok(others)
    }
}

/// Where the runs of a target are kept.
fn folder_of_target(opened: &Opened<'_>) -> PathBuf {
    let (size, Target { steps, batches, run_law, .. }) = (&opened.target_size, &opened.target);
    let mut names: Vec<String> =
        opened.proxy.grows.iter().map(|name| format!("{name}{}", size[name.as_str()])).collect();
    names.push(format!("steps{steps}"));
    names.extend((*batches > 1).then(|| format!("batches{batches}")));
    names.extend((!run_law.is_none()).then(|| run_law.name.clone()));
    opened.study.folder().join("targets").join(names.join("-"))
}

/// What is not the transfer itself: under which rules its values were tuned, and what becomes of the run.
fn control(target: &ScalingPlan, tuned_under: Option<&String>) -> Vec<String> {
    let rules = tuned_under.map(|rules| format!("A control: the proxy was tuned in {}.", short(rules)));
    rules.into_iter().chain(run_in_words(target)).collect()
}

/// One line for each transferred value that is not as usual.
pub(super) fn explain(transfer: &Transfer, usual: &Values) -> String {
    let number = |value: &Setting| value.number().unwrap_or(f64::NAN);
    let line = |row: &Transferred| {
        let Transferred { name, proxy, target, explanation, .. } = row;
        format!("  {name:<16} {:>10.5} → {:<10.5} {explanation}", number(proxy), number(target))
    };
    let varied = |row: &&Transferred| row.name == LEARNING_RATE || usual.get(&row.name) != Some(&row.proxy);
    let lines: Vec<String> = transfer.rows.iter().filter(varied).map(line).collect();
    let run = transfer.run.iter().map(|line| format!("\n  {line}"));
    format!(
        "Transferred from proxy to target (of each tensor its factor times this):\n{}{}",
        lines.join("\n"),
        run.collect::<String>()
    )
}
