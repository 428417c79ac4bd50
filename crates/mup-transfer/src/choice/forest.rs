//! Extremely randomized trees: a loss for every combination of levels, from the combinations that were tried.
//!
//! Trees split between levels, which are whole numbers, and never compare places: two ways to compute one place differ
//! in the last bit.

use std::ops::Range;

/// One hyperparameter of all samples, as levels.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The level of each sample.
    levels: Vec<usize>,
    /// The share of its range that each level stands for; they sum to 1.
    weights: Vec<f64>,
    /// Whether neighbors are alike; names have no order.
    ordered: bool,
}

impl Column {
    /// From places in 0..1. The levels are the places that occur; of a range each stands for what is nearest to it, and
    /// of names for an equal share.
    pub(super) fn of(places: &[f64], ordered: bool) -> Self {
        let mut known = places.to_vec();
        known.sort_by(f64::total_cmp);
        known.dedup();
        let level = |place: &f64| known.partition_point(|one| one.total_cmp(place).is_lt());
        let levels = places.iter().map(level).collect();
        let middles = known.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
        let ends: Vec<f64> = [0.0].into_iter().chain(middles).chain([1.0]).collect();
        let weights = if ordered {
            ends.windows(2).map(|ends| ends[1] - ends[0]).collect()
        } else {
            vec![1.0 / known.len() as f64; known.len()]
        };
        Self { levels, weights, ordered }
    }

    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }
}

/// A tree that was grown until each leaf holds one combination, and so gives every sample its own loss.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The root comes first.
    nodes: Vec<Node>,
    /// By column and level: where the level stands in this tree. Names stand in another order in each tree.
    ranks: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Leaf { loss: f64 },
    Split { column: usize, cut: usize, below: usize, above: usize },
}

/// Gains closer than this are one: of equal ones rounding must not choose.
const TIE: f64 = 1e-9;

impl Tree {
    /// From some of the samples, at least one.
    pub(super) fn grow(columns: &[Column], losses: &[f64], samples: &[usize], seed: u64) -> Self {
        let ranks: Vec<Vec<usize>> = columns.iter().zip(0..).map(|(column, i)| ranks(column, mix(seed, i))).collect();
        let placed =
            |(column, ranks): (&Column, &Vec<usize>)| column.levels.iter().map(|level| ranks[*level]).collect();
        let placed: Vec<Vec<usize>> = columns.iter().zip(&ranks).map(placed).collect();
        let mut tree = Self { nodes: Vec::new(), ranks };
        tree.add(&placed, losses, samples.to_vec(), mix(seed, u64::MAX));
        tree
    }

    /// Each node draws from a seed of its own, so that what happens in one branch changes nothing in another.
    fn add(&mut self, placed: &[Vec<usize>], losses: &[f64], samples: Vec<usize>, seed: u64) -> usize {
        let number = self.nodes.len();
        let mean = samples.iter().map(|sample| losses[*sample]).sum::<f64>() / samples.len() as f64;
        self.nodes.push(Node::Leaf { loss: mean });
        let Some((column, cut)) = split(placed, losses, &samples, mean, seed) else { return number };
        let (low, high): (Vec<usize>, Vec<usize>) =
            samples.into_iter().partition(|sample| placed[column][*sample] < cut);
        let below = self.add(placed, losses, low, mix(seed, 0));
        let above = self.add(placed, losses, high, mix(seed, 1));
        self.nodes[number] = Node::Split { column, cut, below, above };
        number
    }

    /// The loss at a combination of levels.
    pub(super) fn loss(&self, levels: &[usize]) -> f64 {
        let mut number = 0;
        loop {
            match self.nodes[number] {
                Node::Leaf { loss } => return loss,
                Node::Split { column, cut, below, above } => {
                    number = if self.ranks[column][levels[column]] < cut { below } else { above };
                }
            }
        }
    }

    /// By column and level: the mean loss over everything else. Exact: a leaf counts with the volume of its box.
    pub(super) fn marginals(&self, columns: &[Column]) -> Vec<Vec<f64>> {
        let cumulative = |(column, ranks): (&Column, &Vec<usize>)| {
            let mut sums = vec![0.0; column.weights.len() + 1];
            ranks.iter().zip(&column.weights).for_each(|(rank, weight)| sums[rank + 1] = *weight);
            (1..sums.len()).for_each(|i| sums[i] += sums[i - 1]);
            sums
        };
        let cumulative: Vec<Vec<f64>> = columns.iter().zip(&self.ranks).map(cumulative).collect();
        let mut boxes: Vec<Range<usize>> = columns.iter().map(|column| 0..column.weights.len()).collect();
        // By how much the mean of a level differs from that of the one before: a box changes two of them, however many
        // levels it spans.
        let mut steps: Vec<Vec<f64>> = columns.iter().map(|column| vec![0.0; column.weights.len() + 1]).collect();
        self.integrate(0, &cumulative, &mut boxes, &mut steps);
        let by_level = |(steps, ranks): (Vec<f64>, &Vec<usize>)| {
            let mut sum = 0.0;
            let means: Vec<f64> = steps
                .into_iter()
                .map(|step| {
                    sum += step;
                    sum
                })
                .collect();
            ranks.iter().map(|rank| means[*rank]).collect()
        };
        steps.into_iter().zip(&self.ranks).map(by_level).collect()
    }

    fn integrate(&self, number: usize, cumulative: &[Vec<f64>], boxes: &mut [Range<usize>], steps: &mut [Vec<f64>]) {
        match self.nodes[number] {
            Node::Leaf { loss } => {
                let width = |i: usize| cumulative[i][boxes[i].end] - cumulative[i][boxes[i].start];
                for (i, (range, steps)) in boxes.iter().zip(steps).enumerate() {
                    let others: f64 = (0..boxes.len()).filter(|j| *j != i).map(width).product();
                    steps[range.start] += loss * others;
                    steps[range.end] -= loss * others;
                }
            }
            Node::Split { column, cut, below, above } => {
                let whole = boxes[column].clone();
                boxes[column] = whole.start..cut;
                self.integrate(below, cumulative, boxes, steps);
                boxes[column] = cut..whole.end;
                self.integrate(above, cumulative, boxes, steps);
                boxes[column] = whole;
            }
        }
    }
}

/// Where each level stands: as it is, or for names in an order that the seed draws.
fn ranks(column: &Column, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..column.weights.len()).collect();
    if !column.ordered {
        order.sort_by_key(|level| mix(seed, *level as u64));
    }
    let mut ranks = vec![0; order.len()];
    order.iter().enumerate().for_each(|(rank, level)| ranks[*level] = rank);
    ranks
}

/// A column and the first rank above the cut: of one random cut for each column that varies the one that explains most.
/// None for a leaf.
fn split(placed: &[Vec<usize>], losses: &[f64], samples: &[usize], mean: f64, seed: u64) -> Option<(usize, usize)> {
    if samples.iter().all(|sample| losses[*sample].total_cmp(&losses[samples[0]]).is_eq()) {
        return None;
    }
    let mut order: Vec<usize> = (0..placed.len()).collect();
    order.sort_by_key(|column| mix(seed, 2 + *column as u64));
    let mut best: Option<(f64, usize, usize)> = None;
    for column in order {
        let ranks = || samples.iter().map(|sample| placed[column][*sample]);
        let (low, high) = (ranks().min()?, ranks().max()?);
        if low == high {
            continue;
        }
        let draw = mix(mix(seed, 2 + column as u64), 2);
        let cut = low + 1 + ((u128::from(draw) * (high - low) as u128) >> 64) as usize;
        let gain = gain(&placed[column], losses, samples, mean, cut);
        if best.is_none_or(|(most, ..)| gain > most * (1.0 + TIE)) {
            best = Some((gain, column, cut));
        }
    }
    best.map(|(_, column, cut)| (column, cut))
}

/// By how much a cut lowers the sum of squares around the mean.
fn gain(ranks: &[usize], losses: &[f64], samples: &[usize], mean: f64, cut: usize) -> f64 {
    let (mut count, mut sum) = (0.0, 0.0);
    for sample in samples.iter().filter(|sample| ranks[**sample] < cut) {
        count += 1.0;
        sum += losses[*sample] - mean;
    }
    sum * sum * (1.0 / count + 1.0 / (samples.len() as f64 - count))
}

/// The finalizer of SplitMix64 over a seed and a number: our own, so that its bits change with no dependency.
///
/// # Reference
///
/// Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014.
pub(super) fn mix(seed: u64, number: u64) -> u64 {
    let mut bits = seed ^ number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Standard normal numbers (Box and Muller), the same in every run.
#[cfg(test)]
pub(super) fn normal(seed: u64) -> impl FnMut() -> f64 {
    let mut number = 0;
    move || {
        number += 2;
        let uniform = |number| ((mix(seed, number) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        (-2.0 * uniform(number).ln()).sqrt() * (std::f64::consts::TAU * uniform(number + 1)).cos()
    }
}
