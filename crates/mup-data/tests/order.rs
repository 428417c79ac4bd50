//! Which windows a step reads.

use mup_data::{Batch, DataError, Order, Tokens, even_batch, windows_per_epoch};

/// Of the golden numbers.
fn text() -> Tokens {
    let bytes = (0..10_007_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    Tokens::from_bytes("text", bytes).unwrap()
}

/// Token i is i, so that a token names its place.
fn counting(n: u32) -> Tokens {
    Tokens::from_ids("counting", &(0..n).collect::<Vec<_>>(), n as usize).unwrap()
}

#[test]
fn random_windows_are_bit_for_bit_those_of_earlier_versions() {
    // Printed by `Batch::random` of examples/gpt-transfer/src/batch.rs as of commit 6322f24.
    let golden: [(u64, u64, [i32; 12], [i32; 12]); 4] = [
        (
            0,
            0,
            [183, 85, 243, 168, 70, 228, 135, 37, 196, 112, 14, 172],
            [85, 243, 145, 70, 228, 130, 37, 196, 98, 14, 172, 74],
        ),
        (
            0,
            1,
            [25, 184, 86, 144, 46, 204, 162, 65, 223, 218, 120, 22],
            [184, 86, 244, 46, 204, 106, 65, 223, 125, 120, 22, 180],
        ),
        (
            7,
            12345,
            [164, 67, 225, 107, 9, 168, 174, 76, 235, 135, 37, 195],
            [67, 225, 127, 9, 168, 70, 76, 235, 137, 37, 195, 97],
        ),
        (
            u64::MAX,
            3,
            [97, 255, 157, 176, 78, 236, 202, 105, 7, 164, 66, 224],
            [255, 157, 60, 78, 236, 139, 105, 7, 165, 66, 224, 126],
        ),
    ];
    for (seed, step, tokens, targets) in golden {
        let batch = Order::Random.batch(&text(), [4, 3], seed, step).unwrap();
        assert_eq!(batch, Batch { tokens: tokens.to_vec(), targets: targets.to_vec(), shape: [4, 3] });
    }
}

#[test]
fn many_batches_of_both_orders_are_bit_for_bit_those_of_earlier_versions() {
    // Printed as of commit ce53e09, where `rand` drew the windows.
    let bytes = (0..100_003_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let tokens = Tokens::from_bytes("text", bytes).unwrap();
    for (order, golden) in [
        (Order::Random, "beca6ef0bb29e792b990107f0bcd2738501355152caa762553eb73b31ca4238e"),
        (Order::Shuffled, "3a62fbc11d2946681c3d5d8d5e42ba613da5fe786786297d31281caf472007d0"),
    ] {
        let mut read = Vec::new();
        for (seed, step) in (0..4).flat_map(|seed| (0..64).map(move |step| (1_000_003 * seed, step * step * step))) {
            let batch = order.batch(&tokens, [8, 33], seed, step).unwrap();
            read.extend(batch.tokens.iter().chain(&batch.targets).map(|token| *token as u8));
        }
        assert_eq!(mup_files::sha256(&read), golden, "{order:?}");
    }
}

#[test]
fn even_windows_are_those_of_earlier_versions() {
    // Printed by `Batch::even` of the same file.
    let golden = [
        (0, 1, [0, 158, 60, 134, 36, 194, 12, 171, 73, 49, 207, 110]),
        (0, 3, [0, 158, 60, 202, 105, 7, 149, 52, 210, 255, 157, 59]),
        (1, 3, [202, 104, 6, 149, 51, 209, 254, 156, 58, 201, 103, 5]),
        (2, 3, [148, 50, 208, 253, 155, 57, 200, 102, 4, 49, 207, 110]),
        (5, 8, [44, 202, 104, 204, 106, 8, 206, 108, 10, 110, 12, 170]),
    ];
    for (part, parts, tokens) in golden {
        assert_eq!(even_batch(&text(), [4, 3], part, parts).unwrap().tokens, tokens);
    }
}

#[test]
fn shuffled_windows_are_bit_for_bit_those_of_earlier_versions() {
    // Printed by this test when the order was defined: a change would make resumed runs differ.
    let batch = Order::Shuffled.batch(&counting(101), [5, 10], 7, 3).unwrap();
    let starts: Vec<i32> = batch.tokens.iter().step_by(10).copied().collect();
    assert_eq!(starts, [60, 30, 90, 70, 40]);
}

#[test]
fn even_windows_reach_both_ends() {
    let tokens = counting(256);
    assert_eq!(even_batch(&tokens, [2, 4], 0, 2).unwrap().tokens[0], 0);
    assert_eq!(even_batch(&tokens, [2, 4], 1, 2).unwrap().targets.last(), Some(&255));
}

#[test]
fn a_batch_depends_on_seed_and_step_alone() {
    let tokens = counting(1000);
    for order in [Order::Random, Order::Shuffled] {
        let batch = |seed, step| order.batch(&tokens, [4, 16], seed, step).unwrap();
        assert_eq!(batch(1, 7), batch(1, 7));
        assert_ne!(batch(1, 7), batch(1, 8));
        assert_ne!(batch(1, 7), batch(2, 7));
    }
}

#[test]
fn two_epochs_have_different_orders() {
    let tokens = counting(641);
    let epoch = |number| Order::Shuffled.batch(&tokens, [64, 10], 3, number).unwrap().tokens;
    assert_ne!(epoch(0), epoch(1));
    let sorted = |mut tokens: Vec<i32>| {
        tokens.sort_unstable();
        tokens
    };
    assert_eq!(sorted(epoch(0)), (0..640).collect::<Vec<_>>());
    assert_eq!(sorted(epoch(1)), (0..640).collect::<Vec<_>>());
}

#[test]
fn the_shortest_data_has_one_window_and_shorter_data_is_refused() {
    let tokens = counting(17);
    assert_eq!(windows_per_epoch(&tokens, 16).unwrap(), 1);
    let window: Vec<i32> = (0..16).collect();
    for order in [Order::Random, Order::Shuffled] {
        assert_eq!(order.batch(&tokens, [2, 16], 0, 5).unwrap().tokens, [&window[..], &window].concat());
        let error = order.batch(&tokens, [2, 17], 0, 0).unwrap_err().to_string();
        assert!(error.contains("counting has 17 tokens, but a context of 17 needs at least 18"), "{error}");
    }
    assert!(even_batch(&tokens, [2, 17], 0, 1).is_err());
    assert!(windows_per_epoch(&tokens, 17).is_err());
}

#[test]
fn a_batch_of_nothing_and_rows_outside_it_are_refused() {
    let tokens = counting(17);
    for shape in [[0, 4], [4, 0]] {
        for order in [Order::Random, Order::Shuffled] {
            assert!(matches!(order.batch(&tokens, shape, 0, 0), Err(DataError::EmptyBatch { .. })));
        }
        assert!(matches!(even_batch(&tokens, shape, 0, 1), Err(DataError::EmptyBatch { .. })));
    }
    for rows in [0..5, 2..2, 4..4, 5..6] {
        assert!(matches!(Order::Random.rows(&tokens, [4, 4], 0, 0, rows), Err(DataError::Rows { .. })));
    }
}

#[test]
fn the_last_step_of_all_is_a_batch_too() {
    for order in [Order::Random, Order::Shuffled] {
        assert_eq!(order.batch(&counting(100), [3, 4], u64::MAX, u64::MAX).unwrap().tokens.len(), 12);
    }
    assert!(even_batch(&counting(100), [3, 4], usize::MAX, usize::MAX).is_ok());
}
