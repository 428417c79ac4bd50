//! What is exported is loaded by transformers from the registry, without a word, and computes the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use mup_data::{Text, Tokenizer};
use mup_hugging_face::Export;
use serde_json::{Value, json};

use crate::models::{configs, model};
use crate::{distance, greedy, largest, logits};

/// Names a Python that has transformers, or says `install`: then there is one in the target folder, from the registry.
const PYTHON: &str = "MUP_TRANSFORMERS_PYTHON";

const TOKENS: [usize; 12] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 18, 0];
const PROMPT: usize = 3;
const GREEDY: usize = 8;

fn python() -> PathBuf {
    let named = std::env::var_os(PYTHON).map(PathBuf::from);
    let named =
        named.unwrap_or_else(|| panic!("{PYTHON} names no Python with transformers, and does not say `install`"));
    if named != Path::new("install") {
        return named;
    }
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transformers");
    let (python, whole) = (environment.join("bin/python"), environment.join("requirements.txt"));
    let needed = std::fs::read("tests/checkpoints/requirements.txt").unwrap();
    // Written last: an installation that was ended, or of other versions, is made anew.
    if std::fs::read(&whole).ok().as_ref() != Some(&needed) {
        let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
        run(Command::new(&python).args(["-m", "pip", "install", "-r", "tests/checkpoints/requirements.txt"]));
        std::fs::write(whole, needed).unwrap();
    }
    python
}

/// Nineteen characters, as many as the models have tokens.
fn characters() -> String {
    let text = Text::from_string("letters", "abcdefghijklmnop \né".to_owned()).unwrap();
    Tokenizer::characters(&text).unwrap().to_hugging_face()
}

#[test]
#[ignore = "needs MUP_TRANSFORMERS_PYTHON"]
fn transformers_loads_every_export_without_a_word_and_computes_and_continues_the_same() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let models: Vec<_> = configs().into_iter().map(|(class, name, config)| (class, name, model(&config))).collect();
    let mut command = Command::new(python);
    command.arg("tests/checkpoints/load.py").arg(json!([TOKENS, PROMPT, GREEDY]).to_string());
    for (_, name, model) in &models {
        let path = folder.path().join(name);
        Export::new().with_tokenizer(characters()).write(model, &path).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), models.len());
    for ((class, name, model), found) in models.iter().zip(&found) {
        assert_eq!(found["class"], *class, "{name}");
        assert_eq!((&found["keys"], &found["messages"]), (&json!({}), &json!([])), "{name}");
        let theirs: Vec<f64> =
            found["logits"].as_array().unwrap().iter().map(|logit| logit.as_f64().unwrap()).collect();
        let ours = logits(model, &[TOKENS.to_vec()]);
        // Both sides compute in f32: a hundred roundings on the way to logits of up to ten.
        let (error, size) = (distance(&ours, &theirs), largest(&ours));
        assert!(error < 1e-5 * size.max(1.0), "{name}: logits up to {size} differ by {error:e}");
        assert_eq!(found["greedy"], json!(greedy(model, &TOKENS[..PROMPT], GREEDY)), "{name}");
        assert_eq!(found["encoded"], json!([2, 3, 3, 2, 1, 18, 0, 4]), "{name}");
        assert_eq!(found["decoded"], "abba é\nc", "{name}");
    }
}
