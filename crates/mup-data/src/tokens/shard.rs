//! The header of llm.c's token files, which modded-nanogpt and others write too.

use std::path::Path;

use super::TokenWidth;
use super::storage::Storage;
use crate::DataError;

/// 256 little-endian `int32`: magic number, version, number of tokens, and zeros.
///
/// # Reference
///
/// `write_datafile` in `dev/data/data_common.py` of karpathy/llm.c, commit 16635d41; `_load_data_shard` in
/// `train_gpt.py` of KellerJordan/modded-nanogpt reads the first kind.
const HEADER_BYTES: u64 = 1024;

struct Kind {
    magic: i32,
    version: i32,
    width: TokenWidth,
    vocabulary: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind { magic: 20_240_520, version: 1, width: TokenWidth::U16, vocabulary: "GPT-2's" },
    Kind { magic: 20_240_801, version: 7, width: TokenWidth::U32, vocabulary: "Llama 3's" },
];

/// Of the same project, with the same header, but no tokens.
const OTHERS: [(i32, &str); 2] = [(20_240_522, "multiple-choice questions"), (20_240_326, "a model")];

/// Bytes of the header, 0 if there is none, once it is known to agree with the width asked for and the file's length.
pub(super) fn header_bytes(storage: &Storage, path: &Path, width: TokenWidth) -> Result<u64, DataError> {
    let refused = |reason: String| DataError::Unusable { path: path.to_owned(), reason };
    let Some([magic]) = integers(storage, 0)? else { return Ok(0) };
    let swapped = magic.swap_bytes();
    if KINDS.iter().any(|kind| kind.magic == swapped) {
        let reason = "it is a token shard of llm.c (magic number {swapped}) written big endian; write it little endian";
        return Err(refused(reason.replace("{swapped}", &swapped.to_string())));
    }
    if let Some((_, what)) = OTHERS.iter().find(|(other, _)| *other == magic) {
        return Err(refused(format!(
            "it holds {what} of llm.c (magic number {magic}), no tokens; give a shard of tokens"
        )));
    }
    let Some(kind) = KINDS.iter().find(|kind| kind.magic == magic) else { return Ok(0) };
    let is = format!("it is a token shard of llm.c (magic number {magic}, {} tokens)", kind.vocabulary);
    let Some([version, n_tokens]) = integers(storage, 4)?.filter(|_| storage.n_bytes() >= HEADER_BYTES) else {
        let n_bytes = storage.n_bytes();
        return Err(refused(format!(
            "{is}, cut off within its header of {HEADER_BYTES} bytes, at {n_bytes}; get it anew"
        )));
    };
    if version != kind.version {
        let known = kind.version;
        return Err(refused(format!("{is} of version {version}, and this program knows version {known}; convert it")));
    }
    if kind.width != width {
        let remedy = format!("read it as {}: {}", kind.width, kind.width.of_vocabularies());
        return Err(refused(format!("{is}, whose tokens are {}, and not {width}; {remedy}", kind.width)));
    }
    let body = storage.n_bytes() - HEADER_BYTES;
    if u64::try_from(n_tokens).ok().and_then(|n| n.checked_mul(width.bytes() as u64)) != Some(body) {
        let there = body as f64 / width.bytes() as f64;
        let remedy = "it was cut off or appended to: get it anew";
        return Err(refused(format!("{is}; its header says {n_tokens} tokens, but {there} follow: {remedy}")));
    }
    Ok(HEADER_BYTES)
}

/// None if the file is shorter.
fn integers<const N: usize>(storage: &Storage, position: u64) -> Result<Option<[i32; N]>, DataError> {
    let mut bytes = vec![0; 4 * N];
    if storage.n_bytes() < position + bytes.len() as u64 {
        return Ok(None);
    }
    storage.read(position, &mut bytes)?;
    let mut integers = [0; N];
    integers.iter_mut().zip(bytes.as_chunks().0).for_each(|(integer, bytes)| *integer = i32::from_le_bytes(*bytes));
    Ok(Some(integers))
}
