//! Repeated blocks: how many residual additions a stream has in the base and in the target.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::pattern::is_number;
use crate::{InfShape, Kind, Place};

/// The residual stream that a tensor's branch is added to, counted in base and target.
///
/// Counted are closing maps, their biases left out, so that blocks with different numbers of branches count as
/// what they are; blocks, where no closing map is known. Only the ratio matters to a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stack {
    /// Name of the stream: the path of the list of blocks, or as declared.
    pub stream: String,
    /// Number in the base model.
    pub base: usize,
    /// Number in this model.
    pub target: usize,
}

impl Stack {
    /// Depth multiplier `target / base`, the `m_L` of the rules.
    ///
    /// ```
    /// # use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};
    /// # let model = |n_layer: usize, n: usize| {
    /// #     let block = |l| ParamShape::new(format!("blocks.{l}.weight"), "Linear", [n, n], ParamSpec::weight());
    /// #     ModuleShapes::new((0..n_layer).map(block).collect())
    /// # };
    /// let shapes = BaseShapes::infer(&model(2, 64), &model(3, 128))?.apply(&model(16, 1024))?;
    /// assert_eq!(shapes.get("blocks.7.weight").unwrap().stack.as_ref().unwrap().depth_mult(), 8.0);
    /// # Ok::<(), mup_shapes::ShapeError>(())
    /// ```
    #[must_use]
    pub fn depth_mult(&self) -> f64 {
        self.target as f64 / self.base as f64
    }

    /// Whether another stream has the same ratio, exactly.
    #[must_use]
    pub fn grows_as(&self, other: &Self) -> bool {
        self.base * other.target == other.base * self.target
    }
}

impl std::fmt::Display for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}→{}", self.stream, self.base, self.target)
    }
}

/// The outermost list of blocks that a path leads through, with the number of its block: `blocks`, 3.
pub(crate) fn block(path: &str) -> Option<(&str, usize)> {
    let mut start = 0;
    for segment in path.split('.') {
        if let Some(number) = number(segment) {
            return Some((path[..start].trim_end_matches('.'), number));
        }
        start += segment.len() + 1;
    }
    None
}

/// The number of a list's element.
pub(crate) fn number(segment: &str) -> Option<usize> {
    is_number(segment).then(|| segment.parse().ok()).flatten()
}

/// A path in which lists inside of a block (experts, heads) have one element.
fn in_block(path: &str) -> String {
    let mut numbers = 0;
    let segments = path.split('.').map(|segment| {
        numbers += usize::from(number(segment).is_some());
        if numbers > 1 && number(segment).is_some() { "*" } else { segment }
    });
    segments.collect::<Vec<_>>().join(".")
}

/// What a stream consists of, by path in the base or in the target.
#[derive(Default)]
struct Counted<'a> {
    closing: BTreeSet<String>,
    blocks: BTreeSet<(&'a str, usize)>,
}

impl<'a> Counted<'a> {
    fn add(&mut self, path: &'a str, like: &InfShape) {
        if like.place == Some(Place::Closing) && like.kind != Kind::Bias {
            self.closing.insert(in_block(path));
        }
        self.blocks.extend(block(path));
    }

    /// Residual additions, or blocks.
    fn len(&self) -> usize {
        if self.closing.is_empty() { self.blocks.len() } else { self.closing.len() }
    }
}

/// Settles places and streams of the target's tensors. `stands_for` are all pairs of a base's path with the target's
/// path that it stands for; `streams` are the declared names by path.
pub(crate) fn count(shapes: &mut [InfShape], streams: &BTreeMap<&str, &str>, stands_for: &[(&str, &str)]) {
    for shape in shapes.iter_mut().filter(|shape| shape.place.is_none() && block(&shape.path).is_none()) {
        shape.place = Some(Place::Outside);
    }
    let found = stacks(shapes, streams, stands_for);
    for (shape, stack) in shapes.iter_mut().zip(found) {
        shape.stack = stack;
    }
}

fn stacks<'a>(
    shapes: &'a [InfShape],
    streams: &BTreeMap<&str, &'a str>,
    stands_for: &[(&'a str, &str)],
) -> Vec<Option<Stack>> {
    let lists: BTreeSet<&str> = shapes.iter().filter_map(|shape| Some(block(&shape.path)?.0)).collect();
    let only = match lists.iter().collect::<Vec<_>>()[..] {
        [] => Some(""),
        [only] => Some(*only),
        _ => None,
    };
    let stream = |shape: &'a InfShape| match (shape.place, streams.get(shape.path.as_str())) {
        (Some(Place::Outside), _) => None,
        (_, Some(declared)) => Some(*declared),
        (_, None) => block(&shape.path).map(|(list, _)| list).or(only),
    };
    let found: Vec<Option<&str>> = shapes.iter().map(stream).collect();
    let in_streams = shapes.iter().zip(&found).filter_map(|(shape, stream)| Some((shape, (*stream)?)));
    let by_path: HashMap<&str, (&InfShape, &str)> =
        in_streams.map(|(shape, stream)| (shape.path.as_str(), (shape, stream))).collect();
    let (mut targets, mut bases) = (BTreeMap::<&str, Counted>::new(), BTreeMap::<&str, Counted>::new());
    for (path, (shape, stream)) in &by_path {
        targets.entry(stream).or_default().add(path, shape);
    }
    for (base, target) in stands_for {
        if let Some((shape, stream)) = by_path.get(target) {
            bases.entry(stream).or_default().add(base, shape);
        }
    }
    let stack = |stream: &str| {
        let (base, target) = (bases.get(stream)?.len(), targets.get(stream)?.len());
        (base > 0 && target > 0).then(|| Stack { stream: stream.to_owned(), base, target })
    };
    let stacks: BTreeMap<&str, Stack> = targets.keys().filter_map(|stream| Some((*stream, stack(stream)?))).collect();
    found.iter().map(|stream| stacks.get((*stream)?).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{block, in_block};

    #[test]
    fn the_outermost_list_is_the_list_of_blocks() {
        assert_eq!(block("blocks.3.experts.1.up.weight"), Some(("blocks", 3)));
        assert_eq!(block("encoder.layers.12.mha.query.weight"), Some(("encoder.layers", 12)));
        assert_eq!(block("readout.weight"), None);
        assert_eq!(block("0.weight"), Some(("", 0)));
    }

    #[test]
    fn experts_of_one_block_are_one_addition() {
        assert_eq!(in_block("blocks.3.experts.1.down.weight"), "blocks.3.experts.*.down.weight");
        assert_eq!(in_block("blocks.3.down.weight"), "blocks.3.down.weight");
    }
}
