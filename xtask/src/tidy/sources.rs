//! Source files: size, names, module docs, spelling, and arithmetic in the wrong crate.

/// Hard limit of code lines in a file (neither blank nor comment).
const MAX_CODE_LINES: usize = 400;
/// File names that say nothing about what a file owns.
const REFUSED_NAMES: [&str; 6] = ["utils.rs", "util.rs", "helpers.rs", "common.rs", "types.rs", "manager.rs"];

/// Problems in files given as (path relative to the root, text).
pub(crate) fn check(files: &[(String, String)]) -> Vec<String> {
    files.iter().flat_map(|(path, text)| problems(path, text)).collect()
}

fn problems(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut add = |problem: String| problems.push(format!("{path}: {problem}"));
    let name = path.rsplit('/').next().unwrap_or(path);
    if REFUSED_NAMES.contains(&name) {
        add("name the file after what it owns".to_owned());
    }
    let code = text.lines().filter(|line| is_code(line)).count();
    if code > MAX_CODE_LINES {
        add(format!("{code} code lines, more than {MAX_CODE_LINES}: what is the second idea in it?"));
    }
    if !(text.starts_with("//!") || text.starts_with("#![doc")) {
        add("open the file with `//!`: what it owns".to_owned());
    }
    for (number, line) in text.lines().enumerate().filter(|_| !path.starts_with("xtask/src/tidy/")) {
        if let Some(problem) = line_problem(path, line) {
            add(format!("line {}: {problem}", number + 1));
        }
    }
    problems
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

fn line_problem(path: &str, line: &str) -> Option<&'static str> {
    let outside_rules = path.starts_with("crates/") && !path.starts_with("crates/mup-rules/") && path.contains("/src/");
    let scales = ["mult().powf(", "mult().sqrt(", "mult().powi("].iter().any(|call| line.contains(call));
    let default_device = ["Device::default()", "&Default::default()", "Device = Default::default()"];
    match line {
        _ if is_code(line) && default_device.iter().any(|call| line.contains(call)) => {
            Some("name the device: Burn's default is whatever feature unification made of it (mup-devices)")
        }
        _ if line.to_lowercase().contains("parameteriz") && !line.to_lowercase().contains("reparameteriz") => {
            Some("spell it `parametrization`")
        }
        _ if line.contains("```ignore") => Some("doc examples are compiled, none is ignored"),
        _ if line.contains("TODO") && !line.contains("TODO(#") => Some("a TODO needs an issue number: TODO(#12)"),
        _ if is_code(line) && reads_in_loop(path, line) => {
            Some("a run waits for its device once a step: read with the step's other numbers (mup-train's read.rs)")
        }
        _ if is_code(line) && uploads_in_step(path, line) => {
            Some("an upload in every step stops a GPU: keep the tensor on its device (mup_kernels::Kept)")
        }
        _ if outside_rules && scales => Some("width multipliers are raised to powers in mup-rules only (invariant 1)"),
        _ => None,
    }
}

/// Files of the training loop, where every read of a tensor is a wait of every step.
const LOOP: [&str; 4] = ["run.rs", "finite.rs", "gradients.rs", "journal.rs"];

fn reads_in_loop(path: &str, line: &str) -> bool {
    let inside = path.strip_prefix("crates/mup-train/src/").is_some_and(|file| LOOP.contains(&file));
    inside && [".into_scalar", ".into_data", ".to_data"].iter().any(|call| line.contains(call))
}

/// What a step goes through on a device without fused kernels.
const STEP: [&str; 6] = [
    "crates/mup-kernels/src/adam.rs",
    "crates/mup-kernels/src/portable.rs",
    "crates/mup-kernels/src/sgd.rs",
    "crates/mup-models/src/layers/",
    "crates/mup-models/src/stack/",
    "crates/mup-optim/src/stack/",
];

fn uploads_in_step(path: &str, line: &str) -> bool {
    let inside = STEP.iter().any(|part| path.starts_with(part));
    inside && ["from_data(", "from_floats(", "from_ints("].iter().any(|call| line.contains(call))
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn a_file_without_module_docs_is_a_problem() {
        assert_eq!(problems("crates/a/src/b.rs", "fn main() {}").len(), 1);
        assert!(problems("crates/a/src/b.rs", "//! Owns b.\nfn main() {}").is_empty());
    }

    #[test]
    fn a_long_file_is_a_problem_and_its_comments_are_not() {
        let code = format!("//! Long.\n{}", "let a = 1;\n".repeat(401));
        assert_eq!(problems("crates/a/src/b.rs", &code).len(), 1);
        let comments = format!("//! Long.\n{}", "// why\n".repeat(401));
        assert!(problems("crates/a/src/b.rs", &comments).is_empty());
    }

    #[test]
    fn powers_of_width_multipliers_outside_the_rules_are_a_problem() {
        let text = "//! X.\nlet s = shape.fan_in_mult().powf(0.5);";
        assert_eq!(problems("crates/mup-init/src/b.rs", text).len(), 1);
        assert!(problems("crates/mup-rules/src/b.rs", text).is_empty());
    }

    #[test]
    fn a_default_device_is_a_problem_and_talking_of_it_is_not() {
        for line in ["let d = Device::default();", "f(&Default::default())", "let d: Device = Default::default();"] {
            assert_eq!(problems("crates/a/src/b.rs", &format!("//! X.\n{line}")).len(), 1, "{line}");
        }
        assert!(problems("crates/a/src/b.rs", "//! X.\n/// Not `Device::default()`.").is_empty());
        assert!(problems("crates/a/src/b.rs", "//! X.\nlet o = Options { a, ..Default::default() };").is_empty());
    }

    #[test]
    fn a_wait_in_the_training_loop_and_an_upload_in_a_step_are_problems() {
        for (path, line) in [
            ("crates/mup-train/src/run.rs", "let value = loss.clone().into_scalar::<f32>();"),
            ("crates/mup-models/src/layers/attention.rs", "let mask = Tensor::<4>::from_data(data, &device);"),
            ("crates/mup-optim/src/stack/per_trial.rs", "Tensor::from_floats([1.0], &device)"),
        ] {
            assert_eq!(problems(path, &format!("//! X.\n{line}")).len(), 1, "{line}");
            assert!(problems("crates/mup-train/src/read.rs", &format!("//! X.\n{line}")).is_empty(), "{line}");
            assert!(problems(path, &format!("//! X.\n// Not {line}")).is_empty(), "{line}");
        }
    }

    #[test]
    fn spelling_names_and_open_ends_are_problems() {
        for line in ["// parameterization", "/// ```ignore", "// TODO later"] {
            assert_eq!(problems("crates/a/src/b.rs", &format!("//! X.\n{line}")).len(), 1, "{line}");
        }
        assert_eq!(problems("crates/a/src/utils.rs", "//! X.").len(), 1);
    }
}
