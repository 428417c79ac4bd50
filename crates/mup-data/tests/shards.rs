//! Token files that other programs wrote: headers, widths and byte orders.

use std::fs;
use std::path::PathBuf;

use mup_data::{DataError, Order, TokenWidth, Tokens};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn written(&self, content: &[u8]) -> PathBuf {
        let path = self.0.path().join("fineweb_train_000001.bin");
        fs::write(&path, content).unwrap();
        path
    }

    fn refusal(&self, content: &[u8], width: TokenWidth) -> String {
        let error = Tokens::open(&self.written(content), width).unwrap_err().to_string();
        assert!(error.contains("fineweb_train_000001.bin cannot be used: it"), "{error}");
        error
    }

    fn verify(&self, content: &[u8], width: TokenWidth) -> Result<(), DataError> {
        Tokens::open(&self.written(content), width).unwrap().verify()
    }
}

/// 256 int32: magic number, version, number of tokens.
fn header(magic: i32, version: i32, n_tokens: i32) -> Vec<u8> {
    let mut header = vec![0; 1024];
    for (place, integer) in [magic, version, n_tokens].into_iter().enumerate() {
        header[4 * place..4 * place + 4].copy_from_slice(&integer.to_le_bytes());
    }
    header
}

/// Tokens as GPT-2's are on text: small ones are frequent.
fn tokens(n: u32) -> Vec<u32> {
    (0..n).map(|i| (50257.0_f64.powf(f64::from(i.wrapping_mul(2_654_435_761)) / 4_294_967_296.0)) as u32).collect()
}

fn bytes<const N: usize>(tokens: &[u32], each: impl Fn(u32) -> [u8; N]) -> Vec<u8> {
    tokens.iter().flat_map(|token| each(*token)).collect()
}

#[test]
fn a_shard_of_gpt_2_tokens_is_read_behind_its_header() {
    let (folder, ids) = (Folder::new(), tokens(500));
    let content = [header(20_240_520, 1, 500), bytes(&ids, |id| (id as u16).to_le_bytes())].concat();
    let path = folder.written(&content);
    let shard = Tokens::open(&path, TokenWidth::U16).unwrap().with_vocab_size(50257);
    let wanted: Vec<i32> = ids.iter().map(|id| *id as i32).collect();
    assert_eq!((shard.len(), shard.window(0, 500).unwrap()), (500, wanted));
    assert_eq!(shard.sha256().unwrap(), mup_files::sha256(&content), "of the file, as sha256sum says");
    shard.verify().unwrap();
    shard.clone().with_sha256(&mup_files::sha256(&content)).verify().unwrap();
    let memory = Tokens::from_ids("memory", &ids, 50257).unwrap();
    assert_eq!(
        Order::Shuffled.batch(&shard, [4, 16], 3, 5).unwrap(),
        Order::Shuffled.batch(&memory, [4, 16], 3, 5).unwrap()
    );
    assert!(shard.window(499, 2).is_err());
}

#[test]
fn a_shard_of_llama_3_tokens_is_read_behind_its_header() {
    let (folder, ids) = (Folder::new(), [128_000, 7, 99_999, 128_255]);
    let path = folder.written(&[header(20_240_801, 7, 4), bytes(&ids, u32::to_le_bytes)].concat());
    let shard = Tokens::open(&path, TokenWidth::U32).unwrap();
    assert_eq!(shard.window(0, 4).unwrap(), [128_000, 7, 99_999, 128_255]);
}

#[test]
fn a_shard_that_is_not_what_its_header_says_is_refused_with_both() {
    let (folder, body) = (Folder::new(), bytes(&tokens(500), |id| (id as u16).to_le_bytes()));
    let shard = |n_tokens, body: &[u8]| [&header(20_240_520, 1, n_tokens)[..], body].concat();
    for (n_tokens, content, there) in [
        (500, shard(500, &body[..900]), "450"),
        (500, shard(500, &body[..901]), "450.5"),
        (499, shard(499, &body), "500"),
        (-1, shard(-1, &body), "500"),
        (500, shard(500, &[]), "0"),
    ] {
        let error = folder.refusal(&content, TokenWidth::U16);
        assert!(error.contains(&format!("its header says {n_tokens} tokens, but {there} follow")), "{error}");
    }
    let error = folder.refusal(&shard(500, &body)[..700], TokenWidth::U16);
    assert!(error.contains("cut off within its header of 1024 bytes, at 700"), "{error}");
    let error = Tokens::open(&folder.written(&shard(0, &[])), TokenWidth::U16).unwrap_err().to_string();
    assert!(error.contains("is empty"), "{error}");
}

#[test]
fn a_shard_of_another_width_version_or_byte_order_is_refused_by_name() {
    let (folder, body) = (Folder::new(), bytes(&tokens(500), |id| (id as u16).to_le_bytes()));
    let shard = |magic, version| [header(magic, version, 500), body.clone()].concat();
    for (content, width, expected) in [
        (shard(20_240_520, 1), TokenWidth::U32, "whose tokens are uint16, and not uint32; read it as uint16: vocab"),
        (shard(20_240_520, 1), TokenWidth::U8, "whose tokens are uint16, and not uint8"),
        (shard(20_240_801, 7), TokenWidth::U16, "whose tokens are uint32, and not uint16; read it as uint32: vocab"),
        (shard(20_240_520, 2), TokenWidth::U16, "of version 2, and this program knows version 1"),
        (shard(20_240_520_i32.swap_bytes(), 1), TokenWidth::U16, "written big endian"),
        (shard(20_240_522, 1), TokenWidth::U16, "multiple-choice questions of llm.c"),
        (shard(20_240_326, 3), TokenWidth::U16, "a model of llm.c"),
        ([b"\x93NUMPY\x01\0", &body[..]].concat(), TokenWidth::U16, "a NumPy file (.npy)"),
        ([b"\x1f\x8b\x08\0", &body[..]].concat(), TokenWidth::U32, "a gzip archive"),
    ] {
        let error = folder.refusal(&content, width);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_folder_of_shards_is_refused_and_one_of_its_files_named() {
    let folder = Folder::new();
    folder.written(&header(20_240_520, 1, 0));
    let error = Tokens::open(folder.0.path(), TokenWidth::U16).unwrap_err().to_string();
    assert!(error.contains("it is a folder; give one file of tokens, such as fineweb_train_000001.bin"), "{error}");
}

#[test]
fn another_width_or_byte_order_than_was_written_is_noticed_by_verify() {
    use TokenWidth::{U8, U16, U32};
    let (folder, ids) = (Folder::new(), tokens(2000));
    let small: Vec<u32> = ids.iter().map(|id| 1 + id % 64).collect();
    let wide: Vec<u32> = ids.iter().map(|id| 2 * id).collect();
    let uniform: Vec<u32> = (0..300).map(|i| i * 7919 % 50257).collect();
    let le16 = |ids: &[u32]| bytes(ids, |id| (id as u16).to_le_bytes());
    let be16 = |ids: &[u32]| bytes(ids, |id| (id as u16).to_be_bytes());
    for (what, content, width, evidence) in [
        ("int32 as u16", bytes(&ids, u32::to_le_bytes), U16, "every second token is 0"),
        ("few int32 as u16", bytes(&ids[..8], u32::to_le_bytes), U16, "every second token is 0"),
        ("int64 as u16", bytes(&ids, |id| u64::from(id).to_le_bytes()), U16, "three of four tokens are 0"),
        ("int64 as u32", bytes(&wide, |id| u64::from(id).to_le_bytes()), U32, "every second token is 0"),
        ("big-endian int32 as u16", bytes(&ids, u32::to_be_bytes), U16, "every second token is 0"),
        ("big-endian int64 as u32", bytes(&ids, |id| u64::from(id).to_be_bytes()), U32, "every second token is 0"),
        ("big-endian u16", be16(&ids), U16, "changed places"),
        ("big-endian u16, uniform", be16(&uniform), U16, "changed places"),
        ("big-endian u16 of few tokens", be16(&small), U16, "changed places"),
        ("big-endian u32", bytes(&wide, u32::to_be_bytes), U32, "changed places"),
        ("u16 of few tokens as u8", le16(&small), U8, "every second byte is 0"),
        ("u16 as u32", le16(&uniform), U32, "far above every vocabulary"),
        ("u16 of few tokens as u32", le16(&small), U32, "far above every vocabulary"),
        ("text as u16", "Shall I compare thee? ".repeat(4).into_bytes(), U16, "printable ASCII"),
        ("text as u32", "Shall I compare thee? ".repeat(4).into_bytes(), U32, "printable ASCII"),
    ] {
        let error = folder.verify(&content, width).unwrap_err();
        assert!(matches!(error, DataError::Misread { .. }), "{what}: {error}");
        let error = error.to_string();
        assert!(
            error.contains(evidence) && error.contains("fineweb_train_000001.bin does not seem"),
            "{what}: {error}"
        );
    }
    // With a vocabulary the byte order is told from a token that is in none.
    let path = folder.written(&be16(&ids[..40]));
    let error = Tokens::open(&path, U16).unwrap().with_vocab_size(50257).verify().unwrap_err().to_string();
    assert!(error.contains("changed places"), "{error}");
    let path = folder.written(&le16(&ids[..40]));
    let error = Tokens::open(&path, U16).unwrap().with_vocab_size(1000).verify().unwrap_err().to_string();
    assert!(error.contains("outside the vocabulary of 1000"), "{error}");
}

#[test]
fn what_helps_a_misread_file_is_true_of_its_width() {
    let (folder, ids) = (Folder::new(), tokens(2000));
    let remedy = |content: &[u8]| folder.verify(content, TokenWidth::U16).unwrap_err().to_string();
    let int32 = remedy(&bytes(&ids, u32::to_le_bytes));
    assert!(int32.ends_with("if its vocabulary is above 65536, read it as uint32 instead"), "{int32}");
    // Read as uint32 it would be refused again.
    let int64 = bytes(&ids, |id| u64::from(id).to_le_bytes());
    assert!(folder.verify(&int64, TokenWidth::U32).is_err());
    let int64 = remedy(&int64);
    assert!(int64.contains("'<u2'") && int64.contains("'<u4'") && !int64.contains("read it as"), "{int64}");
}

#[test]
fn tokens_as_they_should_be_are_no_suspects() {
    use TokenWidth::{U8, U16, U32};
    let (folder, ids) = (Folder::new(), tokens(5000));
    let few: Vec<u32> = ids.iter().map(|id| [0, 512, 40_000][*id as usize % 3]).collect();
    let uniform = |n: u32, below: u64| -> Vec<u32> {
        (0..n).map(|i| ((u64::from(i.wrapping_mul(2_654_435_761)) * below) >> 32) as u32).collect()
    };
    let le16 = |ids: &[u32]| bytes(ids, |id| (id as u16).to_le_bytes());
    let le32 = |ids: &[u32]| bytes(ids, u32::to_le_bytes);
    for (what, content, width) in [
        ("GPT-2's", le16(&ids), U16),
        ("a few", le16(&ids[..10]), U16),
        ("characters", le16(&uniform(3000, 65)), U16),
        ("three tokens", le16(&few), U16),
        ("uniform", le16(&uniform(5000, 50257)), U16),
        ("all of 65536", le16(&uniform(5000, 65536)), U16),
        ("one token", le16(&[7; 5000]), U16),
        ("zeros", vec![0; 4096], U16),
        ("Llama 3's", le32(&uniform(5000, 128_256)), U32),
        ("small ones in u32", le32(&uniform(5000, 300)), U32),
        ("bytes", "Shall I compare thee?\n".repeat(9).into_bytes(), U8),
        ("every byte", (0..=255).collect(), U8),
    ] {
        if let Err(error) = folder.verify(&content, width) {
            panic!("{what}: {error}");
        }
    }
    // What is so by intention is recorded, or in memory.
    let alternating: Vec<u32> = (0..100).map(|i| if i % 2 == 0 { 9 } else { 0 }).collect();
    let content = le16(&alternating);
    assert!(matches!(folder.verify(&content, U16), Err(DataError::Misread { .. })));
    let path = folder.written(&content);
    Tokens::open(&path, U16).unwrap().with_sha256(&mup_files::sha256(&content)).verify().unwrap();
    Tokens::from_ids("memory", &alternating, 1000).unwrap().verify().unwrap();
}
