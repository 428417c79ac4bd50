//! What a user can get wrong: every message names the thing and the remedy, none is a crash.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::place::{Place, SIZES, fail, files, json, program, succeed};

fn with_text(place: &Place, text: &Path) -> Command {
    let mut command = program();
    command.arg("tune").arg("--text").arg(text).arg("--study").arg(place.study()).args(SIZES);
    command
}

fn check_text(content: &[u8], expected: &str) {
    let place = Place::new();
    let path = place.path().join("input");
    fs::write(&path, content).unwrap();
    let error = fail(&mut with_text(&place, &path));
    assert!(error.contains(expected) && error.contains("input"), "{error}");
    assert!(!place.study().exists(), "a folder was made for nothing");
}

#[test]
fn a_text_that_is_empty_binary_or_too_short_is_named() {
    check_text(b"", "is empty");
    check_text(&[b'a', b'b', 0xff, 0xfe, b'c'], "no UTF-8 text (byte 2");
    check_text(b"abc\0def", "no UTF-8 text (byte 3");
    check_text(&"Shall I compare thee?\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), "UTF-16LE");
    check_text(b"Un caf\xe9 cr\xe8me, s'il vous pla\xeet.\n", "windows-1252 (cp1252");
    check_text(b"short", "5 bytes, but a context of 8 needs at least 180");
}

#[test]
fn a_text_that_is_missing_or_a_folder_without_text_is_named() {
    let place = Place::new();
    let error = fail(&mut with_text(&place, &place.path().join("absent.txt")));
    assert!(error.contains("absent.txt"), "{error}");
    let folder = place.path().join("pictures");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.png"), [0xff, 0xd8]).unwrap();
    let error = fail(&mut with_text(&place, &folder));
    assert!(error.contains("holds no UTF-8 text") && error.contains("a.png"), "{error}");
}

#[test]
fn what_is_remarkable_about_a_text_is_said_and_recorded() {
    let place = Place::new();
    let texts = place.path().join("texts");
    fs::create_dir(&texts).unwrap();
    fs::write(texts.join("a.txt"), format!("\u{feff}{}", fs::read_to_string(place.text()).unwrap())).unwrap();
    fs::write(texts.join("b.txt"), "one line\r\n").unwrap();
    fs::write(texts.join("c.txt"), b"Un caf\xe9 cr\xe8me\n").unwrap();
    let output = with_text(&place, &texts).arg("--rates=-6:-6").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let recorded = fs::read_to_string(place.study().join("study.toml")).unwrap();
    for remark in [
        "1 of its files are skipped: c.txt (windows-1252)",
        "the byte order mark at the beginning of 1 file is left out",
        "1 line with CR LF at the end, as on Windows, and others with LF",
    ] {
        assert!(said.contains(&format!("2 text files, 1 others skipped): {remark}")), "{said}");
        assert!(recorded.contains(remark), "{recorded}");
    }
}

#[test]
fn characters_that_are_fewer_than_bytes_are_counted() {
    let place = Place::new();
    let path = place.path().join("input");
    fs::write(&path, "é".repeat(100)).unwrap();
    let sizes = SIZES.iter().filter(|size| !size.starts_with("--tokenizer"));
    let mut command = program();
    command
        .arg("tune")
        .arg("--text")
        .arg(&path)
        .arg("--study")
        .arg(place.study())
        .args(sizes)
        .arg("--tokenizer=characters");
    let error = fail(&mut command);
    assert!(error.contains("validation.bin has 5 tokens, but a context of 8 needs at least 9"), "{error}");
}

#[test]
fn a_folder_of_somebody_else_is_not_written_to() {
    let place = Place::new();
    fs::create_dir(place.study()).unwrap();
    fs::write(place.study().join("thesis.tex"), "x").unwrap();
    let error = fail(&mut place.tune(&[]));
    assert!(error.contains("thesis.tex") && error.contains("choose another folder"), "{error}");
    assert_eq!(fs::read_dir(place.study()).unwrap().count(), 1);
}

#[test]
fn a_study_that_is_not_there_is_named_with_what_creates_it() {
    let place = Place::new();
    for command in ["choose", "train", "report", "status", "retry"] {
        let error = fail(&mut place.on_study(command, &[]));
        assert!(error.contains("there is no study at") && error.contains("create it first"), "{error}");
    }
    let error = fail(&mut place.on_study("trial", &["--index=0"]));
    assert!(error.contains("there is no study at"), "{error}");
    assert!(!place.study().exists());
}

#[test]
fn nothing_can_be_chosen_before_a_trial_has_ended() {
    let place = Place::tuned();
    files(&place.study().join("trials"), "").iter().for_each(|path| fs::remove_file(path).unwrap());
    for command in ["choose", "train", "report"] {
        let error = fail(&mut place.on_study(command, &[]));
        assert!(error.contains("run the study first (`tune`), it has 3 to run"), "{error}");
    }
}

#[test]
fn unknown_and_missing_devices_are_told_apart() {
    let place = Place::new();
    let sizes: Vec<&str> = SIZES.into_iter().filter(|size| !size.starts_with("--device")).collect();
    let on = |device: &str| {
        let mut command = program();
        command.args(["tune", "--device", device, "--text"]).arg(place.text()).arg("--study").arg(place.study());
        command.args(&sizes);
        command
    };
    let error = fail(&mut on("abacus"));
    assert!(error.contains("unknown device `abacus`; there are flex, ndarray"), "{error}");
    let list = succeed(program().arg("devices"));
    for missing in list.lines().filter(|line| line.contains("needs --features")) {
        let name = missing.split_whitespace().next().unwrap();
        let error = fail(&mut on(name));
        assert!(error.contains(&format!("--features {name}")), "{error}");
    }
    assert!(!place.study().exists());
}

#[test]
fn options_that_make_no_study_are_refused_and_named() {
    let place = Place::new();
    let spaces = [("unknown.toml", "dropout = { fixed = 0.1 }"), ("damaged.toml", "learning-rate = {")];
    spaces.iter().for_each(|(name, text)| fs::write(place.path().join(name), text).unwrap());
    for (arguments, expected) in [
        (&["--proxy-width=12"][..], "width of 12"),
        (&["--proxy-width=64", "--target-width=32"], "as large as the proxy"),
        (&["--n-layer=0"], "--n-layer"),
        (&["--d-head=16", "--proxy=width=64,d_head=32"], "--d-head 16 contradicts --proxy d_head=32"),
        (&["--batch=4", "--micro-batches=3"], "--micro-batches"),
        (&["--rates=-3:-5"], "the low end comes first"),
        (&["--seeds=x"], "invalid value 'x'"),
        (&["--space=gpt-4"], "gpt-3 and rate"),
        (&["--space=absent.toml"], "absent.toml"),
        (&["--space=unknown.toml"], "unknown.toml"),
        (&["--space=damaged.toml"], "damaged.toml"),
        (&["--space=gpt-3", "--search=grid"], "grid"),
        (&["--space=rate", "--trials=0"], "at least 1"),
        (&["--best=2"], "--long-steps"),
        (&["--parametrization=magic"], "magic"),
        (&["--order=sorted"], "random and shuffled"),
        (&["--model=lama"], "[possible values: gpt-3, llama, qwen3, mixtral]"),
        (&["--model=llama", "--proxy-width=32"], "queries_per_key"),
        (&["--model=llama", "--space=gpt-3"], "alpha-relative"),
        (&["--model=llama", "--proxy=width=64,experts=4"], "it has width, d_head, depth, queries_per_key"),
        (&["--tokenizer=byte"], "no tokenizer is named `byte`; there are bytes, characters, bpe:N"),
        (&["--tokenizer=bpe:255"], "255 has no room for the 256 bytes"),
        (&["--tokenizer=absent.json"], "absent.json"),
        (&["--vocab=65"], "--vocab is for tokens"),
        (&["--validation=val.bin"], "--validation is for tokens"),
        (&["--jobs=0"], "--jobs"),
    ] {
        let text = place.text();
        let mut command = program();
        command.current_dir(place.path()).arg("tune").arg("--text").arg(text).arg("--study").arg(place.study());
        let error = fail(command.args(arguments));
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(!place.study().exists(), "{arguments:?}");
    }
    let place = Place::tuned();
    for (arguments, expected) in [
        ("--checkpoint-every=0", "--checkpoint-every"),
        ("--checkpoint-minutes=-1", "--checkpoint-minutes"),
        ("--checkpoint-minutes=nan", "--checkpoint-minutes"),
        ("--keep-last=0", "--keep-last"),
        ("--values=learning-rate=fast", "--values"),
        ("--values=dropout=0.1,learning-rate=0.1", "dropout"),
        ("--parametrization=magic", "magic"),
    ] {
        let error = fail(&mut place.on_study("train", &[arguments]));
        assert!(error.contains(expected), "{arguments}: {error}");
    }
    assert_eq!(json(&succeed(&mut place.on_study("status", &["--json"])))["finished"], 3);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let folder = place.path().join("secret");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything, and then the folder is merely empty.
    let expected = if fs::read_dir(&folder).is_ok() { "holds no UTF-8 text" } else { "cannot read" };
    let error = fail(&mut with_text(&place, &folder));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(error.contains(expected) && error.contains("secret"), "{error}");
}
