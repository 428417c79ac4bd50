//! Mistyped commands and studies: refused in words, before anything is written.

use std::fs;

use super::*;

#[test]
fn a_new_study_that_cannot_be_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (options, said) in [
        ("--steps 1e3", &["--steps", "a whole number, 1000"][..]),
        ("--steps 0", &["--steps", "at least 1"]),
        ("--steps -5", &["--steps", "a whole number, from 1 to"]),
        ("--steps 3 --trials 0", &["--trials", "at least 1"]),
        ("--steps 3 --trials many", &["--trials", "a whole number"]),
        ("--steps 3 --trials 10000000000", &["trials", "at most 100000"]),
        ("--steps 3 --timeout 1e12", &["--timeout", "at most 1000000000"]),
        ("--steps 3 --timeout 1000000000000", &["--timeout", "at most 1000000000"]),
        ("--steps 1e14", &["--steps", "at most 1000000000000"]),
        ("--steps 3 --threads 1e9", &["--threads", "at most 65536"]),
        ("--steps 3 --threads 0", &["--threads", "at least 1"]),
        ("--steps 3 --timeout 0", &["--timeout", "at least 1"]),
        ("--steps 3 --seed -1", &["--seed", "whole number"]),
        ("--steps 3 --seed 18446744073709551615", &["--seed", "at most 9223372036854775807"]),
        ("--steps 3 --best 2 --long-steps 3", &["--long-steps 3", "--steps 3"]),
        ("--steps 3 --best 9 --trials 5 --long-steps 30", &["--best 9", "--trials 5"]),
        ("--steps 3 --search grid --space rate", &["grid search", "`learning-rate`"]),
        ("--steps 3 --search gird", &["`gird`", "random, sobol, grid and tpe"]),
        ("--steps 3 --search sobol --trials 70000", &["70000 samples were asked for", "65536"]),
        ("--steps 3 --space gpt3", &["`gpt3`", "gpt-3 and rate"]),
        ("", &["--steps"]),
    ] {
        let study = folder.path().join("study");
        let words = ["new", study.to_str().unwrap()].into_iter().chain(options.split_whitespace());
        let output = program(words.chain(["--", "true"])).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options}");
        let error = text(&output.stderr);
        assert!(said.iter().all(|said| error.contains(said)), "{options}: {error}");
        for jargon in ["invalid digit", "stage 0", "Config", "variant"] {
            assert!(!error.contains(jargon), "{options}: {error}");
        }
        assert!(!study.exists(), "{options}: something was written");
    }
    let said = fail(program(["new", folder.path().join("x").to_str().unwrap(), "--steps", "3", "--", "p", "{seeds}"]));
    assert!(said.contains("`{seeds}`") && said.contains("{seed}") && !folder.path().join("x").exists(), "{said}");
}

#[test]
fn a_study_is_said_to_be_written_only_if_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let new = |steps: &str| program(["new", study.to_str().unwrap(), "--steps", steps, "--trials", "1", "--", "true"]);
    let first = new("3").output().unwrap();
    assert!(first.status.success() && text(&first.stderr).contains("wrote"), "{first:?}");
    let tune = format!("`{} tune {}` runs its 1 trial\n", env!("CARGO_BIN_EXE_mup-transfer"), study.display());
    assert!(text(&first.stderr).contains(&tune), "{first:?}");
    let again = new("3").output().unwrap();
    assert!(again.status.success() && !text(&again.stderr).contains("wrote"), "{again:?}");
    assert!(text(&again.stderr).contains("nothing was written"), "{again:?}");
    assert!(fail(new("4")).contains("stages"));
}

#[test]
fn a_mistake_in_a_file_is_told_with_its_line_and_without_advice_to_delete_it() {
    let folder = tempfile::tempdir().unwrap();
    write_study(
        folder.path(),
        "version = 1\nstages = [{ steps = 1, trials = 1 }]\n[space]\nrate = { log_uniform = [1, 2] }\n\n[program]\ncommand = \
         \"python3 x.py\"\n",
    );
    for command in ["tune", "status", "choose", "report", "retry"] {
        let said = fail(program([command, folder.path().to_str().unwrap()]));
        assert!(said.contains("study.toml, line 4: ") && said.contains("is it `log-uniform`?"), "{said}");
        assert!(!said.contains("delete") && !said.contains("restore") && said.trim().lines().count() == 1, "{said}");
    }
    // What no person types is damage, and there that advice fits.
    for damaged in [&b""[..], b"\0\0\0\0", b"version = 1\xff", b"\xff\xfev\0e\0"] {
        fs::write(folder.path().join("study.toml"), damaged).unwrap();
        let said = fail(program(["status", folder.path().to_str().unwrap()]));
        assert!(said.contains("study.toml") && said.contains("restore this file"), "{said}");
    }
}

#[test]
fn arguments_that_make_no_sense_together_end_as_the_readme_says() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let study = study.to_str().unwrap();
    succeed(program(["new", study, "--steps", "3", "--trials", "1", "--", "true"]));
    for words in [
        &["tune", study, "--gpus", "1"][..],
        &["tune", study, "--launcher", "slurm", "--jobs", "2"],
        &["tune", study, "--launcher", "slurm"],
        &["tune", study, "--launcher", "slurm", "--time-limit", "5", "--sbatch-option=--wait"],
        &["trial", "--study", study, "--index", "1"],
        &["tune", study, "--launcher", "kubernetes"],
    ] {
        let output = program(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", text(&output.stderr));
    }
    let output = program(["status", folder.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "an error, of what is there");
}

#[test]
fn an_option_that_there_is_not_is_refused_without_advice_that_does_not_help() {
    let said = fail(program(["tune", "study", "--best", "3"]));
    assert!(said.contains("--best") && !said.contains("as a value"), "{said}");
}

#[test]
fn a_file_where_a_folder_should_be_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (study, file) = (path("study"), path("file"));
    fs::write(&file, "").unwrap();
    let new = |folder: &str| program(["new", folder, "--steps", "3", "--trials", "1", "--", "true"]);
    succeed(new(&study));
    let description = path("study/study.toml");
    for command in ["tune", "status", "choose", "report", "retry"] {
        let said = fail(program([command, &description]));
        assert!(said.contains("is a file and no folder: give the study's folder, "), "{said}");
        assert!(said.trim().ends_with(&study) && !said.contains("os error"), "{said}");
        assert!(fail(program([command, &file])).contains("give the folder of a study"), "{command}");
    }
    for place in [description, path("study/study.toml/a"), file, path("file/a/b")] {
        let said = fail(new(&place));
        assert!(said.contains("is a file and no folder") && !said.contains("os error"), "{place}: {said}");
    }
    for (name, command) in [("logs", "tune"), ("trials", "tune"), ("trials", "status"), ("trials", "choose")] {
        fs::write(path(&format!("study/{name}")), "").unwrap();
        let said = fail(program([command, &study]));
        assert!(said.contains(&format!("{name} is a file and no folder: move it away")), "{said}");
        assert!(!said.contains("os error"), "{said}");
        fs::remove_file(path(&format!("study/{name}"))).unwrap();
    }
    fs::remove_file(path("study/study.toml")).unwrap();
    fs::create_dir(path("study/study.toml")).unwrap();
    let said = fail(program(["status", &study]));
    assert!(said.contains("study.toml: it is a folder: move it away"), "{said}");
}

#[test]
fn a_program_that_is_not_found_is_named_with_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for (name, said) in [
        ("./train.sh", &["./train.sh", "looked for from", "the whole path"][..]),
        ("no-such-program-anywhere", &["no-such-program-anywhere", "PATH"]),
        ("/no/such/program", &["/no/such/program", "not there"]),
        ("./text.txt", &["./text.txt", "chmod +x"]),
        ("/usr", &["/usr", "it is a folder: name the program in it"]),
    ] {
        let study = folder.path().join(name.replace(['/', '.'], ""));
        fs::write(elsewhere.path().join("text.txt"), "x").unwrap();
        succeed(program(["new", study.to_str().unwrap(), "--steps", "1", "--trials", "1", "--", name]));
        let mut tune = program(["tune", study.to_str().unwrap()]);
        tune.current_dir(elsewhere.path());
        let error = fail(tune);
        assert!(said.iter().all(|said| error.contains(said)), "{name}: {error}");
        if name == "./train.sh" {
            assert!(error.contains(&elsewhere.path().display().to_string()), "{error}");
        }
    }
}
