//! Every command line of this program in every document, and in its help, is one that it understands.
//!
//! The program's modules are compiled into this test: a package has no files of other folders, and so none of its own
//! modules may ask for the documents.
#![allow(dead_code, reason = "it parses, and runs nothing")]

#[path = "../../src/arguments.rs"]
mod arguments;
#[path = "../../src/commands/mod.rs"]
mod commands;

use arguments::{Arguments, EXAMPLES};

#[test]
fn every_command_line_in_every_document_is_understood() {
    mup_documents::assert_understood::<Arguments>("mup-transfer");
}

#[test]
fn the_examples_of_the_help_are_understood() {
    mup_documents::assert_examples_understood::<Arguments>("mup-transfer", EXAMPLES);
}
