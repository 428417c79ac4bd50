//! What a text has that its reader should know: byte order marks and line ends.

/// U+FEFF in UTF-8; at the beginning of a file it is a byte order mark, which belongs to no text.
pub(super) const MARK: &[u8] = "\u{feff}".as_bytes();

/// Counts over text that comes in pieces of whole characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    /// Files that began with a byte order mark.
    pub(super) marked_files: u64,
    marks_within: u64,
    crlf: u64,
    carriage_returns: u64,
    /// Somewhere a line feed follows no carriage return.
    lone_line_feed: bool,
    /// The last byte seen was a carriage return.
    after_return: bool,
}

impl Survey {
    /// Most text has neither a carriage return nor a character that begins as a mark does, which is quickly seen.
    pub(super) fn add(&mut self, text: &[u8]) {
        if self.after_return || text.contains(&b'\r') {
            self.add_lines(text);
        } else {
            self.lone_line_feed |= text.contains(&b'\n');
        }
        if text.contains(&MARK[0]) {
            self.marks_within += text.windows(MARK.len()).filter(|bytes| *bytes == MARK).count() as u64;
        }
    }

    fn add_lines(&mut self, text: &[u8]) {
        for byte in text {
            match (byte, self.after_return) {
                (b'\n', true) => self.crlf += 1,
                (b'\n', false) => self.lone_line_feed = true,
                (b'\r', _) => self.carriage_returns += 1,
                _ => {}
            }
            self.after_return = *byte == b'\r';
        }
    }

    /// A sentence for each thing that is not as in most texts.
    pub(super) fn remarks(&self) -> Vec<String> {
        let marks = (self.marked_files > 0)
            .then(|| format!("the byte order mark at the beginning of {} is left out", of(self.marked_files, "file")));
        let within = (self.marks_within > 0).then(|| {
            let n = of(self.marks_within, "byte order mark");
            format!("{n} (U+FEFF) within a file stay, as text: files were joined with their marks; remove them")
        });
        let lone = self.carriage_returns - self.crlf;
        let lone = (lone > 0).then(|| format!("{} without a line feed stay, as text", of(lone, "carriage return")));
        [marks, within, self.line_ends(), lone].into_iter().flatten().collect()
    }

    fn line_ends(&self) -> Option<String> {
        let which = match (self.crlf, self.lone_line_feed) {
            (0, _) => return None,
            (_, false) => "lines end with CR LF, as on Windows".to_owned(),
            (crlf, true) => format!("{} with CR LF at the end, as on Windows, and others with LF", of(crlf, "line")),
        };
        Some(format!("{which}: each CR stays, a token of its own; convert with `dos2unix` if it is not meant"))
    }
}

fn of(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remarks(pieces: &[&str]) -> String {
        let mut survey = Survey::default();
        pieces.iter().for_each(|piece| survey.add(piece.as_bytes()));
        survey.remarks().join("; ")
    }

    #[test]
    fn line_ends_are_counted_across_pieces_and_plain_text_has_no_remark() {
        assert_eq!(remarks(&["one\ntwo\n", "", "three"]), "");
        assert!(remarks(&["one\r", "\ntwo\r\n"]).starts_with("lines end with CR LF"));
        assert!(
            remarks(&["one\r", "", "\ntwo\n\r", "x"])
                .starts_with("1 line with CR LF at the end, as on Windows, and others with LF")
        );
        assert!(remarks(&["one\rtwo\r"]).starts_with("2 carriage returns without a line feed"));
        assert!(remarks(&["one\u{feff}"]).starts_with("1 byte order mark (U+FEFF) within"));
    }
}
