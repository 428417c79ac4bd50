//! The parts of the experiment, in order.

use std::path::PathBuf;

use mup_study::{Study, StudyRecord, Values};
use mup_train::FamilyError;
use mup_transfer::{Spent, choose};

use super::super::arms::{Arm, spent};
use super::super::runs::{MUP, Runs, STANDARD, TargetRun, options, rate, words};
use super::super::write;
use super::Part;
use super::results::Results;
use super::sizes::Sizes;
use super::sweeps::{DEFAULT_RATES, SAME, Swept, TEN_TIMES, best};

/// Tuning sees batches in another order than the target.
const TUNING_SEED: u64 = 100;
/// Seeds of the target with the rate that was tuned alone.
const SEEDS_OF_RATE: u64 = 3;
const TITLE: &str = "The target, by how its hyperparameters were found";

/// What runs the parts.
pub(super) struct Parts<'a> {
    pub(super) runs: Runs<'a>,
    pub(super) sizes: Sizes,
}

/// What tuning found.
struct Tuned {
    /// The folder of the first study, whose target every run is of.
    study: PathBuf,
    proxy_parameters: u64,
    /// On the proxy, by each repetition.
    searched: Vec<Values>,
    search: Spent,
    /// In SP at the target: by each repetition, and once with ten times the compute.
    same: Vec<Values>,
    ten_times: Values,
    sweeps: [Spent; 2],
}

impl Parts<'_> {
    /// Runs everything that has not been run, through the last part.
    pub(super) fn run(&self, through: Part) -> Result<Results, FamilyError> {
        let tuned = self.tune()?;
        let mut arms = self.pairs(&tuned);
        let results = |arms: &[Arm]| Results::new(tuned.proxy_parameters, arms);
        let save = |arms: &[Arm]| write(&results(arms), TITLE, arms, &self.runs.folder);
        save(&arms)?;
        if through >= Part::Pairs {
            self.runs.train(&mut arms, save)?;
        }
        if through < Part::Others {
            return Ok(results(&arms));
        }
        arms.extend(self.others(&tuned));
        self.runs.train(&mut arms, save)?;
        let Swept { best, losses } = self.swept(&tuned.study)?;
        arms.extend([best, self.rate_alone(&tuned)?]);
        self.runs.train(&mut arms, save)?;
        let mut widths = self.widths(&tuned.study, &tuned.searched)?;
        widths.push(Arm { what: format!("width {}", self.sizes.shape.target_width), ..arms[0].clone() });
        let results = results(&arms).with_sweep(losses).with_widths(widths);
        write(&results, TITLE, &arms, &self.runs.folder)?;
        self.runs.program.run(&words(&["report", "--study", &tuned.study.display().to_string()]))?;
        Ok(results)
    }

    fn tune(&self) -> Result<Tuned, FamilyError> {
        let studies: Vec<Study> = (0..self.sizes.repetitions).map(|r| self.search(r)).collect::<Result<_, _>>()?;
        let searched = studies.iter().map(chosen).collect::<Result<_, _>>()?;
        let (study, first) = (studies[0].folder().to_owned(), studies[0].records()?.records);
        let seeds = (0..self.sizes.repetitions).map(|r| TUNING_SEED + r);
        let mut same: Vec<Arm> = seeds.map(|seed| self.tried(&study, &SAME, seed)).collect();
        let mut ten_times = vec![self.tried(&study, &TEN_TIMES, TUNING_SEED)];
        self.runs.train(&mut same, |_| Ok(()))?;
        self.runs.train(&mut ten_times, |_| Ok(()))?;
        Ok(Tuned {
            study,
            proxy_parameters: first.first().map_or(0, |record| record.curve.parameters),
            searched,
            search: of_trials(&first),
            sweeps: [spent(&same[0]), spent(&ten_times[0])],
            same: same.iter().map(|tried| best(tried, SAME.lowered)).collect::<Result<_, _>>()?,
            ten_times: best(&ten_times[0], TEN_TIMES.lowered)?,
        })
    }

    /// Search r on the proxy.
    fn search(&self, r: u64) -> Result<Study, FamilyError> {
        let Sizes { shape, trials, best, steps, long_steps, .. } = self.sizes;
        let mut search = words(&["--space", "gpt-3"]);
        let seed = TUNING_SEED + r;
        search.extend(options(&[("search-seed", r as usize), ("seeds", seed as usize), ("trials", trials)]));
        search.extend(options(&[("steps", steps), ("best", best), ("long-steps", long_steps)]));
        self.runs.tune(&format!("proxy-{r}"), self.runs.common.jobs, (shape, shape.base_width), &search)
    }

    /// What is compared over all repetitions.
    fn pairs(&self, tuned: &Tuned) -> Vec<Arm> {
        let each = |parametrization, values: &[Values]| -> Vec<TargetRun> {
            let run =
                |(seed, values): (u64, &Values)| TargetRun::new(&tuned.study, parametrization, values.clone(), seed);
            (0..).zip(values).map(run).collect()
        };
        let one = vec![tuned.ten_times.clone(); tuned.searched.len()];
        vec![
            Arm::new("(a) µTransfer: six values of the proxy", tuned.search, each(MUP, &tuned.searched)).subject(),
            Arm::new("(b₁) SP, rate tuned at the target, same compute", tuned.sweeps[0], each(STANDARD, &tuned.same)),
            Arm::new("(b₁₀) SP, rate tuned at the target, ten times", tuned.sweeps[1], each(STANDARD, &one)),
        ]
    }

    /// Defaults, and the proxy's values in SP.
    fn others(&self, tuned: &Tuned) -> Vec<Arm> {
        let run = |parametrization, values| TargetRun::new(&tuned.study, parametrization, values, 0);
        let default = |name: &str, parametrization, lr: f64| {
            Arm::new(format!("(c) {name} at the default {lr}"), Spent::default(), [run(parametrization, rate(lr))])
        };
        let defaults = [("SP", STANDARD), ("µP", MUP)].into_iter();
        let defaults = defaults.flat_map(|(name, rules)| DEFAULT_RATES.map(|lr| default(name, rules, lr)));
        let values = tuned.searched[0].clone();
        let proxys = Arm::new("(d) SP with the six values of the proxy", tuned.search, [run(STANDARD, values)]);
        defaults.chain([proxys]).collect()
    }

    /// µTransfer without the five others.
    fn rate_alone(&self, tuned: &Tuned) -> Result<Arm, FamilyError> {
        let Sizes { shape, long_steps, rates, repetitions, .. } = self.sizes;
        let mut search = vec![format!("--rates={rates}")];
        search.extend(options(&[("seeds", TUNING_SEED as usize), ("steps", long_steps)]));
        let study = self.runs.tune("proxy-rate", self.runs.common.jobs, (shape, shape.base_width), &search)?;
        let values = chosen(&study)?;
        let run = |seed| TargetRun::new(&tuned.study, MUP, values.clone(), seed);
        let runs = (0..repetitions.min(SEEDS_OF_RATE)).map(run);
        Ok(Arm::new("(f) µTransfer of the rate alone", of_trials(&study.records()?.records), runs))
    }
}

fn chosen(study: &Study) -> Result<Values, FamilyError> {
    Ok(choose(study.config(), &study.records()?)?.best.values)
}

fn of_trials(records: &[StudyRecord]) -> Spent {
    records.iter().fold(Spent::default(), |spent, record| spent.and_run(&record.curve, record.seconds))
}
