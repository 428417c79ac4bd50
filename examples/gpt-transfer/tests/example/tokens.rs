//! Vocabularies that are learned or given, and tokens that somebody else made.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::place::{Place, RATES, SIZES, fail, json, program, succeed, text};

#[test]
fn byte_pairs_are_learned_once_and_the_study_keeps_them_for_training_and_samples() {
    let place = Place::new();
    let report = json(&succeed(place.all(&["--tokenizer=bpe:300", RATES]).arg("--json")));
    let proxy = &report["numbers"]["study"]["proxy"];
    let vocab = proxy["vocab"].as_u64().unwrap();
    assert!((257..=300).contains(&vocab), "{proxy}");
    assert!(proxy["tokenizer-sha256"].is_string(), "{proxy}");
    assert!(report["numbers"]["runs"][0]["curve"]["sample"].is_string());
    // The text is gone, and with it what the tokenizer was learned from.
    fs::remove_file(place.text()).unwrap();
    succeed(&mut place.on_study("train", &["--seed=1"]));
    // The same vocabulary from its file is the same study; another one is not.
    let place = Place::new();
    succeed(&mut place.tune(&["--tokenizer=bpe:300", RATES]));
    let results = place.finished_results();
    let file = place.path().join("tokenizer.json");
    fs::copy(place.study().join("data/tokenizer.json"), &file).unwrap();
    succeed(&mut place.tune(&[&format!("--tokenizer={}", file.display()), RATES]));
    assert_eq!(place.finished_results(), results, "nothing was trained again");
    let error = fail(&mut place.tune(&["--tokenizer=bpe:270", RATES]));
    assert!(error.contains("proxy.tokenizer-sha256") && error.contains("another folder"), "{error}");
    let error = fail(&mut place.tune(&["--tokenizer=bytes", RATES]));
    assert!(error.contains("proxy.tokenizer-sha256"), "{error}");
    assert_eq!(place.finished_results(), results);
}

#[test]
fn a_tokenizer_that_was_exchanged_in_a_study_is_refused() {
    let place = Place::new();
    succeed(&mut place.tune(&["--tokenizer=bpe:300", RATES]));
    let path = place.study().join("study.toml");
    let study = fs::read_to_string(&path).unwrap();
    let line = study.lines().find(|line| line.starts_with("tokenizer-sha256")).unwrap();
    fs::write(&path, study.replace(line, &format!("tokenizer-sha256 = \"{}\"", "0".repeat(64)))).unwrap();
    let error = fail(&mut place.on_study("train", &[]));
    assert!(error.contains("the tokenizer of data/tokenizer.json"), "{error}");
}

/// nanoGPT's files of a text's characters, in uint16.
fn write_tokens(place: &Place) -> PathBuf {
    let bytes = fs::read(place.text()).unwrap();
    let tokens = |part: &[u8]| part.iter().flat_map(|byte| u16::from(*byte % 60).to_le_bytes()).collect::<Vec<u8>>();
    let folder = place.path().join("tokens");
    fs::create_dir_all(&folder).unwrap();
    let (train, validation) = bytes.split_at(bytes.len() / 10 * 9);
    fs::write(folder.join("train.bin"), tokens(train)).unwrap();
    fs::write(folder.join("val.bin"), tokens(validation)).unwrap();
    fs::write(folder.join("prepare.py"), "print('a text, and no data')\n".repeat(20)).unwrap();
    folder.join("train.bin")
}

fn on_tokens(place: &Place, arguments: &[&str]) -> Command {
    let mut command = program();
    let again = |size: &str| arguments.iter().any(|argument| argument.split('=').next() == size.split('=').next());
    let sizes = SIZES.into_iter().filter(|size| !size.starts_with("--tokenizer") && !again(size));
    command.arg("--study").arg(place.study()).args(sizes).args(arguments);
    command
}

#[test]
fn the_tokens_of_nanogpt_are_tuned_on_and_trained_on_where_they_are() {
    let place = Place::new();
    let train = write_tokens(&place);
    let train = train.to_str().unwrap();
    let report = json(&succeed(on_tokens(&place, &["--text", train, "--vocab=60", RATES]).arg("--json")));
    let proxy = &report["numbers"]["study"]["proxy"];
    assert_eq!(proxy["vocab"], 60);
    assert!(proxy["validation-sha256"].is_string() && !place.study().join("data").exists());
    for run in report["numbers"]["runs"].as_array().unwrap() {
        assert!(run["curve"]["validation"].is_number(), "{run}");
        assert!(run["curve"]["sample"].is_null(), "nobody says what the tokens mean");
    }
    // Without a word of them, and never of others.
    succeed(&mut place.on_study("train", &["--seed=1"]));
    let tokens = fs::read(train).unwrap();
    fs::write(train, tokens.iter().rev().copied().collect::<Vec<u8>>()).unwrap();
    let error = fail(&mut place.on_study("train", &["--seed=2"]));
    assert!(error.contains("train.bin"), "{error}");
    fs::remove_file(train).unwrap();
    let error = fail(&mut place.on_study("train", &["--seed=2"]));
    assert!(error.contains("train.bin") && error.contains("cannot open"), "{error}");
}

#[test]
fn tokens_that_were_moved_are_named_once_again_and_other_ones_are_refused_by_name() {
    let place = Place::new();
    let train = write_tokens(&place);
    succeed(&mut on_tokens(&place, &["--text", train.to_str().unwrap(), "--vocab=60", "--rates=-7:-7"]));
    let results = place.finished_results();
    let [elsewhere, others] = ["elsewhere", "others"].map(|name| place.path().join(name));
    fs::rename(train.parent().unwrap(), &elsewhere).unwrap();
    fs::create_dir(&others).unwrap();
    for name in ["train.bin", "val.bin"] {
        let tokens = fs::read(elsewhere.join(name)).unwrap();
        fs::write(others.join(name), tokens.chunks(2).rev().flatten().copied().collect::<Vec<u8>>()).unwrap();
    }
    for mut command in [
        place.on_study("train", &["--seed=1"]),
        place.on_study("tune", &[]),
        place.on_study("tune", &["--target-width=32"]),
    ] {
        let error = fail(&mut command);
        assert!(error.contains("cannot open") && error.contains("train.bin"), "{error}");
        assert!(error.contains("if it was moved") && error.contains("--text NEW_PATH"), "{error}");
    }
    let named = |folder: &PathBuf| {
        let train = folder.join("train.bin");
        place.on_study("tune", &["--text", train.to_str().unwrap()])
    };
    let error = fail(&mut named(&others));
    assert!(error.contains("proxy.text-sha256"), "{error}");
    for name in ["train.bin", "val.bin"] {
        let path = others.join(name);
        assert!(error.contains(&format!("{} holds something else", path.display())), "{error}");
    }
    // Neither the vocabulary nor the file for validation, which lies beside.
    let said = text(&named(&elsewhere).output().unwrap().stderr);
    assert!(said.contains("study.toml is changed: made-with.text"), "{said}");
    assert_eq!(place.finished_results(), results, "nothing was trained again");
    succeed(&mut place.on_study("train", &["--seed=1"]));
    succeed(&mut place.on_study("tune", &[]));
}

#[test]
fn the_tokens_for_validation_that_a_study_has_are_its_own_whatever_lies_beside_those_for_training() {
    let place = Place::new();
    let train = write_tokens(&place);
    let validation = place.path().join("validation.bin");
    // Of the name that is looked for beside a file that was moved.
    let own = place.path().join("own/val.bin");
    fs::create_dir(own.parent().unwrap()).unwrap();
    fs::copy(train.with_file_name("val.bin"), &validation).unwrap();
    fs::copy(&train, &own).unwrap();
    let (train, own) = (train.to_str().unwrap(), own.to_str().unwrap());
    succeed(&mut on_tokens(&place, &["--text", train, "--vocab=60", "--rates=-7:-7", "--validation", own]));
    let results = place.finished_results();
    succeed(&mut place.on_study("tune", &["--target-width=32"]));
    let error = fail(&mut place.on_study("tune", &["--validation", validation.to_str().unwrap()]));
    assert!(error.contains("validation.bin holds something else"), "{error}");
    assert_eq!(place.finished_results(), results, "nothing was trained again");
}

#[test]
fn tokens_that_were_moved_are_remembered_although_something_else_lies_where_they_were() {
    let place = Place::new();
    let train = write_tokens(&place);
    succeed(&mut on_tokens(&place, &["--text", train.to_str().unwrap(), "--vocab=60", "--rates=-7:-7"]));
    let moved = place.path().join("moved.bin");
    fs::rename(&train, &moved).unwrap();
    let tokens = fs::read(&moved).unwrap();
    fs::write(&train, tokens.chunks(2).rev().flatten().copied().collect::<Vec<u8>>()).unwrap();
    succeed(&mut place.on_study("tune", &["--text", moved.to_str().unwrap()]));
    succeed(&mut place.on_study("train", &["--seed=1"]));
    // A copy is named: nothing has to be remembered.
    let study = fs::read_to_string(place.study().join("study.toml")).unwrap();
    let copy = place.path().join("copy.bin");
    fs::copy(&moved, &copy).unwrap();
    succeed(&mut place.on_study("tune", &["--text", copy.to_str().unwrap()]));
    assert_eq!(fs::read_to_string(place.study().join("study.toml")).unwrap(), study);
}

#[test]
fn a_tokenizer_that_was_moved_is_named_once_again() {
    let (learned, place) = (Place::new(), Place::new());
    succeed(&mut learned.tune(&["--tokenizer=bpe:300", "--rates=-7:-7"]));
    let [file, moved] = ["tokenizer.json", "moved.json"].map(|name| place.path().join(name));
    fs::copy(learned.study().join("data/tokenizer.json"), &file).unwrap();
    succeed(&mut place.tune(&[&format!("--tokenizer={}", file.display()), "--rates=-7:-7"]));
    fs::rename(&file, &moved).unwrap();
    let error = fail(&mut place.on_study("tune", &["--target-width=32"]));
    assert!(error.contains("tokenizer.json, from which") && error.contains("--tokenizer NEW_PATH"), "{error}");
    let named = ["--target-width=32", "--tokenizer", moved.to_str().unwrap()];
    let said = text(&place.on_study("tune", &named).output().unwrap().stderr);
    assert!(said.contains("study.toml is changed: made-with.tokenizer"), "{said}");
    succeed(&mut place.on_study("tune", &["--target-width=16"]));
}

#[test]
fn a_text_that_was_moved_is_named_once_again_where_it_is_needed() {
    let place = Place::new();
    succeed(&mut place.tune(&[RATES]));
    let results = place.finished_results();
    let moved = place.path().join("moved.txt");
    fs::rename(place.text(), &moved).unwrap();
    // The study has its tokens.
    succeed(&mut place.on_study("tune", &[]));
    let spaced = place.path().join("my study");
    fs::rename(place.study(), &spaced).unwrap();
    let error = fail(program().args(["tune", "--target-width=32", "--study"]).arg(&spaced));
    let remedy = format!("{} tune --study '{}' --text NEW_PATH", env!("CARGO_BIN_EXE_gpt-transfer"), spaced.display());
    assert!(error.contains("text.txt") && error.contains(&remedy), "to paste: {error}");
    fs::rename(&spaced, place.study()).unwrap();
    succeed(&mut place.on_study("tune", &["--target-width=32", "--text", moved.to_str().unwrap()]));
    assert_eq!(place.finished_results(), results, "nothing was trained again");
    let study = fs::read_to_string(place.study().join("study.toml")).unwrap();
    assert!(study.contains("/moved.txt\""), "{study}");
    fs::remove_dir_all(place.study().join("data")).unwrap();
    succeed(&mut place.on_study("tune", &[]));
}

#[test]
fn tokens_that_do_not_fit_what_is_said_of_them_are_refused_by_name() {
    let place = Place::new();
    let train = write_tokens(&place);
    let folder = train.parent().unwrap().to_str().unwrap().to_owned();
    let train = train.to_str().unwrap().to_owned();
    let alone = place.path().join("alone.bin");
    fs::copy(&train, &alone).unwrap();
    let alone = alone.to_str().unwrap();
    let beside = format!("{folder}/val.bin");
    let prose = place.path().join("prose.bin");
    let words = fs::read(place.text()).unwrap();
    fs::write(&prose, &words[..words.len() / 2 * 2]).unwrap();
    let prose = prose.to_str().unwrap();
    let tokens = fs::read(&train).unwrap();
    let [cut, wide, numpy] = ["cut.bin", "wide.bin", "numpy.bin"].map(|name| place.path().join(name));
    fs::write(&cut, &tokens[1..]).unwrap();
    fs::write(&wide, tokens.chunks(2).flat_map(|token| [token[0], token[1], 0, 0]).collect::<Vec<u8>>()).unwrap();
    fs::write(&numpy, [b"\x93NUMPY\x01\0", &tokens[..]].concat()).unwrap();
    let [cut, wide, numpy] = [&cut, &wide, &numpy].map(|path| path.to_str().unwrap());
    for (arguments, said) in [
        (&["--text", &train, "--vocab=50"][..], "outside the vocabulary of 50"),
        (&["--text", &train], "--vocab N"),
        (&["--text", &train, "--vocab=60", "--tokenizer=bpe:300"], "--tokenizer bpe:300"),
        (&["--text", alone, "--vocab=60"], "--validation FILE.bin"),
        (&["--text", &folder], "train.bin lies in this folder"),
        (&["--text", prose, "--vocab=60000", "--validation", &beside], "printable ASCII"),
        (&["--text", &train, "--vocab=60", "--context=100000"], "train.bin has"),
        (&["--text", cut, "--vocab=60", "--validation", &beside], "of tokens, no multiple of the 2 of a uint16"),
        (&["--text", wide, "--vocab=60", "--validation", &beside], "write its tokens as uint16, in NumPy"),
        (&["--text", numpy, "--vocab=60", "--validation", &beside], "a NumPy file (.npy)"),
    ] {
        let error = fail(&mut on_tokens(&place, arguments));
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("TokenWidth") && !error.contains(" u16"), "a type of Rust's: {error}");
        assert!(!place.study().exists(), "{arguments:?}");
    }
    succeed(&mut on_tokens(&place, &["--text", alone, "--vocab=60", "--validation", &beside, "--rates=-7:-7"]));
}
