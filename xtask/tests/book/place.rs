//! Where a chapter is run: a folder with what its commands read, and programs that stand in for what a test has not:
//! cargo, a cluster, a browser, the reader's own model, training and text.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// In which chapters a command reads what the reader has made before, and how it is made.
const MADE_BEFORE: [(&str, &str); 1] = [(
    "docs/is-it-right.md",
    "for study in mup64 mup128 mup256 sp64 sp128 sp256; do
        mup-transfer new runs/$study --space rate --trials 5 --steps 4 -- python3 trial.py {file}
        mup-transfer tune runs/$study
    done",
)];

/// After which a chapter is stopped: ten times what the longest takes on two cores.
const SECONDS_OF_A_CHAPTER: &str = "600";

/// A folder that is deleted.
pub(crate) struct Place {
    folder: TempDir,
    /// A command that its shell begins with.
    made_before: &'static str,
}

impl Place {
    /// For a chapter.
    pub(crate) fn new(chapter: &str) -> Self {
        let made_before = MADE_BEFORE.iter().find(|(name, _)| *name == chapter).map_or(":", |(_, made)| *made);
        let place = Self { folder: tempfile::tempdir().expect("a folder"), made_before };
        for folder in ["work", "programs", "slurm"] {
            fs::create_dir(place.path(folder)).expect("made");
        }
        let text = "Shall I compare thee to a summer's day?\n".repeat(1000);
        fs::write(place.path("work/tinyshakespeare.txt"), text).expect("written");
        fs::write(place.path("work/trial.py"), "").expect("written");
        // Some commands are given in the checkout, for what lies in it.
        fs::create_dir(place.path("work/experiments")).expect("made");
        let records = "experiments/records";
        symlink(mup_documents::root().join(records), place.path("work").join(records)).expect("linked");
        for (name, built) in programs() {
            symlink(built, place.path("programs").join(name)).expect("linked");
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a command's output goes.
    pub(crate) fn said(&self) -> PathBuf {
        self.path("said")
    }

    /// A shell in the folder.
    pub(crate) fn bash(&self, script: &str) -> Command {
        let slurm = mup_documents::root().join("crates/mup-transfer/tests/slurm/bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = [mup_documents::root().join("xtask/tests/book/bin"), self.path("programs"), slurm];
        let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path)));
        // What waits for ever fails, with what it said.
        let mut bash = Command::new("timeout");
        let begin = format!("exec 2>> \"$SAID\"\n{{ {}\n}} > \"$SAID\" 2>&1 || exit\n", self.made_before);
        bash.args([SECONDS_OF_A_CHAPTER, "bash", "-uo", "pipefail", "-c", &(begin + script)]);
        bash.current_dir(self.path("work")).env("PATH", path.expect("no colon"));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
        bash.env("CARGO", cargo).env("MUP_ROOT", mup_documents::root());
        bash.env("PROGRAMS", self.path("programs")).env("FAKE", self.path("slurm")).env("SAID", self.said());
        bash
    }
}

/// Programs by the names that commands have for them, and what `cargo test --workspace` has built of each.
fn programs() -> [(&'static str, PathBuf); 5] {
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let beside = |name: &str| {
        let program = xtask.with_file_name(name);
        assert!(program.exists(), "{} is not built: `cargo test --release --workspace` builds it", program.display());
        program
    };
    [
        ("xtask", xtask.to_owned()),
        ("gpt-transfer", beside("gpt-transfer")),
        ("mup-transfer", beside("mup-transfer")),
        ("waves", beside("waves")),
        (mup_documents::YOUR_PROGRAM, beside("examples/your-program")),
    ]
}
