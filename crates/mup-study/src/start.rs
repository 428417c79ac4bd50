//! Where a run started: a single first loss is one draw of the batches' noise, and a low one is no divergence.

/// Fewer losses do not tell noise from a trend.
pub(crate) const FEWEST: usize = 20;
/// A loss differs from the mean by so many standard deviations of its noise by chance, 1 time in 700.
const BY_CHANCE: f64 = 3.0;
/// Losses that went so many standard deviations above the first did more than differ by chance.
const STRAYED: f64 = 8.0;
/// A rise by more than this share of the first loss is no matter of noise, whatever the noise: a run that diverged to a
/// noisy plateau has a large one.
const RISE: f64 = 0.1;

/// The mean over the first tenth, where the first loss lies so little below the last ones, in their mean, that the noise
/// explains it; none where the run rose, strayed on the way, or is too short to say.
pub(crate) fn of_noisy(losses: &[f64], last: f64) -> Option<Start> {
    let first = *losses.first().filter(|_| losses.len() >= FEWEST)?;
    let noise = noise(losses);
    let (rise, highest) = (last - first, losses.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let by_chance = rise <= (BY_CHANCE * noise).min(RISE * first.abs()) && highest <= first + STRAYED * noise;
    let tenth = losses.len() / 10;
    let mean = losses[..tenth].iter().sum::<f64>() / tenth as f64;
    // Of the difference of two such means.
    let error = noise * (2.0 / tenth as f64).sqrt();
    by_chance.then_some(Start { mean, rose: last - mean > BY_CHANCE * error })
}

/// What a noisy run started from.
pub(crate) struct Start {
    /// The mean over its first tenth.
    pub(crate) mean: f64,
    /// Whether its end lies above that by more than the noise explains.
    pub(crate) rose: bool,
}

/// The standard deviation of one loss around its trend, by the median of the changes from step to step: no spike and no
/// trend counts (for a normal distribution the median of |x₁ − x₂| is 0.6745·√2 standard deviations).
fn noise(losses: &[f64]) -> f64 {
    let mut changes: Vec<f64> = losses.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    changes.sort_by(f64::total_cmp);
    changes[changes.len() / 2] / (0.6745 * std::f64::consts::SQRT_2)
}
