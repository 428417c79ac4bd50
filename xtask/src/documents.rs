//! Every `cargo xtask` in every document is one that it understands.

#[test]
fn every_command_line_in_every_document_is_understood() {
    mup_documents::assert_understood::<crate::Cli>("xtask");
}
