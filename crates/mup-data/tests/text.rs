//! Text files and folders: what is read, in which order, and what is refused.

use std::fs;
use std::path::Path;

use mup_data::{Text, read_text, validation_start};
use mup_files::sha256;

fn refusal(path: &Path) -> String {
    let error = read_text(path).unwrap_err().to_string();
    assert_eq!(error, Text::open(path).unwrap_err().to_string());
    error
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    assert!(refusal(&path).starts_with(&format!("cannot read {}", path.display())));
    for (content, expected) in [
        (&b""[..], "a.txt is empty"),
        (b"abc\xff", "byte 3 does not belong"),
        (b"ab\0\xff", "byte 2 does not belong"),
        (b"a\xe2\x82", "byte 1 does not belong"),
    ] {
        fs::write(&path, content).unwrap();
        let error = refusal(&path);
        assert!(error.contains(expected) && error.contains("a.txt"), "{error}");
    }
}

#[test]
fn a_folder_without_text_is_refused_and_says_what_it_skipped() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("picture.png"), [0x89, 0x50, 0x4e, 0xff, 0x00, 0x01]).unwrap();
    fs::write(folder.path().join(".hidden"), "text").unwrap();
    let error = refusal(folder.path());
    assert!(error.contains("holds no UTF-8 text") && error.contains("it holds picture.png (binary)"), "{error}");
    assert!(error.contains("hidden files are not looked at"), "{error}");
    fs::remove_file(folder.path().join("picture.png")).unwrap();
    assert!(refusal(folder.path()).ends_with("(hidden files are not looked at)"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_not_skipped_even_in_a_folder() {
    // Reading it fails for everyone, root too.
    let error = refusal(Path::new("/proc/self/mem"));
    assert!(error.contains("cannot read /proc/self/mem"), "{error}");
}

#[test]
fn a_folder_is_joined_in_order_without_binaries_and_hidden_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    write("c.txt", b"three");
    write("b/x.txt", "zwö".as_bytes());
    write("a.txt", b"one");
    write("empty.txt", b"");
    write("picture.png", &[0x89, 0x50, 0xff]);
    write("zero", b"te\0xt");
    write(".hidden", b"no");
    let text = read_text(folder.path()).unwrap();
    assert!(text.name().ends_with("(3 text files, 3 others skipped)"), "{}", text.name());
    assert_eq!(text.sha256(), sha256("onezwöthree".as_bytes()));
    assert_eq!(text.n_bytes(), 12);
    assert_eq!(text.into_string().unwrap(), "onezwöthree");
}

#[test]
fn a_text_that_changed_after_it_was_opened_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "first").unwrap();
    let text = Text::open(&path).unwrap();
    for other in ["fir", "other"] {
        fs::write(&path, other).unwrap();
        let error = text.clone().into_string().unwrap_err().to_string();
        assert!(error.contains("a.txt changed while it was in use"), "{error}");
    }
}

#[test]
fn the_split_is_the_one_of_gpt_transfer() {
    for n in (40..2000).chain([1_000_003, 123_456_789, 99_999_999_999]) {
        assert_eq!(validation_start(n, 0.05).unwrap(), n - n / 20, "{n}");
    }
}

#[test]
fn a_share_that_leaves_one_side_empty_is_refused() {
    for (n_bytes, share) in [(100, 0.0), (100, 1.0), (100, -0.5), (100, f64::NAN)] {
        let error = validation_start(n_bytes, share).unwrap_err().to_string();
        assert!(error.contains("give a share like 0.05"), "{error}");
    }
    for (n_bytes, share, needed) in [(100, 0.001, 1000), (1, 0.5, 2), (1, 1e-300, u64::MAX)] {
        let error = validation_start(n_bytes, share).unwrap_err().to_string();
        assert!(error.contains(&format!("a text of {n_bytes} bytes is too short")), "{error}");
        assert!(error.contains(&format!("it needs {needed} bytes at least")), "{error}");
    }
}
