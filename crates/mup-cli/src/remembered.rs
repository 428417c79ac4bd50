//! Training runs, many at a time and remembered: what the checks that train judge.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    num::NonZeroUsize,
    path::PathBuf,
    time::Instant,
};

use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};
use mup_devices::{Backend, DeviceName};
use mup_rules::{Parametrization, ScalingPlan};
use mup_study::{
    Record, RecordSource, Setting, Smoothing, Store, StudyError, Trial, Values,
    cli::{Interrupt, say},
};
use mup_sweep::in_parallel;
use mup_train::{Event, FamilyError, FamilyRun, Growth, INIT_SCALE, LEARNING_RATE};
use mup_verdict::Answer;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    AnyFamily, GrowArguments, Identity,
    any_family::parameters,
    coord_check::jobs,
    depth::deepens,
    grow::{Grown, changed},
    identity::training,
    output,
    run_axis::RunAxis,
};

/// Arguments that the checks that train share; the same ones share their runs.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArguments {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub grow: GrowArguments,
    /// Number of seeds at each size, for the weights and the batches.
    #[arg(long, default_value_t = 4)]
    pub seeds: u64,
    /// Steps of a run [default: the family's own]
    #[arg(long)]
    pub steps: Option<usize>,
    /// Runs at a time, each with one thread [default: one for each core]
    #[arg(long)]
    pub jobs: Option<NonZeroUsize>,
    /// Where to train, such as wgpu or cuda:1.
    #[arg(long, default_value_t = Backend::Flex.into())]
    pub device: DeviceName,
    /// Folder of the runs and results; an interrupted check continues there, and nothing finished is repeated.
    #[arg(long, default_value = "runs/verdicts")]
    pub out: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Trains runs that the folder does not remember.
pub(crate) struct Remembered<'a> {
    family: &'a dyn AnyFamily,
    growth: Growth,
    widths: Vec<usize>,
    grows: Vec<String>,
    device: Device,
    store: Store,
    settings: Value,
    arguments: &'a RunArguments,
    interrupt: Interrupt,
    begun: Instant,
}

impl<'a> Remembered<'a> {
    /// In µP, of models that add no blocks.
    pub(crate) fn new(family: &'a dyn AnyFamily, arguments: &'a RunArguments) -> Result<Self, FamilyError> {
        let Grown { growth, widths } = arguments.grow.of(family)?;
        let largest = growth.at(widths.last().copied().unwrap_or_default())?;
        if deepens(family, &growth, None, &largest, &mup_devices::open(arguments.device)?)? {
            return Err(format!(
                "--grow {}: this check compares widths, and here blocks are added; coord-check and transfer-check follow depth",
                growth.grows.join(",")
            )
            .into());
        }
        Self::of_sizes(family, arguments, Grown { growth, widths })
    }

    pub(crate) fn under(
        parametrization: Parametrization,
        family: &'a dyn AnyFamily,
        arguments: &'a RunArguments,
    ) -> Result<Self, FamilyError> {
        let Grown { growth, widths } = arguments.grow.of(family)?;
        Self::of_sizes(family, arguments, Grown { growth: Growth { parametrization, ..growth }, widths })
    }

    fn of_sizes(family: &'a dyn AnyFamily, arguments: &'a RunArguments, grown: Grown) -> Result<Self, FamilyError> {
        let grows = grown.growth.grows.clone();
        let size = |run: FamilyRun, width: usize| -> Result<_, FamilyError> {
            let size = run.growth.at(width)?;
            Ok(run.with_size(size))
        };
        Self::of(family, arguments, grown, grows, size)
    }

    /// Of the base's model, in runs that grow; `check` sees the base's before there is a folder.
    pub(crate) fn along_the_run(
        family: &'a dyn AnyFamily,
        arguments: &'a RunArguments,
        axis: RunAxis,
        check: impl Fn(FamilyRun) -> Result<(), FamilyError>,
    ) -> Result<Self, FamilyError> {
        let base = changed(family.size(), arguments.grow.size.as_deref())?;
        let widths = axis.times(&arguments.grow)?;
        let growth = Growth::new(base.clone(), [base.first()?], Parametrization::mup());
        let at_base = run(family, &growth, arguments.steps);
        axis.check(at_base.training.steps, &widths)?;
        check(at_base)?;
        let (grown, grows) = (Grown { growth, widths }, vec![axis.name().to_owned()]);
        Self::of(family, arguments, grown, grows, |run, times| axis.at(run, times))
    }

    /// Of what is grown; `at` is a run of one of its widths, from that at the base.
    fn of(
        family: &'a dyn AnyFamily,
        arguments: &'a RunArguments,
        Grown { growth, widths }: Grown,
        grows: Vec<String>,
        at: impl Fn(FamilyRun, usize) -> Result<FamilyRun, FamilyError>,
    ) -> Result<Self, FamilyError> {
        if arguments.seeds == 0 {
            return Err("--seeds must be positive".into());
        }
        if widths.iter().all(|width| *width == widths[0]) {
            let name = grows.join(" and ");
            return Err(format!(
                "{widths:?}: a check follows {name} over two different ones at least, and judges three"
            )
            .into());
        }
        let run = run(family, &growth, arguments.steps);
        run.training.check()?;
        let device = mup_devices::open(arguments.device)?;
        // What has no plan leaves no folder, which would refuse the corrected command.
        let mut untested = BTreeSet::new();
        for width in &widths {
            let run = at(run.clone(), *width)?;
            family.check_run(&run, &device)?;
            untested.extend(family.untested(&run));
        }
        untested.iter().for_each(|warning| say(format!("warning: {warning}")));
        family.check_micro_batches(run.training.micro_batches, &device)?;
        let identity = family.identity(&growth)?;
        let settings = settings(&identity, &run, &grows, arguments);
        let store = Store::open(&arguments.out, &settings).map_err(|error| match error {
            StudyError::OtherConfiguration { .. } => format!(
                "{error}. The checks of a folder share runs of one length that grow alike: give --out another folder"
            )
            .into(),
            error => FamilyError::from(error),
        })?;
        let data =
            if identity.fingerprint.is_empty() { String::new() } else { format!(" · {}", identity.fingerprint) };
        say(format!("{}{data}\nfolder {}", identity.family, arguments.out.display()));
        let (interrupt, begun) = (Interrupt::listen()?, Instant::now());
        Ok(Self { family, growth, widths, grows, device, store, settings, arguments, interrupt, begun })
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn family(&self) -> &'a dyn AnyFamily {
        self.family
    }

    /// From the smallest width, under the rules that are checked.
    pub(crate) fn growth(&self) -> Growth {
        self.growth.clone()
    }

    /// From the smallest width, in SP.
    pub(crate) fn standard(&self) -> Growth {
        self.growth_under(Parametrization::standard())
    }

    /// From the smallest width, under other rules.
    pub(crate) fn growth_under(&self, parametrization: Parametrization) -> Growth {
        Growth { parametrization, ..self.growth.clone() }
    }

    /// What the widths are.
    pub(crate) fn grows(&self) -> &str {
        self.grows.first().map_or("width", String::as_str)
    }

    /// What grows, and through which values, with the seeds: the end of every title.
    pub(crate) fn title(&self, what: &str) -> String {
        let seeds = self.arguments.seeds;
        format!("{} · {what} · {} {:?} · {seeds} seeds", self.family.name(), self.grows.join(" and "), self.widths)
    }

    /// Widths, ascending.
    pub(crate) fn widths(&self) -> &[usize] {
        &self.widths
    }

    pub(crate) fn seeds(&self) -> impl Iterator<Item = u64> + Clone + use<> {
        0..self.arguments.seeds
    }

    /// A run at the base of a growth, with the family's own values.
    pub(crate) fn run(&self, growth: &Growth) -> FamilyRun {
        run(self.family, growth, self.arguments.steps)
    }

    /// The records of the runs, in their order.
    pub(crate) fn records(&self, runs: &[FamilyRun]) -> Result<Vec<Record<Trial>>, FamilyError> {
        let plans = self.plans(runs)?;
        // Largest first, so that no long run is left for the end.
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|&idx| std::cmp::Reverse(parameters(&plans[idx])));
        let bar = progress_bar(runs.iter().zip(&plans).map(|(run, plan)| work(run, plan)).sum());
        let records = in_parallel(self.arguments.jobs.unwrap_or_else(jobs).get(), &order, |&idx| {
            Ok::<_, FamilyError>((idx, self.record(&runs[idx], &plans[idx], &bar)?))
        });
        bar.finish_and_clear();
        let records: BTreeMap<usize, Record<Trial>> = records?.into_iter().collect();
        Ok(records.into_values().collect())
    }

    /// One for each run; runs of one model share theirs, which is built once.
    fn plans<'r>(&self, runs: &'r [FamilyRun]) -> Result<Vec<ScalingPlan>, FamilyError> {
        let mut known: Vec<(&'r FamilyRun, ScalingPlan)> = Vec::new();
        let plan = |run: &'r FamilyRun| -> Result<_, FamilyError> {
            let same = |(other, _): &&(&'r FamilyRun, ScalingPlan)| same_model(other, run);
            if let Some((_, plan)) = known.iter().find(same) {
                return Ok(plan.clone());
            }
            let plan = self.family.plan(run, &self.device)?;
            known.push((run, plan.clone()));
            Ok(plan)
        };
        runs.iter().map(plan).collect()
    }

    fn record(&self, run: &FamilyRun, plan: &ScalingPlan, bar: &ProgressBar) -> Result<Record<Trial>, FamilyError> {
        let (trial, step) = (self.trial(run, plan), parameters(plan) * run.training.batches as u64);
        let (stored, source) = self.store.run(&trial, || {
            let (name, values) = (&run.growth.parametrization.name, &trial.values);
            let mut observe = |event: &Event| {
                if let Event::Step(report) = event {
                    bar.inc(step);
                    bar.set_message(format!("{name} {} {values}: {:.3}", run.size, report.loss));
                }
            };
            self.family.train(run, None, &self.device, &mut observe, &|| self.interrupt.requested(), false)
        })?;
        if source == RecordSource::Read {
            bar.inc(work(run, plan));
        }
        Ok(stored.judged(Smoothing::tenth_of(run.training.steps)))
    }

    /// The run, as its record names it.
    fn trial(&self, run: &FamilyRun, plan: &ScalingPlan) -> Trial {
        let values = run.values.iter().map(|(name, value)| (name.clone(), Setting::Number(*value)));
        let mut context = json!({
            "parametrization": run.growth.parametrization.name,
            "base": run.growth.base,
            "size": run.size,
            "plan": plan.fingerprint(),
            "settings": self.settings,
        });
        if run.training.batches > 1 {
            context["batches"] = json!(run.training.batches);
        }
        Trial { values: Values(values.collect()), seed: run.seed, steps: run.training.steps, context: context.into() }
    }

    /// Says what was found.
    pub(crate) fn finish<R: Display + Serialize>(
        &self,
        title: &str,
        report: &R,
        answer: Answer,
        files: &[PathBuf],
    ) -> Result<Answer, FamilyError> {
        if self.arguments.json {
            output::print_json(report)?;
        } else {
            output::line(format!("{title}\n{report}\nanswer: {answer}"))?;
        }
        for file in files {
            say(format!("wrote {}", file.display()));
        }
        say(format!("{:.0} s", self.begun.elapsed().as_secs_f64()));
        Ok(answer)
    }
}

fn run(family: &dyn AnyFamily, growth: &Growth, steps: Option<usize>) -> FamilyRun {
    let run = family.run(growth.clone(), growth.base.clone());
    match steps {
        Some(steps) => run.with_steps(steps),
        None => run,
    }
}

/// What all runs of a folder share.
fn settings(identity: &Identity, run: &FamilyRun, grows: &[String], arguments: &RunArguments) -> Value {
    json!({
        "family": identity,
        "base": run.growth.base,
        "grows": grows,
        "device": arguments.device,
        "training": training(run),
        "steps": run.training.steps,
    })
}

/// Rate and start are no part of a plan; the family's own values may be, and of a growth from a run batch and length are.
fn same_model(a: &FamilyRun, b: &FamilyRun) -> bool {
    let of_plan = |run: &FamilyRun| {
        let own = run.values.iter().filter(|(name, _)| ![LEARNING_RATE, INIT_SCALE].contains(&name.as_str()));
        own.map(|(name, value)| (name.clone(), value.to_bits())).collect::<Vec<_>>()
    };
    let length = |run: &FamilyRun| run.growth.run.map(|_| (run.training.steps, run.training.batches));
    a.growth == b.growth && a.size == b.size && length(a) == length(b) && of_plan(a) == of_plan(b)
}

fn work(run: &FamilyRun, plan: &ScalingPlan) -> u64 {
    parameters(plan) * (run.training.steps * run.training.batches) as u64
}

fn progress_bar(work: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3}%  {msg}  {eta} left");
    ProgressBar::new(work).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
