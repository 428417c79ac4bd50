//! How a study's tasks are submitted.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use mup_files::{create_folders, sha256, write_durably};

use super::array::{Array, ranges};
use super::{SlurmError, SlurmOptions, command};
use crate::Study;
use crate::launch::LaunchError;
use crate::launch::log::tail;

/// Slurm copies it at submission, and hands its arguments over as they are.
const TASK: &str = r#"#!/bin/sh
# What a task of a job array runs: FIRST PROGRAM ARGUMENTS...
first=$1
shift
exec "$@" --index "$((first + SLURM_ARRAY_TASK_ID))"
"#;

/// Submits arrays of one study, all alike.
pub(super) struct Submission {
    name: String,
    options: Vec<String>,
    throttle: Option<u32>,
    study: PathBuf,
    program: PathBuf,
    logs: PathBuf,
    script: PathBuf,
    submitted: RefCell<BTreeSet<String>>,
}

impl Submission {
    pub(super) fn new(study: &Study, options: &SlurmOptions) -> Result<Self, LaunchError> {
        let io = |path: &Path, doing| {
            let path = path.to_owned();
            move |source| LaunchError::Io { doing, path, source }
        };
        // Not resolved: what a link leads to here may be absent on a node.
        let folder = std::path::absolute(study.folder()).map_err(io(study.folder(), "find"))?;
        let real = study.folder().canonicalize().map_err(io(study.folder(), "find"))?;
        if folder.as_os_str().as_bytes().contains(&b'\\') {
            return Err(SlurmError::Backslash { path: folder }.into());
        }
        let resources = options.resources(study)?;
        // Now, because the file may be another one when something is submitted again.
        let program = std::env::current_exe().map_err(io(Path::new("the program itself"), "find"))?;
        let logs = folder.join("logs");
        create_folders(&logs).map_err(io(&logs, "create"))?;
        let script = logs.join("slurm-task.sh");
        write_durably(&script, TASK.as_bytes()).map_err(io(&script, "write"))?;
        let (options, throttle) = (resources, options.throttle);
        let submitted = RefCell::default();
        Ok(Self { name: name(&real), options, throttle, study: folder, program, logs, script, submitted })
    }

    /// Name of the study's jobs.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it was this launcher that submitted a job.
    pub(super) fn submitted(&self, job: &str) -> bool {
        self.submitted.borrow().contains(job)
    }

    /// Submits; returns the id of the array.
    pub(super) fn submit(&self, array: &Array) -> Result<String, SlurmError> {
        let throttle = self.throttle.map(|throttle| format!("%{throttle}")).unwrap_or_default();
        let mut output = OsString::from("--output=");
        output.push(doubled_percent(self.logs.as_os_str()));
        output.push("/%A_%a.log");
        let mut arguments: Vec<OsString> = vec!["--parsable".into(), "--no-requeue".into()];
        arguments.extend(self.options.iter().map(OsString::from));
        arguments.push(format!("--job-name={}", self.name).into());
        arguments.push(format!("--array={}{throttle}", ranges(&array.tasks)).into());
        arguments.push(output);
        arguments.push(self.script.clone().into());
        arguments.push(array.first.to_string().into());
        arguments.extend([self.program.clone().into(), "trial".into(), "--study".into(), self.study.clone().into()]);
        let job = command::sbatch(&arguments)?;
        self.submitted.borrow_mut().insert(job.clone());
        Ok(job)
    }

    /// What to say when no record comes of the tasks.
    pub(super) fn no_progress(
        &self,
        missing: &[usize],
        rounds: usize,
        states: String,
        job: &str,
        array: &Array,
    ) -> SlurmError {
        let task = array.tasks.iter().find(|task| missing.contains(&(array.first + *task)));
        let log = self.logs.join(format!("{job}_{}.log", task.unwrap_or(&0)));
        let said = tail(&log, 0).trim_end().to_owned();
        SlurmError::NoProgress { missing: ranges(missing), rounds, states, log, said }
    }
}

/// A name that says which study it is, to people and to the launcher that looks for it.
fn name(folder: &Path) -> String {
    let readable = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let readable: String = readable.chars().filter(is_plain).take(24).collect();
    let digest = sha256(folder.as_os_str().as_bytes());
    format!("mup-{readable}-{}", &digest[..10])
}

/// In the name of an output file `%` begins a placeholder.
fn doubled_percent(text: &OsStr) -> OsString {
    let bytes = text.as_bytes().iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'%' { 2 } else { 1 }));
    OsString::from_vec(bytes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_after_its_folder_and_no_other_folder() {
        let plain = name(Path::new("/home/a/it's a \"study\" | 100%"));
        assert!(plain.starts_with("mup-itsastudy100-"), "{plain}");
        assert_ne!(plain, name(Path::new("/home/b/it's a \"study\" | 100%")));
        assert_eq!(name(Path::new("/")).len(), "mup--".len() + 10);
    }

    #[test]
    fn percent_signs_are_doubled_and_nothing_else_changes() {
        assert_eq!(doubled_percent(OsStr::new("a %A 100% é")), OsStr::new("a %%A 100%% é"));
    }
}
