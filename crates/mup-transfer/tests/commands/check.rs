//! `check`: studies of several widths, or a file of runs, as a user of another program has them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{program, run, succeed, text};

const WIDTHS: [usize; 3] = [64, 128, 256];

/// A study of one width whose best rate is 2^-7, and `drift` octaves lower with each doubling; a seed moves it by 0.1.
fn study(folder: &Path, width: usize, drift: f64) -> PathBuf {
    let path = folder.join(format!("w{width}"));
    let best = -7.0 - drift * (width as f64 / 64.0).log2();
    let script = r#"awk -v r="$1" -v b="$2" -v s="$3" 'BEGIN { x = log(r) / log(2) - b + 0.1 * s; for (i = 1; i <= 4; i++) printf "{\"loss\": %.6f}\n", 4 / i + 0.1 * x * x }'"#;
    let grid: Vec<String> = (-10..=-4).map(|log2| format!("{:e}", f64::from(log2).exp2())).collect();
    super::write_study(
        &path,
        &format!(
            "version = 2\nsearch = \"grid\"\nseeds = [0, 1]\nstages = [{{ steps = 4, trials = 7 }}]\n\
             [space]\nlearning-rate = {{ grid = [{}] }}\n[program]\n\
             command = [\"sh\", \"-c\", '''{}''', \"sh\", \"{{learning-rate}}\", \"{best}\", \"{{seed}}\"]\n",
            grid.join(", "),
            script.replace('{', "{{").replace('}', "}}"),
        ),
    );
    succeed(program(["tune".as_ref(), path.as_os_str()]));
    path
}

fn sweep(folder: &Path, drift: f64) -> Vec<String> {
    WIDTHS.iter().map(|width| format!("{width}={}", study(folder, *width, drift).display())).collect()
}

fn arguments<'a>(parts: &[&'a [String]], rest: &[&'a str]) -> Vec<&'a str> {
    let [subject, control] = [parts[0], parts.get(1).copied().unwrap_or_default()];
    let mut all = vec!["check"];
    all.extend(subject.iter().map(String::as_str));
    if !control.is_empty() {
        all.push("--control");
        all.extend(control.iter().map(String::as_str));
    }
    all.extend(rest);
    all
}

#[test]
fn studies_of_any_program_get_the_transfer_verdict_with_its_exit_codes_and_a_page() {
    let [still, moves] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (still, moves) = (sweep(still.path(), 0.0), sweep(moves.path(), 1.0));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("verdict");
    let holds = run(arguments(&[&still, &moves], &["--out", out.to_str().unwrap()]));
    let printed = text(&holds.stdout);
    assert_eq!(holds.status.code(), Some(0), "{printed}{}", text(&holds.stderr));
    assert!(printed.contains("answer: holds") && printed.contains("learning rate"), "{printed}");
    assert!(
        ["html", "svg", "png", "csv", "json", "txt"].iter().all(|end| out.join(format!("transfer.{end}")).exists())
    );
    assert_eq!(run(arguments(&[&moves, &still], &[])).status.code(), Some(1));
    let alone = run(arguments(&[&still], &["--json"]));
    assert_eq!(alone.status.code(), Some(3), "no control, no proof");
    let json: Value = serde_json::from_slice(&alone.stdout).unwrap();
    assert_eq!(json["runs"].as_array().map(Vec::len), Some(3 * 7 * 2));
    assert_eq!(json["label"], "µP", "nobody says otherwise");
}

#[test]
fn a_file_of_runs_is_judged_like_the_studies_that_it_could_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, drift: f64| {
        let mut runs = Vec::new();
        for (doubling, width) in WIDTHS.iter().enumerate() {
            for (seed, log2) in (0..2).flat_map(|seed| (-10..=-4).map(move |log2| (seed, f64::from(log2)))) {
                let x = log2 + 7.0 + drift * doubling as f64 + 0.1 * f64::from(seed);
                runs.push(json!({ "width": width, "seed": seed, "log2_value": log2, "loss": 1.0 + 0.1 * x * x }));
            }
        }
        let path = folder.path().join(name);
        let file = json!({ "label": name, "hyperparameter": "learning rate", "runs": runs });
        fs::write(&path, file.to_string()).unwrap();
        vec![path.display().to_string()]
    };
    let (mup, standard) = (file("µP", 0.0), file("SP", 1.0));
    assert_eq!(run(arguments(&[&mup, &standard], &[])).status.code(), Some(0));
    assert_eq!(run(arguments(&[&standard, &mup], &[])).status.code(), Some(1));
    for (wrong, said) in [
        (r#"{"label": "a", "hyperparameter": "b", "runs": [{"width": 8, "seed": 0, "log2_value": 1}]}"#, "loss"),
        (r#"{"label": "a", "hyperparameter": "b", "runs": [{"width": 8, "seed": 0, "rate": 1, "loss": 1}]}"#, "rate"),
        ("[1, 2", "check --help"),
    ] {
        let path = folder.path().join("wrong.json");
        fs::write(&path, wrong).unwrap();
        let output = run(["check", path.to_str().unwrap()]);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(2) && message.contains(said), "1 is a verdict: {wrong}: {message}");
        assert!(message.contains("wrong.json"), "{message}");
    }
}

#[test]
fn studies_that_are_no_sweep_over_widths_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let one = study(folder.path(), 64, 0.0);
    let refused = |places: &[&str]| {
        let output = run([&["check"], places].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{places:?}: {said}");
        said
    };
    let one = one.to_str().unwrap();
    let said = refused(&[one]);
    assert!(said.contains("says no width") && said.contains(&format!("WIDTH={one}")), "{said}");
    let said = refused(&[&format!("64={one}")]);
    assert!(said.contains("[64]") && said.contains("two different"), "{said}");
    let said = refused(&[&format!("64={one}"), &format!("64={one}")]);
    assert!(said.contains("[64]"), "one width, twice: {said}");
    let gpt3 = folder.path().join("gpt-3");
    super::write_study(
        &gpt3,
        "version = 2\nspace = \"gpt-3\"\nstages = [{ steps = 4, trials = 7 }]\n[proxy]\nwidth = 8\n",
    );
    let said = refused(&[gpt3.to_str().unwrap()]);
    assert!(said.contains("alpha-attention") && said.contains("one hyperparameter at a time"), "{said}");
    let longer = folder.path().join("longer");
    super::write_study(
        &longer,
        "version = 2\nspace = \"rate\"\nstages = [{ steps = 9, trials = 7 }]\n[proxy]\nn_embd = 8\n",
    );
    let said = refused(&[&format!("64={one}"), longer.to_str().unwrap()]);
    assert!(said.contains("9 steps") && said.contains("4 steps"), "{said}");
    let said = refused(&[longer.to_str().unwrap()]);
    assert!(said.contains("no trial has ended"), "{said}");
    assert!(refused(&["nowhere"]).contains("there is no study"));
}

/// A study as `mup-cli` writes one, in which nothing has run.
fn of_a_family(folder: &Path, name: &str, head: &str, proxy: &str) -> String {
    let path = folder.join(name);
    super::write_study(
        &path,
        &format!(
            "version = 2\nspace = \"rate\"\nstages = [{{ steps = 4, trials = 7 }}]\n{head}\n[proxy]\n{proxy}\n\
             grows = [\"width\"]\nplan = \"{name}\"\n[proxy.size]\nwidth = 64\n[proxy.training]\nmicro_batches = 1\n"
        ),
    );
    format!("{}={}", if name == "first" { 64 } else { 128 }, path.display())
}

#[test]
fn studies_of_a_family_that_differ_in_more_than_width_are_refused_with_both_values() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = "base = \"width=64\"\nparametrization = \"mup\"\ndevice = \"flex\"\nfamily = \"a\"";
    let first = of_a_family(folder.path(), "first", "", proxy);
    let refused = |other: &str| {
        let output = run(["check", &first, other]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    for (name, change, said) in [
        ("base", ["width=64", "width=128"], ["[proxy] base = \"width=128\"", "one base: `--base` of `tune`"]),
        ("rules", ["\"mup\"", "\"standard\""], ["[proxy] parametrization = \"standard\"", "\"mup\""]),
        ("device", ["flex", "cuda:1"], ["\"cuda:1\"", "\"flex\""]),
        (
            "family",
            ["family = \"a\"", "fingerprint = \"b\""],
            ["[proxy] fingerprint = \"b\"", "no [proxy] fingerprint"],
        ),
    ] {
        let message = refused(&of_a_family(folder.path(), name, "", &proxy.replace(change[0], change[1])));
        assert!(said.iter().all(|said| message.contains(said)), "{name}: {message}");
        assert!(message.contains("a drift would be of both"), "{message}");
    }
    for (name, head, said) in [
        ("seeds", "seeds = [0, 1]", ["seeds [0, 1]", "seeds [0]"]),
        ("share", "last-share = 0.5", ["last-share 0.5", "last-share 0.1"]),
    ] {
        let message = refused(&of_a_family(folder.path(), name, head, proxy));
        assert!(said.iter().all(|said| message.contains(said)), "{name}: {message}");
    }
    let alike = refused(&of_a_family(folder.path(), "alike", "", proxy));
    assert!(alike.contains("no trial has ended"), "another plan is another width: {alike}");
}

#[test]
fn runs_are_called_by_the_parametrization_that_their_studies_say() {
    for (says, called) in [("standard", "SP"), ("complete-p", "complete-p")] {
        let folder = tempfile::tempdir().unwrap();
        let places: Vec<String> = [64, 128]
            .map(|width| {
                let path = study(folder.path(), width, 0.0);
                let toml = path.join("study.toml");
                let text = fs::read_to_string(&toml).unwrap();
                fs::write(&toml, format!("{text}\n[proxy]\nparametrization = \"{says}\"\n")).unwrap();
                succeed(program(["tune".as_ref(), path.as_os_str()]));
                format!("{width}={}", path.display())
            })
            .into();
        let output = run(arguments(&[&places], &["--json"]));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["label"], called, "`{says}`: {}", text(&output.stderr));
    }
}
