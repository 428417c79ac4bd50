//! Every command line of this program in every document, and in its help, is one that it understands.

use crate::cli::{Arguments, EXAMPLES};

#[test]
fn every_command_line_in_every_document_is_understood() {
    mup_documents::assert_understood::<Arguments>("gpt-transfer");
}

#[test]
fn the_examples_of_the_help_are_understood() {
    mup_documents::assert_examples_understood::<Arguments>("gpt-transfer", EXAMPLES);
}
