//! Files that are cut, overwritten, foreign or lie: errors that say which, no panic, and nothing allocated on their word.

use std::path::Path;

use burn::tensor::Device;
use mup_hugging_face::{HuggingFaceError, import};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde_json::{Value, json};

use crate::with_config;

fn error(folder: &Path) -> HuggingFaceError {
    import(folder, &Device::flex()).unwrap_err()
}

type Change = Box<dyn Fn(Vec<u8>) -> Vec<u8>>;

/// A copy whose weights are made from the bytes of the original's.
fn with_weights(name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> tempfile::TempDir {
    let folder = with_config(name, |_| ());
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, change(std::fs::read(&path).unwrap())).unwrap();
    folder
}

/// A copy with other tensors.
fn with_tensors(name: &str, change: impl Fn(&mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>)) -> tempfile::TempDir {
    with_weights(name, |bytes| {
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let owned =
            |(name, view): (String, TensorView<'_>)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec());
        let mut tensors: Vec<_> = file.tensors().into_iter().map(owned).collect();
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        change(&mut tensors);
        let views = tensors
            .iter()
            .map(|(name, dtype, shape, data)| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
        serialize(views, None).unwrap()
    })
}

#[test]
fn cut_files_and_headers_that_lie_are_damaged() {
    let of_length = |length: u64| move |bytes: Vec<u8>| [&length.to_le_bytes(), &bytes[8..]].concat();
    let cases: [(&str, Change, &str); 8] = [
        ("empty", Box::new(|_| Vec::new()), "it has 0 bytes"),
        ("cut in the length", Box::new(|bytes| bytes[..5].to_vec()), "it has 5 bytes"),
        ("cut in the header", Box::new(|bytes| bytes[..100].to_vec()), "its header claims"),
        ("cut in the tensors", Box::new(|bytes| bytes[..bytes.len() - 4].to_vec()), "its tensors take"),
        ("longer", Box::new(|bytes| [bytes, vec![0; 8]].concat()), "its tensors take"),
        ("a header of all memory", Box::new(of_length(u64::MAX)), "its header claims 18446744073709551615 bytes"),
        ("a header of 90 MB", Box::new(of_length(90_000_000)), "its header claims 90000000 bytes"),
        ("no header", Box::new(|bytes| [&bytes[..8], &vec![b'x'; bytes.len() - 8]].concat()), "its header is none"),
    ];
    for (name, change, problem) in cases {
        let folder = with_weights("gpt2", change);
        let error = error(folder.path()).to_string();
        assert!(error.contains("model.safetensors is damaged") && error.contains(problem), "{name}: {error}");
    }
}

#[test]
fn headers_whose_tensors_have_no_place_in_the_file_are_damaged() {
    let header = |header: Value| {
        let header = header.to_string();
        with_weights("gpt2", |_| [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 16]].concat())
    };
    let tensor = |shape: Value, offsets: Value| json!({ "transformer.wte.weight": { "dtype": "F32", "shape": shape, "data_offsets": offsets } });
    for content in [
        tensor(json!([u64::MAX, 4]), json!([0, 16])),
        tensor(json!([1_u64 << 40, 1_u64 << 40]), json!([0, 16])),
        tensor(json!([4]), json!([0, 1_u64 << 50])),
        tensor(json!([4]), json!([16, 0])),
        tensor(json!([4]), json!([8, 24])),
        tensor(json!([-4]), json!([0, 16])),
        tensor(json!("4"), json!([0, 16])),
        json!([1]),
    ] {
        let error = error(header(content.clone()).path());
        assert!(matches!(error, HuggingFaceError::Damaged { .. }), "{content}: {error}");
    }
}

#[test]
fn another_format_is_foreign() {
    let folder = with_weights("gpt2", |bytes| {
        let file = SafeTensors::deserialize(&bytes).unwrap();
        serialize(file.tensors(), Some([("format".to_owned(), "burn".to_owned())].into())).unwrap()
    });
    let error = error(folder.path()).to_string();
    assert!(error.contains("`burn`") && error.contains("`pt`"), "{error}");
}

#[test]
fn tensors_that_are_missing_extra_or_of_another_shape_or_type_are_named() {
    let without = with_tensors("gpt2", |tensors| tensors.retain(|tensor| tensor.0 != "transformer.h.1.ln_2.bias"));
    let message = error(without.path()).to_string();
    assert!(message.contains("no `transformer.h.1.ln_2.bias`, which GPT2LMHeadModel"), "{message}");

    let tied = with_config("qwen3", |config| config["tie_word_embeddings"] = json!(false));
    let message = error(tied.path()).to_string();
    assert!(message.contains("no `lm_head.weight`") && message.contains("tie_word_embeddings to true"), "{message}");

    let extra = with_tensors("gpt2", |tensors| {
        tensors.push(("transformer.h.0.extra".to_owned(), Dtype::F32, vec![1], vec![0; 4]))
    });
    let message = error(extra.path()).to_string();
    assert!(message.contains("`transformer.h.0.extra`"), "{message}");

    let wide = with_tensors("gpt2", |tensors| {
        let wpe = tensors.iter_mut().find(|tensor| tensor.0 == "transformer.wpe.weight").unwrap();
        wpe.2 = vec![wpe.2[1], wpe.2[0] / 2, 2];
    });
    let message = error(wide.path()).to_string();
    assert!(message.contains("`transformer.wpe.weight` is [16, 8, 2], and by config.json [16, 16]"), "{message}");

    let whole = with_tensors("gpt2", |tensors| tensors[0].1 = Dtype::I32);
    let message = error(whole.path()).to_string();
    assert!(message.contains("is of type I32") && message.contains("BF16"), "{message}");

    let biased = with_tensors("llama_biased", |tensors| {
        let bias = tensors.iter_mut().find(|tensor| tensor.0 == "model.layers.1.self_attn.k_proj.bias").unwrap();
        bias.3[3] = 1;
    });
    let message = error(biased.path()).to_string();
    assert!(message.contains("`model.layers.1.self_attn.k_proj.bias` is not 0"), "{message}");
}

#[test]
fn sizes_that_the_weights_cannot_have_are_refused_before_anything_is_built() {
    for (name, field) in [
        ("llama", "vocab_size"),
        ("llama", "hidden_size"),
        ("llama", "num_hidden_layers"),
        ("llama", "head_dim"),
        ("llama", "num_key_value_heads"),
        ("llama", "intermediate_size"),
        ("gpt2", "n_positions"),
        ("mixtral", "num_local_experts"),
    ] {
        for size in [1_u64 << 20, 1 << 40, u64::MAX] {
            let folder = with_config(name, |config| config[field] = json!(size));
            let error = error(folder.path());
            let named = matches!(
                error,
                HuggingFaceError::Sizes { .. } | HuggingFaceError::Refused { .. } | HuggingFaceError::Config { .. }
            );
            assert!(named, "{field} {size}: {error}");
        }
        let folder = with_config(name, |config| config[field] = json!(0));
        assert!(import(folder.path(), &Device::flex()).is_err(), "{field} 0");
    }
}

#[test]
fn an_index_names_files_of_its_folder_alone_and_exactly_their_tensors() {
    let index = |change: &dyn Fn(&mut Value)| {
        let folder = with_config("llama", |_| ());
        let path = folder.path().join("model.safetensors.index.json");
        let mut content: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut content);
        std::fs::write(path, content.to_string()).unwrap();
        error(folder.path()).to_string()
    };
    for outside in
        ["../secret.safetensors", "/etc/passwd", "a/b.safetensors", "..", ".", "", "./model-00001-of-00002.safetensors"]
    {
        let message = index(&|content| content["weight_map"]["lm_head.weight"] = json!(outside));
        assert!(message.contains(&format!("`{outside}` is not the name of a file in this folder")), "{message}");
    }
    let message = index(&|content| content["weight_map"]["lm_head.weight"] = json!("absent.safetensors"));
    assert!(message.contains("cannot read") && message.contains("absent.safetensors"), "{message}");
    let message = index(&|content| content["weight_map"]["lm_head.weight"] = json!("model-00001-of-00002.safetensors"));
    assert!(message.contains("which the index does not say"), "{message}");
    let message = index(&|content| content["weight_map"]["more"] = json!("model-00001-of-00002.safetensors"));
    assert!(message.contains("has no `more`"), "{message}");
    let message = index(&|content| content["weight_map"] = json!([1]));
    assert!(message.contains("`weight_map`"), "{message}");
    assert!(index(&|content| *content = json!({})).contains("no `weight_map`"));
}

/// Bytes changed, cut, inserted or repeated in any file of a folder, half of the time in its first part, where headers are.
fn mutate(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..4) {
        let end = if rng.random::<bool>() { bytes.len() } else { bytes.len().min(400) };
        if end == 0 {
            return;
        }
        let at = rng.random_range(0..end);
        match rng.random_range(0..5) {
            0 => bytes[at] = rng.random(),
            1 => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, b"0123456789\"{}[],:eE-."[rng.random_range(0..21)]),
            _ => {
                let piece = bytes[at..bytes.len().min(at + rng.random_range(1..20))].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

#[test]
fn no_change_of_any_file_makes_an_import_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    let (mut read, mut refused) = (0, 0);
    for name in ["llama", "gpt2", "mixtral"] {
        let folder = with_config(name, |_| ());
        let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| !path.ends_with("generation_config.json"));
        files.sort();
        for _ in 0..400 {
            let path = &files[rng.random_range(0..files.len())];
            let whole = std::fs::read(path).unwrap();
            let mut bytes = whole.clone();
            mutate(&mut bytes, &mut rng);
            std::fs::write(path, &bytes).unwrap();
            match import(folder.path(), &Device::flex()) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(error.to_string().len() > 20, "{error}");
                    refused += 1;
                }
            }
            std::fs::write(path, whole).unwrap();
        }
    }
    // Weights may be anything; little else may.
    assert!(read > 20 && refused > 600, "{read} were read, {refused} refused");
}
