//! The tokenizer beside a model: a `tokenizer.json` that others made, held against the vocabulary.

use serde_json::{Map, Value, json};

use crate::HuggingFaceError as Error;

/// Whether every token of the tokenizer, and each special one, has a row of the embedding.
pub(crate) fn check(tokenizer: Option<&str>, special: &[Option<usize>], vocab: usize) -> Result<(), Error> {
    let wrong = |problem: String| Err(Error::Tokenizer { problem });
    if let Some(token) = special.iter().flatten().find(|token| **token >= vocab) {
        return wrong(format!("token {token} is to be special, and the model has {vocab} tokens"));
    }
    let Some(text) = tokenizer else { return Ok(()) };
    let content: Value = match serde_json::from_str(text) {
        Ok(content) => content,
        Err(error) => return wrong(error.to_string()),
    };
    match largest(&content) {
        None => wrong("it has no model with a `vocab`, as the `tokenizers` library writes it".to_owned()),
        Some(largest) if largest >= vocab as u64 => {
            wrong(format!("it has a token {largest}, and the model has {vocab}: it is another model's tokenizer"))
        }
        Some(_) => Ok(()),
    }
}

/// The largest token.
fn largest(content: &Value) -> Option<u64> {
    let of_model = match &content["model"]["vocab"] {
        Value::Object(vocab) => vocab.values().filter_map(Value::as_u64).max()?,
        // Unigram: a list in order.
        Value::Array(vocab) => (vocab.len() as u64).checked_sub(1)?,
        _ => return None,
    };
    let added = content["added_tokens"].as_array().into_iter().flatten();
    Some(added.filter_map(|token| token["id"].as_u64()).fold(of_model, u64::max))
}

/// `tokenizer_config.json`: the class that takes `tokenizer.json` as it is.
pub(crate) fn config(context: usize) -> Map<String, Value> {
    let fields = [
        ("tokenizer_class", json!("PreTrainedTokenizerFast")),
        ("model_max_length", json!(context)),
        ("clean_up_tokenization_spaces", json!(false)),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
