//! `gpu/run.sh`: its order, limits and exit codes with a program that only pretends, and the rehearsal where a kit is built.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A limit that a test has no need of.
const UNLIMITED: (&str, &str) = ("MUP_GPU_PART_SECONDS", "3600");

fn root() -> PathBuf {
    std::env::current_dir().expect("xtask's folder").parent().expect("the workspace").to_owned()
}

fn run(environment: &[(&str, &Path)], arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("bash");
    command.arg(root().join("gpu/run.sh")).args(arguments).envs(environment.iter().copied());
    let Output { status, stdout, stderr } = command.output().expect("bash is there");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// A folder with a kit whose program is a script.
fn kit(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
    let packed = Command::new("python3")
        .args(["-c", "import lzma, sys; lzma.open(sys.argv[2], 'w').write(open(sys.argv[1], 'rb').read())"])
        .args([&program, &folder.path().join("xtask.xz")])
        .status();
    assert!(packed.expect("python3 is there").success());
    fs::write(folder.path().join("built"), "commit 0123456789ab\nrustc 1.95.0\n").expect("written");
    folder
}

/// What a pretended run prints, and what is left in its folder of results. Its clock is long unless `limit` says otherwise.
fn pretended(script: &str, limit: (&str, &str), arguments: &[&str]) -> (Option<i32>, String, String) {
    let (kit, out) = (kit(script), tempfile::tempdir().expect("a folder"));
    let [hour, python, given] = ["3600", "python3", limit.1].map(Path::new);
    let environment = [
        ("MUP_GPU_KIT", kit.path()),
        ("OUT", out.path()),
        ("MUP_PYTHON", python),
        ("MUP_GPU_SECONDS", hour),
        (limit.0, given),
    ];
    let (code, said) = run(&environment, arguments);
    let written = fs::read_dir(out.path()).expect("a folder").map(|entry| entry.expect("a file").path());
    let texts = written.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    (code, said, texts.map(|path| fs::read_to_string(path).expect("text")).collect())
}

#[test]
fn a_part_that_breaks_is_reported_and_the_others_run() {
    let breaks = "case $1 in bench) echo no such shape >&2; exit 2;; *) echo computed by $1;; esac";
    let (code, said, written) = pretended(breaks, UNLIMITED, &[]);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "computed by devices",
        "computed by transfer-check",
        "no such shape",
        "devices-cuda: ran, exit code 0",
        "peers-torch: FAILED, exit code 2",
        "transfer: ran, exit code 0",
    ] {
        assert!(said.contains(part) && written.contains(part), "{part} is not in {said}");
    }
    assert!(said.ends_with("failed: peers-torch peers-cubecl peers-compile\n"), "{said}");
    assert!(said.contains("commit 0123456789ab") && said.contains("missing: "), "{said}");
}

#[test]
fn a_verdict_of_transfer_is_a_result_and_bad_arguments_are_none() {
    for (verdict, expected) in [(0, 0), (1, 0), (3, 0), (2, 1), (101, 1)] {
        let (code, said, _) = pretended(&format!("exit {verdict}"), UNLIMITED, &["transfer"]);
        assert_eq!(code, Some(expected), "{verdict}: {said}");
        assert!(!said.contains("== devices"), "only what was asked for: {said}");
    }
}

#[test]
fn a_part_that_hangs_is_stopped_and_what_it_said_is_kept() {
    let hangs = "case $1 in transfer-check) echo measuring; sleep 3600;; esac";
    let (code, said, written) = pretended(hangs, ("MUP_GPU_PART_SECONDS", "5"), &["transfer"]);
    assert_eq!(code, Some(1), "{said}");
    for part in ["measuring", "transfer: FAILED, stopped at its limit of 5 s"] {
        assert!(said.contains(part) && written.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn a_part_that_no_time_is_left_for_is_not_begun_and_is_a_failure() {
    let (code, said, _) = pretended("echo computed", ("MUP_GPU_SECONDS", "0"), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("transfer: not run, no time is left of 0 s") && !said.contains("computed"), "{said}");
}

#[test]
fn what_is_no_part_is_refused_before_anything_runs() {
    for wrong in ["device", "--rehearsal", ""] {
        let (code, said) = run(&[], &[wrong]);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains(&format!("unknown part `{wrong}`")) && said.contains("devices, peers, transfer"),
            "{said}"
        );
    }
}

#[test]
fn without_a_kit_it_says_how_to_make_one() {
    let empty = tempfile::tempdir().expect("a folder");
    let (code, said) = run(&[("MUP_GPU_KIT", empty.path())], &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no kit") && said.contains("gpu/build.sh makes it"), "{said}");
    let kit = kit("true");
    let (code, said) = run(&[("MUP_GPU_KIT", kit.path()), ("MUP_GPU_CACHE", empty.path())], &["--rehearse"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("gpu/build.sh rehearsal makes it"), "{said}");
    fs::write(kit.path().join("xtask.xz"), "cut short").expect("written");
    let python = Path::new("python3");
    let (code, said) = run(&[("MUP_GPU_KIT", kit.path()), ("MUP_PYTHON", python)], &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("xtask.xz cannot be unpacked"), "{said}");
}

#[test]
fn building_says_what_is_wrong_before_it_downloads_anything() {
    let build = |path: Option<&Path>, argument: &[&str]| {
        let mut command = Command::new("/bin/bash");
        command.arg(root().join("gpu/build.sh")).args(argument);
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let Output { status, stderr, .. } = command.output().expect("bash is there");
        (status.code(), String::from_utf8_lossy(&stderr).into_owned())
    };
    let (code, said) = build(None, &["kit"]);
    assert!(code == Some(2) && said.contains("unknown argument `kit`"), "{said}");
    // A machine with nothing but what the script's first lines need.
    let bare = tempfile::tempdir().expect("a folder");
    for tool in ["uname", "dirname"] {
        let found = ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(tool)).find(|path| path.exists());
        std::os::unix::fs::symlink(found.expect("coreutils"), bare.path().join(tool)).expect("linked");
    }
    let (code, said) = build(Some(bare.path()), &[]);
    assert!(code == Some(2) && said.contains("`cargo` is missing: install Rust"), "{said}");
}

/// The kit of this checkout, or of `MUP_GPU_KIT`, on the processor and on Mesa's software Vulkan.
#[test]
fn the_rehearsal_passes_where_a_kit_is_built() {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let kit = set("MUP_GPU_KIT").unwrap_or_else(|| root().join(".gpu"));
    let caches = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let cache = set("MUP_GPU_CACHE").or_else(|| Some(caches()?.join("mup-gpu")));
    let ready = cache.is_some_and(|cache| cache.join("xtask-wgpu").exists() && cache.join("venv/READY").exists());
    if !kit.join("built").exists() || !ready {
        eprintln!("skipped: no kit in {}; `gpu/build.sh rehearsal` makes it", kit.display());
        return;
    }
    let out = tempfile::tempdir().expect("a folder");
    let (code, said) = run(&[("OUT", out.path()), ("MUP_GPU_SECONDS", Path::new("3600"))], &["--rehearse"]);
    assert_eq!(code, Some(0), "{said}");
    for part in ["there is no NVIDIA driver", "`wgpu` answers", "PyTorch compiled", "answer:"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}
