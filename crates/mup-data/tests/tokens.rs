//! Token files: what is read, and every way in which one can be wrong.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mup_data::{DataError, Order, TokenWidth, Tokens, even_batch};

fn written(folder: &tempfile::TempDir, content: &[u8]) -> PathBuf {
    let path = folder.path().join("train.bin");
    fs::write(&path, content).unwrap();
    path
}

fn fixture(name: &str) -> PathBuf {
    Path::new("tests/fixtures").join(name)
}

#[test]
fn a_bin_file_of_nanogpt_is_read_as_numpy_wrote_it() {
    // See nanogpt.py beside it: token i is i * 7919 mod 50257.
    let tokens = Tokens::open(&fixture("nanogpt.bin"), TokenWidth::U16).unwrap().with_vocab_size(50257);
    let expected: Vec<i32> = (0..1000).map(|i| i * 7919 % 50257).collect();
    assert_eq!(tokens.len(), 1000);
    assert_eq!(tokens.window(0, 1000).unwrap(), expected);
    assert_eq!(tokens.window(990, 10).unwrap(), expected[990..]);
    tokens.verify().unwrap();
}

#[test]
fn a_missing_an_empty_and_a_cut_file_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.bin");
    let refusal = |width| Tokens::open(&path, width).unwrap_err().to_string();
    assert!(refusal(TokenWidth::U8).starts_with(&format!("cannot open {}", path.display())));
    fs::write(&path, []).unwrap();
    assert!(refusal(TokenWidth::U16).contains("train.bin is empty"));
    fs::write(&path, [1, 2, 3]).unwrap();
    assert!(refusal(TokenWidth::U16).contains("has 3 bytes of tokens, no multiple of the 2 of a uint16"));
    fs::write(&path, [1, 2, 3, 4, 5, 6]).unwrap();
    assert!(refusal(TokenWidth::U32).contains("has 6 bytes of tokens, no multiple of the 4 of a uint32"));
    let error = Tokens::open(folder.path(), TokenWidth::U8).unwrap_err().to_string();
    assert!(error.contains("it is a folder; give one file of tokens"), "{error}");
}

#[test]
fn a_token_outside_the_vocabulary_is_named_with_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &[1, 0, 2, 0, 9, 0, 3, 0]);
    let tokens = Tokens::open(&path, TokenWidth::U16).unwrap().with_vocab_size(9);
    assert_eq!(tokens.window(0, 2).unwrap(), [1, 2]);
    for error in [tokens.window(1, 3).unwrap_err(), tokens.verify().unwrap_err()] {
        let error = error.to_string();
        assert!(error.starts_with("token 9 at position 2 of ") && error.contains("train.bin"), "{error}");
        assert!(error.contains("vocabulary of 9"), "{error}");
    }
    assert!(Order::Random.batch(&tokens, [1, 3], 0, 0).is_err());
    assert!(even_batch(&tokens, [1, 3], 0, 1).is_err());
    let error = Tokens::from_ids("mine", &[0, 1, 5], 5).unwrap_err().to_string();
    assert!(error.starts_with("token 5 at position 2 of mine"), "{error}");
}

#[test]
fn a_token_that_no_i32_holds_is_refused_without_a_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &[1, 0, 0, 0, 0, 0, 0, 0x80]);
    for tokens in [Tokens::open(&path, TokenWidth::U32).unwrap(), {
        Tokens::open(&path, TokenWidth::U32).unwrap().with_vocab_size(usize::MAX)
    }] {
        assert_eq!(tokens.window(0, 1).unwrap(), [1]);
        assert!(matches!(tokens.window(0, 2), Err(DataError::OutOfVocabulary { position: 1, .. })));
    }
}

#[test]
fn a_file_that_is_cut_while_in_use_is_an_error_and_no_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &[7; 100_000]);
    let tokens = Tokens::open(&path, TokenWidth::U8).unwrap();
    assert_eq!(tokens.window(99_990, 10).unwrap(), [7; 10]);
    OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
    for error in [tokens.window(99_990, 10).unwrap_err(), tokens.verify().unwrap_err()] {
        let error = error.to_string();
        assert!(error.contains("train.bin changed while it was in use"), "{error}");
    }
    let error = Order::Shuffled.batch(&tokens, [1, 8], 0, 0).unwrap_err().to_string();
    assert!(error.contains("100000 bytes when it was opened, 10 now"), "{error}");
}

#[test]
fn a_file_that_is_written_over_while_in_use_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &[7; 100]);
    let tokens = Tokens::open(&path, TokenWidth::U8).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    (&file).write_all(&[8; 100]).unwrap();
    // Some file systems count time in seconds.
    file.set_modified(SystemTime::now() + Duration::from_secs(10)).unwrap();
    let error = even_batch(&tokens, [1, 8], 0, 1).unwrap_err().to_string();
    assert!(error.contains("it was written to"), "{error}");
}

#[test]
fn a_file_that_is_replaced_or_deleted_is_read_on_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &[7; 100]);
    let tokens = Tokens::open(&path, TokenWidth::U8).unwrap();
    let other = folder.path().join("other");
    fs::write(&other, [8; 100]).unwrap();
    #[cfg(unix)]
    {
        fs::rename(&other, &path).unwrap();
        assert_eq!(tokens.window(0, 3).unwrap(), [7; 3]);
    }
}

#[test]
fn another_content_than_the_recorded_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, b"abc");
    let tokens = |hash: &str| Tokens::open(&path, TokenWidth::U8).unwrap().with_sha256(hash);
    // The first test vector of FIPS 180-2.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    tokens(abc).verify().unwrap();
    assert_eq!(tokens(abc).sha256().unwrap(), abc);
    let error = tokens("00").verify().unwrap_err().to_string();
    assert!(error.contains(abc) && error.contains("00 is recorded") && error.contains("train.bin"), "{error}");
}

#[test]
fn a_window_beyond_the_end_is_an_error() {
    let tokens = Tokens::from_bytes("four", vec![1, 2, 3, 4]).unwrap();
    assert_eq!(tokens.window(2, 2).unwrap(), [3, 4]);
    for (start, length) in [(3, 2), (5, 0), (u64::MAX, 1), (u64::MAX, usize::MAX)] {
        let error = tokens.window(start, length).unwrap_err().to_string();
        assert!(error.contains("four has 4 tokens"), "{error}");
    }
    assert!(Tokens::from_bytes("none", Vec::new()).unwrap_err().to_string().contains("none is empty"));
}

#[test]
fn memory_and_file_give_the_same_tokens_in_every_width() {
    let folder = tempfile::tempdir().unwrap();
    for (vocab_size, width) in [(256, TokenWidth::U8), (65_536, TokenWidth::U16), (65_537, TokenWidth::U32)] {
        assert_eq!(TokenWidth::for_vocabulary(vocab_size), width);
        let ids = [0, 1, 255, vocab_size as u32 - 1];
        let memory = Tokens::from_ids("memory", &ids, vocab_size).unwrap();
        assert_eq!(memory.width(), width);
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()[..width.bytes()].to_vec()).collect();
        let file = Tokens::open(&written(&folder, &bytes), width).unwrap();
        assert_eq!(file.window(0, 4).unwrap(), memory.window(0, 4).unwrap());
        assert_eq!(file.sha256().unwrap(), memory.sha256().unwrap());
    }
}
