//! Prepared folders: the same bytes from the same text, and nothing that is not theirs is touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mup_data::{DataError, DataSet, Text, TokenWidth, Tokenizer, prepare};

const VERSE: &str = "Öde und leer das Meer. ";

fn text(content: &str) -> Text {
    Text::from_string("verse", content.to_owned()).unwrap()
}

fn verse() -> Text {
    text(&VERSE.repeat(100))
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().to_string_lossy().into_owned(), fs::read(e.path()).unwrap())).collect()
}

fn all(tokens: &mup_data::Tokens) -> Vec<u32> {
    tokens.window(0, tokens.len() as usize).unwrap().into_iter().map(|token| token as u32).collect()
}

#[test]
fn the_parts_together_are_the_text() {
    for tokenizer in [Tokenizer::bytes(), Tokenizer::characters(&verse()).unwrap()] {
        let folder = tempfile::tempdir().unwrap();
        let data = prepare(&verse(), &tokenizer, folder.path(), 0.05).unwrap();
        assert_eq!(data.train.width(), TokenWidth::U8);
        assert_eq!(data.train.vocab_size(), Some(tokenizer.vocab_size()));
        let tokens = [all(&data.train), all(&data.validation)].concat();
        assert_eq!(tokenizer.decode(&tokens).unwrap(), VERSE.repeat(100));
        let names: Vec<String> = content(folder.path()).into_keys().collect();
        assert_eq!(names, ["data.json", "tokenizer.json", "train.bin", "validation.bin"]);
    }
}

#[test]
fn bytes_are_split_where_gpt_transfer_splits_them() {
    let bytes = VERSE.repeat(100).into_bytes();
    let folder = tempfile::tempdir().unwrap();
    let data = prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.05).unwrap();
    let start = bytes.len() - bytes.len() / 20;
    assert_eq!(fs::read(folder.path().join("train.bin")).unwrap(), bytes[..start]);
    assert_eq!(fs::read(folder.path().join("validation.bin")).unwrap(), bytes[start..]);
    assert_eq!(data.description.train.sha256, mup_files::sha256(&bytes[..start]));
}

#[test]
fn a_split_within_a_character_is_moved_behind_it() {
    let content = "ä".repeat(10);
    for share in [0.3, 0.35, 0.4, 0.45] {
        let folder = tempfile::tempdir().unwrap();
        let tokenizer = Tokenizer::characters(&text(&content)).unwrap();
        let data = prepare(&text(&content), &tokenizer, folder.path(), share).unwrap();
        assert_eq!(data.train.len() + data.validation.len(), 10, "{share}");
    }
    // Bytes are cut anywhere.
    let folder = tempfile::tempdir().unwrap();
    let data = prepare(&text(&content), &Tokenizer::bytes(), folder.path(), 0.05).unwrap();
    assert_eq!((data.train.len(), data.validation.len()), (19, 1));
    // Nothing would be left for validation.
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = Tokenizer::characters(&text(&content)).unwrap();
    let refused = prepare(&text(&content), &tokenizer, folder.path(), 0.05);
    assert!(matches!(refused, Err(DataError::ShortText { .. })));
}

#[test]
fn a_text_of_many_pieces_is_the_same_from_files_and_from_memory() {
    // Pieces have 1 MiB; files end within them.
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts");
    fs::create_dir(&texts).unwrap();
    let mut whole = String::new();
    for (number, lines) in [30_000, 1, 70_000, 2].into_iter().enumerate() {
        let part: String = (0..lines).map(|line| format!("{line}äöü€ßЖ模型🦀")).collect();
        fs::write(texts.join(format!("{number}.txt")), &part).unwrap();
        whole.push_str(&part);
    }
    let (files, memory) = (Text::open(&texts).unwrap(), text(&whole));
    assert_eq!(files.sha256(), memory.sha256());
    let tokenizer = Tokenizer::characters(&files).unwrap();
    assert_eq!(tokenizer.fingerprint(), Tokenizer::characters(&memory).unwrap().fingerprint());
    for tokenizer in [tokenizer, Tokenizer::bytes()] {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let data = prepare(&files, &tokenizer, folders[0].path(), 0.3).unwrap();
        prepare(&memory, &tokenizer, folders[1].path(), 0.3).unwrap();
        assert!(content(folders[0].path()) == content(folders[1].path()));
        let tokens = [all(&data.train), all(&data.validation)].concat();
        assert!(tokenizer.encode(&whole).unwrap() == tokens);
    }
}

#[test]
fn preparing_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
    let before = content(folder.path());
    let modified = |name| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let time = modified("train.bin");
    prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
    assert_eq!(content(folder.path()), before);
    assert_eq!(modified("train.bin"), time);
}

#[test]
fn several_workers_may_prepare_the_same_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = Tokenizer::characters(&verse()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| prepare(&verse(), &tokenizer, folder.path(), 0.1).unwrap().verify().unwrap());
        }
    });
    assert_eq!(content(folder.path()).len(), 4);
}

#[test]
fn other_data_in_the_folder_is_refused_with_the_difference_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
    let before = content(folder.path());
    let characters = Tokenizer::characters(&verse()).unwrap();
    let refusal = |text: &Text, tokenizer: &Tokenizer, share| {
        let error = prepare(text, tokenizer, folder.path(), share).unwrap_err();
        assert!(matches!(error, DataError::OtherData { .. }));
        error.to_string()
    };
    let error = refusal(&text("something else"), &Tokenizer::bytes(), 0.1);
    assert!(error.contains("the text's length in bytes is 2400 there, 14 asked for"), "{error}");
    assert!(error.contains("the text's SHA-256"), "{error}");
    let error = refusal(&verse(), &characters, 0.1);
    assert!(error.contains("the tokenizer is bytes (") && error.contains("12 characters ("), "{error}");
    let error = refusal(&verse(), &Tokenizer::bytes(), 0.2);
    assert!(error.contains("the share for validation is 0.1 there, 0.2 asked for"), "{error}");
    assert_eq!(content(folder.path()), before);
}

#[test]
fn files_of_somebody_else_are_never_overwritten() {
    for name in ["train.bin", "validation.bin", "tokenizer.json"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), "a week of work").unwrap();
        let error = prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap_err();
        assert!(matches!(error, DataError::OtherData { .. }), "{error}");
        assert!(error.to_string().contains(&format!("{name}'s SHA-256")), "{error}");
        assert_eq!(content(folder.path()).into_values().collect::<Vec<_>>(), [b"a week of work"]);
    }
}

#[test]
fn what_is_missing_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
    let before = content(folder.path());
    for name in ["train.bin", "validation.bin", "tokenizer.json", "data.json"] {
        fs::remove_file(folder.path().join(name)).unwrap();
        let error = DataSet::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
        assert_eq!(content(folder.path()), before);
    }
}

#[test]
fn a_damaged_folder_is_refused_by_file_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
    let whole = content(folder.path());
    let data = String::from_utf8(whole["data.json"].clone()).unwrap();
    let damaged = |name: &str, content: &[u8]| {
        fs::write(folder.path().join(name), content).unwrap();
        let opened = DataSet::open(folder.path()).and_then(|data| data.verify()).unwrap_err().to_string();
        let prepared = prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap_err().to_string();
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), content, "left alone");
        fs::write(folder.path().join(name), &whole[name]).unwrap();
        assert!(opened.contains(name) && prepared.contains(folder.path().to_str().unwrap()), "{opened}\n{prepared}");
        opened
    };
    let version = data.replace("\"version\": 1", "\"version\": 2");
    let error = damaged("data.json", version.as_bytes());
    assert!(error.contains("it has version 2, this program reads version 1"), "{error}");
    assert!(damaged("data.json", &data.as_bytes()[..100]).contains("it is damaged"));
    assert!(damaged("data.json", b"{}").contains("it has no version"));
    let vocabulary = data.replace("\"vocab_size\": 256", "\"vocab_size\": 257");
    assert!(damaged("data.json", vocabulary.as_bytes()).contains("its vocabulary of 257 is not the 256"));
    let width = data.replace("\"u8\"", "\"u16\"");
    damaged_width(&folder, &width, &data);
    assert!(
        damaged("train.bin", &whole["train.bin"][1..])
            .contains("it has 2159 tokens, but data.json beside it says 2160")
    );
    let other = br#"{"mup_data": 1, "tokenizer": "characters", "characters": "ab"}"#;
    let mut flipped = whole["train.bin"].clone();
    flipped[77] ^= 1;
    assert!(damaged("train.bin", &flipped).contains("is recorded"));
    assert!(damaged("tokenizer.json", other).contains("is recorded"));
    DataSet::open(folder.path()).unwrap().verify().unwrap();
}

/// The file that does not fit is named, not `data.json`.
fn damaged_width(folder: &tempfile::TempDir, width: &str, whole: &str) {
    fs::write(folder.path().join("data.json"), width).unwrap();
    let error = DataSet::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("train.bin cannot be used: it has 1080 tokens"), "{error}");
    fs::write(folder.path().join("data.json"), whole).unwrap();
}

#[test]
fn an_unknown_character_deep_in_the_text_is_named_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let known = Tokenizer::characters(&text("ab")).unwrap();
    let long = "ab".repeat(1_500_000) + "x" + &"ab".repeat(1000);
    let error = prepare(&text(&long), &known, folder.path(), 0.5e-3).unwrap_err().to_string();
    assert!(error.contains("'x' at byte 3000000"), "{error}");
    assert!(content(folder.path()).is_empty());
}

#[test]
fn a_text_that_changed_since_it_was_opened_is_not_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("verse.txt");
    fs::write(&path, VERSE.repeat(100)).unwrap();
    let text = Text::open(&path).unwrap();
    fs::write(&path, VERSE.to_uppercase().repeat(100)).unwrap();
    let error = prepare(&text, &Tokenizer::bytes(), &folder.path().join("data"), 0.1).unwrap_err().to_string();
    assert!(error.contains("verse.txt changed while it was in use"), "{error}");
    assert!(content(&folder.path().join("data")).is_empty());
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = prepare(&verse(), &Tokenizer::bytes(), &file.join("data"), 0.1).unwrap_err().to_string();
    assert!(error.contains("cannot create") && error.contains("file/data"), "{error}");
    // Permissions do not stop root, but nobody may create a file in there.
    #[cfg(target_os = "linux")]
    {
        let error = prepare(&verse(), &Tokenizer::bytes(), Path::new("/proc"), 0.1).unwrap_err().to_string();
        assert!(error.contains("cannot write /proc/train.bin"), "{error}");
    }
}

#[test]
fn a_folder_is_complete_once_all_four_files_are_there() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!DataSet::is_complete(folder.path()).unwrap());
    prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
    assert!(DataSet::is_complete(folder.path()).unwrap());
    for name in ["data.json", "tokenizer.json", "train.bin", "validation.bin"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
        assert!(!DataSet::is_complete(folder.path()).unwrap(), "{name}");
        prepare(&verse(), &Tokenizer::bytes(), folder.path(), 0.1).unwrap();
        assert!(DataSet::is_complete(folder.path()).unwrap(), "{name}");
    }
}
