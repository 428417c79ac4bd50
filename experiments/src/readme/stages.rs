//! The parts of the experiment, in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mup_study::{Record, Setting, Study, StudyRecord, Trial, Values};
use mup_sweep::in_parallel;
use mup_transfer::choose;
use mup_verdict::coordinates::TrialError;

use super::program::Program;
use super::results::{Compute, Repetitions, Results, Row};
use super::{Experiment, Sizes};

const MUP: &str = "mup";
const STANDARD: &str = "standard";
/// Of the proxy's trials; their losses are averaged.
const SEEDS: [u64; 3] = [0, 1, 2];

/// What runs the parts.
pub(super) struct Stages<'a> {
    pub(super) program: &'a Program,
    pub(super) sizes: Sizes,
    pub(super) folder: &'a Path,
    pub(super) experiment: &'a Experiment,
}

/// A run of the target.
struct TargetRun {
    parametrization: &'static str,
    values: Values,
}

impl Stages<'_> {
    /// Runs everything that has not been run.
    pub(super) fn run(&self) -> Result<Results, TrialError> {
        let proxy = self.tune("proxy", &self.proxy_arguments())?;
        let records = proxy.records()?;
        let choice = choose(proxy.config(), &records)?;
        let groups = best_of_groups(&records.records, self.sizes.group);
        let chosen = choice.best.values.clone();
        let defaults = Values::default().with("learning-rate", Setting::Number(0.001));
        let mut runs = vec![
            TargetRun { parametrization: MUP, values: chosen.clone() },
            TargetRun { parametrization: STANDARD, values: chosen },
            TargetRun { parametrization: MUP, values: defaults.clone() },
            TargetRun { parametrization: STANDARD, values: defaults },
        ];
        runs.extend(groups.into_iter().map(|values| TargetRun { parametrization: MUP, values }));
        let targets = self.train(&proxy, &runs)?;
        let rates = self.tune("sp-rates", &self.rates_arguments())?;
        let direct = self.tune("sp-direct", &self.direct_arguments())?;
        let [proxy_folder, rates_folder] = [&proxy, &rates].map(|study| study.folder().display().to_string());
        self.program.run(&strings(&["report", "--study", &proxy_folder, "--compare", &rates_folder]))?;
        self.results(&records.records, &targets, &rates.records()?.records, &direct.records()?.records)
    }

    fn results(
        &self,
        proxy: &[StudyRecord],
        targets: &[Record<Trial>],
        rates: &[StudyRecord],
        direct: &[StudyRecord],
    ) -> Result<Results, TrialError> {
        let is_long = |record: &&StudyRecord| record.trial.stage == 1;
        let best_long = rates.iter().filter(is_long).min_by(|a, b| loss(a).total_cmp(&loss(b)));
        let best_long = best_long.ok_or("every rate of the sweep in SP diverged: lower the rates")?;
        let tuning = Compute::of(proxy.iter().map(|record| (&*record.curve, record.seconds)));
        let sweep = Compute::of(rates.iter().filter(|record| !is_long(record)).map(|r| (&*r.curve, r.seconds)));
        let row = |what: &str, record: &Record<Trial>, tuning: Compute| {
            let values = record.trial.values.to_string();
            Row::new(what, &record.outcome, &record.curve, values, tuning)
        };
        let rows = vec![
            row("µTransfer: the proxy's values in µP", &targets[0], tuning),
            row("SP with the proxy's values", &targets[1], tuning),
            row("µP with default values", &targets[2], Compute::default()),
            row("SP with default values", &targets[3], Compute::default()),
            Row::new(
                "SP at its own best rate, swept at the target",
                &best_long.outcome,
                &best_long.curve,
                best_long.trial.values.to_string(),
                sweep,
            ),
        ];
        // One group's share of the short horizon; nothing of the long one.
        let short = proxy.iter().filter(|record| record.trial.stage == 0).take(SEEDS.len() * self.sizes.group);
        let group = Compute::of(short.map(|record| (&*record.curve, record.seconds)));
        let what = format!("µTransfer, {} samples on the proxy", self.sizes.group);
        let repetitions = vec![
            Repetitions::new(&what, targets[4..].iter().map(|record| &record.outcome), group),
            Repetitions::new("SP tuned at the target, 1 sample", direct.iter().map(|r| &r.outcome), Compute::default()),
        ];
        let parameters = [&proxy[0].curve, &targets[0].curve].map(|curve| curve.parameters);
        Ok(Results { parameters, rows, repetitions, target_flops: targets[0].curve.flops.unwrap_or(f64::NAN) })
    }

    fn tune(&self, name: &str, arguments: &[String]) -> Result<Study, TrialError> {
        let folder = self.folder.join(name);
        let mut all = strings(&["tune", "--jobs"]);
        all.extend([self.experiment.jobs.to_string(), "--study".to_owned(), folder.display().to_string()]);
        all.extend_from_slice(arguments);
        self.program.run(&all)?;
        Ok(Study::open(&folder)?)
    }

    fn train(&self, study: &Study, runs: &[TargetRun]) -> Result<Vec<Record<Trial>>, TrialError> {
        in_parallel(self.experiment.jobs, runs, |run| {
            let (parametrization, values) = (run.parametrization, list(&run.values));
            let folder = study.folder().display().to_string();
            let arguments = ["train", "--study", &folder, "--parametrization", parametrization, "--values", &values];
            self.program.read(&strings(&arguments))
        })
    }

    fn proxy_arguments(&self) -> Vec<String> {
        let Sizes { trials, best, steps, long_steps, proxy_width, .. } = self.sizes;
        let mut arguments = self.common(proxy_width);
        let seeds: Vec<String> = SEEDS.iter().map(u64::to_string).collect();
        arguments.extend(strings(&["--space", "gpt-3", "--seeds", &seeds.join(",")]));
        arguments.extend(options(&[
            ("--trials", trials),
            ("--steps", steps),
            ("--best", best),
            ("--long-steps", long_steps),
        ]));
        arguments
    }

    /// As many rates over the short horizon as tuning on the proxy pays for, or a few more; the three best over the long.
    fn rates_arguments(&self) -> Vec<String> {
        let Sizes { steps, long_steps, target_width, rates, .. } = self.sizes;
        let mut arguments = self.common(target_width);
        arguments.extend([format!("--rates={rates}"), "--parametrization=standard".to_owned()]);
        arguments.extend(options(&[("--steps", steps), ("--best", 3), ("--long-steps", long_steps)]));
        arguments
    }

    fn direct_arguments(&self) -> Vec<String> {
        let Sizes { direct, long_steps, target_width, .. } = self.sizes;
        let mut arguments = self.common(target_width);
        arguments.extend(strings(&["--space", "gpt-3", "--parametrization", "standard", "--search-seed", "1"]));
        arguments.extend(options(&[("--trials", direct), ("--steps", long_steps)]));
        arguments
    }

    fn common(&self, width: usize) -> Vec<String> {
        let Sizes { proxy_width, target_width, d_head, n_layer, context, batch, .. } = self.sizes;
        let mut arguments = options(&[
            ("--proxy-width", width),
            ("--base-width", proxy_width),
            ("--target-width", target_width),
            ("--d-head", d_head),
            ("--n-layer", n_layer),
            ("--context", context),
            ("--batch", batch),
        ]);
        if let Some(text) = &self.experiment.text {
            arguments.extend(["--text".to_owned(), absolute(text).display().to_string()]);
        }
        arguments
    }
}

/// The values with the lowest mean loss over the short horizon, of every group of samples; none of one that diverged.
fn best_of_groups(records: &[StudyRecord], group: usize) -> Vec<Values> {
    let mut samples: BTreeMap<usize, Vec<&StudyRecord>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.trial.stage == 0) {
        samples.entry(record.trial.sample).or_default().push(record);
    }
    let samples: Vec<Vec<&StudyRecord>> = samples.into_values().collect();
    let mean = |seeds: &Vec<&StudyRecord>| seeds.iter().map(|record| loss(record)).sum::<f64>() / seeds.len() as f64;
    let best = |group: &[Vec<&StudyRecord>]| {
        let best = group.iter().min_by(|a, b| mean(a).total_cmp(&mean(b)))?;
        mean(best).is_finite().then(|| best[0].trial.values.clone())
    };
    samples.chunks_exact(group).filter_map(best).collect()
}

fn loss(record: &StudyRecord) -> f64 {
    record.outcome.loss().unwrap_or(f64::INFINITY)
}

/// As `--values` takes them, every bit of them.
fn list(values: &Values) -> String {
    let entries: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    entries.join(",")
}

fn options(options: &[(&str, usize)]) -> Vec<String> {
    options.iter().flat_map(|(name, value)| [(*name).to_owned(), value.to_string()]).collect()
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
