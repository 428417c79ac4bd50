//! Remedies in words of the command line, where a library's error names the code that would mend it.

use mup_rules::RuleError;
use mup_train::FamilyError;

/// The error of a plan as a user of a program mends it.
pub(crate) fn on_the_command_line(error: FamilyError) -> FamilyError {
    match error.downcast_ref() {
        Some(RuleError::DepthNotCovered { path, stream, base, target, parametrization, .. }) => format!(
            "`{path}`: the target has {target} residual additions on `{stream}`, the base {base}, and `{parametrization}` scales \
             width alone: give --parametrization complete-p, or both the same number of blocks"
        )
        .into(),
        _ => error,
    }
}
