//! SHA-256, written in hexadecimal.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use sha2::Digest;

/// SHA-256 of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// The digest of all bytes, as 64 hexadecimal digits.
    #[must_use]
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// SHA-256 of bytes, as 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let mut digest = Sha256::default();
    digest.update(bytes);
    digest.finish()
}

/// SHA-256 of a file, which may be larger than memory.
///
/// # Errors
///
/// Those of the file system.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut digest, mut bytes) = (Sha256::default(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(digest.finish()),
            n => digest.update(&bytes[..n]),
        }
    }
}

/// SHA-256 of a value's JSON with keys in order, whatever the order of its fields.
///
/// # Panics
///
/// bug: for a value that cannot be JSON, such as a map whose keys are no text.
#[must_use]
pub fn digest_of_json(value: &impl Serialize) -> String {
    // Through `Value`, so that the order of keys does not depend on the order of fields.
    let value = serde_json::to_value(value).expect("bug: plain data with text keys is always JSON");
    let mut digest = Sha256::default();
    feed(&value, &mut digest);
    digest.finish()
}

/// Sorts keys itself: whether serde_json keeps them sorted is a feature that any crate can switch.
fn feed(value: &Value, digest: &mut Sha256) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            digest.update("{");
            for (key, value) in entries {
                digest.update(Value::from(key.as_str()).to_string());
                digest.update(":");
                feed(value, digest);
                digest.update(",");
            }
            digest.update("}");
        }
        Value::Array(values) => {
            digest.update("[");
            for value in values {
                feed(value, digest);
                digest.update(",");
            }
            digest.update("]");
        }
        leaf => digest.update(leaf.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn digests_are_those_of_sha256sum() {
        // From `printf abc | sha256sum`.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256("abc"), abc);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("abc"), "abc").unwrap();
        assert_eq!(sha256_of_file(&folder.path().join("abc")).unwrap(), abc);
    }

    #[test]
    fn the_order_of_keys_changes_no_digest_and_everything_else_does() {
        let digest = digest_of_json(&json!({ "a": [1, 0.1], "b": { "c": "x" } }));
        assert_eq!(digest, digest_of_json(&json!({ "b": { "c": "x" }, "a": [1, 0.1] })));
        assert_eq!(digest, sha256(r#"{"a":[1,0.1,],"b":{"c":"x",},}"#));
        for other in [json!({ "a": [1, 0.1] }), json!({ "a": [0.1, 1], "b": { "c": "x" } })] {
            assert_ne!(digest, digest_of_json(&other));
        }
    }
}
