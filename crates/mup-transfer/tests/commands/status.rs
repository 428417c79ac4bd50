//! What `status` says.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn failing(folder: &Path, script: &str) {
    succeed(program(["new", folder.to_str().unwrap(), "--steps", "1", "--trials", "20", "--", "sh", "-c", script]));
    // How it ends is not what is asked here.
    run(["tune", folder.to_str().unwrap(), "--jobs", "1", "--keep-going"]);
}

#[test]
fn a_long_list_of_failures_says_how_many_more_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    failing(&study, "echo no such file >&2; exit 3");
    let status = succeed(program(["status", study.to_str().unwrap()]));
    assert_eq!(status.matches("exit code 3: no such file").count(), 8, "{status}");
    assert!(status.contains("\n  and 12 more\n") && status.contains("what they said is in"), "{status}");
}

#[test]
fn silent_failures_are_not_said_to_have_said_something() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    failing(&study, "exit 3");
    let status = succeed(program(["status", study.to_str().unwrap()]));
    assert!(status.contains("they said nothing") && !status.contains("what they said"), "{status}");
}

#[test]
fn what_a_program_says_is_shown_once_short_and_without_its_colours() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let script = r#"printf '\033[31m%02000d\033[0m the end\n' 7 >&2; exit 3"#;
    succeed(program(["new", study.to_str().unwrap(), "--steps", "1", "--trials", "1", "--", "sh", "-c", script]));
    run(["tune", study.to_str().unwrap()]);
    let status = succeed(program(["status", study.to_str().unwrap()]));
    assert!(!status.contains('\x1b') && status.len() < 1200, "{status:?}");
    assert_eq!(status.matches("000000000000000000000000000000").count().min(2), 2, "{status}");
    assert_eq!(status.matches("exit code 3").count(), 1, "{status}");
}

#[test]
fn a_study_on_a_read_only_disk_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write_study(folder.path(), "version = 1\nspace = \"rate\"\nstages = [{ steps = 1, trials = 3 }]\n");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let status = run(["status", folder.path().to_str().unwrap()]);
    let created = folder.path().join("trials").exists();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(status.status.success() && text(&status.stdout).contains("3 to run"), "{status:?}");
    // Root may write anywhere, so this is what holds the promise there.
    assert!(!created, "looking at a study created something");
}

#[test]
fn every_trial_of_the_plan_is_somewhere_and_a_stage_without_a_sample_is_not_finished() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let name = study.to_str().unwrap();
    let new = ["new", name, "--steps", "2", "--trials", "4", "--best", "3", "--long-steps", "4"];
    succeed(program([&new[..], &["--", "sh", "-c", r#"echo '{"loss": 5}'; echo '{"loss": "nan"}'"#]].concat()));
    let before = succeed(program(["status", name]));
    assert!(before.contains("7 trials, 0 finished") && before.contains("4 to run, 3 wait for others"), "{before}");
    let tuned = run(["tune", name]);
    let said = text(&tuned.stderr);
    assert_eq!(tuned.status.code(), Some(1), "{said}");
    assert!(said.contains("stage 1 has nothing to run"), "{said}");
    let after = succeed(program(["status", name]));
    assert!(after.contains("4 diverged") && after.contains("3 cannot be: too few samples finished"), "{after}");
}

#[test]
fn a_result_that_cannot_be_printed_is_said_to_be_safe() {
    let folder = tempfile::tempdir().unwrap();
    tuned(&folder.path().join("study"), 4);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output =
        program([std::ffi::OsStr::new("status"), folder.path().join("study").as_os_str()]).stdout(full).output();
    let said = text(&output.unwrap().stderr);
    assert!(said.contains("cannot write to standard output") && said.contains("safe"), "{said}");
}
