//! Whether two studies of the same trials, run by different programs, agree on the best learning rate.
//!
//! `cargo run --release -p mup-transfer --example agreement -- FOLDER FOLDER`: exit code 0 within one octave, 1 not,
//! 2 bad arguments or studies that do not compare, 3 undecided.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use mup_study::{Study, StudyConfig, StudyRecord};
use mup_sweep::{Optimum, Point};

const RATE: &str = "learning-rate";
/// Octaves: the step of the grid.
const TOLERANCE: f64 = 1.0;

/// The losses of a finished study.
#[derive(Clone, Debug)]
struct Landscape {
    /// By number of the sample: log₂ of its rate, and the loss with each seed, none where it diverged.
    samples: BTreeMap<usize, (f64, Vec<Option<f64>>)>,
    /// What both studies have to have in common, besides what study.toml says.
    tokens_and_parameters: (u64, u64),
}

impl Landscape {
    fn of(folder: &Path) -> Result<(Study, Self), String> {
        let study = Study::open(folder).map_err(|error| error.to_string())?;
        let found = study.records().map_err(|error| error.to_string())?;
        let failed = found.records.iter().filter(|record| record.outcome.failed()).count();
        if found.missing + failed > 0 {
            let missing = found.missing;
            return Err(format!("{}: {missing} trials to run, {failed} failed", folder.display()));
        }
        let landscape = Self::from(&found.records).ok_or_else(|| format!("no `{RATE}` in {}", folder.display()))?;
        Ok((study, landscape))
    }

    fn from(records: &[StudyRecord]) -> Option<Self> {
        let mut samples: BTreeMap<usize, (f64, Vec<Option<f64>>)> = BTreeMap::new();
        for record in records {
            let rate = record.trial.values.get(RATE)?.number()?;
            let (_, losses) = samples.entry(record.trial.sample).or_insert((rate.log2(), Vec::new()));
            losses.push(record.outcome.loss());
        }
        // A diverged trial may have counted fewer tokens.
        let most = |count: fn(&StudyRecord) -> u64| records.iter().map(count).max();
        let tokens_and_parameters = (most(|record| record.curve.tokens)?, most(|record| record.curve.parameters)?);
        Some(Self { samples, tokens_and_parameters })
    }

    /// Losses averaged over the seeds; none if one of them diverged.
    fn points(&self) -> Vec<Point> {
        let mean =
            |losses: &[Option<f64>]| losses.iter().copied().sum::<Option<f64>>().map(|sum| sum / losses.len() as f64);
        self.samples.values().map(|(log2_rate, losses)| Point { log2_rate: *log2_rate, loss: mean(losses) }).collect()
    }

    /// The best log₂ rate of each seed alone: how far noise moves it.
    fn best_by_seed(&self) -> Vec<String> {
        let n_seeds = self.samples.values().map(|(_, losses)| losses.len()).min().unwrap_or(0);
        let point = |seed: usize| {
            move |(log2_rate, losses): &(f64, Vec<Option<f64>>)| Point { log2_rate: *log2_rate, loss: losses[seed] }
        };
        let points = |seed| self.samples.values().map(point(seed)).collect::<Vec<_>>();
        (0..n_seeds).filter_map(|seed| Optimum::of(&points(seed))).map(|best| format!("{:.2}", place(&best))).collect()
    }
}

/// log₂ of the best rate: where the parabola has its minimum, or the best of the grid where there is none.
fn place(optimum: &Optimum) -> f64 {
    optimum.fit.map_or(optimum.log2_rate, |fit| fit.log2_rate)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Agree(f64),
    Differ(f64),
    Undecided,
}

/// An optimum on the edge of its grid could lie anywhere beyond it.
fn judge(optima: [Option<Optimum>; 2]) -> Verdict {
    match optima {
        [Some(left), Some(right)] if left.bracketed() && right.bracketed() => {
            let octaves = (place(&left) - place(&right)).abs();
            if octaves <= TOLERANCE { Verdict::Agree(octaves) } else { Verdict::Differ(octaves) }
        }
        _ => Verdict::Undecided,
    }
}

/// Refuses studies of other trials. A program may keep more under `[proxy]` than the other.
fn compare(left: &StudyConfig, right: &StudyConfig) -> Result<(), String> {
    let differ = |what: &str, left: String, right: String| {
        if left == right { Ok(()) } else { Err(format!("the studies differ in `{what}`: {left} against {right}")) }
    };
    differ("stages", format!("{:?}", left.stages), format!("{:?}", right.stages))?;
    differ("seeds", format!("{:?}", left.seeds), format!("{:?}", right.seeds))?;
    differ("space", format!("{:?}", left.space), format!("{:?}", right.space))?;
    differ("search", format!("{:?}", left.search), format!("{:?}", right.search))?;
    for (name, value) in &left.proxy {
        let other = right.proxy.get(name).unwrap_or(value);
        differ(&format!("proxy.{name}"), value.to_string(), other.to_string())?;
    }
    Ok(())
}

fn print_table(folders: [&Path; 2], landscapes: &[Landscape; 2]) {
    let [left, right] = folders.map(|folder| folder.file_name().unwrap_or_default().to_string_lossy());
    println!("log2 rate  {left:>14}  {right:>14}");
    let [left, right] = landscapes.each_ref().map(Landscape::points);
    for (left, right) in left.iter().zip(&right) {
        let loss = |point: &Point| point.loss.map_or("diverged".to_owned(), |loss| format!("{loss:.4}"));
        println!("{:>9.2}  {:>14}  {:>14}", left.log2_rate, loss(left), loss(right));
    }
}

fn run() -> Result<Verdict, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [left, right] = arguments.as_slice() else { return Err("give the folders of two studies".to_owned()) };
    let folders = [Path::new(left), Path::new(right)];
    let ((left, left_losses), (right, right_losses)) = (Landscape::of(folders[0])?, Landscape::of(folders[1])?);
    compare(left.config(), right.config())?;
    let landscapes = [left_losses, right_losses];
    let [(tokens, parameters), others] = landscapes.each_ref().map(|landscape| landscape.tokens_and_parameters);
    if (tokens, parameters) != others {
        return Err(format!(
            "not the same model and data: {tokens} tokens, {parameters} parameters against {others:?}"
        ));
    }
    println!("{parameters} parameters, {tokens} tokens a trial; loss averaged over seeds {:?}", left.config().seeds);
    print_table(folders, &landscapes);
    let optima = landscapes.each_ref().map(|landscape| Optimum::of(&landscape.points()));
    for ((folder, landscape), optimum) in folders.iter().zip(&landscapes).zip(&optima) {
        let Some(optimum) = optimum else { continue };
        let edge = if optimum.bracketed() { "" } else { ", on the edge of its grid" };
        let by_seed = landscape.best_by_seed().join(", ");
        println!("{}: best at 2^{:.2}{edge}; by seed {by_seed}", folder.display(), place(optimum));
    }
    Ok(judge(optima))
}

fn main() -> ExitCode {
    match run() {
        Ok(Verdict::Agree(octaves)) => {
            println!("AGREE: {octaves:.2} octaves apart, at most {TOLERANCE} allowed");
            ExitCode::SUCCESS
        }
        Ok(Verdict::Differ(octaves)) => {
            println!("DIFFER: {octaves:.2} octaves apart, at most {TOLERANCE} allowed");
            ExitCode::from(1)
        }
        Ok(Verdict::Undecided) => {
            println!("UNDECIDED: an optimum lies on the edge of the grid, or every trial diverged; widen the grid");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn optimum(at: f64) -> Option<Optimum> {
        let point =
            |log2_rate: i32| Point { log2_rate: f64::from(log2_rate), loss: Some((f64::from(log2_rate) - at).powi(2)) };
        Optimum::of(&(-9..=-3).map(point).collect::<Vec<_>>())
    }

    fn landscape(losses: &[(f64, &[Option<f64>])]) -> Landscape {
        let sample = |(i, (log2_rate, losses)): (usize, &(f64, &[Option<f64>]))| (i, (*log2_rate, losses.to_vec()));
        Landscape { samples: losses.iter().enumerate().map(sample).collect(), tokens_and_parameters: (1, 1) }
    }

    #[test]
    fn one_octave_agrees_and_more_does_not() {
        assert!(
            matches!(judge([optimum(-6.25), optimum(-5.5)]), Verdict::Agree(octaves) if (octaves - 0.75).abs() < 1e-9)
        );
        assert!(matches!(judge([optimum(-6.25), optimum(-5.125)]), Verdict::Differ(_)));
        assert!(matches!(judge([optimum(-5.125), optimum(-6.25)]), Verdict::Differ(_)));
    }

    #[test]
    fn an_optimum_on_the_edge_decides_nothing() {
        assert_eq!(judge([optimum(-9.0), optimum(-8.5)]), Verdict::Undecided);
        assert_eq!(judge([optimum(-4.0), optimum(-3.0)]), Verdict::Undecided);
        assert_eq!(judge([optimum(-6.0), None]), Verdict::Undecided);
    }

    #[test]
    fn studies_of_other_trials_are_refused_and_what_one_program_alone_wants_to_know_is_not() {
        let study = |width: usize, other: &str| {
            let text = format!(
                "version = 1\nspace = \"rate\"\nstages = [{{ steps = 9, trials = 2 }}]\n[proxy]\nwidth = {width}\n{other}"
            );
            StudyConfig::from_toml(&text).unwrap()
        };
        assert_eq!(compare(&study(64, "text = \"a\""), &study(64, "plan = \"b\"")), Ok(()));
        let error = compare(&study(64, ""), &study(128, "")).unwrap_err();
        assert!(error.contains("`proxy.width`: 64 against 128"), "{error}");
        let longer = StudyConfig { seeds: vec![0, 1], ..study(64, "") };
        assert!(compare(&study(64, ""), &longer).unwrap_err().contains("`seeds`"));
    }

    #[test]
    fn losses_are_averaged_over_seeds_and_one_diverged_seed_is_enough() {
        let found = landscape(&[(-6.0, &[Some(2.0), Some(4.0)]), (-5.0, &[Some(1.0), None])]);
        assert_eq!(found.points().iter().map(|point| point.loss).collect::<Vec<_>>(), [Some(3.0), None]);
        assert_eq!(found.best_by_seed(), ["-5.00", "-6.00"]);
    }
}
