//! What holds for every shape, seed and step.

use mup_data::{Batch, Order, Text, TokenWidth, Tokenizer, Tokens, windows_per_epoch};
use proptest::prelude::*;

fn counting(n: u32) -> Tokens {
    Tokens::from_ids("counting", &(0..n).collect::<Vec<_>>(), n as usize).unwrap()
}

fn orders() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::Random), Just(Order::Shuffled)]
}

/// What files of text are made of, and what does not belong in one.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let wrong: [&[u8]; 8] =
        [b"\0", b"\xff", b"\xed\xa0\xbd", b"\xed\xb8\x80", b"\xc0\x80", b"\xe9", b"\xe2\x82", b"\xff\xfe"];
    let wrong = (0..wrong.len()).prop_map(move |i| wrong[i].to_vec());
    let right = "[a-zé€😀\u{feff}\r\n]{1,8}".prop_map(String::into_bytes);
    prop_oneof![20 => right, 1 => wrong]
}

proptest! {
    #[test]
    fn an_epoch_visits_every_window_exactly_once(
        n in 10_u32..400, context in 1_usize..9, batch in 1_usize..7, seed: u64, epoch in 0_u64..1000,
    ) {
        let tokens = counting(n);
        let windows = windows_per_epoch(&tokens, context).unwrap();
        prop_assert_eq!(windows, u64::from((n - 1) / context as u32));
        // The rows of all steps, one after the other, from the first of the epoch to its last.
        let row = |place: u64| {
            let (step, row) = (place / batch as u64, (place % batch as u64) as usize);
            Order::Shuffled.rows(&tokens, [batch, context], seed, step, row..row + 1).unwrap().tokens[0]
        };
        let mut starts: Vec<i32> = (epoch * windows..(epoch + 1) * windows).map(row).collect();
        starts.sort_unstable();
        let expected: Vec<i32> = (0..windows as i32).map(|window| window * context as i32).collect();
        prop_assert_eq!(starts, expected);
    }

    #[test]
    fn the_shards_of_a_batch_are_the_batch(
        order in orders(), cuts in prop::collection::btree_set(1_usize..16, 0..5), seed: u64, step: u64,
    ) {
        let (tokens, shape) = (counting(500), [16, 7]);
        let bounds: Vec<usize> = std::iter::once(0).chain(cuts).chain([16]).collect();
        let shards = bounds.windows(2).map(|rows| order.rows(&tokens, shape, seed, step, rows[0]..rows[1]).unwrap());
        let mut whole = Batch { tokens: Vec::new(), targets: Vec::new(), shape: [0, 7] };
        for shard in shards {
            whole.tokens.extend(shard.tokens);
            whole.targets.extend(shard.targets);
            whole.shape[0] += shard.shape[0];
        }
        prop_assert_eq!(whole, order.batch(&tokens, shape, seed, step).unwrap());
    }

    #[test]
    fn targets_follow_tokens(order in orders(), n in 20_u32..300, context in 1_usize..15, seed: u64, step: u64) {
        let batch = order.batch(&counting(n), [3, context], seed, step).unwrap();
        prop_assert_eq!(batch.shape, [3, context]);
        prop_assert!(batch.tokens.iter().zip(&batch.targets).all(|(token, target)| token + 1 == *target));
        let consecutive = |row: &[i32]| row.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        prop_assert!(batch.tokens.chunks(context).all(consecutive));
    }

    #[test]
    fn bytes_and_characters_give_every_text_back(text in "\\PC{1,200}") {
        let whole = Text::from_string("text", text.clone()).unwrap();
        for tokenizer in [Tokenizer::bytes(), Tokenizer::characters(&whole).unwrap()] {
            let tokens = tokenizer.encode(&text).unwrap();
            prop_assert!(tokens.iter().all(|token| (*token as usize) < tokenizer.vocab_size()));
            prop_assert_eq!(tokenizer.decode(&tokens).unwrap(), text.clone());
        }
    }

    #[test]
    fn any_bytes_are_the_text_that_they_are_or_refused(bytes in prop::collection::vec(pieces(), 0..40)) {
        let (folder, bytes) = (tempfile::tempdir().unwrap(), bytes.concat());
        let path = folder.path().join("a.txt");
        std::fs::write(&path, &bytes).unwrap();
        let content = std::str::from_utf8(&bytes).ok().filter(|content| !content.contains('\0'));
        let content = content.map(|content| content.trim_start_matches('\u{feff}')).filter(|content| !content.is_empty());
        match (Text::open(&path), content) {
            (Ok(text), Some(content)) => prop_assert_eq!(text.into_string().unwrap(), content),
            (Err(error), None) => prop_assert!(error.to_string().contains("a.txt"), "{}", error),
            (text, content) => prop_assert!(false, "{:?} {:?}", text, content),
        }
    }

    #[test]
    fn any_bytes_are_tokens_or_refused(
        start in prop_oneof![Just(vec![]), Just(vec![0x88, 0xd8, 0x34, 1]), Just(vec![0xa1, 0xd9, 0x34, 1, 7, 0, 0, 0])],
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        width in prop_oneof![Just(TokenWidth::U8), Just(TokenWidth::U16), Just(TokenWidth::U32)],
        vocab_size in 1_usize..100_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, [start, bytes].concat()).unwrap();
        if let Err(error) = Tokens::open(&path, width).and_then(|tokens| tokens.with_vocab_size(vocab_size).verify()) {
            prop_assert!(error.to_string().contains("a.bin"), "{}", error);
        }
    }

    #[test]
    fn damaged_files_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tokenizer.json", "data.json"] {
            std::fs::write(folder.path().join(name), &bytes).unwrap();
        }
        prop_assert!(Tokenizer::load(&folder.path().join("tokenizer.json")).is_err());
        prop_assert!(mup_data::DataSet::open(folder.path()).is_err());
    }
}
