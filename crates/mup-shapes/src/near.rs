//! What a mistyped path or pattern was probably meant to be.

use crate::PathPattern;

/// A segment that is missing counts as two mistyped letters; one too many counts all of its own.
const MISSING: usize = 2;

impl PathPattern {
    /// The pattern as it was probably meant, corrected by the path that it is nearest to; none if none is near.
    ///
    /// Near is one slip in three letters; wildcards stay.
    ///
    /// ```
    /// # use mup_shapes::PathPattern;
    /// let paths = ["embedding.weight", "blocks.0.query.weight"];
    /// let meant = |typed: &str| PathPattern::new(typed).nearest(paths).map(|meant| meant.to_string());
    /// assert_eq!(meant("embeding.weight").as_deref(), Some("embedding.weight"));
    /// assert_eq!(meant("blocks.*.quary.*").as_deref(), Some("blocks.*.query.*"));
    /// assert_eq!(meant("head.bias"), None);
    /// ```
    #[must_use]
    pub fn nearest<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let typed: Vec<&str> = self.as_str().split('.').collect();
        let near = paths.into_iter().map(|path| {
            let (slips, meant) = corrected(&typed, &path.split('.').collect::<Vec<_>>());
            let whole = distance(self.as_str(), path);
            if whole < slips { (whole, path.to_owned()) } else { (slips, meant.join(".")) }
        });
        let (slips, meant) = near.min_by_key(|(slips, _)| *slips)?;
        (slips * 3 <= self.as_str().chars().count()).then(|| Self::new(meant))
    }
}

/// The fewest slips that lie between a pattern and a path, and the pattern without them.
fn corrected<'a>(typed: &[&'a str], path: &[&'a str]) -> (usize, Vec<&'a str>) {
    // Row by row from the ends: what is left of the pattern, against every rest of the path.
    let mut below: Vec<(usize, Vec<&str>)> = Vec::new();
    for from in (0..=typed.len()).rev() {
        let mut row: Vec<(usize, Vec<&str>)> = vec![(0, Vec::new()); path.len() + 1];
        for at in (0..=path.len()).rev() {
            let (segment, name) = (typed.get(from).copied(), path.get(at).copied());
            let missing = name.map(|name| grown(&row[at + 1], MISSING, Some(name)));
            let others = segment.map(|segment| match (segment, name) {
                ("**", None) => vec![grown(&below[at], 0, Some("**"))],
                ("**", Some(_)) => vec![grown(&below[at], 0, Some("**")), row[at + 1].clone()],
                (segment, None) => vec![dropped(&below[at], segment)],
                ("*", Some(_)) => vec![dropped(&below[at], "*"), grown(&below[at + 1], 0, Some("*"))],
                (segment, Some(name)) => {
                    let slips = distance(segment, name);
                    vec![dropped(&below[at], segment), grown(&below[at + 1], slips, Some(name))]
                }
            });
            let ways = others.into_iter().flatten().chain(missing);
            row[at] = ways.min_by_key(|(slips, _)| *slips).unwrap_or_default();
        }
        below = row;
    }
    below.swap_remove(0)
}

/// One segment more in front.
fn grown<'a>(rest: &(usize, Vec<&'a str>), slips: usize, segment: Option<&'a str>) -> (usize, Vec<&'a str>) {
    (rest.0 + slips, segment.into_iter().chain(rest.1.iter().copied()).collect())
}

fn dropped<'a>(rest: &(usize, Vec<&'a str>), segment: &str) -> (usize, Vec<&'a str>) {
    grown(rest, segment.chars().count(), None)
}

fn distance(typed: &str, name: &str) -> usize {
    strsim::damerau_levenshtein(&typed.to_lowercase(), &name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 5] =
        ["embedding.weight", "blocks.0.query.weight", "blocks.0.query.bias", "norm.gamma", "head.weight"];

    fn meant(typed: &str) -> Option<String> {
        PathPattern::new(typed).nearest(PATHS).map(|meant| meant.to_string())
    }

    #[test]
    fn a_slip_in_a_path_is_corrected() {
        for typed in ["embeding.weight", "Embedding.Weight", "embedding", "model.embedding.weight", "embedding_weight"]
        {
            assert_eq!(meant(typed).as_deref(), Some("embedding.weight"), "{typed}");
        }
        assert_eq!(meant("blocks.query.weight").as_deref(), Some("blocks.0.query.weight"));
        assert_eq!(meant("blocks.7.query.bais").as_deref(), Some("blocks.0.query.bias"));
    }

    #[test]
    fn wildcards_stay_where_they_stood() {
        for (typed, expected) in [
            ("**.querry.weight", "**.query.weight"),
            ("blcks.*.query.*", "blocks.*.query.*"),
            ("blocks.*.query", "blocks.*.query.weight"),
            ("**.gama", "**.gamma"),
            ("Norm.**", "norm.**"),
        ] {
            let corrected = meant(typed);
            assert_eq!(corrected.as_deref(), Some(expected), "{typed}");
            assert!(PATHS.iter().any(|path| PathPattern::new(expected).matches(path)), "{typed}");
        }
    }

    #[test]
    fn another_name_is_no_slip() {
        for typed in ["", "q", "decoder.mlp.kernel", "**.running_mean"] {
            assert_eq!(meant(typed), None, "{typed}");
        }
        assert_eq!(PathPattern::new("embedding.weight").nearest([]), None);
    }

    /// Whatever is typed: what is meant exists.
    #[test]
    fn what_is_meant_matches_a_path() {
        for typed in
            ["*.weigth", "**", "*.*", "blocks.**.weigh", "*.0.query.weigt", "blocks.0.0.query.weight", "**.**.bia"]
        {
            if let Some(meant) = PathPattern::new(typed).nearest(PATHS) {
                assert!(PATHS.iter().any(|path| meant.matches(path)), "{typed}: {meant}");
            }
        }
    }
}
