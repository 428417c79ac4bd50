//! Negative numbers as values.

use clap::{Arg, Command};

/// A command line on which `--trials -1` is a value of `--trials`, refused for what it is, and no unexpected argument `-1`.
#[must_use]
pub fn with_negative_numbers(command: Command) -> Command {
    let taken = |argument: Arg| {
        let takes_values = argument.get_action().takes_values();
        if takes_values { argument.allow_negative_numbers(true) } else { argument }
    };
    command.mut_args(taken).mut_subcommands(with_negative_numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::whole;

    #[test]
    fn a_negative_count_is_told_what_it_has_to_be() {
        let trials = Arg::new("trials").long("trials").value_parser(whole::<usize, 1>);
        let command = Command::new("program").subcommand(Command::new("tune").arg(trials));
        let error = with_negative_numbers(command).try_get_matches_from(["program", "tune", "--trials", "-1"]);
        let said = error.expect_err("refused").to_string();
        assert!(said.contains("--trials") && said.contains("at least 1"), "{said}");
    }
}
