//! Which parameter of the base a parameter of another member of the family stands for: that of the same path, and where
//! the number of repeated blocks differs, that of the block in the same place of the period.

use std::collections::{BTreeMap, BTreeSet};

use crate::stack::number;
use crate::{Axes, Mismatch};

/// What must agree between blocks that repeat each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tensor {
    pub(crate) axes: Axes,
    pub(crate) dims: Vec<usize>,
    /// Which axes grow, as far as that is known.
    pub(crate) infinite: Vec<bool>,
}

/// Parameters as a tree over the segments of their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    leaf: Option<Tensor>,
    children: BTreeMap<Segment, Tree>,
}

/// Numbers first and by size, so that blocks are in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Number(usize, String),
    Name(String),
}

impl Segment {
    fn text(&self) -> &str {
        match self {
            Self::Number(_, text) | Self::Name(text) => text,
        }
    }
}

impl Tree {
    pub(crate) fn new<'a>(params: impl Iterator<Item = (&'a str, Tensor)>) -> Self {
        let mut root = Self::default();
        for (path, tensor) in params {
            let mut node = &mut root;
            for text in path.split('.') {
                let segment = match number(text) {
                    Some(number) => Segment::Number(number, text.to_owned()),
                    None => Segment::Name(text.to_owned()),
                };
                node = node.children.entry(segment).or_default();
            }
            node.leaf.get_or_insert(tensor);
        }
        root
    }

    /// The elements of a list: children numbered from 0 without a gap.
    fn list(&self) -> Option<Vec<&Self>> {
        let numbered = self.children.keys().enumerate();
        let is_list = !self.children.is_empty()
            && numbered
                .fold(true, |all, (idx, key)| all && matches!(key, Segment::Number(number, _) if *number == idx));
        is_list.then(|| self.children.values().collect())
    }

    /// The paths below, `at` being that of this node.
    fn paths(&self, at: &str) -> Vec<String> {
        let own = self.leaf.iter().map(|_| at.to_owned());
        own.chain(self.children.iter().flat_map(|(segment, child)| child.paths(&join(at, segment.text())))).collect()
    }

    /// The first path at which two trees differ, in axes (always) or in sizes too.
    fn difference(&self, other: &Self, at: &str, sizes: bool) -> Option<String> {
        let same = match (&self.leaf, &other.leaf) {
            (Some(one), Some(two)) if sizes => one == two,
            (Some(one), Some(two)) => one.axes == two.axes && one.dims.len() == two.dims.len(),
            (one, two) => one.is_none() == two.is_none(),
        };
        if !same {
            return Some(at.to_owned());
        }
        // A list inside that is longer is another problem than a block of another kind.
        let lists = !sizes && self.list().is_some() && other.list().is_some();
        let segments: BTreeSet<&Segment> = self.children.keys().chain(other.children.keys()).collect();
        segments.into_iter().find_map(|segment| {
            let at = join(at, segment.text());
            match (self.children.get(segment), other.children.get(segment)) {
                (Some(one), Some(two)) => one.difference(two, &at, sizes),
                _ if lists => None,
                _ => Some(at),
            }
        })
    }
}

fn join(at: &str, segment: &str) -> String {
    if at.is_empty() { segment.to_owned() } else { format!("{at}.{segment}") }
}

/// Pairs of paths that stand for each other, and what has no counterpart.
pub(crate) struct Matching {
    /// The base's path and the other's, the same path first.
    pub(crate) pairs: Vec<(String, String)>,
    missing: Vec<String>,
    extra: Vec<String>,
    others: Vec<Mismatch>,
    other: &'static str,
}

impl Matching {
    pub(crate) fn new(base: &Tree, other: &Tree, name: &'static str) -> Self {
        let (pairs, missing, extra, others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut matching = Self { pairs, missing, extra, others, other: name };
        matching.nodes(base, other, ["", ""], false);
        matching.missing.sort();
        matching.extra.sort();
        matching
    }

    /// Everything without a counterpart.
    pub(crate) fn problems(&self) -> Vec<Mismatch> {
        let other = self.other;
        let missing = self.missing.iter().map(|path| Mismatch::Missing { path: path.clone(), other });
        let extra = self.extra.iter().map(|path| Mismatch::Extra { path: path.clone(), other });
        missing.chain(extra).chain(self.others.iter().cloned()).collect()
    }

    /// By the other's path, the base's.
    pub(crate) fn base_of(&self) -> BTreeMap<&str, &str> {
        self.pairs.iter().rev().map(|(base, other)| (other.as_str(), base.as_str())).collect()
    }

    /// By the base's path, the other's.
    pub(crate) fn other_of(&self) -> BTreeMap<&str, &str> {
        self.pairs.iter().rev().map(|(base, other)| (base.as_str(), other.as_str())).collect()
    }

    fn nodes(&mut self, base: &Tree, other: &Tree, at: [&str; 2], in_a_block: bool) {
        match (&base.leaf, &other.leaf) {
            (Some(_), Some(_)) => self.pairs.push(at.map(str::to_owned).into()),
            (Some(_), None) => self.missing.push(at[0].to_owned()),
            (None, Some(_)) => self.extra.push(at[1].to_owned()),
            (None, None) => {}
        }
        if let (Some(blocks), Some(others)) = (base.list(), other.list()) {
            if blocks.len() != others.len() {
                return self.lists(&blocks, &others, at, in_a_block);
            }
        }
        let segments: BTreeSet<&Segment> = base.children.keys().chain(other.children.keys()).collect();
        for segment in segments {
            let at = at.map(|at| join(at, segment.text()));
            let in_a_block = in_a_block || matches!(segment, Segment::Number(..));
            match (base.children.get(segment), other.children.get(segment)) {
                (Some(one), Some(two)) => self.nodes(one, two, [&at[0], &at[1]], in_a_block),
                (Some(one), None) => self.missing.extend(one.paths(&at[0])),
                (None, Some(two)) => self.extra.extend(two.paths(&at[1])),
                (None, None) => {}
            }
        }
    }

    /// Lists of different lengths: block `i` of the other is that block of the base, or, past its end, the one in the same
    /// place of the base's period.
    fn lists(&mut self, base: &[&Tree], other: &[&Tree], at: [&str; 2], in_a_block: bool) {
        let (list, other_name) = (at[0].to_owned(), self.other);
        if in_a_block {
            let (base, target) = (base.len(), other.len());
            let nested = Mismatch::NestedBlocks { path: list, base, target, other: other_name };
            if !self.others.contains(&nested) {
                self.others.push(nested);
            }
            return;
        }
        let period = period(base);
        let path = |at: &str, idx: usize| join(at, &idx.to_string());
        for (idx, block) in other.iter().enumerate() {
            let stands_for = if idx < base.len() { idx } else { idx % period };
            let (ours, theirs) = (path(at[1], idx), path(at[0], stands_for));
            // Blocks that stand for one block of the base are alike, and as that one is, but for its sizes.
            let first = idx % period;
            let unlike_base = block.difference(base[stands_for], "", false).map(|rest| (rest, theirs.clone()));
            let unlike =
                unlike_base.or_else(|| block.difference(other[first], "", true).map(|rest| (rest, path(at[1], first))));
            match unlike {
                None => self.nodes(base[stands_for], block, [&theirs, &ours], true),
                Some((rest, from)) => self.others.push(Mismatch::OtherBlock {
                    path: join(&ours, &rest),
                    like: join(&from, &rest),
                    list: list.clone(),
                    period,
                    base: base.len(),
                    other: other_name,
                }),
            }
        }
        let known = other.len();
        for (idx, block) in base.iter().enumerate().skip(known).filter(|(idx, _)| idx % period < known) {
            self.nodes(block, other[idx % period], [&path(at[0], idx), &path(at[1], idx % period)], true);
        }
    }
}

/// The smallest number of blocks after which the list repeats itself, sizes included.
fn period(blocks: &[&Tree]) -> usize {
    let repeats = |period: &usize| (*period..blocks.len()).all(|idx| blocks[idx] == blocks[idx % period]);
    (1..blocks.len()).find(repeats).unwrap_or(blocks.len())
}
