//! The choice as a terminal shows it.

use std::fmt;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use mup_study::Setting;
use mup_study::rounded;

use super::{Choice, Chosen, Noise, NoiseSource, SAMPLES_FOR_IMPORTANCE, Warning};

impl fmt::Display for Noise {
    /// How it was measured, in a sentence without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { standard_deviation, degrees_of_freedom, tolerance, source } = self;
        write!(
            f,
            "within {tolerance:.4} of the best loss, by a sample or by a quadratic fit: 19 of 20 equally good pairs differ by less, from a standard "
        )?;
        match source {
            NoiseSource::Seeds { samples } => write!(
                f,
                "deviation of {standard_deviation:.4} ({degrees_of_freedom} degrees of freedom) between seeds over the better half of the samples ({samples})"
            ),
            NoiseSource::Fit { samples, coefficients, steps } => write!(
                f,
                "deviation of {standard_deviation:.4} ({degrees_of_freedom} degrees of freedom) around a quadratic ({coefficients} coefficients, the better \
                 {samples} samples of {steps} steps), which is an upper estimate; several seeds would measure it"
            ),
        }
    }
}

impl Choice {
    /// What the interval rests on, or why there is none.
    #[must_use]
    pub fn noise_sentence(&self) -> String {
        let unknown =
            || "One seed and too few samples: which differences are chance is unknown, hence no intervals.".to_owned();
        self.noise.map_or_else(unknown, |noise| format!("As good: {noise}."))
    }

    /// What the importance rests on, or why there is none.
    #[must_use]
    pub fn importance_sentence(&self) -> String {
        let Some(importance) = &self.importance else {
            return format!(
                "No importance: it needs {SAMPLES_FOR_IMPORTANCE} samples of one horizon, with losses that differ."
            );
        };
        format!(
            "Importance: share of the loss's variance by fANOVA (Hutter et al. 2014) over {} samples of {} steps, {} of \
             them diverged and counted as the worst that finished; {:.0} % is decided by several together.",
            importance.samples,
            importance.steps,
            importance.diverged,
            100.0 * importance.together(),
        )
    }

    /// A warning that has to be read before the values.
    pub(crate) fn first_warning(&self) -> Option<&Warning> {
        self.warnings.first().filter(|warning| matches!(warning, Warning::NoneSurvived { .. }))
    }

    /// Name, value, interval, importance and transfer of a value, as text.
    pub(crate) fn row(&self, chosen: &Chosen) -> [String; 5] {
        let dash = || "–".to_owned();
        let interval = if chosen.varied {
            chosen.interval.as_ref().map_or_else(dash, ToString::to_string)
        } else {
            "fixed".to_owned()
        };
        let share = self.importance.as_ref().and_then(|importance| importance.share(&chosen.name));
        let importance = share.map_or_else(dash, |share| format!("{:.0} %", 100.0 * share.mean));
        [chosen.name.clone(), short(&chosen.value), interval, importance, chosen.transferable.to_string()]
    }
}

/// A value for people.
pub(crate) fn short(value: &Setting) -> String {
    match value {
        Setting::Number(value) => rounded(*value),
        value => value.to_string(),
    }
}

/// A loss with four decimals, or as a power of ten where that would be a line of zeros.
fn number(loss: f64) -> String {
    let decimals = format!("{loss:.4}");
    let readable = loss == 0.0 || (1e-3..1e7).contains(&loss.abs());
    if readable { decimals } else { format!("{loss:.4e}") }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = &self.best;
        // What changes the meaning of all that follows comes before it.
        let first = self.first_warning();
        first.map_or(Ok(()), |warning| writeln!(f, "warning: {warning}\n"))?;
        write!(f, "Best: sample {} at {} steps, training loss {}", best.sample, best.steps, number(best.loss))?;
        match best.standard_error {
            Some(error) => writeln!(f, " ± {error:.4} (standard error over seeds)")?,
            None => writeln!(f)?,
        }
        let mut values = table(&["hyperparameter", "chosen", "as good", "importance", "transfers"]);
        self.values.iter().for_each(|chosen| {
            values.add_row(self.row(chosen));
        });
        writeln!(f, "{values}\n{}\n{}", self.noise_sentence(), self.importance_sentence())?;
        if !self.runners_up.is_empty() {
            let varied = self.values.iter().filter(|chosen| chosen.varied).map(|chosen| chosen.name.as_str());
            let names: Vec<&str> = varied.collect();
            let mut rows = table(&[&["runner-up", "loss", "worse by"], names.as_slice()].concat());
            for one in &self.runners_up {
                let (loss, worse) = (number(one.loss), number(one.loss - best.loss));
                let values = names.iter().map(|name| one.values.get(name).map(short).unwrap_or_default());
                let row = [format!("sample {}", one.sample), loss, worse].into_iter();
                rows.add_row(row.chain(values).collect::<Vec<_>>());
            }
            writeln!(f, "\n{rows}")?;
        }
        let mut rows = table(&["stage", "steps", "finished", "diverged", "failed", "missing"]);
        for (stage, counts) in self.counts.iter().enumerate() {
            let numbers = [stage, counts.steps, counts.finished, counts.diverged, counts.failed, counts.missing];
            rows.add_row(numbers.map(|number| number.to_string()));
            rows.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        }
        writeln!(f, "\n{rows}")?;
        let mut others = self.warnings.iter().skip(usize::from(first.is_some()));
        others.try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')))
        .set_header(header.iter().copied());
    table
}
