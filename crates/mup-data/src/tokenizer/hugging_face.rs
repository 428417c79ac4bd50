//! Any tokenizer as Hugging Face's `tokenizers` reads it, for models that leave this workspace.

use serde_json::{Map, Value, json};

use super::{Characters, Kind, Tokenizer};

impl Tokenizer {
    /// The same tokenizer as a `tokenizer.json` of Hugging Face's `tokenizers`: characters as words of one character, bytes as
    /// byte-pair encoding without a merge, byte-pair encoding as it is. What is unknown to ours is an error there too.
    ///
    /// # Reference
    ///
    /// <https://github.com/huggingface/tokenizers>; Radford et al. 2019, `bytes_to_unicode` of GPT-2's `encoder.py`.
    #[must_use]
    pub fn to_hugging_face(&self) -> String {
        let (pre_tokenizer, decoder, model) = match &self.0 {
            Kind::Bytes => of_bytes(),
            Kind::Characters(characters) => of_characters(characters),
            #[cfg(feature = "bpe")]
            Kind::Bpe(bpe) => return bpe.json().to_owned(),
        };
        let file = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": pre_tokenizer, "post_processor": null, "decoder": decoder, "model": model,
        });
        format!("{file:#}\n")
    }
}

fn of_characters(characters: &Characters) -> (Value, Value, Value) {
    let vocab: Map<String, Value> =
        characters.list().chars().zip(0..).map(|(character, token)| (character.to_string(), json!(token))).collect();
    let each = json!({ "type": "Split", "pattern": { "Regex": "[\\s\\S]" }, "behavior": "Isolated", "invert": false });
    // A name that is no character: nothing unknown becomes a token.
    (each, json!({ "type": "Fuse" }), json!({ "type": "WordLevel", "vocab": vocab, "unk_token": "<unknown>" }))
}

fn of_bytes() -> (Value, Value, Value) {
    let vocab: Map<String, Value> =
        (0..=255).zip(letters()).map(|(byte, letter): (u8, char)| (letter.to_string(), json!(byte))).collect();
    let byte_level =
        json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false });
    (byte_level.clone(), byte_level, json!({ "type": "BPE", "vocab": vocab, "merges": [] }))
}

/// What GPT-2's byte level writes for each byte: itself where that is a visible letter of Latin-1, else the next from U+0100 on.
fn letters() -> impl Iterator<Item = char> {
    let mut next = 0x100..;
    (0..=255_u8).map(move |byte| match byte {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => char::from(byte),
        _ => next.next().and_then(char::from_u32).expect("bug: 68 letters from U+0100 on are letters"),
    })
}

#[cfg(all(test, feature = "bpe"))]
mod tests {
    use std::str::FromStr;

    use crate::{Text, Tokenizer};

    const TEXT: &str = "To be, or not:\n\t\"à propos\" — 日本 🦀 \u{0}";

    #[test]
    fn every_tokenizer_gives_the_same_tokens_and_text_in_the_library() {
        let text = Text::from_string("a text", TEXT.to_owned()).unwrap();
        let tokenizers =
            [Tokenizer::bytes(), Tokenizer::characters(&text).unwrap(), Tokenizer::train_bpe(&text, 260).unwrap()];
        for ours in tokenizers {
            let theirs = tokenizers::Tokenizer::from_str(&ours.to_hugging_face()).unwrap();
            let tokens = ours.encode(TEXT).unwrap();
            assert_eq!(theirs.encode_fast(TEXT, false).unwrap().get_ids(), tokens, "{}", ours.describe());
            assert_eq!(theirs.decode(&tokens, false).unwrap(), TEXT, "{}", ours.describe());
            assert_eq!(theirs.get_vocab_size(true), ours.vocab_size());
        }
    }

    #[test]
    fn a_character_that_ours_does_not_know_is_an_error_in_the_library_too() {
        let text = Text::from_string("a text", "ab".to_owned()).unwrap();
        let ours = Tokenizer::characters(&text).unwrap();
        let theirs = tokenizers::Tokenizer::from_str(&ours.to_hugging_face()).unwrap();
        assert!(ours.encode("abc").is_err() && theirs.encode_fast("abc", false).is_err());
    }
}
