//! Text as people's files really are: byte order marks, line ends, and every encoding that is not UTF-8.

use std::fs;
use std::path::Path;

use mup_data::{DataError, Looks, Text, Tokenizer, prepare, read_text};

const VERSE: &str = "Shall I compare thee to a summer’s day?\nThou art more lovely – and more temperate.\n";

fn written(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).unwrap();
}

/// What a file of these bytes looks like, after checking that its message names it and the remedy.
fn looks(content: impl AsRef<[u8]>) -> (Looks, u64) {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "a.txt", content);
    match Text::open(&folder.path().join("a.txt")).unwrap_err() {
        DataError::NotUtf8 { path, position, looks } => {
            let error = DataError::NotUtf8 { path, position, looks }.to_string();
            assert!(error.contains(&format!("a.txt is no UTF-8 text (byte {position} does not belong")), "{error}");
            assert!(error.ends_with(&looks.to_string()), "{error}");
            (looks, position)
        }
        other => panic!("{other}"),
    }
}

fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_text_in_a_file_in_a_folder_or_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let marked = format!("\u{feff}{VERSE}");
    for name in ["1.txt", "2.txt", "3.txt"] {
        written(folder.path(), name, &marked);
    }
    // A file that is nothing else has no text.
    written(folder.path(), "4.txt", "\u{feff}");
    let file = Text::open(&folder.path().join("1.txt")).unwrap();
    let memory = Text::from_string("memory", marked.clone()).unwrap();
    for text in [file, memory] {
        assert_eq!((text.n_bytes(), text.sha256()), (VERSE.len() as u64, mup_files::sha256(VERSE.as_bytes()).as_str()));
        assert!(text.remarks()[0].starts_with("the byte order mark at the beginning of 1 file is left out"));
        assert!(Tokenizer::characters(&text).unwrap().encode("\u{feff}").is_err());
        assert_eq!(text.into_string().unwrap(), VERSE);
    }
    let text = Text::open(folder.path()).unwrap();
    assert!(text.remarks().iter().any(|remark| remark.contains("beginning of 3 files")), "{:?}", text.remarks());
    assert_eq!(text.into_string().unwrap(), VERSE.repeat(3));
    let error = read_text(&folder.path().join("4.txt")).unwrap_err().to_string();
    assert!(error.contains("4.txt but for a byte order mark is empty"), "{error}");
}

#[test]
fn tokens_of_a_folder_with_byte_order_marks_are_those_of_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts");
    fs::create_dir(&texts).unwrap();
    // Saved twice with a mark, as happens; and large enough for several pieces.
    written(&texts, "a.txt", format!("\u{feff}\u{feff}{}", VERSE.repeat(13_000)));
    written(&texts, "b.txt", format!("\u{feff}{VERSE}"));
    let whole = VERSE.repeat(13_001);
    let marked = Text::open(&texts).unwrap();
    let tokenizer = Tokenizer::characters(&marked).unwrap();
    let data = prepare(&marked, &tokenizer, &folder.path().join("marked"), 0.1).unwrap();
    let plain = Text::from_string("plain", whole).unwrap();
    let same = prepare(&plain, &Tokenizer::characters(&plain).unwrap(), &folder.path().join("plain"), 0.1).unwrap();
    assert_eq!(data.description, same.description);
}

#[test]
fn line_ends_of_windows_and_marks_within_a_text_are_stated_and_stay() {
    let text = |content: &str| Text::from_string("a", content.to_owned()).unwrap();
    assert_eq!(text(VERSE).remarks(), [] as [&str; 0]);
    let windows = text(&VERSE.replace('\n', "\r\n"));
    assert!(windows.remarks()[0].starts_with("lines end with CR LF"), "{:?}", windows.remarks());
    assert!(windows.into_string().unwrap().contains("\r\n"));
    let mixed = text("one\r\ntwo\nthree\n");
    assert!(
        mixed.remarks()[0].starts_with("1 line with CR LF at the end, as on Windows, and others with LF"),
        "{:?}",
        mixed.remarks()
    );
    let joined = text("one\n\u{feff}two\n");
    assert!(joined.remarks()[0].contains("within a file stay"), "{:?}", joined.remarks());
}

#[test]
fn text_in_another_encoding_is_refused_by_the_name_of_the_encoding() {
    let marked = format!("\u{feff}{VERSE}");
    let bytes32 =
        |text: &str, bytes: fn(u32) -> [u8; 4]| -> Vec<u8> { text.chars().map(u32::from).flat_map(bytes).collect() };
    for (name, content) in [
        ("UTF-16LE", wide(VERSE, u16::to_le_bytes)),
        ("UTF-16BE", wide(VERSE, u16::to_be_bytes)),
        ("UTF-16LE", wide(&marked, u16::to_le_bytes)),
        ("UTF-16BE", wide(&marked, u16::to_be_bytes)),
        // Cut within a unit; half a pair within.
        ("UTF-16LE", wide(VERSE, u16::to_le_bytes).split_last().unwrap().1.to_vec()),
        ("UTF-16LE", [wide(&marked, u16::to_le_bytes), vec![0x3d, 0xd8, b'x', 0]].concat()),
        ("UTF-32LE", bytes32(VERSE, u32::to_le_bytes)),
        ("UTF-32BE", bytes32(&marked, u32::to_be_bytes)),
        // VERSE with 0x92 and 0x96 for its apostrophe and dash.
        (
            "windows-1252",
            VERSE
                .chars()
                .map(|c| match c {
                    '’' => 0x92,
                    '–' => 0x96,
                    c => c as u8,
                })
                .collect(),
        ),
        ("windows-1252", b"Un caf\xe9 cr\xe8me, s'il vous pla\xeet, et voil\xe0 l'\xe9t\xe9.\n".to_vec()),
        ("windows-1252", b"caf\xe9".to_vec()),
        (
            "windows-1251",
            "Съешь ещё этих мягких французских булок, да выпей чаю. "
                .chars()
                .map(|c| match c {
                    'А'..='я' => (c as u32 - 0x410 + 0xc0) as u8,
                    'ё' => 0xb8,
                    c => c as u8,
                })
                .collect(),
        ),
        // こんにちは、世界
        ("Shift_JIS", b"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\x81A\x90\xa2\x8aE\n".repeat(4)),
    ] {
        let (looks, _) = looks(&content);
        assert_eq!(looks, Looks::Encoding(name), "{content:02x?}");
        assert!(looks.to_string().contains(&format!("iconv -f {name} -t UTF-8")), "{looks}");
    }
    assert!(Looks::Encoding("windows-1252").to_string().contains("cp1252, of which Latin-1"));
}

#[test]
fn utf_8_that_is_wrong_in_one_place_is_told_from_another_encoding() {
    let with = |wrong: &[u8]| [VERSE.as_bytes(), wrong, VERSE.as_bytes()].concat();
    let place = VERSE.len() as u64;
    for (wrong, expected) in [
        // U+1F600 as two surrogates; a first half alone; a second half alone.
        (&b"\xed\xa0\xbd\xed\xb8\x80"[..], Looks::Cesu8),
        (b"\xed\xa0\xbd!", Looks::LoneSurrogate),
        (b"\xed\xb8\x80", Looks::LoneSurrogate),
        // "/" in two, three and four bytes, and Java's zero.
        (b"\xc0\xaf", Looks::Overlong),
        (b"\xe0\x80\xaf", Looks::Overlong),
        (b"\xf0\x80\x80\xaf", Looks::Overlong),
        (b"\xc0\x80", Looks::Overlong),
        (b"caf\0", Looks::ZeroBytes),
        (b"caf\xe9 \xe0", Looks::Mixed("windows-1252")),
    ] {
        let (found, position) = looks(with(wrong));
        let ascii = wrong.iter().take_while(|byte| byte.is_ascii_alphabetic()).count() as u64;
        assert_eq!((found, position), (expected, place + ascii), "{wrong:02x?}");
    }
    assert_eq!(looks([VERSE.as_bytes(), "€".as_bytes().split_last().unwrap().1].concat()), (Looks::CutOff, place));
    assert_eq!(looks([VERSE.as_bytes(), b"\xe2"].concat()), (Looks::CutOff, place));
}

#[test]
fn what_is_no_text_at_all_is_named_where_its_first_bytes_say_it() {
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let tokens: Vec<u8> = (0..4096_u32).flat_map(|i| ((i * 7919 % 50257) as u16).to_le_bytes()).collect();
    let shard = |magic: i32| [&magic.to_le_bytes()[..], &[1, 0, 0, 0], &[0; 1016], &tokens].concat();
    for (content, expected) in [
        (noise.clone(), Looks::Binary),
        (tokens.clone(), Looks::Binary),
        (vec![0; 100], Looks::Binary),
        ([b"\x1f\x8b\x08", &noise[..]].concat(), Looks::Known("a gzip archive")),
        ([b"PAR1\x15", &noise[..]].concat(), Looks::Known("a Parquet file")),
        (shard(20_240_520), Looks::Known("a shard of tokens of llm.c")),
        (shard(20_240_801), Looks::Known("a shard of tokens of llm.c")),
    ] {
        assert_eq!(looks(content).0, expected);
    }
}

#[test]
fn a_folder_says_which_of_its_files_are_skipped_and_why() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "a.txt", VERSE);
    for name in ["b.txt", "c.txt"] {
        written(folder.path(), name, b"Un caf\xe9 cr\xe8me\n");
    }
    fs::create_dir(folder.path().join("d")).unwrap();
    written(&folder.path().join("d"), "e.txt", wide(VERSE, u16::to_le_bytes));
    written(folder.path(), "empty.txt", "");
    written(folder.path(), "z.bin", [0, 255, 1, 2, 3]);
    let skipped = "b.txt and 1 more (windows-1252), d/e.txt (UTF-16LE), empty.txt (empty), z.bin (binary)";
    let text = Text::open(folder.path()).unwrap();
    assert_eq!(text.n_bytes(), VERSE.len() as u64);
    let remark = text.remarks()[0].replace('\\', "/");
    for part in skipped.split(", ") {
        assert!(remark.starts_with("5 of its files are skipped: ") && remark.contains(part), "{remark}");
    }
    // Nothing but such files: refused, with the same words.
    fs::remove_file(folder.path().join("a.txt")).unwrap();
    let error = Text::open(folder.path()).unwrap_err().to_string().replace('\\', "/");
    assert!(error.contains("holds no UTF-8 text") && error.contains("b.txt and 1 more (windows-1252)"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "a.txt", VERSE);
    std::os::unix::fs::symlink(folder.path().join("a.txt"), folder.path().join("b.txt")).unwrap();
    let text = Text::open(folder.path()).unwrap();
    assert_eq!(text.remarks(), ["1 of its files are skipped: b.txt (a link)"]);
}

#[test]
fn a_text_that_is_too_short_says_how_long_it_must_be() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |content: &str, share, tokenizer: &Tokenizer| {
        let text = Text::from_string("a", content.to_owned()).unwrap();
        prepare(&text, tokenizer, &folder.path().join("data"), share).unwrap_err().to_string()
    };
    let bytes = Tokenizer::bytes();
    let error = refusal("x", 0.05, &bytes);
    assert!(
        error.contains("a text of 1 bytes is too short to keep 0.05 of it for validation: it needs 20 bytes"),
        "{error}"
    );
    let needs = |share, needed| {
        assert!(refusal("x", share, &bytes).contains(&format!("it needs {needed} bytes at least")), "{share}");
        // And that is enough, where it can be tried; one less is not.
        if needed < 1000 {
            assert!(mup_data::validation_start(needed, share).is_ok(), "{share}");
            assert!(mup_data::validation_start(needed - 1, share).is_err(), "{share}");
        }
    };
    [(0.05, 20), (0.1, 10), (0.5, 2), (0.9, 2), (1.0 / 3.0, 3), (0.3, 4), (1e-3, 1000), (1e-6, 1_000_000)]
        .into_iter()
        .for_each(|(share, needed)| needs(share, needed));
    // Three bytes would be for validation, but they are the rest of one character.
    let text = Text::from_string("a", "ab😀".to_owned()).unwrap();
    let error = refusal("ab😀", 0.5, &Tokenizer::characters(&text).unwrap());
    assert!(error.contains("it needs 8 bytes at least"), "{error}");
}
