//! Weights for other programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::place::{Place, fail, succeed};

/// Name and shape of every tensor, from the file's own header.
fn tensors(path: &Path) -> BTreeMap<String, Value> {
    let bytes = fs::read(path).unwrap();
    let (length, rest) = bytes.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let header: BTreeMap<String, Value> = serde_json::from_slice(&rest[..length]).unwrap();
    let header: BTreeMap<String, Value> = header.into_iter().filter(|(name, _)| name != "__metadata__").collect();
    let ends = header.values().map(|tensor| tensor["data_offsets"][1].as_u64().unwrap() as usize);
    assert_eq!(ends.max().unwrap(), rest.len() - length);
    header.into_iter().map(|(name, tensor)| (name, tensor["shape"].clone())).collect()
}

#[test]
fn exported_weights_are_safetensors_and_folded_ones_have_no_multipliers() {
    let place = Place::finished();
    let export = |name: &str, more: &[&str]| {
        let path = place.path().join(name);
        let arguments = [&["--export", path.to_str().unwrap()], more].concat();
        let output = place.on_study("train", &arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(output.status.success() && said.contains("the transpose of PyTorch's"), "{said}");
        tensors(&path)
    };
    let before = place.finished_results();
    let plain = export("plain.safetensors", &[]);
    let folded = export("folded.safetensors", &["--fold"]);
    assert_eq!(place.finished_results(), before, "nothing is trained again");
    let multiplier = |name: &&String| name.contains("multiplier") || name.ends_with("_scale");
    assert!(plain.keys().any(|name| multiplier(&name)), "{plain:?}");
    assert!(!folded.keys().any(|name| multiplier(&name)), "{folded:?}");
    let kept: BTreeMap<_, _> = plain.into_iter().filter(|(name, _)| folded.contains_key(name)).collect();
    assert_eq!(kept, folded);
    // By its name alone, into the working directory.
    let mut command = place.on_study("train", &["--export", "alone.safetensors", "--fold"]);
    succeed(command.current_dir(place.path()));
    assert_eq!(tensors(&place.path().join("alone.safetensors")), folded);
}

#[test]
fn a_place_for_the_weights_that_does_not_exist_is_refused_before_training() {
    let place = Place::tuned();
    let path = place.path().join("absent/weights.safetensors");
    let error = fail(&mut place.on_study("train", &["--export", path.to_str().unwrap()]));
    assert!(error.contains("absent") && error.contains("create it"), "{error}");
    assert!(!place.target().join("runs").exists());
    let error = fail(&mut place.on_study("train", &["--fold"]));
    assert!(error.contains("--export"), "{error}");
}

#[test]
fn a_folder_in_the_place_of_the_weights_is_named() {
    let place = Place::finished();
    let path = place.path().join("weights");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("x"), "").unwrap();
    let error = fail(&mut place.on_study("train", &["--export", path.to_str().unwrap()]));
    assert!(error.contains("cannot") && error.contains("weights"), "{error}");
}
