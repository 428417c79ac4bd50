//! Files whose first bytes say what they are, where text or tokens were expected.

/// What a file that begins with these bytes is, in a few words with their article.
pub(crate) fn name(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 15] = [
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ\0", "an xz archive"),
        (b"PK\x03\x04", "a zip archive (.npz and PyTorch's files are such)"),
        (b"PAR1", "a Parquet file"),
        (b"ARROW1\0\0", "an Arrow file"),
        (b"\x93NUMPY", "a NumPy file (.npy)"),
        (b"MMIDIDX\0\0", "the index of Megatron-LM's tokens"),
        (b"%PDF-", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"\x88\xd8\x34\x01", "a shard of tokens of llm.c"),
        (b"\xa1\xd9\x34\x01", "a shard of tokens of llm.c"),
        (b"\x8a\xd8\x34\x01", "multiple-choice questions of llm.c"),
    ];
    KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}
