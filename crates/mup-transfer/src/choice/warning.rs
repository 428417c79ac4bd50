//! What to know before a choice is trusted with a large run.

use std::fmt;

use mup_study::rounded;
use mup_study::{ChangedFile, Outcome};
use mup_sweep::Edge;
use serde::{Deserialize, Serialize};

use super::frozen::FrozenLoss;

/// A reason for doubt, with its remedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "warning")]
#[non_exhaustive]
pub enum Warning {
    /// The chosen value lies in the outer 5 % of its range, in octaves where that is how it was sampled.
    NearEnd {
        /// Of which hyperparameter.
        name: String,
        /// The chosen value.
        value: f64,
        /// The near end of the range.
        end: f64,
        /// Which end it is.
        edge: Edge,
    },
    /// The chosen value is the lowest or highest of all samples, inside its range, and the loss falls towards it.
    OutermostSample {
        /// Of which hyperparameter.
        name: String,
        /// The chosen value.
        value: f64,
        /// The near end of the range.
        end: f64,
        /// Which end it is.
        edge: Edge,
    },
    /// The chosen value is the lowest or highest of its list, or of a range of whole numbers.
    EndOfGrid {
        /// Of which hyperparameter.
        name: String,
        /// The chosen value.
        value: f64,
        /// Which end it is.
        edge: Edge,
        /// Whether it is a list.
        listed: bool,
    },
    /// The proxy is narrower than the narrowest that the literature trusts.
    NarrowProxy {
        /// The key under `[proxy]` that says so.
        key: String,
        /// Its value.
        width: i64,
    },
    /// The proxy is in the standard parametrization, of which nothing transfers to another width.
    StandardRules {
        /// What `[proxy]` calls it.
        rules: String,
    },
    /// The proxy's attention heads are too narrow.
    NarrowHeads {
        /// The keys under `[proxy]` that say so.
        key: String,
        /// Width of a head.
        d_head: i64,
    },
    /// The best sample of a shorter horizon is clearly not the best of the longer one.
    OptimumMoves {
        /// The shorter horizon.
        short: usize,
        /// The longer one.
        long: usize,
        /// How much worse the short horizon's best is at the longer one.
        difference: f64,
        /// What chance allows.
        tolerance: f64,
    },
    /// The best run still learns fast at its end.
    StillFalling {
        /// Its horizon.
        steps: usize,
        /// Speed over the last fifth, relative to the whole run.
        speed: f64,
    },
    /// Hyperparameters were tuned whose optimum moves with the model.
    NotTransferable {
        /// Which.
        names: Vec<String>,
        /// Why they move, and where that is published.
        reason: String,
    },
    /// Hyperparameters were tuned whose names are not known here, and of whose transfer `study.toml` declares nothing.
    NotDeclared {
        /// Which.
        names: Vec<String>,
    },
    /// No sample that was trained over the longer horizon finished there, so the choice is among those never tried there.
    NoneSurvived {
        /// The chosen sample's horizon.
        short: usize,
        /// The longer one.
        long: usize,
        /// Samples that were tried there.
        samples: usize,
        /// Those of them that diverged.
        diverged: usize,
        /// The first step at which a loss was not finite.
        step: Option<usize>,
        /// The learning rate's name; none if no hyperparameter is one.
        name: Option<String>,
        /// The lowest rate of those that diverged.
        lowest: Option<f64>,
    },
    /// Few samples for the number of hyperparameters.
    FewSamples {
        /// Samples with a result at the horizon that has most.
        samples: usize,
        /// Hyperparameters that vary.
        dimensions: usize,
        /// Samples that would do.
        advised: usize,
    },
    /// Training losses stopped at one number, to the last bit, or are exactly 0.
    FrozenLoss {
        /// Those samples, the longest horizon first, then the lowest loss.
        samples: Vec<FrozenLoss>,
        /// Whether the chosen sample is one of them, because no other has finished.
        chosen: bool,
        /// The chosen sample.
        best: usize,
    },
    /// Samples with different values have the same losses, to the last bit.
    NoEffect {
        /// The hyperparameters in which they differ.
        names: Vec<String>,
        /// Those of them that changed nothing wherever they alone differ.
        ignored: Vec<String>,
        /// Samples whose losses are those of another.
        samples: usize,
        /// Whether these are all, and have the same losses.
        one_curve: bool,
        /// Whether that one curve hardly changes: rates that are too low may leave it so where losses are rounded.
        constant: bool,
        /// Two of those that are alike.
        alike: [usize; 2],
    },
    /// Seeds change nothing.
    SeedIgnored {
        /// Samples that were compared, each with its seeds.
        samples: usize,
    },
    /// The best sample learned nothing.
    LearnedNothing {
        /// The learning rate's name; none if no hyperparameter is one.
        name: Option<String>,
        /// Samples of this horizon that learned nothing.
        samples: usize,
        /// Samples of this horizon that finished.
        of: usize,
        /// The best sample's first loss and its final one.
        losses: [f64; 2],
        /// The highest rate of those that learned nothing.
        highest: Option<f64>,
        /// The lowest rate at which training diverged.
        diverges: Option<f64>,
        /// Their steps, where they are too few to say that the rate is the cause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        few: Option<usize>,
    },
    /// Trials failed, which says nothing of their values.
    Failed {
        /// How many.
        trials: usize,
        /// What the first of them said.
        first: String,
    },
    /// The program did more steps than it was asked for, so a stage may not be as long as it says.
    MoreSteps {
        /// How many trials did.
        trials: usize,
        /// Steps that the first of them reported.
        reported: usize,
        /// Steps that it was asked for.
        asked: usize,
    },
    /// Not all trials have run.
    Missing {
        /// How many have no record.
        trials: usize,
    },
    /// Files could not be read; their trials count as missing.
    Damaged {
        /// How many.
        files: usize,
        /// The first of them, and what is wrong with it.
        first: String,
    },
    /// Files could not be read here, which may be whole; their trials count as missing.
    Unreadable {
        /// How many.
        files: usize,
        /// The first of them, why not, and what to do.
        first: String,
    },
    /// A file that the command names has changed since trials ran with it.
    FileChanged {
        /// Which, and since how many.
        changed: ChangedFile,
    },
}

/// The narrowest proxy of the GPT-3 experiment.
pub(super) const WIDTH: i64 = 256;
/// Tensor Programs V, App. D.4.
pub(super) const D_HEAD: i64 = 32;

impl Warning {
    /// What is the matter.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::NearEnd { name, value, end, .. } => format!(
                "the best {name}, {}, lies within 5 % of the end of its range, {}; the optimum may lie beyond",
                rounded(*value),
                rounded(*end),
            ),
            Self::OutermostSample { name, value, end, edge } => format!(
                "the best {name}, {}, is the {} of all samples, and the loss falls towards it; the optimum may lie beyond, \
                 where nothing was tried up to the end of the range, {}, or outside",
                rounded(*value),
                outermost(*edge),
                rounded(*end),
            ),
            Self::EndOfGrid { name, value, edge, listed } => format!(
                "the best {name}, {}, is the {} of its {}; the optimum may lie beyond",
                rounded(*value),
                outermost(*edge),
                if *listed { "list" } else { "range" },
            ),
            Self::NarrowProxy { key, width } if *width < 64 => format!(
                "the proxy's {key} is {width}: at width 32 the optimum of one seed was uncertain by most of an octave \
                 (docs/verdicts.md), and the paper's proxy had {WIDTH} (TP-V App. F.4)",
            ),
            Self::NarrowProxy { key, width } => {
                format!("the proxy's {key} is {width}, and the paper's proxy had {WIDTH} (TP-V App. F.4)")
            }
            Self::StandardRules { rules } => format!(
                "the proxy is in the standard parametrization (`{rules}`), where the best learning rate does not stay as the \
                 model grows: what was chosen is the proxy's alone",
            ),
            Self::NarrowHeads { key, d_head } => {
                format!("the proxy's attention heads are {d_head} wide ({key}), below {D_HEAD} (TP-V App. D.4)")
            }
            Self::OptimumMoves { short, long, difference, tolerance } => format!(
                "the best sample at {short} steps is {difference:.4} worse than the best at {long}, where chance \
                 explains {tolerance:.4}: the optimum still moves with the horizon",
            ),
            Self::NoneSurvived { short, long, samples, diverged, step, name, lowest } => format!(
                "no sample survived the longer horizon: of {samples} trained over {long} steps {diverged} diverged{}{}, and \
                 none finished. They take no part; the best is chosen among the others at {short} steps, of which nobody \
                 knows whether they survive",
                step.map_or_else(String::new, |step| format!(" (the first at step {step})")),
                name.as_ref()
                    .zip(*lowest)
                    .map_or_else(String::new, |(name, rate)| { format!(", down to a {name} of {}", rounded(rate)) }),
            ),
            Self::StillFalling { steps, speed } => format!(
                "at the end of its {steps} steps the best run still learns at {:.0} % of its average speed: the horizon \
                 is short",
                100.0 * speed,
            ),
            Self::NotTransferable { names, reason } => {
                format!("tuned, but not µTransferable: {} ({reason})", names.join(", "))
            }
            Self::NotDeclared { names } => format!(
                "tuned, but not declared whether the optimum stays when the model grows: {}; none of them is taken for \
                 µTransferable",
                names.join(", ")
            ),
            Self::FewSamples { samples, dimensions, .. } => format!(
                "{samples} {} of {dimensions} {}: only that the best of them is among the best \
                 {:.0} % of the space is likely (19 of 20 times)",
                plural(*samples, "sample"),
                plural(*dimensions, "hyperparameter"),
                100.0 * (1.0 - 0.05_f64.powf(1.0 / (*samples).max(1) as f64)),
            ),
            Self::FrozenLoss { samples, chosen, best } => frozen_sentence(samples, *chosen, *best),
            Self::NoEffect { names, samples, one_curve: true, constant, .. } => format!(
                "all {samples} samples have the same training losses, to the last bit, although they differ in {}: the \
                 program seems to ignore its values{}",
                names.join(", "),
                if *constant { ", or every rate is too low to move the digits that it prints" } else { "" },
            ),
            Self::NoEffect { names, ignored, samples, alike: [first, second], .. } => format!(
                "{samples} samples have the same training losses as another, to the last bit, although they differ in \
                 {}, such as samples {first} and {second}: {}",
                names.join(", "),
                if ignored.is_empty() {
                    "there the difference changed nothing".to_owned()
                } else {
                    format!("the program seems to ignore {}", ignored.join(", "))
                },
            ),
            Self::SeedIgnored { samples } => format!(
                "the training losses of {samples} {} are the same with every seed, to the last bit: the program seems to \
                 ignore its seed, and how far losses differ by chance is unknown",
                plural(*samples, "sample"),
            ),
            Self::LearnedNothing { samples, of, losses: [first, last], few: Some(steps), .. } => format!(
                "the best sample's loss stayed where it began (it went from {} to {}), as that of {samples} of {of} that \
                 finished: {steps} steps are too few to tell a rate that is too low from a run that is too short",
                rounded(*first),
                rounded(*last),
            ),
            Self::LearnedNothing { name, samples, of, losses: [first, last], highest, .. } => format!(
                "the best sample learned nothing (its loss went from {} to {}), as {samples} of {of} that finished: {} \
                 too low{}",
                rounded(*first),
                rounded(*last),
                name.as_deref().map_or("the learning rate is".to_owned(), |name| format!("{name} is")),
                highest.map_or_else(String::new, |rate| format!(", up to {}", rounded(rate))),
            ),
            Self::Failed { trials, first } => {
                format!("{trials} {} failed and took no part; the first: {first}", plural(*trials, "trial"))
            }
            Self::MoreSteps { trials, reported, asked } => format!(
                "{trials} {} more steps than were asked for; the first reported {reported} where {asked} were asked for",
                if *trials == 1 { "trial did" } else { "trials did" },
            ),
            Self::Missing { trials } => format!("{trials} {} not run yet", has(*trials)),
            Self::Unreadable { files, first } => {
                format!("{files} {} not readable here and took no part, such as {first}", is(*files, "record"))
            }
            Self::FileChanged { changed } => format!("{changed}, so that their losses may not compare"),
            Self::Damaged { files, first } => format!("{files} {} damaged, such as {first}", is(*files, "record")),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::EndOfGrid { name, edge, listed: true, .. } => {
                let which = if *edge == Edge::Low { "lower" } else { "higher" };
                format!("add {which} values to the list of `{name}` in a new study")
            }
            Self::OutermostSample { name, edge, .. } => {
                let which = if *edge == Edge::Low { "lower" } else { "higher" };
                format!(
                    "raise `trials` in study.toml, so that {which} values of `{name}` are tried, or widen its range"
                )
            }
            Self::NearEnd { name, edge, .. } | Self::EndOfGrid { name, edge, .. } => {
                let (which, how) = if *edge == Edge::Low { ("low", "lower") } else { ("high", "raise") };
                format!("{how} the {which} end of `{name}` in a new study")
            }
            Self::NarrowProxy { .. } => "tune a wider proxy, or several seeds".to_owned(),
            Self::StandardRules { .. } => "tune a proxy in µP, unless this is the control".to_owned(),
            Self::NarrowHeads { .. } => "use fewer heads on the proxy".to_owned(),
            Self::OptimumMoves { .. } => "lengthen the short horizon, or continue more of its best".to_owned(),
            Self::NoneSurvived { name, lowest, .. } => {
                let lower = name.as_ref().zip(*lowest).map_or_else(
                    || "lower the range of the learning rate in a new study".to_owned(),
                    |(name, rate)| format!("search {name} below {} in a new study", rounded(rate)),
                );
                format!("do not train the target with it; raise `best` of the longer stage in study.toml, or {lower}")
            }
            Self::StillFalling { .. } => "add a stage with more steps".to_owned(),
            Self::NotTransferable { .. } => "fix them on the proxy, and set them for the target alone".to_owned(),
            Self::NotDeclared { names } => format!(
                "add `transfers = true` or `transfers = false` to `{}` under `[space]` in study.toml (no trial is \
                 repeated); if you do not know, compare the optima of two widths first",
                names.join("`, `")
            ),
            Self::FewSamples { advised, .. } => {
                format!("run {advised} or more, or fix the unimportant hyperparameters")
            }
            Self::FrozenLoss { .. } => "let the program report what is not finite as it is (transformers and trl: \
                 `logging_nan_inf_filter=False`), and losses unclipped, unpadded and with all digits, in a new study"
                .to_owned(),
            Self::NoEffect { names, constant: true, .. } => format!(
                "print losses with all digits; where they still are the same let the program use `{}`, otherwise raise the \
                 high end of the rate, in a new study",
                names.join("`, `")
            ),
            Self::NoEffect { names, .. } => format!(
                "let the program use `{}`, from its arguments, its environment (MUP_ and the name in capitals) or the file \
                 that MUP_TRIAL names, and print what it uses; then a new study",
                names.join("`, `")
            ),
            Self::SeedIgnored { .. } => {
                "let the program read MUP_SEED for its weights and batches, in a new study".to_owned()
            }
            Self::LearnedNothing { few: Some(_), .. } => {
                format!("train {} steps or more, in a new study", Outcome::FEWEST_STEPS)
            }
            Self::LearnedNothing { name, highest, diverges, .. } => {
                let name = name.as_deref().unwrap_or("the learning rate");
                match (highest, diverges) {
                    (Some(low), Some(high)) if low < high => format!(
                        "search {name} between {} and {}, where training diverges, in a new study",
                        rounded(*low),
                        rounded(*high)
                    ),
                    _ => format!("raise the high end of {name} in a new study; longer training does not help"),
                }
            }
            Self::Failed { .. } => "remove the cause, then use `retry`".to_owned(),
            Self::MoreSteps { .. } => {
                "let the program train as many steps as MUP_STEPS says, and report each process's steps once".to_owned()
            }
            Self::Missing { .. } => "run the rest with the command that began the study".to_owned(),
            Self::Unreadable { .. } => {
                "make them readable, or move away what is no record; nothing is run again".to_owned()
            }
            Self::FileChanged { .. } => {
                "restore the file, or run all trials with what it is now, in a new study".to_owned()
            }
            Self::Damaged { .. } => "running the study again repeats their trials and keeps the files aside".to_owned(),
        }
    }
}

fn outermost(edge: Edge) -> &'static str {
    if edge == Edge::Low { "lowest" } else { "highest" }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { what.to_owned() } else { format!("{what}s") }
}

/// Samples that are named one by one.
const NAMED: usize = 3;

fn frozen_sentence(samples: &[FrozenLoss], chosen: bool, best: usize) -> String {
    let one = |one: &FrozenLoss| {
        let values = if one.values.0.is_empty() { String::new() } else { format!(" ({})", one.values) };
        let FrozenLoss { sample, steps, loss, from, judged, .. } = one;
        let (loss, judged) = (rounded(*loss), rounded(*judged));
        let mean = if loss == judged { String::new() } else { format!(", with a mean of {judged} over its last part") };
        format!("that of sample {sample}{values} is {loss} from step {from} of {steps} on{mean}")
    };
    let named: Vec<String> = samples.iter().take(NAMED).map(one).collect();
    let more = match samples.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let end = if chosen {
        format!("sample {best} is chosen all the same, because no other has finished")
    } else {
        format!("none of them takes part, and sample {best} is the best of the others")
    };
    format!(
        "a training loss stops at one number, to the last bit: {}{more}. Usually the trainer hides NaN, as transformers \
         and trl do, at a rate that diverges; else losses are clipped, padded or rounded; {end}",
        named.join(", ")
    )
}

fn has(count: usize) -> &'static str {
    if count == 1 { "trial has" } else { "trials have" }
}

fn is(count: usize, what: &str) -> String {
    if count == 1 { format!("{what} is") } else { format!("{what}s are") }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. Remedy: {}.", self.sentence(), self.remedy())
    }
}
