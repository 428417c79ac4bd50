//! What the base width decides: at a fixed proxy and target the rate alone is tuned on the proxy from several bases, and
//! from the proxy's with factors on the rates of embedding and vectors, then used once.

mod questions;

use std::fmt;

use mup_study::Values;
use mup_sweep::Optimum;
use mup_train::{FamilyError, LEARNING_RATE};
use mup_transfer::Spent;
use serde::Serialize;

use super::arms::{Arm, largest, table, told};
use super::pairs::Comparison;
use super::program::Program;
use super::rates::ProxySweep;
use super::runs::{MUP, Runs, Shape, TargetRun};
use super::{Common, Scale, write, write_so_far};
use questions::Answers;

/// Of the proxy's trials, whose losses are averaged, and of the target's.
const TUNING_SEEDS: [u64; 2] = [100, 101];
const SEEDS: u64 = 3;
/// Factors on a rate: as two octaves of base width either way would have it.
const FACTORS: [f64; 2] = [0.25, 4.0];
const INPUT: &str = "rate-input";
const VECTOR: &str = "rate-vector";
const TITLE: &str = "The target with the rate of the proxy, by base width and factors on rates";

/// The same rate tuned from several base widths, and with factors on the rates of embedding and vectors.
#[derive(Debug, clap::Args)]
pub struct BaseWidth {
    #[command(flatten)]
    common: Common,
}

struct Sizes {
    /// With the proxy's width as the base.
    shape: Shape,
    bases: &'static [usize],
    /// Log2 learning rates on the proxy.
    rates: (i32, i32),
    steps: usize,
}

/// From where, with which factors.
struct Setting {
    name: String,
    base_width: usize,
    factors: Vec<(&'static str, f64)>,
}

/// Everything; the first arm is that of the proxy as the base.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Results {
    arms: Vec<Arm>,
    /// Of each with the first.
    comparisons: Vec<Comparison>,
    /// The factors ¼ on both with four times the base, if that base is among them.
    same: Option<Comparison>,
    /// Of each arm the best on the proxy.
    proxy: Vec<OnProxy>,
    /// Of each arm the target's losses at half that rate, at it, and at twice, with seed 0.
    around: Vec<Arm>,
}

/// The rate with the lowest mean loss on the proxy.
#[derive(Clone, Copy, Debug, Serialize)]
struct OnProxy {
    rate: f64,
    loss: f64,
    /// No rate beyond it was tried.
    on_edge: bool,
}

impl Sizes {
    fn of(scale: Scale) -> Self {
        let shape = |base_width, target_width, d_head, n_layer, context, batch| Shape {
            base_width,
            target_width,
            d_head,
            n_layer,
            context,
            batch,
        };
        match scale {
            Scale::Cpu => {
                Self { shape: shape(128, 512, 32, 1, 64, 4), bases: &[32, 64, 256, 512], rates: (-12, -4), steps: 800 }
            }
            Scale::Gpu => Self {
                shape: shape(256, 1024, 64, 2, 128, 16),
                bases: &[64, 128, 512, 1024],
                rates: (-12, -4),
                steps: 800,
            },
            Scale::Tiny => Self { shape: shape(8, 16, 8, 1, 8, 2), bases: &[16], rates: (-7, -6), steps: 6 },
        }
    }

    fn settings(&self) -> Vec<Setting> {
        let proxy = self.shape.base_width;
        let base = |width: usize, name: String| Setting { name, base_width: width, factors: Vec::new() };
        let mut settings = vec![base(proxy, format!("base width {proxy}, the proxy's"))];
        settings.extend(self.bases.iter().map(|width| base(*width, of_base(*width))));
        for names in [&[INPUT][..], &[VECTOR], &[INPUT, VECTOR]] {
            settings.extend(FACTORS.map(|factor| Setting {
                name: of_factor(names, factor),
                base_width: proxy,
                factors: names.iter().map(|name| (*name, factor)).collect(),
            }));
        }
        settings
    }
}

impl BaseWidth {
    pub(super) fn run_with(&self, program: &Program) -> Result<Results, FamilyError> {
        let (common, folder) = (&self.common, self.common.folder("base-width"));
        common.check()?;
        let (runs, sizes) = (Runs { program, common, folder: folder.clone() }, Sizes::of(common.scale));
        let (mut arms, mut around, mut proxy) = (Vec::new(), Vec::new(), Vec::new());
        for (i, setting) in sizes.settings().iter().enumerate() {
            let tuned = tune(&runs, &sizes, setting)?;
            proxy.push(tuned.best);
            let run = |rate: f64, seed| TargetRun::new(&tuned.study, MUP, values(rate, &setting.factors), seed);
            let rate = tuned.best.rate;
            let arm = Arm::new(&setting.name, tuned.spent, (0..SEEDS).map(|seed| run(rate, seed)));
            arms.push(if i == 0 { arm.subject() } else { arm });
            let around_it = [0.5, 1.0, 2.0].map(|times| run(times * rate, 0));
            around.push(Arm::new(&setting.name, Spent::default(), around_it));
        }
        let results = |arms: &[Arm], around: &[Arm]| {
            let of = |name: String| arms.iter().find(|arm| arm.what == name);
            let same = of(of_factor(&[INPUT, VECTOR], FACTORS[0])).zip(of(of_base(4 * sizes.shape.base_width)));
            Results {
                arms: arms.to_vec(),
                comparisons: arms.iter().skip(1).filter_map(|arm| Comparison::of(arm, &arms[0])).collect(),
                same: same.and_then(|(factors, base)| Comparison::of(factors, base)),
                proxy: proxy.clone(),
                around: around.to_vec(),
            }
        };
        runs.train(&mut arms, |arms| write_so_far(&results(arms, &around), TITLE, arms, &folder))?;
        let trained = arms.clone();
        runs.train(&mut around, |around| write_so_far(&results(&trained, around), TITLE, &trained, &folder))?;
        let results = results(&arms, &around);
        write(&results, TITLE, &arms, &folder)?;
        common.conclude(&results, &folder)?;
        Ok(results)
    }
}

fn of_base(width: usize) -> String {
    format!("base width {width}")
}

fn of_factor(names: &[&str], factor: f64) -> String {
    format!("{} × {factor}", names.join(" and "))
}

/// What a sweep on the proxy found.
struct Tuned {
    study: std::path::PathBuf,
    best: OnProxy,
    spent: Spent,
}

/// The rate with the lowest mean loss over the seeds, on the proxy.
fn tune(runs: &Runs<'_>, sizes: &Sizes, setting: &Setting) -> Result<Tuned, FamilyError> {
    let name = setting.name.replace([' ', ',', '\'', '×', '.'], "-");
    let rates: Vec<f64> = (sizes.rates.0..=sizes.rates.1).map(|exponent| f64::from(exponent).exp2()).collect();
    let swept = runs.sweep(&ProxySweep {
        name: &name,
        shape: Shape { base_width: setting.base_width, ..sizes.shape },
        width: sizes.shape.base_width,
        rates: &rates,
        fixed: &setting.factors,
        seeds: &TUNING_SEEDS,
        steps: sizes.steps,
    })?;
    let best = Optimum::of(&swept.points).ok_or_else(|| format!("{}: every rate diverged", setting.name))?;
    let best = OnProxy { rate: best.log2_rate.exp2(), loss: best.loss, on_edge: best.edge.is_some() };
    Ok(Tuned { study: swept.study, best, spent: swept.spent })
}

fn values(rate: f64, factors: &[(&str, f64)]) -> Values {
    let number = mup_study::Setting::Number;
    let rate = Values::default().with(LEARNING_RATE, number(rate));
    factors.iter().fold(rate, |values, (name, factor)| values.with(name, number(*factor)))
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &self.arms, largest(&self.arms).map(|ended| ended.spent))?;
        writeln!(f, "\nDifferences from the proxy as the base, paired by seed, with 95 % intervals:")?;
        self.comparisons.iter().try_for_each(|comparison| writeln!(f, "{comparison}"))?;
        writeln!(
            f,
            "\n| | log₂ of the proxy's rate | its loss there | target, seed 0: half the rate | the rate | twice |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for (OnProxy { rate, loss, on_edge }, arm) in self.proxy.iter().zip(&self.around) {
            let of = |i: usize| told(arm.runs[i].ended.as_ref().map(|ended| ended.loss.unwrap_or(f64::INFINITY)));
            let (log2, edge) = (rate.log2(), if *on_edge { ", on the edge of what was tried" } else { "" });
            writeln!(f, "| {} | {log2}{edge} | {loss:.4} | {} | {} | {} |", arm.what, of(0), of(1), of(2))?;
        }
        write!(f, "{}", Answers(self))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tiny;
    use super::*;

    #[test]
    fn a_base_of_the_targets_width_is_another_setting_and_so_is_each_factor() {
        let program = Program::find().expect("gpt-transfer is built");
        let (_folder, common) = tiny();
        let results = BaseWidth { common }.run_with(&program).expect("runs");
        assert_eq!((results.arms.len(), results.comparisons.len()), (8, 7));
        assert!(
            results.to_string().contains("on the edge of what was tried"),
            "of two rates each is an edge: {results}"
        );
        assert!(results.around.iter().all(|arm| arm.losses().len() == 3), "{results}");
        let mut losses: Vec<u64> = results.arms.iter().map(|arm| arm.losses()[0].1.to_bits()).collect();
        losses.sort_unstable();
        losses.dedup();
        assert_eq!(losses.len(), 8, "no knob does nothing: {results}");
    }
}
