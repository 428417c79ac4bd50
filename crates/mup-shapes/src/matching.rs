//! Which parameter of the base a parameter of another member of the family stands for: that of the same path, and where
//! the number of repeated blocks differs, that of the block in the same place of the period.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::stack::number;
use crate::{Axes, Mismatch};

/// What must agree between blocks that repeat each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tensor<'a> {
    pub(crate) axes: &'a Axes,
    pub(crate) dims: &'a [usize],
    /// Which axes grow, as far as that is known.
    pub(crate) infinite: &'a [bool],
}

/// A parameter by its path.
pub(crate) type Param<'a> = (&'a str, Tensor<'a>);

/// Parameters as a tree over the segments of their paths.
#[derive(Debug, Default)]
struct Tree<'a> {
    leaf: Option<Param<'a>>,
    children: BTreeMap<Segment<'a>, Tree<'a>>,
}

/// Numbers first and by size, so that blocks are in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Number(usize, &'a str),
    Name(&'a str),
}

impl<'a> Segment<'a> {
    fn new(text: &'a str) -> Self {
        number(text).map_or(Self::Name(text), |number| Self::Number(number, text))
    }

    fn text(self) -> &'a str {
        match self {
            Self::Number(_, text) | Self::Name(text) => text,
        }
    }
}

impl<'a> Tree<'a> {
    fn new(params: &[Param<'a>]) -> Self {
        let mut root = Self::default();
        for &(path, tensor) in params {
            let segments = path.split('.').map(Segment::new);
            let node = segments.fold(&mut root, |node, segment| node.children.entry(segment).or_default());
            node.leaf.get_or_insert((path, tensor));
        }
        root
    }

    /// The elements of a list: children numbered from 0 without a gap.
    fn list(&self) -> Option<Vec<&Self>> {
        let in_order = |(idx, key): (usize, &Segment)| matches!(key, Segment::Number(number, _) if *number == idx);
        let is_list = !self.children.is_empty() && self.children.keys().enumerate().all(in_order);
        is_list.then(|| self.children.values().collect())
    }

    /// The paths below.
    fn paths(&self) -> Vec<&'a str> {
        let own = self.leaf.iter().map(|(path, _)| *path);
        own.chain(self.children.values().flat_map(Self::paths)).collect()
    }

    /// The children of either of two nodes.
    fn segments<'b>(&'b self, other: &'b Self) -> BTreeSet<&'b Segment<'a>> {
        self.children.keys().chain(other.children.keys()).collect()
    }

    /// Where two trees differ first, in axes (always) or in sizes too.
    fn difference(&self, other: &Self, sizes: bool) -> Option<String> {
        let same = match (&self.leaf, &other.leaf) {
            (Some((_, one)), Some((_, two))) if sizes => one == two,
            (Some((_, one)), Some((_, two))) => one.axes == two.axes && one.dims.len() == two.dims.len(),
            (one, two) => one.is_none() == two.is_none(),
        };
        if !same {
            return Some(String::new());
        }
        // A list inside that is longer is another problem than a block of another kind.
        let lists = !sizes && self.list().is_some() && other.list().is_some();
        self.segments(other).into_iter().find_map(|segment| {
            let rest = match (self.children.get(segment), other.children.get(segment)) {
                (Some(one), Some(two)) => one.difference(two, sizes),
                _ if lists => None,
                _ => Some(String::new()),
            };
            rest.map(|rest| format!(".{}{rest}", segment.text()))
        })
    }
}

/// Pairs of paths that stand for each other, and what has no counterpart.
pub(crate) struct Matching<'a> {
    /// The base's path and the other's, the same path first.
    pub(crate) pairs: Vec<(&'a str, &'a str)>,
    missing: Vec<&'a str>,
    extra: Vec<&'a str>,
    others: Vec<Mismatch>,
    other: &'static str,
    /// Where the comparison stands, in the base.
    at: Vec<&'a str>,
}

impl<'a> Matching<'a> {
    pub(crate) fn new(base: &[Param<'a>], other: &[Param<'a>], name: &'static str) -> Self {
        let (pairs, missing, extra, others, at) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut matching = Self { pairs, missing, extra, others, other: name, at };
        let [known, wanted] = [base, other].map(|params| params.iter().map(|(path, _)| *path).collect::<HashSet<_>>());
        if known == wanted {
            // Nothing differs in its number, and large models need no tree to see that.
            matching.pairs = base.iter().map(|(path, _)| (*path, *path)).collect();
            return matching;
        }
        matching.nodes(&Tree::new(base), &Tree::new(other));
        matching.missing.sort_unstable();
        matching.extra.sort_unstable();
        matching
    }

    /// Everything without a counterpart.
    pub(crate) fn problems(&self) -> Vec<Mismatch> {
        let other = self.other;
        let missing = self.missing.iter().map(|path| Mismatch::Missing { path: (*path).to_owned(), other });
        let extra = self.extra.iter().map(|path| Mismatch::Extra { path: (*path).to_owned(), other });
        missing.chain(extra).chain(self.others.iter().cloned()).collect()
    }

    /// By the other's path, the base's.
    pub(crate) fn base_of(&self) -> HashMap<&'a str, &'a str> {
        self.pairs.iter().rev().map(|(base, other)| (*other, *base)).collect()
    }

    /// By the base's path, the other's.
    pub(crate) fn other_of(&self) -> HashMap<&'a str, &'a str> {
        self.pairs.iter().rev().copied().collect()
    }

    fn nodes(&mut self, base: &Tree<'a>, other: &Tree<'a>) {
        match (base.leaf, other.leaf) {
            (Some((base, _)), Some((other, _))) => self.pairs.push((base, other)),
            (Some((base, _)), None) => self.missing.push(base),
            (None, Some((other, _))) => self.extra.push(other),
            (None, None) => {}
        }
        if let (Some(blocks), Some(others)) = (base.list(), other.list())
            && blocks.len() != others.len()
        {
            return self.lists(&blocks, &others);
        }
        for segment in base.segments(other) {
            self.at.push(segment.text());
            match (base.children.get(segment), other.children.get(segment)) {
                (Some(one), Some(two)) => self.nodes(one, two),
                (Some(one), None) => self.missing.extend(one.paths()),
                (None, Some(two)) => self.extra.extend(two.paths()),
                (None, None) => {}
            }
            self.at.pop();
        }
    }

    /// Lists of different lengths: block `i` of the other is that block of the base, or, past its end, the one in the same
    /// place of the base's period.
    fn lists(&mut self, base: &[&Tree<'a>], other: &[&Tree<'a>]) {
        if self.at.iter().any(|segment| number(segment).is_some()) {
            let (path, base, target) = (self.at.join("."), base.len(), other.len());
            let nested = Mismatch::NestedBlocks { path, base, target, other: self.other };
            if !self.others.contains(&nested) {
                self.others.push(nested);
            }
            return;
        }
        let period = period(base);
        if other.len() < period {
            let (list, base, n) = (self.at.join("."), base.len(), other.len());
            self.others.push(Mismatch::FewerThanPeriod { list, period, base, n, other: self.other });
            return;
        }
        for (idx, block) in other.iter().enumerate() {
            let stands_for = if idx < base.len() { idx } else { idx % period };
            // Blocks that stand for one block of the base are alike, and as that one is, but for its sizes.
            let unlike_base = block.difference(base[stands_for], false).map(|rest| (rest, stands_for));
            let unlike = unlike_base.or_else(|| Some((block.difference(other[idx % period], true)?, idx % period)));
            match unlike {
                None => self.block(base[stands_for], block),
                Some((rest, like)) => {
                    let list = self.at.join(".");
                    let path = |idx: usize| format!("{list}.{idx}{rest}").trim_start_matches('.').to_owned();
                    let (path, like, base) = (path(idx), path(like), base.len());
                    self.others.push(Mismatch::OtherBlock { path, like, list, period, base, other: self.other });
                }
            }
        }
        for (idx, block) in base.iter().enumerate().skip(other.len()) {
            self.block(block, other[idx % period]);
        }
    }

    /// What is found in a block is said of the first.
    fn block(&mut self, base: &Tree<'a>, other: &Tree<'a>) {
        self.at.push("0");
        self.nodes(base, other);
        self.at.pop();
    }
}

/// The smallest number of blocks after which the list repeats itself, sizes included.
fn period(blocks: &[&Tree]) -> usize {
    let repeats = |period: &usize| {
        (*period..blocks.len()).all(|idx| blocks[idx].difference(blocks[idx % period], true).is_none())
    };
    (1..blocks.len()).find(repeats).unwrap_or(blocks.len())
}
