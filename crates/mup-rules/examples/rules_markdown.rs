//! Prints `docs/rules.md`: `cargo run --release -p mup-rules --example rules_markdown > docs/rules.md`.

fn main() {
    print!("{}", mup_rules::rules_markdown());
}
