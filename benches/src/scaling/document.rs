//! The part of docs/performance.md about scaling.

use super::measured::{Curve, Point, Scaling, What};
use super::overhead::{MOST, Overhead, Share};

/// The longest that planning a model of 175 billion parameters may take, in milliseconds.
const PLAN_MOST: f64 = 10.0;
/// From here on a model counts as one of those.
const LARGE: f64 = 1e11;

impl Scaling {
    /// Tables, and verdicts where there is a target.
    pub(crate) fn document(&self) -> String {
        let mut text = format!("\n## Scaling\n\n{}\n\n", self.machine.line());
        text.push_str(
            "Medians and ranges over repetitions. Each exponent is that of the size, from the row above to this one: 1 is \
             proportional, 2 quadratic. Steps are those of d = 128, 4 layers, 8 × 128, but for what varies.\n\n\
             ![Milliseconds against size](pictures/scaling.png)\n",
        );
        for curve in &self.curves {
            text.push_str(&curve.table());
        }
        text.push_str(&self.targets());
        text
    }

    fn targets(&self) -> String {
        let mut text = String::from("\n### Targets of scaling\n\n| target | measured | |\n|---|---|---|\n");
        let plans = self.curves.iter().filter(|curve| curve.what == What::PlanByParameters);
        let largest = plans.filter_map(|curve| curve.points.last()).filter(|point| point.size >= LARGE);
        for Point { size, milliseconds, .. } in largest {
            let verdict = if *milliseconds <= PLAN_MOST { "reached" } else { "**missed**" };
            let billions = size / 1e9;
            text.push_str(&format!(
                "| plan of {billions:.0} billion parameters ≤ {PLAN_MOST} ms | {milliseconds:.1} ms | {verdict} |\n"
            ));
        }
        for Overhead { device, shape, pairs, step, optimizer } in &self.overheads {
            let Share { median, low, high } = step;
            let [median, low, high, optimizer] = [*median, *low, *high, optimizer.median].map(|it| 100.0 * it);
            text.push_str(&format!(
                "| {device}: a step in µP over one in SP ≤ {:.1} %, {shape} | {median:+.2} % [{low:+.2}, {high:+.2}] of \
                 {pairs} pairs; optimizer alone {optimizer:+.1} % | {} |\n",
                100.0 * MOST,
                step.verdict()
            ));
        }
        text
    }
}

impl Curve {
    fn table(&self) -> String {
        let device = self.device.as_ref().map_or(String::new(), |device| format!(" ({device})"));
        let mut text = format!(
            "\n### {}{device}\n\n| {} | ms | range | exponent |\n|---|---|---|---|\n",
            self.what,
            self.what.size()
        );
        let mut last: Option<&Point> = None;
        for point in &self.points {
            let exponent = last.map_or(String::new(), |last| format!("{:.2}", exponent(last, point)));
            let Point { milliseconds, low, high, .. } = point;
            let size =
                if point.size < 1e6 { format!("{}", point.size) } else { format!("{:.3} million", point.size / 1e6) };
            text.push_str(&format!("| {size} | {milliseconds:.2} | {low:.2}–{high:.2} | {exponent} |\n"));
            last = Some(point);
        }
        text
    }
}

/// The slope between two points on logarithmic axes.
fn exponent(from: &Point, to: &Point) -> f64 {
    (to.milliseconds / from.milliseconds).ln() / (to.size / from.size).ln()
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::machine::Machine;
    use crate::shape::SHAPES;

    pub(crate) fn measured(plan: f64) -> Scaling {
        let machine = Machine {
            command: "cargo xtask bench scaling".to_owned(),
            date: "2026-11-25".to_owned(),
            commit: "0123456789ab".to_owned(),
            processor: "a processor".to_owned(),
            cores: 2,
            threads: 2,
            system: "linux x86_64".to_owned(),
            versions: BTreeMap::new(),
            gpu: None,
            devices: BTreeMap::new(),
        };
        let points =
            |last: f64| [(1.0, 1.0), (2.0, 2.0), (8.0, last)].map(|(size, ms)| Point::of(size, &[ms])).to_vec();
        let flex = Some("flex".to_owned());
        let curves = vec![
            Curve { what: What::PlanByParameters, device: None, points: vec![Point::of(1.75e11, &[plan])] },
            Curve { what: What::StepByWidth, device: flex, points: points(32.0) },
        ];
        let share = Share { median: 0.001, low: -0.001, high: 0.003 };
        let overheads =
            vec![Overhead { device: "flex".into(), shape: SHAPES[1], pairs: 300, step: share, optimizer: share }];
        Scaling { machine, curves, overheads }
    }

    #[test]
    fn exponents_and_verdicts_are_in_the_document() {
        let text = measured(9.0).document();
        assert!(
            text.contains("### Step by width (flex)") && text.contains("| 8 | 32.00 | 32.00–32.00 | 2.00 |"),
            "{text}"
        );
        assert!(text.contains("plan of 175 billion parameters ≤ 10 ms | 9.0 ms | reached |"), "{text}");
        assert!(text.contains("+0.10 % [-0.10, +0.30] of 300 pairs; optimizer alone +0.1 % | reached |"), "{text}");
        assert!(measured(11.0).document().contains("11.0 ms | **missed** |"));
    }
}
