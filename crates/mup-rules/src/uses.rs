//! What became of the user's wishes: which found a tensor, and for which that changed anything.

use mup_shapes::{InfShape, Kind, Role};

use crate::{Change, DecayTerm, OptimizerId, Override, Overrides, PlanRow, RuleError};

/// Of each wish, in order.
pub(crate) struct Uses(Vec<Use>);

#[derive(Clone, Copy)]
enum Use {
    /// It speaks of no tensor.
    Unused,
    /// It changes none of its tensors, and why not.
    Idle(&'static str),
    Effective,
}

impl Uses {
    pub(crate) fn new(overrides: &Overrides) -> Self {
        Self(vec![Use::Unused; overrides.wishes.len()])
    }

    /// The wishes that hold for a tensor: of each kind the last.
    pub(crate) fn wishes<'o>(
        &mut self,
        overrides: &'o Overrides,
        default: &OptimizerId,
        shape: &InfShape,
        role: Role,
    ) -> Vec<&'o Change> {
        let mut held: Vec<(usize, &Change)> = Vec::new();
        let found = overrides.wishes.iter().enumerate().filter(|(_, wish)| wish.tensors.selects(shape, role));
        for (idx, wish) in found {
            if let Some(position) = held.iter().position(|(_, known)| known.same_kind(&wish.change)) {
                // The later wins, and that is what the earlier was for.
                let (earlier, _) = held.remove(position);
                self.0[earlier] = Use::Effective;
            }
            held.push((idx, &wish.change));
        }
        let held_changes: Vec<&Change> = held.iter().map(|(_, change)| *change).collect();
        for (idx, change) in held {
            match (self.0[idx], idle(change, &held_changes, default, shape.kind)) {
                (Use::Effective, _) => {}
                (_, None) => self.0[idx] = Use::Effective,
                (_, Some(reason)) => self.0[idx] = Use::Idle(reason),
            }
        }
        held_changes
    }

    /// No wish is without a tensor.
    pub(crate) fn check_found(&self, overrides: &Overrides, rows: &[PlanRow]) -> Result<(), RuleError> {
        let unused = |(wish, used): &(&Override, &Use)| matches!(used, Use::Unused) && !wish.optional;
        let Some((wish, _)) = overrides.iter().zip(&self.0).find(unused) else { return Ok(()) };
        let paths: Vec<&str> = rows.iter().filter(|row| row.kind.is_trained()).map(|row| row.path.as_str()).collect();
        let (meant, paths) = (wish.tensors.nearest(rows), crate::named::some(&paths));
        Err(RuleError::NothingMatches { wish: wish.to_string(), meant, paths })
    }

    /// None is without an effect.
    pub(crate) fn check_effective(&self, overrides: &Overrides) -> Result<(), RuleError> {
        let idle = overrides.iter().zip(&self.0).find_map(|(wish, used)| match used {
            Use::Idle(reason) if !wish.optional => Some((wish, *reason)),
            _ => None,
        });
        idle.map_or(Ok(()), |(wish, reason)| Err(RuleError::NoEffect { wish: wish.to_string(), reason }))
    }
}

/// Why a change does nothing to a tensor of a kind, among all changes that hold for it.
fn idle(change: &Change, all: &[&Change], default: &OptimizerId, kind: Kind) -> Option<&'static str> {
    let frozen = all.iter().any(|change| matches!(change, Change::Frozen));
    let chosen = all.iter().find_map(|change| match change {
        Change::Optimizer(optimizer) => Some(optimizer),
        _ => None,
    });
    match change {
        Change::InitStd(_) if kind != Kind::Weight => Some(
            "these tensors are not drawn: biases start at 0, gains at 1, slopes at 0.25; to start them otherwise, use \
             mup_init's InitSpec::with",
        ),
        Change::InitStd(_) | Change::Frozen => None,
        _ if frozen => Some("all of these tensors are frozen; leave one of the two out"),
        Change::Decay(_) if chosen.unwrap_or(default).decay == DecayTerm::None => {
            Some("the optimizer of these tensors has no decay; leave it out")
        }
        _ => None,
    }
}
