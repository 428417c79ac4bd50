//! Folders with names that give trouble.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::*;

/// Reads both its files, by argument and by variable.
const READS: &str = r#"test -r "$1" && test -r "$MUP_TRIAL" && test -d "$2" || exit 9; echo '{"loss": 1}'"#;

#[test]
fn a_study_lives_in_a_folder_of_any_name() {
    let place = tempfile::tempdir().unwrap();
    let names: [&[u8]; 9] = [
        b"a b",
        b"caf\xe9",
        "ünï".as_bytes(),
        b"{learning-rate}",
        b"{seed}{file}",
        b"100%",
        b"it's",
        b"two\nlines",
        b"\x1b[31mred",
    ];
    for name in names {
        let folder = place.path().join(OsStr::from_bytes(name));
        let words = |words: &[&str]| -> Vec<OsString> {
            words
                .iter()
                .map(|word| if *word == "STUDY" { folder.clone().into() } else { OsString::from(word) })
                .collect()
        };
        let new = ["new", "STUDY", "--space", "rate", "--trials", "1", "--steps", "1", "--", "sh", "-c", READS, "sh"];
        succeed(program(words(&[&new[..], &["{file}", "{study}"]].concat())));
        succeed(program(words(&["tune", "STUDY"])));
        let status = succeed(program(words(&["status", "STUDY"])));
        assert!(status.contains("1 finished") && status.trim().lines().count() == 1, "{status}");
        assert!(!status.contains('\x1b'), "{status:?}");
        let json: serde_json::Value =
            serde_json::from_str(&succeed(program(words(&["status", "STUDY", "--json"])))).unwrap();
        assert_eq!(json["finished"], 1);
        if name.contains(&b'\xe9') || name.contains(&b'{') {
            succeed(program(words(&["choose", "STUDY"])));
            succeed(program(words(&["report", "STUDY"])));
            assert!(folder.join("report.html").exists());
        }
    }
}
