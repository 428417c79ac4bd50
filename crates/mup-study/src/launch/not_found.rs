//! Why a program does not start, and what to do.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use crate::denied::in_words;

/// In words: where it was looked for, and how to name it so that it is found from everywhere.
pub(super) fn why(program: &OsStr, source: &io::Error) -> String {
    let path = Path::new(program);
    match source.kind() {
        io::ErrorKind::NotFound if path.components().count() <= 1 => {
            "it is in no folder of PATH; install it, or write its whole path into study.toml under [program]".to_owned()
        }
        io::ErrorKind::NotFound if path.is_relative() => format!(
            "it was looked for from {}, where this command was started; start it in the folder from which the program is \
             found, or write the whole path into study.toml under [program]",
            std::env::current_dir().map_or_else(|_| "a folder that is gone".to_owned(), |folder| folder.display().to_string()),
        ),
        io::ErrorKind::NotFound => {
            "it is not there, or the interpreter that its first line names is not; study.toml names it under [program]".to_owned()
        }
        _ if path.components().count() > 1 && path.is_dir() => {
            "it is a folder: name the program in it, or its interpreter, in study.toml under [program]".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            format!("{}; make it executable with chmod +x, or start it by its interpreter, as in [\"python3\", \"trial.py\"]", in_words(source))
        }
        _ if source.to_string().contains("Exec format error") => {
            "it is no program for this machine; a script needs a first line such as #!/bin/sh, or its interpreter as the first word".to_owned()
        }
        _ => format!("{source}; study.toml names it under [program]"),
    }
}
