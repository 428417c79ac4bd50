//! Studies of an experiment and runs of its target, through the program, each of which is found again if it has ended.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use mup_files::{create_folders, write_durably};
use mup_study::{Record, Setting, Study, Trial, Values};
use mup_sweep::in_parallel;
use mup_train::{FamilyError, LEARNING_RATE};

use super::Common;
use super::arms::{Arm, Ended};
use super::program::Program;

pub(crate) const MUP: &str = "mup";
pub(crate) const STANDARD: &str = "standard";

/// What proxy and target share, and how wide the target is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) base_width: usize,
    pub(crate) target_width: usize,
    pub(crate) d_head: usize,
    pub(crate) n_layer: usize,
    pub(crate) context: usize,
    pub(crate) batch: usize,
}

/// A run of the target of a study.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TargetRun {
    pub(crate) study: PathBuf,
    pub(crate) parametrization: &'static str,
    pub(crate) values: Values,
    pub(crate) seed: u64,
    /// Another length than the study's target has.
    pub(crate) steps: Option<usize>,
}

/// Runs what is asked for.
pub(crate) struct Runs<'a> {
    pub(crate) program: &'a Program,
    pub(crate) common: &'a Common,
    pub(crate) folder: PathBuf,
}

impl TargetRun {
    /// Over the whole horizon.
    pub(crate) fn new(study: &Path, parametrization: &'static str, values: Values, seed: u64) -> Self {
        Self { study: study.to_owned(), parametrization, values, seed, steps: None }
    }

    /// The same in so many steps.
    pub(crate) fn over(self, steps: usize) -> Self {
        Self { steps: Some(steps), ..self }
    }

    fn arguments(&self) -> Vec<String> {
        // Every bit of them.
        let values: Vec<String> = self.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = words(&["train", "--keep-last", "1", "--parametrization", self.parametrization]);
        let said = [("study", self.study.display().to_string()), ("values", values.join(","))];
        arguments.extend(said.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]));
        arguments.extend(options(&[("seed", self.seed as usize)]));
        arguments.extend(self.steps.map(|steps| options(&[("target-steps", steps)])).into_iter().flatten());
        arguments
    }
}

impl Runs<'_> {
    /// A study of models of a width, run to its end; `search` is what differs from study to study.
    pub(crate) fn tune(
        &self,
        name: &str,
        jobs: usize,
        (shape, width): (Shape, usize),
        search: &[String],
    ) -> Result<Study, FamilyError> {
        let folder = self.folder.join(name);
        let Shape { base_width, target_width, d_head, n_layer, context, batch } = shape;
        let mut arguments = words(&["tune", "--study", &folder.display().to_string()]);
        arguments.extend(options(&[("jobs", jobs), ("proxy-width", width), ("base-width", base_width)]));
        arguments.extend(options(&[("target-width", target_width), ("d-head", d_head), ("n-layer", n_layer)]));
        arguments.extend(options(&[("context", context), ("batch", batch)]));
        if let Some(text) = &self.common.text {
            let text = std::path::absolute(text).unwrap_or_else(|_| text.clone());
            arguments.extend(["--text".to_owned(), text.display().to_string()]);
        }
        arguments.extend(self.common.device.iter().map(|device| format!("--device={device}")));
        arguments.extend_from_slice(search);
        self.program.run(&arguments)?;
        Ok(Study::open(&folder)?)
    }

    /// A space in a file of this name: the learning rates to try, and what is fixed.
    pub(crate) fn grid(&self, name: &str, rates: &[f64], fixed: &[(&str, f64)]) -> Result<Vec<String>, FamilyError> {
        let rates: Vec<String> = rates.iter().map(|rate| format!("{rate:?}")).collect();
        let mut text = format!("{LEARNING_RATE} = {{ grid = [{}] }}\n", rates.join(", "));
        text.extend(fixed.iter().map(|(name, value)| format!("{name} = {{ fixed = {value:?} }}\n")));
        let path = self.folder.join(format!("{name}.toml"));
        create_folders(&self.folder)?;
        write_durably(&path, text.as_bytes())?;
        Ok(words(&["--search", "grid", "--space", &path.display().to_string()]))
    }

    /// Trains every run of the arms that has not ended, equal ones once, by seed; `ended` sees the arms after each.
    pub(crate) fn train(
        &self,
        arms: &mut Vec<Arm>,
        ended: impl Fn(&[Arm]) -> Result<(), FamilyError> + Sync,
    ) -> Result<(), FamilyError> {
        let mut asked: Vec<TargetRun> = Vec::new();
        for run in arms.iter().flat_map(|arm| &arm.runs).filter(|run| run.ended.is_none()) {
            if !asked.contains(&run.asked) {
                asked.push(run.asked.clone());
            }
        }
        asked.sort_by_key(|run| run.seed);
        let arms = Mutex::new(arms);
        let results = in_parallel(self.common.jobs(), &asked, |asked| {
            let record: Record<Trial> = self.program.read(&asked.arguments())?;
            let mut arms = arms.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let same = arms.iter_mut().flat_map(|arm| &mut arm.runs).filter(|run| run.asked == *asked);
            same.for_each(|run| run.ended = Some(Ended::from(&record)));
            ended(&arms)
        });
        results.map(|_| ())
    }
}

/// The learning rate alone.
pub(crate) fn rate(rate: f64) -> Values {
    Values::default().with(LEARNING_RATE, Setting::Number(rate))
}

pub(crate) fn options(options: &[(&str, usize)]) -> Vec<String> {
    options.iter().flat_map(|(name, value)| [format!("--{name}"), value.to_string()]).collect()
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use mup_transfer::Spent;

    use super::super::tests::tiny;
    use super::*;

    #[test]
    fn a_target_that_diverges_is_a_result_and_a_fresh_folder_is_made() {
        let program = Program::find().expect("gpt-transfer is built");
        let (folder, common) = tiny();
        let runs = Runs { program: &program, common: &common, folder: folder.path().join("fresh") };
        let shape = Shape { base_width: 8, target_width: 16, d_head: 8, n_layer: 1, context: 8, batch: 2 };
        let mut search = runs.grid("proxy", &[0.01], &[]).expect("a fresh folder");
        search.extend(options(&[("steps", 12)]));
        let study = runs.tune("proxy", 1, (shape, shape.base_width), &search).expect("tuned");
        let run = TargetRun::new(study.folder(), MUP, rate(1e5), 0);
        let mut arms = vec![Arm::new("far too high", Spent::default(), [run])];
        runs.train(&mut arms, |_| Ok(())).expect("a result");
        assert_eq!(arms[0].losses(), [(0, f64::INFINITY)]);
    }
}
