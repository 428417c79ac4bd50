//! Lists for a terminal: the first few, and how many more there are.

use std::fmt;

/// How many of a kind are shown.
const SHOWN: usize = 8;

/// Writes the first few on lines of their own.
pub(super) fn write<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    mut line: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    let mut more = 0;
    for (number, item) in items.into_iter().enumerate() {
        if number < SHOWN {
            write!(f, "\n  ")?;
            line(f, item)?;
        } else {
            more += 1;
        }
    }
    if more == 0 { Ok(()) } else { write!(f, "\n  and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers(usize);

    impl fmt::Display for Numbers {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(f, 0..self.0, |f, number| write!(f, "number {number}"))
        }
    }

    #[test]
    fn a_long_list_says_how_many_more_there_are() {
        assert_eq!(Numbers(0).to_string(), "");
        assert!(Numbers(8).to_string().ends_with("\n  number 7"));
        assert!(Numbers(20).to_string().ends_with("\n  number 7\n  and 12 more"));
    }
}
