//! Byte-level byte-pair encoding, by Hugging Face's `tokenizers`.

use std::str::FromStr;

use serde_json::Value;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

use crate::text::Boundary;
use crate::{DataError, Text};

/// A tokenizer that gives every text back, and encodes a text like its pieces.
#[derive(Clone, Debug)]
pub(super) struct Bpe {
    tokenizer: tokenizers::Tokenizer,
    /// Of its file, as it was read or as it is written.
    json: String,
    vocab_size: usize,
}

impl Bpe {
    pub(super) fn train(text: &Text, vocab_size: usize) -> Result<Self, DataError> {
        let alphabet = ByteLevel::alphabet();
        if vocab_size < alphabet.len() {
            let reason = format!("a vocabulary of {vocab_size} has no room for the {} bytes", alphabet.len());
            return Err(DataError::Bpe { reason });
        }
        let builder = BpeTrainer::builder().vocab_size(vocab_size).min_frequency(2).show_progress(false);
        let trainer = builder.initial_alphabet(alphabet.into_iter().collect()).build();
        let mut tokenizer = tokenizers::Tokenizer::new(BPE::default());
        let byte_level = ByteLevel::default().add_prefix_space(false);
        tokenizer.with_pre_tokenizer(Some(byte_level)).with_decoder(Some(byte_level));
        let mut unread = None;
        let pieces = text.pieces(Boundary::Word).map_while(|piece| {
            let text = piece.and_then(|piece| Ok(piece.as_str(text.name())?.to_owned()));
            text.map_err(|error| unread = Some(error)).ok()
        });
        tokenizer.train(&mut TrainerWrapper::from(trainer), pieces).map_err(refused)?;
        if let Some(error) = unread {
            return Err(error);
        }
        let json = tokenizer.to_string(true).map_err(refused)?;
        Ok(Self::new(tokenizer, json))
    }

    /// From a `tokenizer.json`; the reason if it is not one that can be trusted with any text.
    pub(super) fn from_json(text: &str, value: &Value) -> Result<Self, String> {
        if let Some(reason) = untrusted(value) {
            return Err(format!("{reason}; take a byte-level BPE tokenizer like GPT-2's, or train one"));
        }
        let tokenizer = tokenizers::Tokenizer::from_str(text).map_err(|error| format!("it is damaged ({error})"))?;
        if !splits_words(&tokenizer) {
            return Err("its pre_tokenizer does not split between a word and the space that follows".to_owned());
        }
        let missing = ByteLevel::alphabet().into_iter().filter(|c| tokenizer.token_to_id(&c.to_string()).is_none());
        match missing.count() {
            0 => Ok(Self::new(tokenizer, text.to_owned())),
            n => Err(format!("{n} of the 256 bytes are not in its vocabulary, so text would be lost")),
        }
    }

    fn new(tokenizer: tokenizers::Tokenizer, json: String) -> Self {
        // Not the number of tokens: the numbers of a file may have holes.
        let vocab_size = tokenizer.get_vocab(true).values().max().map_or(0, |token| *token as usize + 1);
        Self { tokenizer, json, vocab_size }
    }

    pub(super) fn encode(&self, text: &str, each: &mut dyn FnMut(u32)) -> Result<(), DataError> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(refused)?;
        encoding.get_ids().iter().for_each(|token| each(*token));
        Ok(())
    }

    pub(super) fn decode(&self, tokens: &[u32]) -> Result<String, DataError> {
        self.tokenizer.decode(tokens, false).map_err(refused)
    }

    pub(super) fn json(&self) -> &str {
        &self.json
    }

    pub(super) fn vocab_size(&self) -> usize {
        self.vocab_size
    }
}

fn refused(error: tokenizers::Error) -> DataError {
    DataError::Bpe { reason: error.to_string() }
}

/// What would lose text, draw tokens at random, or make them depend on where a text is cut into pieces.
fn untrusted(value: &Value) -> Option<String> {
    let set = |place: &str| value.pointer(place).is_some_and(|value| !value.is_null());
    let is = |place: &str, kind: &str| value.pointer(place).and_then(Value::as_str) == Some(kind);
    if !is("/model/type", "BPE") {
        return Some(format!("its model is {}, not BPE", value.pointer("/model/type").unwrap_or(&Value::Null)));
    }
    let settings = [
        ("/normalizer", "it has a normalizer, which changes the text"),
        ("/truncation", "it cuts long texts (`truncation` is set)"),
        ("/padding", "it adds tokens (`padding` is set)"),
        ("/model/dropout", "it drops merges at random (`dropout` is set)"),
        ("/model/continuing_subword_prefix", "it marks pieces of words with a prefix"),
        ("/model/end_of_word_suffix", "it marks ends of words with a suffix"),
    ];
    let empty = |place: &str| is(place, "");
    if let Some((_, reason)) = settings.iter().find(|(place, _)| set(place) && !empty(place)) {
        return Some((*reason).to_owned());
    }
    if !is("/decoder/type", "ByteLevel") {
        return Some("it does not decode bytes (its decoder is not ByteLevel)".to_owned());
    }
    byte_level(value.get("pre_tokenizer"))
}

/// Split by words of a known kind, into bytes, without an added space.
fn byte_level(pre_tokenizer: Option<&Value>) -> Option<String> {
    let null = Value::Null;
    let all = pre_tokenizer.unwrap_or(&null);
    let steps = match all.get("pretokenizers").and_then(Value::as_array) {
        Some(steps) => steps.iter().collect(),
        None => vec![all],
    };
    let kind = |step: &Value| step.get("type").and_then(Value::as_str).unwrap_or("missing").to_owned();
    let (last, before) = steps.split_last()?;
    if kind(last) != "ByteLevel" {
        return Some(format!("it does not work on bytes (its pre_tokenizer is {})", kind(last)));
    }
    if last.get("add_prefix_space").and_then(Value::as_bool) != Some(false) {
        return Some("it adds a space before the text (`add_prefix_space`)".to_owned());
    }
    let unknown = before.iter().map(|step| kind(step)).find(|kind| !matches!(kind.as_str(), "Split" | "Digits"));
    if let Some(unknown) = unknown {
        return Some(format!("its pre_tokenizer has a step {unknown} of which we do not know that it keeps the text"));
    }
    None
}

/// Whether pre-tokens end where [`Boundary::Word`] cuts.
fn splits_words(tokenizer: &tokenizers::Tokenizer) -> bool {
    const PROBE: &str = "Ab cd's 12 345  ef.\n gh1 \t x y";
    let mut text = PreTokenizedString::from(PROBE);
    let split = tokenizer.get_pre_tokenizer().is_some_and(|steps| steps.pre_tokenize(&mut text).is_ok());
    let splits = text.get_splits(OffsetReferential::Original, OffsetType::Byte);
    let mut cuts = (1..PROBE.len()).filter(|place| Boundary::Word.allows(PROBE.as_bytes(), *place));
    split && cuts.all(|place| splits.iter().any(|(_, offsets, _)| offsets.0 == place))
}
