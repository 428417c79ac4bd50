//! What a program is given by `{name}` and by its environment.

use super::*;

fn tune(study: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    write_study(folder.path(), study);
    run(["tune", folder.path().to_str().unwrap(), "--jobs", "1"])
}

fn study(space: &str, command: &str) -> String {
    format!("version = 2\nstages = [{{ steps = 1, trials = 2 }}]\n[space]\n{space}\n[program]\ncommand = {command}\n")
}

#[test]
fn names_with_dots_reach_the_program_by_argument_and_by_variable() {
    let space = "\"model.lr\" = { log-uniform = [1e-4, 1e-1] }\nflag = { categorical = [true, false] }";
    let check = r#"["sh", "-c", '[ "$1" = "model.lr=$MUP_MODEL_LR" ] && [ "$2" = "$MUP_FLAG" ] || exit 9; case "$2" in true | false) echo "{\"loss\": 1}";; *) exit 8;; esac', "sh", "model.lr={model.lr}", "{flag}"]"#;
    let output = tune(&study(space, check));
    assert!(output.status.success() && text(&output.stdout).contains("2 finished"), "{output:?}");
}

#[test]
fn braces_of_a_shell_are_written_twice_and_json_as_it_is() {
    let space = "rate = { log-uniform = [1e-4, 1e-1] }";
    let command = |home: &str| {
        format!(
            r#"["bash", "-c", 'test -n "{home}" && test "$0" = "$HOME" && echo "{{\"loss\": 1, \"more\": {{}}}}"', "{home}"]"#
        )
    };
    let refused = tune(&study(space, &command("${HOME}")));
    let said = text(&refused.stderr);
    assert!(!refused.status.success() && said.contains("`{HOME}`") && said.contains("{{HOME}}"), "{said}");
    let command =
        command("${{HOME}}").replace(r#", "${{HOME}}"]"#, &format!(", \"{}\"]", std::env::var("HOME").unwrap()));
    let output = tune(&study(space, &command));
    assert!(output.status.success() && text(&output.stdout).contains("2 finished"), "{output:?}");
}

#[test]
fn a_name_that_stands_for_nothing_is_an_error_that_names_what_there_is() {
    let space = "\"model.lr\" = { log-uniform = [1e-4, 1e-1] }";
    let output = tune(&study(space, r#"["true", "lr={model.rate}"]"#));
    let said = text(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(["line 6", "`{model.rate}`", "{model.lr}", "{seed}"].iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn names_that_a_program_cannot_tell_apart_are_refused_naming_both() {
    let ends = "{ log-uniform = [1e-3, 1e-2] }";
    for (space, said) in [
        (format!("preset = \"rate\"\nlearning_rate = {ends}"), &["`learning_rate`", "`learning-rate`"][..]),
        (format!("seed = {ends}"), &["`seed`", "{seed}"]),
        (format!("steps = {ends}"), &["`steps`", "{steps}"]),
        (format!("file = {ends}"), &["`file`", "{file}"]),
        (format!("Seed = {ends}"), &["`Seed`", "MUP_SEED"]),
    ] {
        let output = tune(&study(&space, "[\"true\"]"));
        let error = text(&output.stderr);
        assert!(!output.status.success() && said.iter().all(|said| error.contains(said)), "{space}: {error}");
    }
}

#[test]
fn values_are_put_in_once() {
    let space = "text = { fixed = \"{seed}{text}}}\" }";
    let check = r#"["sh", "-c", '[ "$1" = "$MUP_TEXT" ] || exit 9; echo "{\"loss\": 1}"', "sh", "{text}"]"#;
    let output = tune(&study(space, check).replace("trials = 2", "trials = 1"));
    assert!(output.status.success() && text(&output.stdout).contains("1 finished"), "{output:?}");
}
