//! `docs/rules.md` says what the code does.

#[test]
fn docs_rules_md_is_what_the_code_prints() {
    let document = std::fs::read_to_string("../../docs/rules.md").expect("docs/rules.md exists");
    assert!(
        document == mup_rules::rules_markdown(),
        "docs/rules.md is not current: cargo run --release -p mup-rules --example rules_markdown > docs/rules.md"
    );
}

#[test]
fn every_placeholder_of_the_document_is_filled() {
    assert!(!mup_rules::rules_markdown().contains("{{"));
}
