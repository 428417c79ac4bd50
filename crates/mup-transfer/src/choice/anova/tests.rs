//! Shares against closed forms: tables exactly, random samples within a stated tolerance.

use proptest::prelude::*;

use super::*;

/// Every combination of the levels, the last one changing fastest.
fn table(counts: &[usize]) -> Vec<Vec<usize>> {
    let all: usize = counts.iter().product();
    let digits = |mut number: usize| {
        let mut levels: Vec<usize> = counts
            .iter()
            .rev()
            .map(|count| {
                let digit = number % count;
                number /= count;
                digit
            })
            .collect();
        levels.reverse();
        levels
    };
    (0..all).map(digits).collect()
}

/// As `Dimension::place` has the levels of a list.
fn columns(counts: &[usize], names: &[usize], rows: &[Vec<usize>]) -> Vec<Column> {
    let place = |i: usize| move |row: &Vec<usize>| (row[i] as f64 + 0.5) / counts[i] as f64;
    (0..counts.len()).map(|i| Column::of(&rows.iter().map(place(i)).collect::<Vec<_>>(), !names.contains(&i))).collect()
}

fn share_of(columns: &[Column], losses: &[f64]) -> Vec<f64> {
    analyze(columns, losses).unwrap().into_iter().map(|one| one.share).collect()
}

/// Uniform in 0..1.
fn chance(seed: u64, number: usize) -> f64 {
    (mix(seed, number as u64) >> 11) as f64 / (1_u64 << 53) as f64
}

fn assert_near(found: &[f64], right: &[f64], tolerance: f64) {
    assert_eq!(found.len(), right.len());
    let far = found.iter().zip(right).any(|(found, right)| (found - right).abs() > tolerance);
    assert!(!far, "{found:?} instead of {right:?}");
}

#[test]
fn an_additive_table_has_the_shares_of_its_analysis_of_variance_whatever_is_added_to_all() {
    // The variance of k evenly spaced levels is (k² − 1)/12 steps².
    let (i, j) = ((64.0 - 1.0) / 12.0 / 64.0, (36.0 - 1.0) / 12.0 * 1e-4);
    let rows = table(&[8, 6]);
    for c in [0.0, 3.0, 10.0, -1e3] {
        let losses: Vec<f64> = rows.iter().map(|row| c + row[0] as f64 / 8.0 + 0.01 * row[1] as f64).collect();
        let found = share_of(&columns(&[8, 6], &[], &rows), &losses);
        assert_near(&found, &[i / (i + j), j / (i + j)], 1e-12);
        assert!((found[1] - 0.0035).abs() < 1e-4, "{found:?}");
    }
}

#[test]
fn three_to_twelve_levels_ordered_or_names_have_the_shares_of_their_table() {
    for count in 3..=12 {
        let counts = [count, 2, 3];
        let rows = table(&counts);
        let effect = |column: usize, level: usize| chance(count as u64, 100 * column + level);
        let losses: Vec<f64> = rows.iter().map(|row| 3.0 + (0..3).map(|i| effect(i, row[i])).sum::<f64>()).collect();
        let variance_of = |i: usize| {
            let effects: Vec<f64> = (0..counts[i]).map(|level| effect(i, level)).collect();
            variance(&effects, &vec![1.0 / counts[i] as f64; counts[i]])
        };
        let variances: Vec<f64> = (0..3).map(variance_of).collect();
        let total: f64 = variances.iter().sum();
        let right: Vec<f64> = variances.iter().map(|variance| variance / total).collect();
        for names in [&[][..], &[1], &[0, 1, 2]] {
            assert_near(&share_of(&columns(&counts, names, &rows), &losses), &right, 1e-12);
        }
    }
}

#[test]
fn what_only_several_decide_together_is_nobodys_share() {
    let rows = table(&[4, 5]);
    let losses: Vec<f64> = rows.iter().map(|row| (row[0] as f64 - 1.5) * (row[1] as f64 - 2.0)).collect();
    assert_near(&share_of(&columns(&[4, 5], &[], &rows), &losses), &[0.0, 0.0], 1e-12);
}

#[test]
fn one_hyperparameter_decides_everything_and_equal_losses_nothing() {
    let rows = table(&[16]);
    let columns = columns(&[16], &[], &rows);
    let losses: Vec<f64> = rows.iter().map(|row| (row[0] as f64 - 7.0).powi(2)).collect();
    assert_near(&share_of(&columns, &losses), &[1.0], 1e-12);
    assert_eq!(analyze(&columns, &[2.5; 16]), None);
    // Means over seeds of equal losses may differ in the last bit.
    let rounding: Vec<f64> = (0..16).map(|i| if i % 3 == 0 { 2.5 } else { 2.5_f64.next_up() }).collect();
    assert_eq!(analyze(&columns, &rounding), None);
}

#[test]
fn a_sample_that_was_tried_twice_counts_once_more_and_moves_no_share_of_a_table() {
    let mut rows = table(&[5, 4]);
    let loss = |row: &Vec<usize>| row[0] as f64 + (row[1] as f64).powi(2);
    let once = share_of(&columns(&[5, 4], &[], &rows), &rows.iter().map(loss).collect::<Vec<_>>());
    rows.extend([vec![0, 0], vec![4, 3], vec![4, 3]]);
    let twice = share_of(&columns(&[5, 4], &[], &rows), &rows.iter().map(loss).collect::<Vec<_>>());
    assert_near(&twice, &once, 1e-12);
}

#[test]
fn places_that_differ_in_the_last_bit_are_levels_without_width() {
    let places: Vec<f64> = (0..32)
        .map(|i| {
            let place = f64::from(i / 2) / 16.0 + 0.03;
            if i % 2 == 0 { place } else { place.next_up() }
        })
        .collect();
    let losses: Vec<f64> = (0..32).map(|i| f64::from(i / 2)).collect();
    let flat: Vec<f64> = (0..32).map(|i| chance(5, i)).collect();
    let found = share_of(&[Column::of(&places, true), Column::of(&flat, true)], &losses);
    assert!(found[0] > 0.9 && found[0] <= 1.0, "{found:?}");
}

/// A function of uniform random samples, and its shares.
struct Sampled {
    dimensions: usize,
    /// Those that are names, of three.
    names: &'static [usize],
    loss: fn(&[f64]) -> f64,
    right: &'static [f64],
}

const SAMPLED: [Sampled; 5] = [
    Sampled { dimensions: 2, names: &[], loss: |x| x[0] + 0.3 * x[1], right: &[1.0 / 1.09, 0.09 / 1.09] },
    Sampled { dimensions: 3, names: &[], loss: |x| x[0] + x[1] + x[2], right: &[1.0 / 3.0; 3] },
    // x² around the middle has the variance 1/180.
    Sampled {
        dimensions: 6,
        names: &[],
        loss: |x| (x[0] - 0.5).powi(2) + 0.343 * (x[1] - 0.5).powi(2),
        right: &[1.0 / 1.117_649, 0.117_649 / 1.117_649, 0.0, 0.0, 0.0, 0.0],
    },
    // x (1 + y): mean effects 1.5 x and y/2, and 1/144 that both decide together.
    Sampled { dimensions: 4, names: &[], loss: |x| x[0] * (1.0 + x[1]), right: &[27.0 / 31.0, 3.0 / 31.0, 0.0, 0.0] },
    // Names with 0, 0, 1: a variance of 2/9 of 0.4² beside 1/12.
    Sampled {
        dimensions: 3,
        names: &[1],
        loss: |x| x[0] + if x[1] > 2.0 / 3.0 { 0.4 } else { 0.0 },
        right: &[0.083_333_333 / 0.118_888_889, 0.035_555_556 / 0.118_888_889, 0.0],
    },
];

impl Sampled {
    fn draw(&self, samples: usize, seed: u64) -> (Vec<Column>, Vec<f64>) {
        let x = |sample: usize, i: usize| chance(seed, sample * self.dimensions + i);
        let place = |sample: usize, i: usize| match self.names.contains(&i) {
            true => ((x(sample, i) * 3.0).floor() + 0.5) / 3.0,
            false => x(sample, i),
        };
        let column = |i: usize| {
            Column::of(&(0..samples).map(|sample| place(sample, i)).collect::<Vec<_>>(), !self.names.contains(&i))
        };
        let row = |sample: usize| (0..self.dimensions).map(|i| x(sample, i)).collect::<Vec<_>>();
        let losses = (0..samples).map(|sample| (self.loss)(&row(sample))).collect();
        ((0..self.dimensions).map(column).collect(), losses)
    }
}

/// Of the forest alone, without its errors.
fn forest_shares(columns: &[Column], losses: &[f64]) -> Vec<f64> {
    let samples: Vec<usize> = (0..losses.len()).collect();
    shares(TREES, columns, &unit(losses).unwrap(), &samples, &Points::of(columns))
}

/// Over 40 draws the root of the mean square was at most 0.075 with 48 samples and 0.039 with 200, and the largest
/// difference 0.25 and 0.084 (docs/log.md): what matters little comes out too small. Means over four draws are compared
/// here.
#[test]
fn random_samples_give_the_shares_within_a_tenth_from_48_on_and_a_twelfth_from_200_on() {
    for one in &SAMPLED {
        for (samples, tolerance) in [(48, 0.1), (200, 1.0 / 12.0)] {
            let drawn: Vec<Vec<f64>> = (0..4)
                .map(|seed| {
                    let (columns, losses) = one.draw(samples, 1000 + seed);
                    forest_shares(&columns, &losses)
                })
                .collect();
            let mean: Vec<f64> =
                (0..one.dimensions).map(|i| drawn.iter().map(|shares| shares[i]).sum::<f64>() / 4.0).collect();
            assert_near(&mean, one.right, tolerance);
        }
    }
}

#[test]
fn a_table_with_holes_has_nearly_the_shares_of_the_whole() {
    let rows = table(&[8, 6]);
    let kept: Vec<Vec<usize>> = rows.into_iter().enumerate().filter(|(i, _)| i % 5 != 2).map(|(_, row)| row).collect();
    let losses: Vec<f64> = kept.iter().map(|row| 10.0 + row[0] as f64 / 8.0 + 0.1 * row[1] as f64).collect();
    let (i, j) = (63.0 / 12.0 / 64.0, 35.0 / 12.0 * 0.01);
    assert_near(&share_of(&columns(&[8, 6], &[], &kept), &losses), &[i / (i + j), j / (i + j)], 0.02);
}

/// The jackknife may err, but not to the side of too sure.
#[test]
fn the_stated_error_is_no_smaller_than_how_far_shares_of_other_samples_lie_apart() {
    let one = &SAMPLED[4];
    let drawn: Vec<Explained> = (0..8)
        .map(|seed| {
            let (columns, losses) = one.draw(32, 50 + seed);
            analyze(&columns, &losses).unwrap()[0]
        })
        .collect();
    let mean = |of: fn(&Explained) -> f64| drawn.iter().map(of).sum::<f64>() / 8.0;
    let center = mean(|one| one.share);
    let spread = (drawn.iter().map(|one| (one.share - center).powi(2)).sum::<f64>() / 7.0).sqrt();
    let stated = mean(|one| one.error);
    assert!(0.8 * spread < stated && stated < 5.0 * spread, "{stated} stated, {spread} found");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shares_are_never_negative_and_never_above_one_together(
        samples in 1_usize..24, dimensions in 1_usize..6, levels in 1_usize..13, seed: u64, wild: bool,
    ) {
        let place = |sample: usize, i: usize| {
            let x = chance(seed, sample * dimensions + i);
            // Every other dimension has few levels, so that samples share them.
            if i.is_multiple_of(2) { x } else { ((x * levels as f64).floor() + 0.5) / levels as f64 }
        };
        let places = |i: usize| (0..samples).map(|sample| place(sample, i)).collect::<Vec<_>>();
        let columns: Vec<Column> = (0..dimensions).map(|i| Column::of(&places(i), i % 3 != 1)).collect();
        let loss = |sample: usize| (2.0 * chance(!seed, sample) - 1.0) * if wild { f64::MAX } else { 1e-3 };
        let losses: Vec<f64> = (0..samples).map(loss).collect();
        if let Some(explained) = analyze(&columns, &losses) {
            prop_assert!(explained.iter().all(|one| one.share >= 0.0 && one.error >= 0.0 && one.error.is_finite()));
            prop_assert!(explained.iter().map(|one| one.share).sum::<f64>() <= 1.0 + 1e-12, "{explained:?}");
        }
    }

    #[test]
    fn neither_a_shift_nor_a_scale_changes_a_share(seed: u64, shift in -100.0..100.0_f64, scale in 1e-3..1e3_f64) {
        let (columns, losses) = SAMPLED[4].draw(20, seed);
        let moved: Vec<f64> = losses.iter().map(|loss| shift + scale * loss).collect();
        let (before, after) = (forest_shares(&columns, &losses), forest_shares(&columns, &moved));
        // 100 beside 0.001 leaves eleven digits of the losses.
        assert_near(&after, &before, 1e-9);
    }

    #[test]
    fn the_order_of_the_samples_changes_no_share(seed: u64) {
        let places: Vec<Vec<f64>> = (0..2).map(|i| (0..20).map(|n| chance(seed, 20 * i + n)).collect()).collect();
        let losses: Vec<f64> = (0..20).map(|n| places[0][n] + places[1][n].powi(2)).collect();
        let turned = |values: &Vec<f64>| values.iter().rev().copied().collect::<Vec<_>>();
        let columns = |places: &[Vec<f64>]| places.iter().map(|places| Column::of(places, true)).collect::<Vec<_>>();
        let after = forest_shares(&columns(&places.iter().map(turned).collect::<Vec<_>>()), &turned(&losses));
        assert_near(&after, &forest_shares(&columns(&places), &losses), 1e-12);
    }
}
