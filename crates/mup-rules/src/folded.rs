//! The plan on one screen: rows that are prescribed alike in one place, 120 columns wide.

use std::fmt;

use crate::explain::{form, place, role, scales_depth, shape, write_head, write_tail};
use crate::factor::{ABSENT, four_digits};
use crate::{Column, Factor, PlanRow, PlanSummary, RunScaling, ScalingPlan};

const WIDTH: usize = 120;
const INDENT: &str = "      ";
const COLUMNS: [&str; 4] = ["init std", "rate", "decay", "ε"];

/// Rows of one module, or list of blocks, that print alike.
struct Fold {
    n: usize,
    patterns: Vec<String>,
    /// Role, place, form, optimizer, shape, A.
    what: String,
    /// Of the [`COLUMNS`]; none for a constant of the forward pass.
    numbers: Option<[String; 4]>,
}

impl fmt::Display for PlanSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folds = folds(self);
        write_head(f, self.plan)?;
        let run = if self.plan.run().is_some_and(|run| !run.law.is_none()) { RUN } else { "" };
        writeln!(
            f,
            "m_in, m_out: a tensor's fan-in and fan-out over the base's; A: forward multiplier; factors: times the base's{run}\n"
        )?;
        let widths: [usize; 4] = std::array::from_fn(|idx| {
            let numbers = folds.iter().filter_map(|fold| fold.numbers.as_ref());
            numbers.map(|numbers| columns(&numbers[idx])).chain([columns(COLUMNS[idx])]).max().unwrap_or(0)
        });
        write_numbers(f, &COLUMNS.map(str::to_owned), widths)?;
        for fold in &folds {
            write_name(f, fold)?;
            fold.numbers.as_ref().map_or(Ok(()), |numbers| write_numbers(f, numbers, widths))?;
        }
        write_tail(f, self.plan)
    }
}

/// What the law does to decay alone is nowhere else.
const RUN: &str = "\nrun: the law's factor, of decay that on rate·λ over that on the rate";

fn folds(summary: &PlanSummary) -> Vec<Fold> {
    let mut folds: Vec<Fold> = Vec::new();
    for group in &summary.groups {
        let (what, numbers) = (what(summary.plan, group.rows[0]), numbers(summary.plan, group.rows[0]));
        let module = |pattern: &str| pattern.split('.').next().map(str::to_owned);
        let alike = |fold: &&mut Fold| {
            fold.what == what && fold.numbers == numbers && module(&fold.patterns[0]) == module(&group.pattern)
        };
        match folds.iter_mut().find(alike) {
            Some(fold) => {
                fold.n += group.rows.len();
                fold.patterns.push(group.pattern.clone());
            }
            None => folds.push(Fold { n: group.rows.len(), patterns: vec![group.pattern.clone()], what, numbers }),
        }
    }
    folds
}

fn what(plan: &ScalingPlan, row: &PlanRow) -> String {
    let trained = row.kind.is_trained();
    let place = (scales_depth(plan) && trained).then(|| place(row));
    let form = Some(form(row)).filter(|form| !["plain", ABSENT].contains(form)).map(|form| format!("{form} form"));
    let optimizer = (plan.optimizers().len() > 1 && row.is_trained()).then(|| row.optimizer.clone());
    let said = [Some(role(row)), place, form, optimizer].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let multiplier = row.multiplier.to_string();
    let multiplier = if multiplier == "1" { String::new() } else { format!(" · A {multiplier}") };
    format!("{said} · {}{multiplier}", shape(row))
}

fn numbers(plan: &ScalingPlan, row: &PlanRow) -> Option<[String; 4]> {
    let or_dash = |text: String| if row.is_trained() { text } else { ABSENT.to_owned() };
    let short = |column, factor| short(plan.run(), column, factor);
    row.kind.is_trained().then(|| {
        let rate = short(Column::LearningRate, &row.learning_rate);
        [
            short(Column::InitStd, &row.init_std),
            if row.frozen { "frozen".to_owned() } else { rate },
            or_dash(short(Column::WeightDecay, &row.weight_decay)),
            or_dash(short(Column::Epsilon, &row.epsilon)),
        ]
    })
}

/// `0.0625 = 1/m_in·run`: what the law of the run does to AdamW stands above, so its name will do.
fn short(run: Option<&RunScaling>, column: Column, factor: &Factor) -> String {
    let law = run.and_then(|run| run.law.on(column)).filter(|power| !power.is_one()).map(|power| power.to_string());
    let term = |formula: &str| if law.as_deref() == Some(formula) { "run".to_owned() } else { formula.to_owned() };
    let terms: Vec<String> = factor.terms.iter().map(|each| term(&each.formula)).collect();
    match &terms[..] {
        [] => "1".to_owned(),
        [alone] if alone == ABSENT => alone.clone(),
        terms => format!("{} = {}", four_digits(factor.value), terms.join("·")),
    }
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

fn write_numbers(f: &mut fmt::Formatter<'_>, numbers: &[String; 4], widths: [usize; 4]) -> fmt::Result {
    let cells = numbers.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
    writeln!(f, "{INDENT}{}", cells.collect::<Vec<_>>().join("  ").trim_end())
}

/// Number and names, and what they are, on as many lines as they need.
fn write_name(f: &mut fmt::Formatter<'_>, fold: &Fold) -> fmt::Result {
    let mut line = format!("{:>4}  ", fold.n);
    let names = names(&fold.patterns);
    let mut words: Vec<String> = names.split_inclusive(", ").map(str::to_owned).collect();
    words.push(format!("  {}", fold.what));
    for word in words {
        if columns(&line) + columns(word.trim_end()) > WIDTH && !line.trim().is_empty() {
            writeln!(f, "{}", line.trim_end())?;
            INDENT.clone_into(&mut line);
            line += word.trim_start();
        } else {
            line += &word;
        }
    }
    writeln!(f, "{}", line.trim_end())
}

/// `blocks.*.attention.{query, key}.weight`.
fn names(patterns: &[String]) -> String {
    let paths: Vec<Vec<&str>> = patterns.iter().map(|pattern| pattern.split('.').collect()).collect();
    let [first, others @ ..] = &paths[..] else { return String::new() };
    if others.is_empty() {
        return first.join(".");
    }
    // Of every path something is left between what all have in common.
    let spare = paths.iter().map(Vec::len).min().unwrap_or(1) - 1;
    let head = (0..spare).take_while(|idx| others.iter().all(|path| path[*idx] == first[*idx])).count();
    let end = |path: &[&str], idx: usize| path[path.len() - 1 - idx].to_owned();
    let tail =
        (0..spare - head).take_while(|idx| others.iter().all(|path| end(path, *idx) == end(first, *idx))).count();
    let middle = paths.iter().map(|path| path[head..path.len() - tail].join(".")).collect::<Vec<_>>().join(", ");
    if head + tail == 0 {
        return middle;
    }
    let (head, tail) = (first[..head].join("."), first[first.len() - tail..].join("."));
    let braced = format!("{{{middle}}}");
    [head, braced, tail].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}
