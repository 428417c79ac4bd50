//! A program's output in lines, in bounded memory however long they are.

use std::borrow::Cow;

/// Longest line that is kept whole: enough for a report with a long `sample`.
const LIMIT: usize = 4 << 20;

/// A part of the output: a line, or as much of one as is kept.
pub(super) struct Piece<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether the line ends here.
    pub(super) whole: bool,
}

/// Cuts output into lines. A carriage return ends one too: progress bars write it where others end a line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// Takes output as it comes. `take` gets each line, and returns how many bytes of one that goes on it is done with.
    pub(super) fn feed(&mut self, mut output: &[u8], take: &mut dyn FnMut(Piece<'_>) -> usize) {
        while let Some(end) = output.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.fill(&output[..end], take);
            self.end(take);
            output = &output[end + 1..];
        }
        self.fill(output, take);
    }

    /// The output is over; a last line may lack its end.
    pub(super) fn end(&mut self, take: &mut dyn FnMut(Piece<'_>) -> usize) {
        if !self.buffer.is_empty() {
            take(Piece { text: String::from_utf8_lossy(&self.buffer), whole: true });
            self.buffer.clear();
            self.buffer.shrink_to(64 << 10);
        }
    }

    fn fill(&mut self, output: &[u8], take: &mut dyn FnMut(Piece<'_>) -> usize) {
        for part in output.chunks(LIMIT) {
            if self.buffer.len() + part.len() > LIMIT {
                self.cut(take);
            }
            self.buffer.extend_from_slice(part);
        }
    }

    /// Makes room in a line that is too long.
    fn cut(&mut self, take: &mut dyn FnMut(Piece<'_>) -> usize) {
        let text = String::from_utf8_lossy(&self.buffer);
        let length = text.len();
        let done = take(Piece { text: Cow::Borrowed(&text), whole: false });
        // What is kept must leave room, or nothing is kept.
        let rest = text.get(done..).filter(|rest| rest.len() < length / 2).unwrap_or_default();
        self.buffer = rest.as_bytes().to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut take = |piece: Piece<'_>| {
            found.push(piece.text.into_owned());
            0
        };
        for part in parts {
            lines.feed(part, &mut take);
        }
        lines.end(&mut take);
        found
    }

    #[test]
    fn lines_come_whole_however_they_are_cut_and_ended() {
        assert_eq!(lines(&[b"a\nb", b"c\r\nd\re", b"", b"f"]), ["a", "bc", "d", "ef"]);
        assert_eq!(lines(&[b"\xff\xc3", b"\xa9\n"]), ["\u{fffd}é"]);
        assert_eq!(lines(&[]), [""; 0]);
    }

    #[test]
    fn a_line_without_end_is_taken_in_pieces() {
        let (mut lines, mut longest, mut pieces) = (Lines::default(), 0, 0);
        for _ in 0..300 {
            lines.feed(&vec![b'.'; 1_000_000], &mut |piece| {
                pieces += 1;
                piece.text.len()
            });
            longest = longest.max(lines.buffer.capacity());
        }
        assert!(pieces > 50 && longest <= 2 * LIMIT, "{pieces} pieces, {longest} bytes");
    }

    #[test]
    fn what_is_not_done_with_stays_in_the_line() {
        let mut lines = Lines::default();
        let mut take = |piece: Piece<'_>| {
            assert!(piece.whole || piece.text.ends_with("{\"a\": "), "cut where it should not be");
            piece.text.rfind('{').unwrap_or(piece.text.len())
        };
        lines.feed(&vec![b'.'; LIMIT - 6], &mut take);
        lines.feed(b"{\"a\": ", &mut take);
        lines.feed(b"1}", &mut take);
        let mut last = String::new();
        lines.end(&mut |piece| {
            last = piece.text.into_owned();
            0
        });
        assert_eq!(last, "{\"a\": 1}");
    }
}
