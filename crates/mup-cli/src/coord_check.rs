//! `coord-check`: do coordinates keep their size as the model grows?

use std::{num::NonZeroUsize, path::PathBuf, process::ExitCode, time::Instant};

use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};
use mup_devices::{Backend, DeviceName};
use mup_files::sha256;
use mup_rules::{Parametrization, PlanRow};
use mup_study::cli::{Interrupt, say};
use mup_train::{FamilyError, FamilyRun, Growth, LEARNING_RATE};
use mup_verdict::coordinates::{Activations, CoordCheck, Criteria, Report, Source, Statistic};

use crate::{
    AnyFamily, GrowArguments, Interrupted,
    depth::{deepens, ignoring_depth, usual_rules},
    grow::Grown,
    output,
};

/// Trains for a few steps on one batch at several sizes, and judges the slope of every activation and of its change. Where
/// blocks are added, it judges the sum of their branches and how far one small step of theirs moves the residual stream.
#[derive(Clone, Debug, clap::Args)]
pub struct CoordCheckCommand {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub grow: GrowArguments,
    /// The parametrization: mup, complete-p, depth-mup, tensor-programs-v, mup-package, nanogpt-completep, complete-d-p, u-mup;
    /// or standard, the negative control [default: mup, or complete-p where blocks are added]
    #[arg(long, value_parser = Parametrization::named)]
    pub parametrization: Option<Parametrization>,
    /// Where blocks are added: plan them as if they were the base's, under mup unless said otherwise; the negative control.
    #[arg(long)]
    pub ignore_depth: bool,
    /// Number of seeds at each size.
    #[arg(long, default_value_t = 5)]
    pub seeds: u64,
    /// Number of optimizer steps [default: 10; along depth one]
    #[arg(long)]
    pub steps: Option<usize>,
    /// Base learning rate [default: the family's own]
    #[arg(long)]
    pub lr: Option<f64>,
    /// Where to train, such as wgpu or cuda:1.
    #[arg(long, default_value_t = Backend::Flex.into())]
    pub device: DeviceName,
    /// Trials at a time, each with one thread [default: one for each core]
    #[arg(long)]
    pub jobs: Option<NonZeroUsize>,
    /// Only activations of these names, `*` for one part of a path and `**` for several.
    #[arg(long, value_delimiter = ',')]
    pub modules: Vec<String>,
    /// What is recorded besides the statistic that decides [default: mean-abs, rms, std, max].
    #[arg(long, value_delimiter = ',')]
    pub statistics: Vec<Statistic>,
    /// What is observed [default: activation, with which logits come, and input]; parameter and gradient are reported, and
    /// do not decide.
    #[arg(long, value_delimiter = ',')]
    pub observe: Vec<Source>,
    /// Largest absolute slope that counts as flat.
    #[arg(long, default_value_t = Criteria::default().tolerance)]
    pub tolerance: f64,
    /// Folder for finished trials, so that an interrupted check continues, and for page, table, records and figure.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

impl CoordCheckCommand {
    /// Checks, prints, writes.
    ///
    /// # Errors
    ///
    /// Arguments that fit no check or no model of the family, what the family says, [`Interrupted`].
    pub fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {
        let begun = Instant::now();
        let (title, report) = self.report(family)?;
        if self.json {
            output::line(report.to_json(&title))?;
        } else {
            output::line(format!("{title}\n{report}"))?;
        }
        say(format!("{:.0} s", begun.elapsed().as_secs_f64()));
        if let Some(folder) = &self.out {
            for file in report.write_to(folder, &title)? {
                say(format!("wrote {}", file.display()));
            }
        }
        Ok(ExitCode::from(report.exit_code()))
    }

    /// The report with its title.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run).
    pub fn report(&self, family: &dyn AnyFamily) -> Result<(String, Report), FamilyError> {
        let criteria = Criteria { tolerance: self.tolerance, ..family.criteria() };
        // Better now than after the training.
        criteria.validate()?;
        let grown = self.grow.of(family)?;
        let device = mup_devices::open(self.device)?;
        let (along_depth, growth) = self.growth(family, &grown, &device)?;
        let run = self.training_run(family, growth)?;
        // What has no plan leaves no folder, which would refuse the corrected command.
        for width in grown.widths.first().into_iter().chain(grown.widths.last()) {
            let run = run.clone().with_size(run.growth.at(*width)?);
            let plan = family.plan(&run, &device)?;
            family.untested(&run).into_iter().for_each(|warning| say(format!("warning: {warning}")));
            let is_wider = |row: &PlanRow| row.dims.iter().any(|dim| dim.size() != dim.base_size());
            if along_depth && plan.rows().iter().any(is_wider) {
                let grows = run.growth.grows.join(",");
                return Err(format!(
                    "--grow {grows}: along depth nothing else may grow, so give --grow the depth alone"
                )
                .into());
            }
        }
        let mut check = self.check(grown.widths, along_depth)?;
        if !self.modules.is_empty() {
            check = check.with_modules(self.modules.iter().map(String::as_str));
        }
        if !self.statistics.is_empty() {
            check = check.with_statistics(self.statistics.iter().copied().chain([criteria.statistic]));
        }
        if let Some(folder) = &self.out {
            let digest = self.digest(family, &run, &device)?;
            check = check.with_folder(folder.join("trials"), key(family, &run, &digest));
        }
        let bar = progress_bar(check.n_passes());
        let (counted, grows) = (bar.clone(), run.growth.grows.join(" and "));
        let check = check.on_pass(move |width, seed, _| {
            counted.set_message(format!("{grows} {width} seed {seed}"));
            counted.inc(1);
        });
        let (jobs, interrupt) = (self.jobs.unwrap_or_else(jobs), Interrupt::listen()?);
        let records = check.run_parallel(jobs, |width, seed| {
            let run = run.clone().with_size(run.growth.at(width)?).with_seed(seed);
            let trial = if along_depth { family.depth_trial(&run, &device) } else { family.trial(&run, &device) };
            let (mut trial, interrupt) = (trial?, interrupt.clone());
            Ok(move |seen: &mut Activations| if interrupt.requested() { Err(Interrupted.into()) } else { trial(seen) })
        });
        bar.finish_and_clear();
        Ok((title(family, &run), records?.judge(criteria)?))
    }

    /// Whether blocks are added, and the growth under the rules that were asked for, or are usual.
    fn growth(&self, family: &dyn AnyFamily, grown: &Grown, device: &Device) -> Result<(bool, Growth), FamilyError> {
        let asked = self.parametrization.clone();
        let asked = match self.ignore_depth {
            true => Some(ignoring_depth(asked.unwrap_or_else(Parametrization::mup))),
            false => asked,
        };
        let largest = grown.growth.at(grown.widths.iter().copied().max().unwrap_or_default())?;
        let along_depth = deepens(family, &grown.growth, asked.as_ref(), &largest, device)?;
        if self.ignore_depth && !along_depth {
            return Err("--ignore-depth: here no blocks are added, so there is no depth to ignore; leave it out".into());
        }
        let parametrization = asked.unwrap_or_else(|| usual_rules(along_depth));
        Ok((along_depth, Growth { parametrization, ..grown.growth.clone() }))
    }

    /// What is recorded, and for how many steps.
    fn check(&self, widths: Vec<usize>, along_depth: bool) -> Result<CoordCheck, FamilyError> {
        if !along_depth {
            let check = CoordCheck::new(widths, self.seeds, self.steps.unwrap_or(10))?;
            let observed = self.observe.iter().copied();
            return Ok(if self.observe.is_empty() { check } else { check.with_sources(observed) });
        }
        if self.steps.is_some() || !self.observe.is_empty() {
            return Err(
                "along depth the check takes one small step and observes the residual stream: leave --steps and \
                        --observe out"
                    .into(),
            );
        }
        Ok(CoordCheck::new(widths, self.seeds, 1)?.with_sources(Source::ALONG_DEPTH))
    }

    /// Of all that a trial depends on besides its width and seed, which may be added: that of its plans is seen at the
    /// delta, as at the base every factor is 1. Steps are the check's; it has no schedule and clips nothing.
    fn digest(&self, family: &dyn AnyFamily, run: &FamilyRun, device: &Device) -> Result<String, FamilyError> {
        let FamilyRun { growth, values, .. } = run;
        let plan = family.plan(&run.clone().with_size(family.delta(growth)?), device)?.fingerprint();
        let everything = format!("{:?} {growth:?} {values:?} {plan} {}", family.identity(growth)?, self.device);
        Ok(sha256(everything)[..12].to_owned())
    }

    /// At the base.
    fn training_run(&self, family: &dyn AnyFamily, growth: Growth) -> Result<FamilyRun, FamilyError> {
        let base = growth.base.clone();
        let run = family.run(growth, base);
        match self.lr {
            None => Ok(run),
            Some(rate) if rate.is_finite() && rate > 0.0 => Ok(run.with(LEARNING_RATE, rate)),
            Some(rate) => Err(format!("--lr must be finite and positive, but is {rate}").into()),
        }
    }
}

fn title(family: &dyn AnyFamily, run: &FamilyRun) -> String {
    let (grows, rules) = (run.growth.grows.join(" and "), &run.growth.parametrization);
    let alpha = rules.alpha().map_or_else(String::new, |alpha| format!(" (α = {alpha})"));
    format!("{} · {grows} · {}{alpha} · learning rate {:.4}", family.name(), rules.name, run.learning_rate())
}

/// What identifies a trial besides its width and seed: what a reader wants to know, and a digest of all of it.
fn key(family: &dyn AnyFamily, run: &FamilyRun, digest: &str) -> String {
    let (rules, base) = (&run.growth.parametrization.name, &run.growth.base);
    format!("{} · {rules} · learning rate {} · base {base} · {digest}", family.name(), run.learning_rate())
}

/// One trial at a time for each core.
pub(crate) fn jobs() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn progress_bar(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len} · {eta} left");
    ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
