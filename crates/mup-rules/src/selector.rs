//! Which tensors a wish or a rule speaks of.

use mup_shapes::{InfShape, Kind, PathPattern, Place, Role};
use serde::{Deserialize, Serialize};

use crate::PlanRow;

/// Some tensors of a model: by role, by kind, by place, by the type of their layer, or by path.
///
/// ```
/// # use mup_rules::Selector;
/// # use mup_shapes::Role;
/// let (matrices, norms): (Selector, Selector) = (Role::Hidden.into(), "blocks.*.norm.*".into());
/// assert_eq!((matrices.to_string(), norms.to_string()), ("hidden tensors".to_owned(), "`blocks.*.norm.*`".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Selector {
    /// Every trained tensor.
    All,
    /// Tensors of a role.
    Role(Role),
    /// Tensors of a kind.
    Kind(Kind),
    /// Tensors that stand here relative to the residual stream.
    Place(Place),
    /// Tensors owned by a type of layer, such as `Embedding`.
    Layer(String),
    /// Tensors whose path matches.
    Path(PathPattern),
    /// Tensors that each of these speaks of.
    Every(Vec<Selector>),
}

impl Selector {
    /// Whether it speaks of a tensor whose role in the plan is `role`. Constants of the forward pass are never meant.
    #[must_use]
    pub fn selects(&self, shape: &InfShape, role: Role) -> bool {
        shape.kind.is_trained()
            && match self {
                Self::All => true,
                Self::Role(wanted) => *wanted == role,
                Self::Kind(wanted) => *wanted == shape.kind,
                Self::Layer(wanted) => *wanted == shape.layer,
                Self::Path(pattern) => pattern.matches(&shape.path),
                Self::Place(wanted) => shape.place == Some(*wanted),
                Self::Every(all) => all.iter().all(|one| one.selects(shape, role)),
            }
    }

    /// The path, pattern or layer that was probably meant, where none of these rows is.
    pub(crate) fn nearest(&self, rows: &[PlanRow]) -> Option<PathPattern> {
        let trained = rows.iter().filter(|row| row.kind.is_trained());
        match self {
            Self::Path(pattern) => pattern.nearest(trained.map(|row| row.path.as_str())),
            Self::Layer(layer) => PathPattern::from(layer.as_str()).nearest(trained.map(|row| row.layer.as_str())),
            Self::All | Self::Role(_) | Self::Kind(_) | Self::Place(_) | Self::Every(_) => None,
        }
    }
}

impl From<Role> for Selector {
    fn from(role: Role) -> Self {
        Self::Role(role)
    }
}

impl From<Kind> for Selector {
    fn from(kind: Kind) -> Self {
        Self::Kind(kind)
    }
}

impl From<Place> for Selector {
    fn from(place: Place) -> Self {
        Self::Place(place)
    }
}

impl From<PathPattern> for Selector {
    fn from(pattern: PathPattern) -> Self {
        Self::Path(pattern)
    }
}

impl From<&str> for Selector {
    fn from(pattern: &str) -> Self {
        Self::Path(pattern.into())
    }
}

impl From<String> for Selector {
    fn from(pattern: String) -> Self {
        Self::Path(pattern.into())
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all tensors"),
            Self::Role(role) => write!(f, "{role} tensors"),
            Self::Kind(kind) => write!(f, "tensors of kind {kind}"),
            Self::Place(Place::Outside) => f.write_str("tensors outside of residual branches"),
            Self::Place(Place::Closing) => f.write_str("tensors that close a residual branch"),
            Self::Place(_) => f.write_str("tensors inside of a residual branch"),
            Self::Every(all) => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                f.write_str(&all.join(" that are "))
            }
            Self::Layer(layer) => write!(f, "tensors of {layer} layers"),
            Self::Path(pattern) => write!(f, "`{pattern}`"),
        }
    }
}
