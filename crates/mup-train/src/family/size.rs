//! The size of a model: numbers by name.

use std::{collections::HashSet, fmt, ops::Index};

use serde::{Deserialize, Serialize};

/// The size of a model: numbers by name, in the order in which they were given; the first is what grows unless a command
/// says otherwise.
///
/// ```
/// use mup_train::Size;
/// let proxy = Size::new([("width", 64), ("heads", 4), ("depth", 2)]);
/// let target = proxy.changed("width=1024,heads=64")?;
/// assert_eq!((target["width"], target["depth"]), (1024, 2));
/// assert_eq!(proxy.grown(&["width", "heads"], 128)?.to_string(), "width=128,heads=8,depth=2");
/// # Ok::<(), mup_train::SizeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Size(Vec<(String, usize)>);

/// The largest number of a size: four times it, squared, is still a number of entries.
const LARGEST: usize = 1 << 29;

/// A size that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// No number of that name.
    #[error("a size has no `{name}`; it has {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// What cannot be read.
    #[error("`{text}` is no size: write NAME=NUMBER,… with numbers of at least 1, for example width=1024")]
    Unreadable {
        /// As given.
        text: String,
    },
    /// Numbers that grow together by one factor, of which one would be no whole number.
    #[error(
        "`{name}` cannot grow with `{first}` from {from} to {to}: {value} · {to}/{from} is no positive whole number"
    )]
    NotWhole {
        /// The number that decides the factor.
        first: String,
        /// Its value.
        from: usize,
        /// Its value in the size asked for.
        to: usize,
        /// The number that is not whole.
        name: String,
        /// Its value.
        value: usize,
    },
    /// A number that is too large for this machine.
    #[error("{factor} times `{name}` of {value} is too large a number")]
    TooLarge {
        /// Of which number.
        name: String,
        /// Its value.
        value: usize,
        /// What it was to be multiplied by.
        factor: usize,
    },
    /// One number said twice: which of the two is meant nobody knows.
    #[error("`{text}` says `{name}` twice: leave one out, or give each target its own option")]
    Twice {
        /// As given.
        text: String,
        /// Of which number.
        name: String,
    },
    /// A number that no dimension of a tensor can be: products of it overflow without a word.
    #[error(
        "`{name}` of {number} is more than a tensor can have along an axis; the largest number of a size is {LARGEST}"
    )]
    Beyond {
        /// Of which number.
        name: String,
        /// As given.
        number: usize,
    },
    /// Nothing was said to grow.
    #[error("nothing grows: name a number of the size, such as width")]
    Nothing,
}

impl Size {
    /// These numbers; of two of one name the last counts.
    #[must_use]
    pub fn new<N: Into<String>>(numbers: impl IntoIterator<Item = (N, usize)>) -> Self {
        numbers.into_iter().fold(Self(Vec::new()), |mut size, (name, number)| {
            let name = name.into();
            match size.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = number,
                None => size.0.push((name, number)),
            }
            size
        })
    }

    /// The number of a name.
    ///
    /// # Errors
    ///
    /// [`SizeError::Unknown`], with the names that there are.
    pub fn get(&self, name: &str) -> Result<usize, SizeError> {
        let known = self.iter().find(|(known, _)| *known == name).map(|(_, number)| number);
        known.ok_or_else(|| SizeError::Unknown {
            name: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    /// Names and numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(name, number)| (name.as_str(), *number))
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// The first name: what grows unless said otherwise.
    ///
    /// # Errors
    ///
    /// [`SizeError::Nothing`], of a size without numbers.
    pub fn first(&self) -> Result<&str, SizeError> {
        self.names().next().ok_or(SizeError::Nothing)
    }

    /// The size with another number of a name.
    ///
    /// # Errors
    ///
    /// [`SizeError::Unknown`], [`SizeError::Beyond`].
    pub fn with(mut self, name: &str, number: usize) -> Result<Self, SizeError> {
        self.get(name)?;
        if number > LARGEST {
            return Err(SizeError::Beyond { name: name.to_owned(), number });
        }
        self.0.iter_mut().filter(|(known, _)| known == name).for_each(|(_, known)| *known = number);
        Ok(self)
    }

    /// The size changed as a command line writes it: `width=1024,depth=8`.
    ///
    /// # Errors
    ///
    /// [`SizeError::Unreadable`], [`SizeError::Unknown`], [`SizeError::Twice`], [`SizeError::Beyond`].
    pub fn changed(&self, text: &str) -> Result<Self, SizeError> {
        let unreadable = || SizeError::Unreadable { text: text.to_owned() };
        let mut said = HashSet::new();
        text.split(',').try_fold(self.clone(), |size, change| {
            let (name, number) = change.split_once('=').ok_or_else(unreadable)?;
            let (name, number) = (name.trim(), number.trim().parse().ok().filter(|number| *number > 0));
            let size = size.with(name, number.ok_or_else(unreadable)?)?;
            if !said.insert(name) {
                return Err(SizeError::Twice { text: text.to_owned(), name: name.to_owned() });
            }
            Ok(size)
        })
    }

    /// The size at which the first of these names has this number, and the others have grown by the same factor.
    ///
    /// # Errors
    ///
    /// [`SizeError::Unknown`], [`SizeError::NotWhole`], [`SizeError::TooLarge`], [`SizeError::Beyond`],
    /// [`SizeError::Nothing`].
    pub fn grown<N: AsRef<str>>(&self, names: &[N], number: usize) -> Result<Self, SizeError> {
        let first = names.first().ok_or(SizeError::Nothing)?.as_ref();
        let from = self.get(first)?;
        names.iter().try_fold(self.clone(), |size, name| {
            let (name, value) = (name.as_ref(), self.get(name.as_ref())?);
            let too_large = || SizeError::TooLarge { name: name.to_owned(), value, factor: number };
            let product = Some(value.checked_mul(number).ok_or_else(too_large)?);
            let grown = product.filter(|product| from > 0 && number > 0 && product % from == 0);
            let not_whole =
                || SizeError::NotWhole { first: first.to_owned(), from, to: number, name: name.to_owned(), value };
            size.with(name, grown.ok_or_else(not_whole)? / from)
        })
    }

    /// The size at which all of these names have grown by a factor.
    ///
    /// # Errors
    ///
    /// Those of [`grown`](Self::grown).
    pub fn times<N: AsRef<str>>(&self, names: &[N], factor: usize) -> Result<Self, SizeError> {
        let name = names.first().ok_or(SizeError::Nothing)?.as_ref();
        let value = self.get(name)?;
        let too_large = || SizeError::TooLarge { name: name.to_owned(), value, factor };
        self.grown(names, value.checked_mul(factor).ok_or_else(too_large)?)
    }
}

/// For a model's own code, which knows its names.
///
/// # Panics
///
/// If the size has no such number, with those that it has.
impl Index<&str> for Size {
    type Output = usize;

    fn index(&self, name: &str) -> &usize {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, number)| number);
        found
            .unwrap_or_else(|| panic!("a size has no `{name}`; it has {}", self.names().collect::<Vec<_>>().join(", ")))
    }
}

/// As [`changed`](Size::changed) reads it.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.iter().map(|(name, number)| format!("{name}={number}")).collect();
        f.pad(&numbers.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, SizeError};

    fn size() -> Size {
        Size::new([("width", 64), ("heads", 3), ("depth", 2)])
    }

    #[test]
    fn what_is_not_in_the_size_is_named_with_what_is() {
        let messages = [size().changed("widht=8"), size().grown(&["layers"], 8), size().with("d_ff", 1)];
        for message in messages.map(|refused| refused.expect_err("no such name").to_string()) {
            assert!(message.ends_with("it has width, heads, depth"), "{message}");
        }
        for text in ["", "width", "width=x", "width=8,", "width=-1", "width=0"] {
            assert_eq!(size().changed(text), Err(SizeError::Unreadable { text: text.to_owned() }), "{text}");
        }
    }

    #[test]
    fn numbers_that_grow_together_stay_whole_or_are_refused_by_name() {
        assert_eq!(size().grown(&["width", "heads"], 128).map(|size| (size["width"], size["heads"])), Ok((128, 6)));
        let message = size().grown(&["width", "heads"], 96).expect_err("4.5 heads").to_string();
        assert_eq!(message, "`heads` cannot grow with `width` from 64 to 96: 3 · 96/64 is no positive whole number");
        assert!(size().grown(&["width"], 0).is_err());
        assert_eq!(size().grown::<&str>(&[], 8), Err(SizeError::Nothing));
    }

    #[test]
    fn numbers_beyond_the_machine_are_errors_that_name_them() {
        let huge = Size::new([("width", usize::MAX / 2), ("depth", 2)]);
        for refused in [huge.times(&["width"], 8), huge.grown(&["width"], 4), huge.times(&["depth", "width"], 2)] {
            let message = refused.expect_err("too large").to_string();
            assert!(message.contains("`width`") && message.ends_with("too large a number"), "{message}");
        }
        assert_eq!(size().times(&["width", "heads"], 2), size().changed("width=128,heads=6"));
    }

    #[test]
    fn a_number_that_is_said_twice_or_that_no_tensor_has_is_refused_by_name() {
        let message = size().changed("width=64,width=128").expect_err("which?").to_string();
        assert!(message.contains("`width` twice"), "{message}");
        for refused in
            [size().changed("width=536870913"), size().grown(&["width"], 1 << 40), size().with("heads", usize::MAX)]
        {
            let message = refused.expect_err("beyond").to_string();
            assert!(message.contains("more than a tensor can have"), "{message}");
        }
        assert!(size().changed("width=536870912").is_ok());
    }

    #[test]
    fn a_size_reads_back_as_it_is_written() {
        let grown = size().changed("width=8, depth=5").expect("known names");
        assert_eq!(size().changed(&grown.to_string()), Ok(grown));
    }
}
