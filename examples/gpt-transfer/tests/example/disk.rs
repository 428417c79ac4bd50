//! Disks that are full, folders that cannot be written.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use crate::place::{Place, RATES, copy_folder, fail, failure, json, succeed, text};

/// A file system of its own in memory, for whoever may mount one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: only root may mount a small disk");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it but for some bytes.
    fn fill(&self, free: u64) {
        let path = self.path().join("filler");
        let mut filler = File::create(&path).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(free)).unwrap();
    }

    fn empty(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }

    fn remount(&self, how: &str) {
        let status = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(self.path()).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Done, or not done for want of space, and no other way.
fn check_full(output: &Output) -> bool {
    if output.status.success() {
        return true;
    }
    let error = failure(output);
    let full = error.contains("the disk is full") || error.contains("No space left");
    assert!(full && error.contains("cannot"), "{error}");
    false
}

/// Runs a command on disks with more and more space, until it succeeds.
fn with_more_and_more_space(disk: &Disk, place: &Place, mut command: impl FnMut() -> Command) {
    let mut failures = 0;
    for free in [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512] {
        let before = place.finished_results();
        disk.fill(free * 1024);
        let done = check_full(&command().output().unwrap());
        disk.empty();
        let after = place.finished_results();
        assert!(before.iter().all(|(path, record)| after.get(path) == Some(record)), "{free} KiB");
        failures += usize::from(!done);
        if done {
            break;
        }
    }
    assert!(failures > 0, "the disk was never full");
    succeed(&mut command());
}

#[test]
fn on_a_full_disk_every_stage_says_so_and_continues_when_there_is_space() {
    let Some(disk) = Disk::new("4m") else { return };
    let (place, wanted) = (Place::within(disk.path()), Place::finished());
    with_more_and_more_space(&disk, &place, || place.tune(&[RATES]));
    assert_eq!(json(&succeed(&mut place.on_study("status", &["--json"])))["failed"], 0);
    with_more_and_more_space(&disk, &place, || place.on_study("train", &["--checkpoint-every=10"]));
    with_more_and_more_space(&disk, &place, || place.on_study("report", &[]));
    succeed(&mut place.all(&[RATES]));
    assert_eq!(place.numbers(), wanted.numbers());
}

#[test]
fn on_a_read_only_disk_a_study_can_be_read_and_what_cannot_be_written_is_named() {
    let Some(disk) = Disk::new("4m") else { return };
    let place = Place::within(disk.path());
    copy_folder(&Place::tuned().study(), &place.study());
    disk.remount("ro");
    for command in ["status", "choose"] {
        succeed(&mut place.on_study(command, &[]));
    }
    let others = [place.on_study("train", &[]), place.on_study("report", &[]), place.all(&[RATES])];
    for mut command in others {
        let error = fail(&mut command);
        let read_only = error.contains("the file system is read-only") || error.contains("Read-only file system");
        assert!(read_only && error.contains("study"), "{error}");
    }
    disk.remount("rw");
    succeed(&mut place.all(&[RATES]));
}

#[test]
fn a_file_in_the_way_is_named() {
    let place = Place::new();
    fs::write(place.study(), "a file in the way").unwrap();
    let error = fail(&mut place.tune(&[]));
    assert!(error.contains("study is a file and no folder"), "{error}");
    for (in_the_way, command) in [
        ("targets", "train"),
        ("targets", "report"),
        ("report.html/x", "report"),
        ("logs", "tune"),
        ("trials", "status"),
        ("data", "train"),
    ] {
        let place = Place::tuned();
        let path = place.study().join(in_the_way);
        if let Some(folder) = path.parent().filter(|folder| *folder != place.study()) {
            fs::create_dir_all(folder).unwrap();
        }
        let _ = fs::remove_dir_all(&path);
        fs::write(&path, "").unwrap();
        if command == "tune" {
            // Otherwise there is nothing to do, and nothing to write.
            fs::remove_file(&place.records()[0]).unwrap();
        }
        let error = fail(&mut place.on_study(command, &[]));
        let name = in_the_way.split('/').next().unwrap();
        let said = error.contains("cannot") || error.contains("is a file and no folder");
        assert!(said && error.contains(name), "{in_the_way}, {command}: {error}");
    }
}

#[test]
fn a_user_without_rights_is_told_where() {
    // Root may write everywhere, so another user tries.
    let place = Place::tuned();
    let tune = place.on_study("tune", &[]);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(tune.get_program()).args(tune.get_args());
    let open = |path: &Path| fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    open(place.path());
    fs::remove_file(&place.records()[0]).unwrap();
    match command.output() {
        Ok(output) if !text(&output.stderr).starts_with("setpriv") && output.status.code() != Some(127) => {
            let error = failure(&output);
            assert!(error.contains("you are not permitted to") && error.contains("logs"), "{error}");
        }
        _ => println!("skipped: only root may become somebody else"),
    }
}
