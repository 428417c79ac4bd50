//! Bytes and characters, and the file that remembers them.

use std::fs;

use mup_data::{DataError, Text, Tokenizer};

fn text(content: &str) -> Text {
    Text::from_string("text", content.to_owned()).unwrap()
}

#[test]
fn an_unknown_character_is_named_with_its_place() {
    let tokenizer = Tokenizer::characters(&text("aäb")).unwrap();
    let error = tokenizer.encode("äaxb").unwrap_err().to_string();
    assert!(error.contains("'x' at byte 3") && error.contains("3 characters"), "{error}");
}

#[test]
fn a_token_outside_the_vocabulary_is_not_decoded() {
    for tokenizer in [Tokenizer::bytes(), Tokenizer::characters(&text("ab")).unwrap()] {
        let wrong = tokenizer.vocab_size() as u32;
        assert!(matches!(tokenizer.decode(&[0, wrong]), Err(DataError::OutOfVocabulary { position: 1, .. })));
    }
}

#[test]
fn characters_are_in_order_of_their_code_points_wherever_they_stand() {
    let tokenizer = Tokenizer::characters(&text("cab€ä")).unwrap();
    assert_eq!(tokenizer.encode("abcä€").unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(tokenizer.fingerprint(), Tokenizer::characters(&text("€äbacabc")).unwrap().fingerprint());
    assert_ne!(tokenizer.fingerprint(), Tokenizer::characters(&text("cab€")).unwrap().fingerprint());
    assert_ne!(tokenizer.fingerprint(), Tokenizer::bytes().fingerprint());
}

#[test]
fn a_sample_cut_within_a_character_is_still_shown() {
    assert_eq!(Tokenizer::bytes().decode(&[97, 0xc3]).unwrap(), "a\u{fffd}");
}

#[test]
fn a_saved_tokenizer_is_the_same_when_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    for tokenizer in [Tokenizer::bytes(), Tokenizer::characters(&text("\"\\\n\u{7f}é😀")).unwrap()] {
        tokenizer.save(&path).unwrap();
        let loaded = Tokenizer::load(&path).unwrap();
        assert_eq!(loaded.fingerprint(), tokenizer.fingerprint());
        assert_eq!(loaded.vocab_size(), tokenizer.vocab_size());
        assert_eq!(mup_files::sha256(fs::read(&path).unwrap()), tokenizer.fingerprint());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_fingerprints_are_those_of_earlier_versions() {
    // Data that was prepared with other ones would be refused.
    assert_eq!(Tokenizer::bytes().fingerprint(), "598f586a945ec1ea42fb91527844bebf5ba240a8eeb4da82fe3d89db96ae1371");
    assert_eq!(
        Tokenizer::characters(&text("to be")).unwrap().fingerprint(),
        "f7b2f688932196f02f34e5ef2b70893a3135b32228dfc8c58451ef60d565ab19"
    );
}

#[test]
fn a_file_that_is_no_tokenizer_is_refused_by_name_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    for (content, expected) in [
        ("", "it is no JSON"),
        ("[1]", "it is no tokenizer"),
        (r#"{"mup_data": 2, "tokenizer": "bytes"}"#, "it has version 2, this program reads version 1"),
        (r#"{"mup_data": 1, "tokenizer": "words"}"#, "unknown variant `words`"),
        (r#"{"mup_data": 1, "tokenizer": "characters"}"#, "missing field `characters`"),
        (r#"{"mup_data": 1, "tokenizer": "characters", "characters": "ba"}"#, "not in increasing order"),
        (r#"{"mup_data": 1, "tokenizer": "characters", "characters": ""}"#, "it is damaged"),
    ] {
        fs::write(&path, content).unwrap();
        let error = Tokenizer::load(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("tokenizer.json cannot be used"), "{content}: {error}");
    }
    let error = Tokenizer::load(&folder.path().join("absent.json")).unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("absent.json"), "{error}");
}

#[cfg(not(feature = "bpe"))]
#[test]
fn a_tokenizer_of_hugging_face_asks_for_the_feature() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    fs::write(&path, r#"{"version": "1.0", "model": {"type": "BPE"}}"#).unwrap();
    let error = Tokenizer::load(&path).unwrap_err().to_string();
    assert!(error.contains("mup-data's feature `bpe`"), "{error}");
}
