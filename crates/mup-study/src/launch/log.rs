//! A trial's log: what its program said on both streams, but for the reports that its record holds.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// How much is shown of what a program said.
const SAID: u64 = 4000;
/// How much of a program's standard output is kept.
const KEPT: usize = 16 << 20;

/// Where standard output is kept, after what the program writes to standard error itself.
#[derive(Debug)]
pub(super) struct OutputLog {
    file: File,
    room: usize,
}

impl OutputLog {
    pub(super) fn new(file: File) -> Self {
        Self { file, room: KEPT }
    }

    /// Keeps a line. That it cannot be kept (a full disk) fails no trial: its record is what matters.
    pub(super) fn keep(&mut self, text: &str, whole: bool) {
        if self.room == 0 || text.trim().is_empty() {
            return;
        }
        let end = if whole { "\n" } else { "" };
        let mut line = format!("{text}{end}");
        if line.len() > self.room {
            line.truncate((0..=self.room).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0));
            line.push_str("\n(more of standard output is not kept)\n");
            self.room = 0;
        }
        self.room = self.room.saturating_sub(line.len());
        // In one piece, beside a program that writes to the same file.
        let _ = self.file.write_all(line.as_bytes());
    }
}

/// The end of a file from a position on, as far as it can be read.
pub(super) fn tail(path: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(SAID).max(from)))?;
        let mut content = Vec::new();
        file.take(SAID).read_to_end(&mut content)?;
        Ok(content)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
