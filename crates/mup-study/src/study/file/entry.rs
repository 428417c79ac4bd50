//! A value in a file that a person wrote: what it is called, where it stands, and what to write instead of it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;
use crate::near::nearest;
use crate::quote::quoted;

/// How much of what was written is repeated in a message.
const SHOWN: usize = 60;

/// A value, with what a person would call it.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// `trials` of stage 0, with its backticks.
    pub(super) name: String,
    pub(super) value: &'a DeValue<'a>,
    at: usize,
    written: &'a str,
    text: &'a str,
}

impl<'a> Entry<'a> {
    pub(super) fn of(name: String, value: &'a Spanned<DeValue<'a>>, text: &'a str) -> Self {
        let span = value.span();
        let written = text.get(span.clone()).unwrap_or_default();
        Self { name, value: value.get_ref(), at: span.start, written, text }
    }

    pub(super) fn called(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// As it was written, in one line.
    pub(super) fn written(&self) -> String {
        let written = match self.value {
            // Under a header of its own it has no text of its own.
            DeValue::Table(_) if !self.written.starts_with('{') => "a table",
            _ => self.written,
        };
        quoted(written, 0, SHOWN)
    }

    /// What is wrong with it.
    pub(super) fn mistake(&self, reason: &str) -> Mistake {
        Mistake::at(self.text, self.at, format!("{} {reason}", self.name))
    }

    /// That it is of another kind.
    pub(super) fn wrong(&self, how: &str) -> Mistake {
        self.mistake(&format!("is {}: {how}", self.written()))
    }

    pub(super) fn string(&self) -> Result<&'a str, Mistake> {
        let DeValue::String(string) = self.value else {
            return Err(self.wrong(&format!("write it in quotes, \"{}\"", self.written().replace(['"', '\''], ""))));
        };
        Ok(string)
    }

    /// Not negative.
    pub(super) fn whole(&self) -> Result<u64, Mistake> {
        let number = self.integer()?;
        u64::try_from(number).map_err(|_| self.wrong("write a whole number that is not negative"))
    }

    pub(super) fn integer(&self) -> Result<i64, Mistake> {
        match self.value {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .map_err(|_| self.wrong("the number has too many digits")),
            DeValue::Float(float) => Err(self.wrong(&match float.as_str().parse::<f64>() {
                Ok(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                    format!("write it as a whole number, {number}")
                }
                _ => "write a whole number".to_owned(),
            })),
            DeValue::String(text) if text.trim().parse::<i64>().is_ok() => {
                Err(self.wrong(&format!("write the number without quotes, {}", text.trim())))
            }
            _ => Err(self.wrong("write a whole number")),
        }
    }

    pub(super) fn number(&self) -> Result<f64, Mistake> {
        let written = match self.value {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(_) => Some(self.integer()? as f64),
            DeValue::String(text) => match text.trim().parse::<f64>() {
                Ok(number) => return Err(self.wrong(&format!("write the number without quotes, {number}"))),
                Err(_) => None,
            },
            _ => None,
        };
        written.ok_or_else(|| self.wrong("write a number"))
    }

    /// Its parts, or what to write instead of it.
    pub(super) fn list(&self, how: &str) -> Result<Vec<Entry<'a>>, Mistake> {
        let DeValue::Array(array) = self.value else { return Err(self.wrong(how)) };
        let part = |(i, value)| Self::of(format!("number {} of {}", i + 1, self.name), value, self.text);
        Ok(array.iter().enumerate().map(part).collect())
    }

    /// Its entries, or what to write instead of it.
    pub(super) fn table(&self, place: &str, how: &str) -> Result<Fields<'a>, Mistake> {
        let DeValue::Table(table) = self.value else { return Err(self.wrong(how)) };
        Ok(Fields { table, place: place.to_owned(), at: self.at, text: self.text })
    }
}

/// The entries of a table.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    table: &'a DeTable<'a>,
    /// What is added to the names of its entries, such as " of stage 0".
    place: String,
    at: usize,
    text: &'a str,
}

impl<'a> Fields<'a> {
    pub(super) fn of_file(root: &'a Spanned<DeTable<'a>>, text: &'a str) -> Self {
        Self { table: root.get_ref(), place: String::new(), at: 0, text }
    }

    /// Refuses the first name that is not known; `belongs` may know where it does.
    pub(super) fn only(&self, known: &[&str], belongs: &dyn Fn(&str) -> Option<String>) -> Result<(), Mistake> {
        let unknown = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(first) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let key: &str = first.get_ref();
        let remedy = match (nearest(key, known), belongs(key)) {
            (Some(near), _) => format!("is it `{near}`?"),
            (None, Some(belongs)) => belongs,
            (None, None) => format!("there are {}", known.join(", ")),
        };
        let reason = format!("`{}`{} is unknown: {remedy}", quoted(key, 0, SHOWN), self.place);
        Err(Mistake::at(self.text, first.span().start, reason))
    }

    pub(super) fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.all().find(|(name, _)| *name == key).map(|(_, entry)| entry)
    }

    pub(super) fn need(&self, key: &str, how: &str) -> Result<Entry<'a>, Mistake> {
        let missing = || Mistake::at(self.text, self.at, format!("`{key}`{} is missing: {how}", self.place));
        self.get(key).ok_or_else(missing)
    }

    /// In the order in which they were written, so that the first mistake is told first.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a str, Entry<'a>)> + use<'a> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let (place, text) = (self.place.clone(), self.text);
        entries.into_iter().map(move |(key, value)| {
            let name: &str = key.get_ref();
            let mut entry = Entry::of(format!("`{}`{place}", quoted(name, 0, SHOWN)), value, text);
            entry.at = key.span().start;
            (name, entry)
        })
    }
}
