//! Byte-pair encoding: what Hugging Face's Python package gives, and what is refused.
#![cfg(feature = "bpe")]

use std::fs;
use std::path::{Path, PathBuf};

use mup_data::{DataError, Text, Tokenizer, prepare};
use proptest::prelude::*;
use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    Path::new("tests/fixtures").join(name)
}

fn trained() -> Tokenizer {
    Tokenizer::train_bpe(&Text::open(&fixture("bpe.txt")).unwrap(), 400).unwrap()
}

fn prose() -> String {
    fs::read_to_string(fixture("bpe.txt")).unwrap()
}

#[test]
fn training_and_encoding_give_what_python_gives() {
    // See bpe.py beside the files.
    let ids: Vec<u32> = serde_json::from_str(&fs::read_to_string(fixture("bpe_ids.json")).unwrap()).unwrap();
    let theirs = Tokenizer::load(&fixture("bpe_tokenizer.json")).unwrap();
    assert_eq!(theirs.encode(&prose()).unwrap(), ids);
    assert_eq!(trained().encode(&prose()).unwrap(), ids);
    assert_eq!(trained().decode(&ids).unwrap(), prose());
    assert_eq!(trained().vocab_size(), theirs.vocab_size());
    assert!(ids.len() * 2 < prose().len(), "the merges are used");
}

#[test]
fn training_twice_gives_the_same_file() {
    // Python's differs in nothing but the decoder's settings, which decoding does not use.
    assert_eq!(trained().fingerprint(), trained().fingerprint());
    assert_eq!(trained().fingerprint(), "b04e4496dd39e2a4fa62ab9dae0d79d95db8af2b4b77a54761f0c8acaef83d53");
}

#[test]
fn a_saved_tokenizer_is_the_same_when_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    trained().save(&path).unwrap();
    let loaded = Tokenizer::load(&path).unwrap();
    assert_eq!(loaded.fingerprint(), trained().fingerprint());
    assert_eq!(loaded.encode(&prose()).unwrap(), trained().encode(&prose()).unwrap());
}

#[test]
fn a_text_of_many_pieces_is_encoded_like_the_whole() {
    // Several pieces of 1 MiB, cut where the text allows; then one without any place to cut.
    let gaps = ["\n", "   ", "\t ", " x", "… ", "\u{3000}"];
    let long: String = (0..2500)
        .map(|i| prose().chars().take(600 + i % 9).collect::<String>() + gaps[i % gaps.len()] + &i.to_string())
        .collect();
    for content in [long, "模型越宽\n".repeat(100_000)] {
        let text = Text::from_string("long", content.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let tokenizer = trained();
        let data = prepare(&text, &tokenizer, folder.path(), 0.01).unwrap();
        let start = data.train.len() as usize;
        let cut = content.len() - content.len() / 100;
        let cut = (cut..).find(|cut| content.is_char_boundary(*cut)).unwrap();
        let tokens = data.train.window(0, start).unwrap();
        let expected = tokenizer.encode(&content[..cut]).unwrap();
        assert!(tokens.into_iter().map(|token| token as u32).eq(expected));
    }
}

#[test]
fn a_vocabulary_without_room_for_bytes_is_refused() {
    let text = Text::from_string("text", "abab".to_owned()).unwrap();
    let error = Tokenizer::train_bpe(&text, 255).unwrap_err().to_string();
    assert!(error.contains("255 has no room for the 256 bytes"), "{error}");
    assert_eq!(Tokenizer::train_bpe(&text, 256).unwrap().vocab_size(), 256);
}

#[test]
fn a_text_that_changes_while_it_is_trained_on_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "first text").unwrap();
    let text = Text::open(&path).unwrap();
    fs::write(&path, "other text").unwrap();
    assert!(matches!(Tokenizer::train_bpe(&text, 300), Err(DataError::Changed { .. })));
}

#[test]
fn a_tokenizer_that_would_lose_text_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let whole: Value = serde_json::from_str(&fs::read_to_string(fixture("bpe_tokenizer.json")).unwrap()).unwrap();
    let by_lines = json!({"type": "Split", "pattern": {"Regex": "[^\\n]+"}, "behavior": "Isolated", "invert": false});
    let mut as_is = whole["pre_tokenizer"].clone();
    as_is["use_regex"] = json!(false);
    let by_lines = json!({"type": "Sequence", "pretokenizers": [by_lines, as_is]});
    for (place, value, expected) in [
        ("/normalizer", json!({"type": "Lowercase"}), "it has a normalizer"),
        ("/truncation", json!({"max_length": 512}), "it cuts long texts"),
        ("/padding", json!({"pad_id": 0}), "it adds tokens"),
        ("/model/dropout", json!(0.1), "it drops merges at random"),
        ("/model/end_of_word_suffix", json!("</w>"), "with a suffix"),
        ("/model/type", json!("Unigram"), "its model is \"Unigram\", not BPE"),
        ("/decoder", json!({"type": "Metaspace"}), "it does not decode bytes"),
        ("/pre_tokenizer", Value::Null, "it does not work on bytes"),
        ("/pre_tokenizer/add_prefix_space", json!(true), "it adds a space"),
        ("/pre_tokenizer/use_regex", json!(false), "does not split between a word and the space"),
        ("/pre_tokenizer", by_lines, "does not split between a word and the space"),
        ("/model/merges", json!("none"), "it is damaged"),
    ] {
        let mut value_of = whole.clone();
        *value_of.pointer_mut(place).unwrap() = value;
        fs::write(&path, value_of.to_string()).unwrap();
        let error = Tokenizer::load(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("tokenizer.json cannot be used"), "{place}: {error}");
    }
    let mut without_a = whole.clone();
    without_a.pointer_mut("/model/vocab").unwrap().as_object_mut().unwrap().remove("\u{0121}").unwrap();
    without_a.pointer_mut("/model/merges").unwrap().as_array_mut().unwrap().clear();
    fs::write(&path, without_a.to_string()).unwrap();
    let error = Tokenizer::load(&path).unwrap_err().to_string();
    assert!(error.contains("1 of the 256 bytes are not in its vocabulary"), "{error}");
}

#[test]
fn a_tokenizer_split_as_llama_3s_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let mut value: Value = serde_json::from_str(&fs::read_to_string(fixture("bpe_tokenizer.json")).unwrap()).unwrap();
    let pattern = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}\
                   | ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    let split = json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
    let mut bytes = value["pre_tokenizer"].clone();
    bytes["use_regex"] = json!(false);
    value["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [split, bytes]});
    fs::write(&path, value.to_string()).unwrap();
    let tokenizer = Tokenizer::load(&path).unwrap();
    assert_eq!(tokenizer.decode(&tokenizer.encode(&prose()).unwrap()).unwrap(), prose());
}

proptest! {
    #[test]
    fn every_text_is_given_back(text in any::<String>()) {
        let tokenizer = Tokenizer::load(&fixture("bpe_tokenizer.json")).unwrap();
        let tokens = tokenizer.encode(&text).unwrap();
        prop_assert!(tokens.iter().all(|token| (*token as usize) < tokenizer.vocab_size()));
        prop_assert_eq!(tokenizer.decode(&tokens).unwrap(), text);
    }
}
