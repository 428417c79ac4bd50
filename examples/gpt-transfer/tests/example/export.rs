//! Weights for other programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::place::{Place, RATES, fail, json, succeed, text};

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
    // Nobody may write there, root included.
    let error = fail(&mut place.on_study("train", &["--export", "/proc/weights.safetensors"]));
    assert!(error.contains("cannot write /proc/weights.safetensors") && error.contains("--export another"), "{error}");
    assert!(!place.target().join("runs").exists());
    let error = fail(&mut place.on_study("train", &["--fold"]));
    assert!(error.contains("--export"), "{error}");
}

#[test]
fn what_cannot_be_exported_is_refused_before_training() {
    let place = Place::tuned();
    let [weights, file, gpt] = ["weights.safetensors", "file", "gpt"].map(|name| place.path().join(name));
    fs::create_dir(&weights).unwrap();
    fs::write(&file, "mine").unwrap();
    for (path, said) in
        [(&weights, "it is a folder; name a file"), (&file, "relative attention"), (&gpt, "relative attention")]
    {
        let error = fail(&mut place.on_study("train", &["--export", path.to_str().unwrap()]));
        assert!(error.contains(path.to_str().unwrap()) && error.contains(said), "{error}");
        assert!(!place.target().join("runs").exists(), "{said}: it was trained before");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(!gpt.exists());
}

/// With the greedy text of the model that trained, where there is a Python with transformers
/// (`MUP_TRANSFORMERS_PYTHON`, as in mup-hugging-face).
#[test]
fn a_trained_llama_is_a_checkpoint_of_transformers_with_its_tokenizer() {
    let place = Place::new();
    succeed(&mut place.tune(&["--model=llama", "--d-head=4", RATES]));
    let folder = place.path().join("llama");
    let output = place.on_study("train", &["--export", folder.to_str().unwrap()]).output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains("a checkpoint for transformers, LlamaForCausalLM"), "{said}");
    let config = json(&fs::read_to_string(folder.join("config.json")).unwrap());
    assert_eq!((&config["hidden_size"], &config["vocab_size"]), (&16.into(), &256.into()), "{config}");
    assert!(!tensors(&folder.join("model.safetensors")).keys().any(|name| name.contains("multiplier")));
    let Some(python) = std::env::var_os("MUP_TRANSFORMERS_PYTHON").filter(|python| python != "install") else {
        eprintln!("SKIPPED: MUP_TRANSFORMERS_PYTHON names no Python with transformers");
        return;
    };
    let load = "import sys, transformers as t; f = sys.argv[1]; m = t.AutoModelForCausalLM.from_pretrained(f); \
                k = t.AutoTokenizer.from_pretrained(f); i = k('To be', return_tensors='pt').input_ids; \
                print(k.decode(m.generate(i, max_new_tokens=8, do_sample=False)[0]))";
    let output = std::process::Command::new(python).args(["-c", load]).arg(&folder).output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success() && text(&output.stdout).starts_with("To be"), "{said}");
}

#[test]
fn what_no_class_of_transformers_has_is_refused_by_name_and_the_training_is_kept() {
    let place = Place::finished();
    let results = place.finished_results();
    let folder = place.path().join("gpt");
    let error = fail(&mut place.on_study("train", &["--export", folder.to_str().unwrap()]));
    assert!(error.contains("relative attention") && error.contains("--model llama"), "{error}");
    assert!(!folder.exists());
    assert_eq!(place.finished_results(), results);
}
