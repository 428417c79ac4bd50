//! The parts of the experiment, in order.

use std::path::PathBuf;

use mup_study::{Study, Values};
use mup_sweep::Optimum;
use mup_train::FamilyError;
use mup_transfer::{Spent, choose};

use super::super::arms::{Arm, mean_spent};
use super::super::rates::ProxySweep;
use super::super::runs::{MUP, Runs, STANDARD, TargetRun, options, rate, words};
use super::super::{write, write_so_far};
use super::Part;
use super::pilot::Pilot;
use super::results::Results;
use super::sizes::Sizes;
use super::sweeps::{DEFAULT_RATES, Lowered, SAME, TEN_TIMES, WHOLE, on_edges};

/// Tuning sees batches in another order than the target.
pub(super) const TUNING_SEED: u64 = 100;
/// Seeds of the target with the rate that was tuned alone.
const SEEDS_OF_RATE: u64 = 3;
/// SP's best rate by width, in octaves per doubling: this workspace's own check (docs/verdicts.md).
const STANDARD_DRIFT: f64 = -0.91;
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
    pilot: Pilot,
    /// On the proxy, by each repetition.
    searched: Vec<Values>,
    search: Spent,
    /// In SP at the target: by each repetition, and once with ten times the compute.
    same: Lowered,
    ten_times: Lowered,
}

impl Parts<'_> {
    /// Runs everything that has not been run, through the last part.
    pub(super) fn run(&self, through: Part) -> Result<Results, FamilyError> {
        let tuned = self.tune()?;
        let mut arms = self.pairs(&tuned);
        let results = |arms: &[Arm]| Results::new(tuned.proxy_parameters, &tuned.pilot, arms);
        let save = |arms: &[Arm]| write_so_far(&results(arms), TITLE, arms, &self.runs.folder);
        save(&arms)?;
        if through >= Part::Pairs {
            self.runs.train(&mut arms, save)?;
        }
        if through < Part::Others {
            return Ok(results(&arms));
        }
        arms.extend(self.others(&tuned));
        self.runs.train(&mut arms, save)?;
        let whole = self.swept(&tuned.study, &WHOLE, vec![0])?;
        let run = |lr: f64| TargetRun::new(&tuned.study, STANDARD, rate(lr), 0);
        let name = format!("(e) SP at the best rate of whole runs{}", on_edges(&whole));
        arms.push(Arm::new(name, whole[0].spent, [run(whole[0].rate)]));
        arms.extend(self.rate_alone(&tuned)?);
        self.runs.train(&mut arms, save)?;
        let mut widths = self.widths(&tuned.study, &tuned.searched)?;
        widths.push(Arm { what: format!("width {}", self.sizes.shape.target_width), ..arms[0].clone() });
        let results = results(&arms).with_sweep(whole[0].losses.clone()).with_widths(widths);
        write(&results, TITLE, &arms, &self.runs.folder)?;
        self.runs.program.run(&words(&["report", "--study", &tuned.study.display().to_string()]))?;
        Ok(results)
    }

    fn tune(&self) -> Result<Tuned, FamilyError> {
        let pilot = self.pilot()?;
        let studies: Vec<Study> = (0..self.sizes.repetitions).map(|r| self.search(r)).collect::<Result<_, _>>()?;
        let searched = studies.iter().map(chosen).collect::<Result<_, _>>()?;
        let (mut search, mut proxy_parameters) = (Vec::new(), 0);
        for study in &studies {
            let records = study.records()?.records;
            proxy_parameters = records.first().map_or(proxy_parameters, |record| record.curve.parameters);
            search.push(Spent::of_trials(&records));
        }
        let study = studies[0].folder().to_owned();
        let seeds = (0..self.sizes.repetitions).map(|r| TUNING_SEED + r).collect();
        let same = self.lowered(&study, (&SAME, seeds), &pilot)?;
        let ten_times = self.lowered(&study, (&TEN_TIMES, vec![TUNING_SEED]), &pilot)?;
        Ok(Tuned { study, proxy_parameters, pilot, searched, search: mean_spent(&search), same, ten_times })
    }

    /// Search r on the proxy.
    fn search(&self, r: u64) -> Result<Study, FamilyError> {
        let Sizes { shape, trials, best, steps, long_steps, .. } = self.sizes;
        let mut search = words(&["--space", "gpt-3"]);
        let seed = TUNING_SEED + r;
        search.extend(options(&[("search-seed", r as usize), ("seeds", seed as usize), ("trials", trials)]));
        search.extend(options(&[("steps", steps), ("best", best), ("long-steps", long_steps)]));
        self.runs.tune(&format!("proxy-{r}"), self.runs.common.jobs(), (shape, shape.base_width), &search)
    }

    /// What is compared over all repetitions.
    fn pairs(&self, tuned: &Tuned) -> Vec<Arm> {
        let Tuned { study, searched, search, same, ten_times, .. } = tuned;
        let each = |parametrization, values: &[Values]| -> Vec<TargetRun> {
            let run = |(seed, values): (u64, &Values)| TargetRun::new(study, parametrization, values.clone(), seed);
            (0..).zip(values).map(run).collect()
        };
        let once = vec![ten_times.values[0].clone(); searched.len()];
        let (same_name, ten_times_name) = (
            format!("(b₁) SP, rate tuned at the target, same compute{}", same.note),
            format!("(b₁₀) SP, rate tuned at the target once, ten times{}", ten_times.note),
        );
        vec![
            Arm::new("(a) µTransfer: six values of the proxy", *search, each(MUP, searched)).subject(),
            Arm::new(same_name, same.tuning, each(STANDARD, &same.values)),
            Arm::new(ten_times_name, ten_times.tuning, each(STANDARD, &once)),
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

    /// µTransfer without the five others, and SP at that rate as the rule of thumb has it for the target's width.
    fn rate_alone(&self, tuned: &Tuned) -> Result<[Arm; 2], FamilyError> {
        let Sizes { shape, long_steps: steps, rates: (low, high), repetitions, .. } = self.sizes;
        let rates: Vec<f64> = (low..=high).map(|exponent| f64::from(exponent).exp2()).collect();
        let (name, width, seeds) = ("proxy-rate", shape.base_width, [TUNING_SEED]);
        let sweep = ProxySweep { name, shape, width, rates: &rates, fixed: &[], seeds: &seeds, steps };
        let swept = self.runs.sweep(&sweep)?;
        let Optimum { log2_rate, edge, .. } =
            Optimum::of(&swept.points).ok_or("every rate diverged on the proxy: lower the rates")?;
        let found = log2_rate.exp2();
        let by_rule = found * (shape.target_width as f64 / shape.base_width as f64).powf(STANDARD_DRIFT);
        let arm = |name: &str, parametrization, lr: f64| {
            let run = |seed| TargetRun::new(&tuned.study, parametrization, rate(lr), seed);
            let edge = if edge.is_some() { " (edge)" } else { "" };
            let name = format!("{name}{edge}");
            Arm::new(name, swept.spent, (0..repetitions.min(SEEDS_OF_RATE)).map(run))
        };
        Ok([
            arm("(f) µTransfer of the rate alone", MUP, found),
            arm("(g) SP, that rate lowered by the rule of thumb", STANDARD, by_rule),
        ])
    }
}

fn chosen(study: &Study) -> Result<Values, FamilyError> {
    Ok(choose(study.config(), &study.records()?)?.best.values)
}
