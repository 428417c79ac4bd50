//! Telling UTF-16 and UTF-32 by their bytes, with a byte order mark or without.

/// Of a file that begins with these bytes and is not UTF-8.
pub(super) fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    let candidates = [
        ("UTF-32LE", &[0xff, 0xfe, 0, 0][..], units32(bytes, u32::from_le_bytes)),
        ("UTF-32BE", &[0, 0, 0xfe, 0xff], units32(bytes, u32::from_be_bytes)),
        ("UTF-16LE", &[0xff, 0xfe], units16(bytes, u16::from_le_bytes)),
        ("UTF-16BE", &[0xfe, 0xff], units16(bytes, u16::from_be_bytes)),
    ];
    let marked = candidates.iter().find(|(_, mark, units)| bytes.starts_with(mark) && units.are_rarely_wrong(10));
    let is_text = |units: &Units| units.are_text() && !(bytes.is_ascii() && units.are_pairs());
    let unmarked = || candidates.iter().filter(|(.., units)| is_text(units)).max_by_key(|(.., units)| units.ascii);
    marked.or_else(unmarked).map(|(name, ..)| *name)
}

/// How the units of one reading are.
#[derive(Default)]
struct Units {
    all: usize,
    /// Printable ASCII, or white space.
    ascii: usize,
    /// No character, a control character, half a pair, or for private use.
    wrong: usize,
    /// Two printable ASCII characters, had they been read as bytes.
    pairs: usize,
}

impl Units {
    fn add(&mut self, character: Option<char>) {
        self.all += 1;
        match character {
            Some('\t' | '\n' | '\r' | ' '..='~') => self.ascii += 1,
            // A byte order mark.
            Some('\u{feff}') => {}
            Some(character) if character.is_control() || matches!(character, '\u{e000}'..='\u{f8ff}') => {
                self.wrong += 1
            }
            Some('\u{fdd0}'..='\u{fdef}' | '\u{fff0}'..='\u{fff8}' | '\u{fffe}' | '\u{ffff}') | None => self.wrong += 1,
            Some(character) => {
                let [_, _, high, low] = u32::from(character).to_be_bytes();
                self.pairs += usize::from([high, low].iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')));
            }
        }
    }

    fn are_rarely_wrong(&self, percent: usize) -> bool {
        self.wrong * 100 <= self.all * percent
    }

    /// Every language has spaces, line ends or digits of ASCII. Numbers, such as tokens, are control characters or
    /// surrogates too often.
    fn are_text(&self) -> bool {
        self.ascii >= 2 && self.ascii * 100 >= self.all && self.are_rarely_wrong(2)
    }

    /// ASCII with zero bytes between its words is, as kana are; but kana have other bytes too.
    fn are_pairs(&self) -> bool {
        self.pairs * 2 > self.all
    }
}

fn units16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Units {
    let mut units = Units::default();
    char::decode_utf16(bytes.as_chunks().0.iter().map(|bytes| unit(*bytes))).for_each(|unit| units.add(unit.ok()));
    units
}

fn units32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Units {
    let mut units = Units::default();
    bytes.as_chunks().0.iter().for_each(|bytes| units.add(char::from_u32(unit(*bytes))));
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn utf32(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().map(u32::from).flat_map(bytes).collect()
    }

    #[test]
    fn every_width_and_order_is_told_in_many_languages_with_and_without_a_mark() {
        let texts = [
            "Shall I compare thee to a summer's day?\nThou art more lovely\n",
            "Съешь же ещё этих мягких французских булок\n",
            "我能吞下玻璃而不伤身体。\n人人生而自由\n",
            "いろはにほへと ちりぬるを\nわかよたれそ つねならむ\n",
            "the smile 😀 of a grin 😁\n",
        ];
        for text in texts.iter().flat_map(|text| [text.repeat(20), format!("\u{feff}{text}")]) {
            assert_eq!(wide_encoding(&utf16(&text, u16::to_le_bytes)), Some("UTF-16LE"), "{text}");
            assert_eq!(wide_encoding(&utf16(&text, u16::to_be_bytes)), Some("UTF-16BE"), "{text}");
            assert_eq!(wide_encoding(&utf32(&text, u32::to_le_bytes)), Some("UTF-32LE"), "{text}");
            assert_eq!(wide_encoding(&utf32(&text, u32::to_be_bytes)), Some("UTF-32BE"), "{text}");
            // Cut within a unit.
            let cut = utf16(&text, u16::to_le_bytes);
            assert_eq!(wide_encoding(&cut[..cut.len() - 1]), Some("UTF-16LE"), "{text}");
            assert_eq!(wide_encoding(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_wide_is_not_taken_for_it() {
        let tokens: Vec<u8> = (0..4000_u32).flat_map(|i| ((i * 7919 % 50257) as u16).to_le_bytes()).collect();
        let names: Vec<u8> = "alpha\0be\0gamma\0delta\0".repeat(40).into_bytes();
        let noise: Vec<u8> = (0..8000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (name, bytes) in [("tokens", tokens), ("names", names), ("noise", noise), ("zeros", vec![0; 512])] {
            assert_eq!(wide_encoding(&bytes), None, "{name}");
        }
        assert_eq!(wide_encoding(b"ab\0\xff"), None);
        assert_eq!(wide_encoding(b"te\0xt"), None);
        assert_eq!(wide_encoding(b""), None);
    }
}
