//! What the system refuses, in words, and what to do about it.

use std::io;

/// An error without the system's number for it.
pub(crate) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "you are not permitted to".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "your quota of the disk is used up".to_owned(),
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        _ => {
            let said = error.to_string();
            said.split(" (os error").next().unwrap_or(&said).to_owned()
        }
    }
}

/// Why a file was not read, and what to do.
pub(crate) fn not_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "it is not readable by you: chmod u+r, or ask whose it is".to_owned(),
        _ => in_words(error),
    }
}

/// Why something in a folder was not read or written, and what to do.
pub(crate) fn why(doing: &str, error: &io::Error) -> String {
    let words = in_words(error);
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied if matches!(doing, "read" | "find" | "open") => {
            "make it readable (chmod u+r, and u+x for folders), or ask whose it is"
        }
        io::ErrorKind::PermissionDenied => {
            "make its folder writable (chmod u+w), or use one of your own: a copy of a study is a study"
        }
        io::ErrorKind::ReadOnlyFilesystem => "use a folder elsewhere: a copy of a study is a study",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room; what is recorded is safe, and the same command continues"
        }
        _ => return words,
    };
    format!("{words}; {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_is_told_in_words_with_the_remedy() {
        for (number, doing, parts) in [
            (13, "write", ["not permitted", "chmod u+w"]),
            (13, "read", ["not permitted", "chmod u+r"]),
            (30, "write", ["read-only", "elsewhere"]),
            (28, "write", ["the disk is full", "make room"]),
            (5, "read", ["nput/output error", ""]),
        ] {
            let said = why(doing, &io::Error::from_raw_os_error(number));
            assert!(parts.iter().all(|part| said.contains(part)) && !said.contains("os error"), "{said}");
        }
    }
}
