//! What is asked of Slurm, and what is refused before anything is.

use super::*;

#[test]
fn options_reach_sbatch_as_they_are() {
    let cluster = Cluster::of(1);
    let options =
        ["--partition", "long", "--gpus", "2", "--time-limit", "30", "--sbatch-option", "--comment=two words"];
    succeeds(&cluster.tune(&options));
    let call = cluster.calls().remove(0);
    let expected = ["--parsable", "--no-requeue", "--ntasks=1", "--cpus-per-task=2", "--time=30", "--partition=long"];
    for option in expected.iter().chain(&["--gres=gpu:2", "--comment=two words"]) {
        assert!(call.contains(&format!("[{option}]")), "{option}: {call}");
    }
    let folder = cluster.path().display().to_string();
    assert!(call.contains(&format!("[--output={}/logs/%A_%a.log]", folder.replace('%', "%%"))), "{call}");
    assert!(call.ends_with(&format!("[trial][--study][{folder}]")), "{call}");
    assert!(cluster.path().join("logs/1_0.log").exists());
}

#[test]
fn a_task_has_more_time_than_the_study_gives_a_trial() {
    let cluster = Cluster::of(1);
    let said = refused(&cluster.tune(&["--time-limit", "1"]));
    assert!(said.contains("90 s per trial") && said.contains("give 3 minutes or more"), "{said}");
    succeeds(&cluster.tune(&[]));
    assert!(cluster.calls()[0].contains("[--time=4]"), "{:?}", cluster.calls());
    let path = cluster.path().join("study.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("timeout-seconds = 90\n", "")).unwrap();
    assert!(refused(&cluster.tune(&[])).contains("--time-limit MINUTES"));
}

#[test]
fn what_sbatch_refuses_is_said_in_its_words() {
    let cluster = Cluster::of(1);
    cluster.give("refusal", "sbatch: error: invalid partition specified: long\n");
    let said = fails(&cluster.tune(&["--partition", "long"]));
    assert!(said.contains("invalid partition specified: long") && said.contains("--partition=long"), "{said}");
}

#[test]
fn a_controller_that_is_too_busy_is_asked_again() {
    let cluster = Cluster::of(2);
    cluster.give("refusal", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n");
    cluster.give("once", "");
    let said = succeeds(&cluster.tune(&[]));
    assert!(said.contains("tried again") && said.contains("Socket timed out"), "{said}");
    assert_eq!(cluster.arrays(), ["0-1"]);
}

#[test]
fn without_slurm_the_remedy_is_named() {
    let cluster = Cluster::of(1);
    let said = fails(&cluster.command(&[]).env("PATH", cluster.folder.path()).output().unwrap());
    assert!(said.contains("not on PATH") && said.contains("login node") && said.contains("module load"), "{said}");
}

#[test]
fn options_of_the_other_launcher_are_refused_and_not_ignored() {
    let cluster = Cluster::of(1);
    let local = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
        refused(&command.arg("tune").arg(cluster.path()).args(arguments).output().unwrap())
    };
    for option in ["--partition=a", "--gpus=1", "--time-limit=1", "--throttle=1", "--settle=1", "--sbatch-option=--x"] {
        let name = option.split('=').next().unwrap();
        assert!(local(&[option]).contains(&format!("{name} is not for --launcher local")));
    }
    assert!(refused(&cluster.tune(&["--jobs", "2"])).contains("--throttle"));
    assert!(refused(&cluster.tune(&["--sbatch-option", "--array=0-9"])).contains("--sbatch-option --array=0-9"));
    assert_eq!((cluster.n_records(), cluster.calls().len()), (0, 0));
}

#[test]
fn a_folder_that_slurm_would_misread_is_refused() {
    let cluster = Cluster::of(1);
    let odd = cluster.folder.path().join("a\\b");
    fs::rename(cluster.path(), &odd).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mup-transfer"));
    let said = fails(&command.arg("tune").arg(odd).args(["--launcher", "slurm"]).output().unwrap());
    assert!(said.contains("backslash"), "{said}");
}
