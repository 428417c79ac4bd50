//! `cargo xtask bench peers` as it is run, beside a PyTorch and a GPU that only pretend: a shell script answers the requests.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One layer of width 32 on eight tokens: milliseconds.
const TINY: [&str; 8] = ["--shape", "32x1x1x8", "--products", "8", "--repetitions", "1", "--seconds", "0"];

struct Pretended {
    folder: tempfile::TempDir,
}

impl Pretended {
    /// An environment whose Python is this script.
    fn python(script: &str) -> Self {
        let it = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir_all(it.path("environment/bin")).expect("made");
        fs::write(it.path("environment/READY"), "").expect("written");
        it.program("environment/bin/python", script);
        it
    }

    /// One that has as many parameters as it is told, and the given losses.
    fn answering(parameters: &str, losses: &str) -> Self {
        Self::python(&format!(
            r#"while read -r line; do case $line in
                *hello*) echo '{{"versions": {{"torch": "9.9"}}, "device": "a pretended GPU"}}';;
                *matmul*) echo '{{"gflops": 1.0}}';;
                *build*) echo '{{"parameters": {parameters}}}';;
                *check*) echo '{{"losses": {losses}}}';;
                *repetition*) echo '{{"forward": 1.0, "backward": 1.0, "optimizer": 1.0}}';;
                *memory*) echo '{{"before": 1048576, "peak": 2097152}}';;
            esac; done"#
        ))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        fs::create_dir_all(self.path(name).parent().expect("a folder")).expect("made");
        fs::write(self.path(name), format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("executable");
    }

    fn peers(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(self.path("bin")).chain(std::env::split_paths(&path)));
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["bench", "peers", "--contestant", "flex"]).args(TINY).args(arguments);
        command.arg("--environment").arg(self.path("environment")).arg("--out").arg(self.path("out"));
        // Logs and weights are in target/peers of the checkout, and tests run side by side.
        fs::create_dir_all(self.path("root")).expect("made");
        command.env("PATH", path.expect("no colon")).env("MUP_ROOT", self.path("root"));
        let Output { status, stdout, stderr } = command.output().expect("xtask runs");
        (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }

    fn document(&self) -> String {
        fs::read_to_string(self.path("out/performance.md")).unwrap_or_default()
    }
}

/// What our side has: found by a peer that has another number.
fn parameters_and_losses() -> (String, String) {
    let (code, said) = Pretended::answering("1", "[1.0, 1.0, 1.0, 1.0]").peers(&[]);
    assert_eq!(code, Some(1), "{said}");
    let after = |mark: &str, end: &str| said.split_once(mark).and_then(|(_, rest)| rest.split_once(end)).map(|it| it.0);
    let parameters = after("1 parameters, but the configuration has ", "\n").expect("the mismatch is said");
    (parameters.to_owned(), after("flex: losses ", "\n").expect("flex has losses").to_owned())
}

#[test]
fn a_contestant_that_fails_ends_the_run_unless_it_is_to_go_on_and_is_then_named_in_the_table() {
    let broken = Pretended::python("echo no module named torch >&2; exit 3");
    let (code, said) = broken.peers(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("PyTorch eager ended") && broken.document().is_empty(), "{said}");
    let (code, said) = broken.peers(&["--keep-going"]);
    assert_eq!(code, Some(1), "{said}");
    let document = broken.document();
    for part in
        ["| flex |", "- **PyTorch eager was left out**, matrix products: PyTorch eager ended", "no module named torch"]
    {
        assert!(document.contains(part) && said.contains(part.trim_start_matches("- ")), "{part}: {said}{document}");
    }
}

#[test]
fn other_losses_end_the_run_unless_it_is_to_go_on_and_are_then_said_in_the_table() {
    let (parameters, losses) = parameters_and_losses();
    let same = Pretended::answering(&parameters, &losses);
    let (code, said) = same.peers(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(same.document().contains("### Targets"), "{}", same.document());
    let other = Pretended::answering(&parameters, "[1.0, 1.0, 1.0, 1.0]");
    let (code, said) = other.peers(&[]);
    assert!(code == Some(1) && said.contains("do not compute the same") && other.document().is_empty(), "{said}");
    let (code, said) = other.peers(&["--keep-going"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(other.document().contains("**flex and PyTorch eager do not compute the same"), "{}", other.document());
}

#[test]
fn on_a_gpu_its_name_driver_and_memory_are_in_the_tables_and_no_target_is_set() {
    let (parameters, losses) = parameters_and_losses();
    let gpu = Pretended::answering(&parameters, &losses);
    // Seven MiB more each time it is asked.
    let used = gpu.path("used").display().to_string();
    gpu.program(
        "bin/nvidia-smi",
        &format!(
            "case $1 in *memory.used*) echo 1234567 >> {used}; echo $((100 + 7 * $(wc -l < {used})));; *) echo NVIDIA Test, 580.1;; esac"
        ),
    );
    let (code, said) = gpu.peers(&["--device", "cuda:1", "--tf32"]);
    assert_eq!(code, Some(0), "{said}");
    let document = gpu.document();
    for part in [
        "and NVIDIA Test, driver 580.1;",
        "; PyTorch eager on cuda:1 (TF32) is on a pretended GPU",
        "torch 9.9",
        "| share of peak | GPU MiB |",
        " 7 |\n",
        "TF32 rounds the factors of products",
    ] {
        assert!(document.contains(part), "{part} is not in {document}");
    }
    assert!(!document.contains("Targets"), "{document}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_can() {
    let idle = Pretended::python("exit 1");
    for (arguments, part) in [
        (["--device", "gpu"], "cpu, cuda or cuda:1"),
        (["--contestant", "abacus"], "eager, fused, compile"),
        (["--products", "0"], "--products"),
        (["--patience", "0"], "--patience"),
        (["--model", "lama"], "[possible values: gpt, llama]"),
        (["--model", "llama"], "width 32 is not a positive multiple of 64"),
    ] {
        let (code, said) = idle.peers(&arguments);
        assert!(code == Some(2) && said.contains(part), "{arguments:?}: {said}");
    }
}

#[test]
fn a_program_away_from_its_checkout_names_the_variable_for_it() {
    let run = |root: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["devices", "--quick", "--device", "flex"]).env("MUP_ROOT", root);
        let Output { status, stdout, stderr } = command.output().expect("xtask runs");
        (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    };
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (code, said) = run(elsewhere.path());
    assert!(code == Some(1) && said.contains("golden/data") && said.contains("MUP_ROOT"), "{said}");
    let golden = std::path::absolute("../golden").expect("a folder");
    std::os::unix::fs::symlink(golden, elsewhere.path().join("golden")).expect("linked");
    let (code, said) = run(elsewhere.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("coordinate check,") && said.contains("gpt: weights after 20 steps"), "{said}");
}
