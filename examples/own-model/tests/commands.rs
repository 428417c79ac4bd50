//! Every command on both models, so small that a verdict means nothing; each runs to its end.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use burn_mup::prelude::Parametrization;

const PROGRAMS: [(&str, &str); 2] =
    [(env!("CARGO_BIN_EXE_sequences"), "width"), (env!("CARGO_BIN_EXE_images"), "channels")];

fn run(program: &str, folder: &Path, arguments: &str) -> Output {
    Command::new(program).args(arguments.split(' ')).current_dir(folder).output().expect("starts")
}

/// A verdict of any kind; what it printed.
fn verdict(program: &str, folder: &Path, arguments: &str) -> String {
    let output = run(program, folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{arguments}: {:?} {said}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const TINY: &str = "--widths 16,32 --seeds 2 --steps 24";

#[test]
fn every_command_runs_on_models_that_know_nothing_of_this_workspace() {
    for (program, grows) in PROGRAMS {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let plan = verdict(program, folder, &format!("plan --target {grows}=64"));
        assert!(plan.contains("head.weight") && plan.contains(&format!("target {grows}=64")), "{plan}");
        let report = verdict(program, folder, "coord-check --widths 16,32 --seeds 2 --steps 2 --out coordinates");
        assert!(report.contains("logits"), "{report}");
        let transfer = verdict(program, folder, &format!("transfer-check {TINY} --grid=-9:-7 --json"));
        assert!(transfer.starts_with('{'), "{transfer}");
        let trials = || std::fs::read_dir(folder.join("runs/verdicts/trials")).expect("records").count();
        let trained = trials();
        verdict(program, folder, &format!("transfer-check {TINY} --grid=-9:-7"));
        verdict(program, folder, &format!("wider-check {TINY} --log2-rate=-8"));
        assert_eq!(trials(), trained, "the runs were there");
        verdict(program, folder, &format!("reverse-transfer {TINY} --grid=-9:-7 --loss-without-input 1"));
        for (folder_of, name) in [("transfer-learning-rate", "transfer"), ("wider", "wider"), ("reverse-16", "reverse")]
        {
            let written = std::fs::read_dir(folder.join("runs/verdicts").join(folder_of)).expect("a folder").count();
            assert!(written >= 6, "{folder_of}: {written} files");
            for kind in ["html", "svg", "json"] {
                let file = folder.join(format!("runs/verdicts/{folder_of}/{name}.{kind}"));
                assert!(file.exists(), "{}", file.display());
            }
        }
        let other = run(program, folder, "wider-check --widths 16,32 --seeds 2 --steps 25");
        let said = String::from_utf8_lossy(&other.stderr);
        assert!(other.status.code() == Some(2) && said.contains("24") && said.contains("25"), "{said}");
        assert!(verdict(program, folder, "devices --json").contains("flex"));
    }
}

#[test]
fn a_study_goes_from_tuning_to_a_report_and_is_continued_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    let json = |arguments: &str| {
        let printed = verdict(program, folder, &format!("{arguments} --json"));
        assert!(printed.starts_with('{'), "{arguments}: {printed}");
        printed
    };
    let status = json("tune --rates=-10:-8 --steps 20 --proxy width=16 --target width=32 --jobs 1");
    assert!(status.contains("\"finished\": 3"), "{status}");
    assert_eq!(json("tune"), status);
    assert!(json("choose").contains("\"transfer\": {"));
    assert!(!folder.join("runs/study/targets").exists(), "whoever chooses reads");
    assert!(verdict(program, folder, "train").contains("training loss"));
    json("train --values default --parametrization standard --seed 1");
    let report = verdict(program, folder, "report");
    assert!(report.contains("µP, values of the proxy") && report.contains("SP, default values, seed 1"), "{report}");
    for file in ["report.html", "target-training.svg", "targets/width32-steps20/settings.json"] {
        assert!(folder.join("runs/study").join(file).exists(), "{file}");
    }
    let status = verdict(program, folder, "status");
    assert!(status.contains("3 finished"), "{status}");
    let other = run(program, folder, "tune --rates=-10:-7 --steps 20 --proxy width=16 --target width=32");
    assert!(String::from_utf8_lossy(&other.stderr).contains("another folder"));
}

#[test]
fn a_finished_study_takes_more_trials_and_another_target_from_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    let tune = |change: &str| {
        let output =
            run(program, folder, &format!("tune --space rate --steps 20 --proxy width=16 --jobs 1 {change} --json"));
        let [printed, said] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{change}: {said}");
        (printed, said)
    };
    assert!(tune("--trials 2 --target width=32").0.contains("\"finished\": 2"));
    let (printed, said) = tune("--trials 3 --target width=48");
    assert!(printed.contains("\"finished\": 3") && said.contains("study.toml is changed: target.size.width"), "{said}");
    assert!(verdict(program, folder, "train").contains("width 48, 20 steps"));
    // What is not said is as the study has it.
    let rest = |change: &str| {
        let output = run(program, folder, &format!("tune {change} --json"));
        assert!(output.status.success(), "{change}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(rest("--target width=64").contains("\"finished\": 3"));
    assert!(rest("--trials 4").contains("\"finished\": 4"));
    assert!(verdict(program, folder, "train").contains("width 64, 20 steps"));
    let report = verdict(program, folder, "report");
    assert!(report.contains("also trained, targets/width48-steps20: µP"), "{report}");
}

#[test]
fn a_study_that_was_edited_by_hand_is_told_what_differs_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    verdict(program, folder, "tune --rates=-10:-10 --steps 12 --proxy width=16 --target width=32 --jobs 1");
    let file = folder.join("runs/study/study.toml");
    let text = std::fs::read_to_string(&file).expect("a study");
    for (from, to, said) in [
        ("[space.learning-rate]", "[space.learnin-rate]", "`learnin-rate`; there are init-scale, learning-rate"),
        (
            "micro_batches = 1",
            "micro_batches = 2",
            "made for a training with micro_batches = 2, and now there is micro_batches = 1:",
        ),
    ] {
        assert!(text.contains(from), "{text}");
        std::fs::write(&file, text.replace(from, to)).expect("written");
        let output = run(program, folder, "tune");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(said), "{error}");
    }
}

#[test]
fn values_that_train_nothing_and_criteria_that_decide_nothing_are_refused_before_anything_is_trained() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    verdict(program, folder, "tune --rates=-10:-10 --steps 12 --proxy width=16 --target width=32 --jobs 1");
    for (command, said) in [
        (
            "train --values learning-rate=0",
            "--values learning-rate=0: `learning-rate` cannot be 0: nothing would be trained",
        ),
        ("coord-check --tolerance nan", "tolerance must lie in (0, ∞)"),
    ] {
        let begun = Instant::now();
        let output = run(program, folder, command);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(said), "{command}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(120), "{command}");
    }
    let other =
        "transfer-check --widths 16,32 --seeds 1 --steps 24 --grid=-8:-8 --parametrization standard --no-control";
    verdict(program, folder, other);
    assert!(folder.join("runs/verdicts/transfer-learning-rate-standard/transfer.json").exists());
}

#[test]
fn a_target_that_diverges_ends_with_exit_code_1_and_says_at_which_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    verdict(program, folder, "tune --rates=-10:-10 --steps 12 --proxy width=16 --target width=32 --jobs 1");
    let output = run(program, folder, "train --values learning-rate=1e30");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && printed.contains("step"), "{:?} {printed}", output.status);
}

#[test]
fn what_one_check_trained_another_reads_and_the_steps_of_one_folder_are_one_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    let trials = || std::fs::read_dir(folder.join("runs/verdicts/trials")).expect("records").count();
    let few = "--widths 16,32 --seeds 1 --steps 24";
    verdict(program, folder, &format!("wider-check {few} --log2-rate=-8"));
    assert_eq!(trials(), 4, "two widths in µP and SP");
    verdict(program, folder, &format!("reverse-transfer {few} --grid=-8:-8 --loss-without-input 1"));
    let all = trials();
    verdict(program, folder, &format!("wider-check {few} --log2-rate=-8"));
    assert_eq!(trials(), all);
}

#[test]
fn ctrl_c_keeps_what_is_finished_and_the_same_command_continues() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    let trials = || std::fs::read_dir(folder.join("runs/verdicts/trials")).map_or(0, Iterator::count);
    let command = "transfer-check --widths 16,32 --seeds 4 --steps 100 --grid=-9:-7 --no-control --jobs 1";
    let mut started = Command::new(program);
    started.args(command.split(' ')).current_dir(folder).stderr(Stdio::piped()).stdout(Stdio::null());
    let started = started.spawn().expect("starts");
    let begun = Instant::now();
    while trials() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(300), "no run has ended");
        std::thread::sleep(Duration::from_millis(2));
    }
    Command::new("kill").arg("-INT").arg(started.id().to_string()).status().expect("sent");
    let ended = started.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("the same command continues"), "{said}");
    let kept = trials();
    verdict(program, folder, command);
    assert!(trials() >= kept.max(2 * 4 * 3), "{} of {kept}", trials());
}

#[test]
fn a_plan_that_was_stored_is_compared_with_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    std::fs::write(folder.join("a.json"), verdict(program, folder, "plan --target width=64 --json")).expect("written");
    let same = verdict(program, folder, "plan --target width=64 --diff a.json");
    assert!(same.contains("trains as the stored plan does"), "{same}");
    let other = run(program, folder, "plan --target width=64 --parametrization standard --diff a.json");
    let printed = String::from_utf8_lossy(&other.stdout);
    assert!(printed.contains("learning rate 0.5") && printed.contains("in what is trained"), "{printed}");
    assert_eq!(other.status.code(), Some(1), "as diff ends");
}

#[test]
fn a_plan_of_depth_alone_is_one_under_rules_of_depth() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = verdict(PROGRAMS[0].0, folder.path(), "plan --target depth=4 --parametrization complete-p");
    assert!(plan.contains("target width=32,depth=4"), "{plan}");
}

/// The model of `sequences` is made of burn-nn's layers, which know nothing of depth.
#[test]
fn along_depth_a_stock_encoder_is_flat_and_without_rules_of_depth_it_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = |arguments: &str| {
        let command = format!("coord-check --grow depth --widths 1,2,4,8 --size width=16 {arguments}");
        let output = run(PROGRAMS[0].0, folder.path(), &command);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (flat, report) = code("--out deep");
    assert_eq!(flat, Some(0), "{report}");
    assert!(report.contains("complete-p") && report.contains("depths [1, 2, 4, 8]"), "{report}");
    assert!(folder.path().join("deep/coord-check.svg").exists() && folder.path().join("deep/trials").exists());
    for control in ["--parametrization standard", "--parametrization mup --ignore-depth"] {
        let (code, report) = code(control);
        assert_eq!(code, Some(1), "{report}");
    }
}

#[test]
fn a_plan_of_another_batch_and_length_says_what_follows_and_warns_where_nothing_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan =
        |arguments: &str| verdict(PROGRAMS[0].0, folder.path(), format!("plan --target width=64 {arguments}").trim());
    let (longer, law) = ("--steps 100 --target-steps 200 --target-batch 4x", "--run-law complete-d");
    let scaled = plan(&format!("{longer} {law}"));
    assert!(scaled.contains("run: batch × 4, tokens × 8, 100 steps → 200 · complete-d"), "{scaled}");
    assert!(scaled.contains("rate × 0.7071 = √m_B/√m_D"), "{scaled}");
    let unscaled = plan(longer);
    assert!(unscaled.contains("warning: the run changes") && unscaled.contains(law), "{unscaled}");
    assert!(!plan("").contains("run:"), "of one run");
}

#[test]
fn an_optimum_is_followed_along_batch_and_tokens_with_a_law_and_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    for (axis, law) in [("batch", "complete-d"), ("tokens", "bjorck")] {
        let out = format!("runs/{axis}");
        let arguments = format!(
            "transfer-check --grow {axis} --widths 1,2 --seeds 1 --steps 24 --grid=-9:-8 --run-law {law} --out {out}"
        );
        let said = verdict(program, folder, &arguments);
        assert!(said.contains(&format!("{axis} [1, 2]")) && said.contains(law) && said.contains("no law"), "{said}");
        assert!(folder.join(&out).join(format!("transfer-learning-rate-{axis}/transfer.html")).exists());
        let trials = || std::fs::read_dir(folder.join(&out).join("trials")).expect("records").count();
        let trained = trials();
        verdict(program, folder, &arguments);
        assert_eq!(trials(), trained, "the runs were there");
        let alone = verdict(program, folder, &arguments.replace(&format!(" --run-law {law}"), ""));
        assert!(alone.contains("no law"), "{alone}");
        assert_eq!(trials(), trained, "the control's were there");
    }
}

#[test]
fn along_depth_the_optimum_is_followed_under_rules_of_depth_and_of_width_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = "transfer-check --grow depth --widths 1,2 --size width=16 --seeds 2 --steps 10";
    for (over, grid) in [("learning-rate", "-8:-7"), ("init-scale", "-1:0")] {
        let found = verdict(PROGRAMS[0].0, folder.path(), &format!("{deep} --over {over} --grid={grid}"));
        for part in ["complete-p, log₂", "µP of width, log₂", "octaves per doubling of depth"] {
            assert!(found.contains(part), "{found:?} lacks {part:?}");
        }
    }
    let found = verdict(PROGRAMS[0].0, folder.path(), &format!("{deep} --parametrization depth-mup --grid=-8:-7"));
    assert!(found.contains("depth-mup, log₂"), "{found}");
}

#[test]
fn a_run_that_changes_without_a_law_is_warned_of_once_in_a_training() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    verdict(program, folder, "tune --rates=-10:-10 --steps 12 --proxy width=16 --target width=32 --jobs 1");
    let output = run(program, folder, "train --target-batch 2");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("scales nothing by it").count(), 1, "{said}");
}

#[test]
fn several_differences_are_one_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    std::fs::write(folder.join("a.json"), verdict(program, folder, "plan --target width=64 --json")).expect("written");
    let both = verdict(program, folder, "plan --target width=64 --target width=128 --diff a.json --json");
    assert!(both.starts_with('[') && both.trim_end().ends_with(']'), "{both}");
}

#[test]
fn a_refused_command_leaves_no_folder_that_would_refuse_the_corrected_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, folder) = (PROGRAMS[0].0, folder.path());
    let deep = "--grow depth --widths 2,4 --seeds 1 --parametrization mup";
    for command in [
        "wider-check --grow depth --widths 2,4 --seeds 1",
        &format!("transfer-check {deep}"),
        &format!("coord-check --out runs/coordinates {deep}"),
        "transfer-check --over lerning-rate",
        "wider-check --size width=0",
    ] {
        let output = run(program, folder, command);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(!folder.join("runs").exists(), "{command}");
    }
}

#[test]
fn help_lists_every_parametrization() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in ["plan", "coord-check", "tune"] {
        let help = verdict(PROGRAMS[0].0, folder.path(), &format!("{command} --help"));
        for name in Parametrization::NAMES {
            assert!(help.contains(name), "{command}: {name}");
        }
    }
}

#[test]
fn what_does_not_fit_the_family_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = "init-scale = { uniform = [-1.0, 3.0] }";
    std::fs::write(folder.path().join("below.toml"), below).expect("written");
    for (arguments, parts) in [
        ("plan --target widht=64", ["widht", "width, depth"]),
        ("plan --target depth=4", ["encoder.layers", "--parametrization complete-p"]),
        ("plan --target width=64,depth=4", ["encoder.layers", "--parametrization complete-p"]),
        ("plan --parametrization complete_d", ["did you mean `complete-p`", "complete-d-p"]),
        ("plan --run-law complet-d", ["did you mean `complete-d`", "power-lines"]),
        ("plan --target-batch 0.5", ["--target-batch", "whole number"]),
        ("plan --diff nowhere.json", ["nowhere.json", "plan --json"]),
        ("coord-check --grow layers", ["layers", "width, depth"]),
        ("coord-check --widths 32", ["32", "two different widths"]),
        ("coord-check --lr nan", ["--lr", "positive"]),
        ("coord-check --to 8", ["--to 8", "32"]),
        ("coord-check --grow width,depth", ["--grow width,depth", "the depth alone"]),
        ("coord-check --ignore-depth", ["--ignore-depth", "leave it out"]),
        ("wider-check --grow depth --widths 2,4", ["--grow depth", "transfer-check follow depth"]),
        ("coord-check --to 100", ["--to 64 or --to 128", "--widths 32,64,100"]),
        ("transfer-check --grow batch --to 6", ["--to 4 or --to 8", "--widths 1,2,4,6"]),
        ("tune --trials -1", ["--trials", "at least 1"]),
        ("wider-check --seeds -2", ["--seeds", "-2"]),
        ("tune --space rate --search grid", ["--search grid", "another search"]),
        ("tune --launcher slurm --jobs 2", ["--jobs", "--throttle"]),
        ("transfer-check --over dropout", ["dropout", "init-scale"]),
        ("transfer-check --grid=5", ["LOW:HIGH", "--grid"]),
        ("wider-check --seeds 0", ["--seeds", "positive"]),
        ("wider-check --steps 0", ["steps", "at least 1"]),
        ("reverse-transfer", ["--loss-without-input", "Family"]),
        ("choose", ["there is no study", "create it first"]),
        ("tune --target width=16", ["as large as the proxy", "32"]),
        ("tune --target depth=4", ["encoder.layers", "--parametrization complete-p"]),
        ("transfer-check --run-law complete-d", ["--run-law", "--grow batch"]),
        ("transfer-check --grow batch --steps 20 --widths 1,8", ["20/8", "--steps 16 or 24"]),
        ("transfer-check --grow tokens --widths 2,4", ["--widths", "begin with 1"]),
        ("transfer-check --grow batch --to 0", ["--to", "at least 1"]),
        ("wider-check --grow batch", ["batch", "width, depth"]),
        ("tune --micro-batches 5", ["micro_batches", "32"]),
        ("tune --space below.toml", ["init-scale", "-1"]),
        ("tune --space gpt-3", ["gpt-3", "alpha-attention"]),
        ("tune --space gtp-3", ["gtp-3", "gpt-3 and rate"]),
        ("plan --target width=64,width=128", ["`width` twice", "its own option"]),
        ("plan --target width=1000000000000", ["width", "more than a tensor can have"]),
        ("wider-check --widths 32", ["32", "two different"]),
        ("wider-check --steps 8", ["--steps 8", "step 19"]),
    ] {
        let output = run(PROGRAMS[0].0, folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{arguments}: {said:?} lacks {part:?}"));
    }
}
