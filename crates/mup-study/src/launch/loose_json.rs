//! JSON objects as programs of all languages write them, at the beginning of a text.
//!
//! Beyond JSON: numbers that are not finite, in every spelling (`nan`, `-nan(ind)`, `1.#QNAN`, `+Inf`, `1e999`), numbers
//! as C writes them (`+1`, `.5`), half a surrogate pair, raw control characters. It reads from left to right, gives up at
//! the first fault and keeps only the outer fields, so that no text takes long or much memory.

use std::collections::BTreeMap;
use std::str::Chars;

/// A field of an object, as far as a report needs it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    /// `null`, and what other languages call it.
    Null,
    /// Perhaps not finite.
    Number(f64),
    Text(String),
    /// A boolean, a list, an object.
    Other,
}

/// The fields of an object that were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object(BTreeMap<&'static str, Field>);

impl Object {
    /// The last field of that name, as in every JSON reader.
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.0.get(name)
    }
}

/// Why there is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text ends before it.
    Ends,
    /// It is none.
    Wrong,
}

/// As deep as objects and lists may nest, which are read by recursion.
const DEPTH: usize = 32;

/// Reads the object that the text begins with, and keeps the fields of these names; with the number of bytes that it
/// takes.
pub(super) fn object(text: &str, names: &[&'static str]) -> Result<(Object, usize), Fault> {
    let mut reader = Reader { rest: text.chars() };
    let object = reader.object(names, DEPTH)?;
    Ok((object, text.len() - reader.rest.as_str().len()))
}

struct Reader<'a> {
    rest: Chars<'a>,
}

impl Reader<'_> {
    /// The next character that is no space.
    fn peek(&mut self) -> Result<char, Fault> {
        let text = self.rest.as_str().trim_start_matches([' ', '\t', '\r', '\n']);
        self.rest = text.chars();
        text.chars().next().ok_or(Fault::Ends)
    }

    fn expect(&mut self, wanted: char) -> Result<(), Fault> {
        if self.peek()? != wanted {
            return Err(Fault::Wrong);
        }
        self.rest.next();
        Ok(())
    }

    /// Whether another element follows; takes what separates or closes.
    fn more(&mut self, close: char) -> Result<bool, Fault> {
        let found = self.peek()?;
        self.rest.next();
        match found {
            ',' => Ok(true),
            found if found == close => Ok(false),
            _ => Err(Fault::Wrong),
        }
    }

    fn object(&mut self, names: &[&'static str], depth: usize) -> Result<Object, Fault> {
        self.expect('{')?;
        let mut object = Object::default();
        if self.peek()? == '}' {
            self.rest.next();
            return Ok(object);
        }
        loop {
            self.expect('"')?;
            let name = self.string()?;
            self.expect(':')?;
            let field = self.field(depth)?;
            if let Some(known) = names.iter().find(|known| **known == name) {
                object.0.insert(known, field);
            }
            if !self.more('}')? {
                return Ok(object);
            }
        }
    }

    fn field(&mut self, depth: usize) -> Result<Field, Fault> {
        let inner = depth.checked_sub(1).ok_or(Fault::Wrong)?;
        match self.peek()? {
            '{' => self.object(&[], inner).map(|_| Field::Other),
            '[' => self.list(inner).map(|()| Field::Other),
            '"' => {
                self.rest.next();
                self.string().map(Field::Text)
            }
            _ => self.word(),
        }
    }

    fn list(&mut self, depth: usize) -> Result<(), Fault> {
        self.expect('[')?;
        if self.peek()? == ']' {
            self.rest.next();
            return Ok(());
        }
        loop {
            self.field(depth)?;
            if !self.more(']')? {
                return Ok(());
            }
        }
    }

    /// The rest of a string, after its first quote.
    fn string(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        loop {
            match self.rest.next().ok_or(Fault::Ends)? {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                letter => text.push(letter),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        Ok(match self.rest.next().ok_or(Fault::Ends)? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => self.unicode()?,
            letter @ ('"' | '\\' | '/') => letter,
            _ => return Err(Fault::Wrong),
        })
    }

    /// A model of bytes may say half a pair, which Python writes as it is.
    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.hexadecimal()?;
        let after = self.rest.clone();
        if (0xd800..0xdc00).contains(&first) && self.rest.next() == Some('\\') && self.rest.next() == Some('u') {
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let pair = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.rest = after;
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Result<u32, Fault> {
        (0..4).try_fold(0, |number, _| {
            let digit = self.rest.next().ok_or(Fault::Ends)?.to_digit(16).ok_or(Fault::Wrong)?;
            Ok(number * 16 + digit)
        })
    }

    fn word(&mut self) -> Result<Field, Fault> {
        let text = self.rest.as_str();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "+-.#()_".contains(letter);
        let end = text.find(|letter| !is_part(letter)).ok_or(Fault::Ends)?;
        let field = match &text[..end] {
            "null" | "None" | "nil" | "undefined" | "nothing" | "missing" => Field::Null,
            "true" | "false" | "True" | "False" => Field::Other,
            word => Field::Number(number(word).ok_or(Fault::Wrong)?),
        };
        self.rest = text[end..].chars();
        Ok(field)
    }
}

/// A number in any spelling, finite or not.
pub(super) fn number(word: &str) -> Option<f64> {
    // Rust reads `nan`, `inf` and `infinity` in all cases, signed or not, and takes what is too large for infinite.
    if let Ok(number) = word.parse() {
        return Some(number);
    }
    let lower = word.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['+', '-']);
    // C's `nan(…)`; Julia's `NaN32`, `Inf16`; `1.#QNAN`, `1.#IND`, `1.#INF00` of old C libraries.
    let is_nan = unsigned.starts_with("nan(") && unsigned.ends_with(')');
    match unsigned {
        "nan16" | "nan32" | "nan64" => Some(f64::NAN),
        "inf16" | "inf32" | "inf64" | "1.#inf" | "1.#inf00" => Some(f64::INFINITY),
        _ if is_nan || unsigned.starts_with("1.#") => Some(f64::NAN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Option<Field> {
        object(&format!("{{\"x\": {text}}}"), &["x"]).ok()?.0.get("x").cloned()
    }

    #[test]
    fn an_object_is_read_up_to_its_end_and_no_further() {
        let text = r#"{"a": 1, "b": {"a": [2, {}]}, "c": 3, "a": "x"} tail"#;
        let (object, length) = object(text, &["a", "b"]).unwrap();
        assert_eq!((object.get("a"), length), (Some(&Field::Text("x".to_owned())), 47));
        assert_eq!((object.get("b"), object.get("c")), (Some(&Field::Other), None));
    }

    #[test]
    fn numbers_of_every_language_are_read() {
        for word in ["NaN", "nan", "-nan", "-NaN", "NAN", "+nan", "nan(ind)", "-nan(ind)", "-nan(snan)", "NaN32"] {
            assert!(matches!(field(word), Some(Field::Number(number)) if number.is_nan()), "{word}");
        }
        for word in ["1.#QNAN", "-1.#IND", "1.#QNAN0", "1.#J", "-1.#IND00"] {
            assert!(matches!(field(word), Some(Field::Number(number)) if number.is_nan()), "{word}");
        }
        for word in ["inf", "-inf", "+Inf", "INF", "Infinity", "-Infinity", "1e999", "-1e999", "Inf32", "1.#INF"] {
            assert!(matches!(field(word), Some(Field::Number(number)) if number.is_infinite()), "{word}");
        }
        for (word, number) in [("1", 1.0), ("-0.5", -0.5), ("+2", 2.0), (".5", 0.5), ("5.", 5.0), ("1E-3", 1e-3)] {
            assert_eq!(field(word), Some(Field::Number(number)), "{word}");
        }
        for word in ["one", "1,5", "1.5.2", "0x10", "--1", "", "1_000", "5.0f"] {
            assert_eq!(field(word), None, "{word}");
        }
    }

    #[test]
    fn strings_are_read_whatever_they_hold() {
        let text = |escaped: &str| match field(&format!("\"{escaped}\"")) {
            Some(Field::Text(text)) => text,
            other => panic!("{escaped}: {other:?}"),
        };
        assert_eq!(text(r#"a\"b\\c\/\n\u0000"#), "a\"b\\c/\n\0");
        assert_eq!(text(r"\ud83d\ude00"), "😀");
        for half in [r"\ud83d", r"\ude00", r"\ud83d\n", r"\ud83d\u0041"] {
            assert!(text(half).starts_with(char::REPLACEMENT_CHARACTER), "{half}");
        }
        assert_eq!(text("raw \u{1}"), "raw \u{1}");
    }

    #[test]
    fn what_is_cut_off_is_told_from_what_is_wrong() {
        for text in ["{", "{\"a", "{\"a\"", "{\"a\": ", "{\"a\": 1", "{\"a\": [1, ", "{\"a\": \"\\u00"] {
            assert_eq!(object(text, &[]), Err(Fault::Ends), "{text}");
        }
        for text in ["{a", "{'a': 1}", "{\"a\": 1,}", "{\"a\" 1}", "{\"a\": 1]", "[1]", "{{"] {
            assert_eq!(object(text, &[]), Err(Fault::Wrong), "{text}");
        }
        assert_eq!(object(&"{\"a\":".repeat(100_000), &[]), Err(Fault::Wrong), "no deep recursion");
    }
}
