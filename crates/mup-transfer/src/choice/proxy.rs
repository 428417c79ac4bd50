//! What `[proxy]` says of the model's size, under the names that programs use.

use super::transferable::spelled;
use super::warning::{D_HEAD, WIDTH, Warning};

const WIDTHS: [&str; 5] = ["width", "d-model", "hidden-size", "n-embd", "embed-dim"];
const HEAD_WIDTHS: [&str; 5] = ["d-head", "head-dim", "head-width", "head-size", "d-k"];
const RULES: &str = "parametrization";
const STANDARD: [&str; 4] = ["standard", "sp", "pytorch", "none"];
const HEADS: [&str; 4] = ["n-head", "heads", "num-heads", "n-heads"];

/// Warnings about a proxy that is too small; none where it does not say.
pub(super) fn check(proxy: &toml::Table) -> Vec<Warning> {
    let width = find(proxy, &WIDTHS);
    let rules = proxy.iter().find(|(key, _)| spelled(key) == RULES).and_then(|(_, rules)| rules.as_str());
    let mut warnings = Vec::new();
    if let Some(rules) = rules.filter(|rules| STANDARD.contains(&spelled(rules).as_str())) {
        warnings.push(Warning::StandardRules { rules: rules.to_owned() });
    }
    if let Some((key, width)) = width.clone().filter(|(_, width)| *width < WIDTH) {
        warnings.push(Warning::NarrowProxy { key, width });
    }
    let divided = || {
        let ((width_key, width), (heads_key, heads)) = (width?, find(proxy, &HEADS)?);
        (heads > 0).then(|| (format!("{width_key} by {heads_key}"), width / heads))
    };
    let head = find(proxy, &HEAD_WIDTHS).or_else(divided);
    if let Some((key, d_head)) = head.filter(|(_, d_head)| *d_head < D_HEAD) {
        warnings.push(Warning::NarrowHeads { key, d_head });
    }
    warnings
}

/// The width that a proxy's table says, under whatever name.
pub(crate) fn width_of(proxy: &toml::Table) -> Option<usize> {
    usize::try_from(find(proxy, &WIDTHS)?.1).ok()
}

/// The first of the names that is a whole number, in this table or in those below it.
fn find(table: &toml::Table, names: &[&str]) -> Option<(String, i64)> {
    let here = names.iter().find_map(|name| {
        let (key, value) = table.iter().find(|(key, _)| spelled(key) == *name)?;
        Some((key.clone(), value.as_integer()?))
    });
    here.or_else(|| table.values().filter_map(toml::Value::as_table).find_map(|table| find(table, names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(text: &str) -> Vec<Warning> {
        check(&toml::from_str(text).unwrap())
    }

    #[test]
    fn narrow_proxies_and_heads_are_found_however_they_are_spelled() {
        assert!(warnings("").is_empty() && warnings("width = 512\nd_head = 32").is_empty());
        assert!(warnings("width = \"wide\"").is_empty(), "what is no number says nothing");
        let narrow = warnings("[model]\nn_embd = 48\nn_head = 4");
        assert_eq!(narrow[0], Warning::NarrowProxy { key: "n_embd".to_owned(), width: 48 });
        assert_eq!(narrow[1], Warning::NarrowHeads { key: "n_embd by n_head".to_owned(), d_head: 12 });
        assert_eq!(warnings("width = 1024\nD-Head = 31").len(), 1);
        assert!(warnings("width = 1024\nheads = 0").is_empty());
    }

    #[test]
    fn a_proxy_in_the_standard_parametrization_is_told_that_its_rate_does_not_transfer() {
        for rules in ["standard", "SP"] {
            let told = warnings(&format!("width = 1024\nparametrization = \"{rules}\""));
            assert_eq!(told, [Warning::StandardRules { rules: rules.to_owned() }]);
            assert!(told[0].to_string().contains("does not stay"), "{}", told[0]);
        }
        assert!(warnings("width = 1024\nparametrization = \"mup\"").is_empty());
    }
}
