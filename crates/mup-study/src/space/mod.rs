//! What is searched: one dimension for each hyperparameter, from a file or from a preset.

mod dimension;
mod names;
mod presets;
mod written;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::placeholders::check_names;
use crate::{Mistake, SpaceError, Values};

pub use dimension::Dimension;
use written::Written;

/// Combinations of a grid, at most: more than a study may have trials.
const LARGEST_GRID: usize = 1_000_000;

/// Hyperparameters by name, each with the values that it may take.
///
/// ```
/// let space = mup_study::Space::from_toml(
///     r#"
///     learning-rate = { log-uniform = [1e-4, 1e-1] }
///     n-warm-up = { integer = [10, 100] }
///     schedule = { categorical = ["linear", "cosine"] }
///     "#,
/// )?;
/// space.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Written>", into = "BTreeMap<String, Written>")]
pub struct Space(pub BTreeMap<String, Dimension>, Declarations);

/// By name: whether the optimum stays when the model is made wider.
type Declarations = BTreeMap<String, bool>;

impl Space {
    /// The same without what is declared of it, which changes no trial.
    pub(crate) fn undeclared(&self) -> Self {
        Self(self.0.clone(), Declarations::new())
    }
}

impl TryFrom<BTreeMap<String, Written>> for Space {
    type Error = String;

    fn try_from(entries: BTreeMap<String, Written>) -> Result<Self, String> {
        let mut space = Self::default();
        for (name, written) in entries {
            space.1.extend(written.transfers.map(|transfers| (name.clone(), transfers)));
            let dimension = written.dimension(&name)?;
            space.0.insert(name, dimension);
        }
        Ok(space)
    }
}

impl From<Space> for BTreeMap<String, Written> {
    fn from(Space(dimensions, transfers): Space) -> Self {
        let written = |(name, dimension): (String, Dimension)| {
            let written = Written::new(dimension, transfers.get(&name).copied());
            (name, written)
        };
        dimensions.into_iter().map(written).collect()
    }
}

impl Space {
    /// The same with another dimension, or one changed.
    #[must_use]
    pub fn with(mut self, name: &str, dimension: Dimension) -> Self {
        self.0.insert(name.to_owned(), dimension);
        self
    }

    /// The same with a dimension of which is declared whether its optimum stays when the model is made wider:
    /// `transfers = …` in `study.toml`.
    #[must_use]
    pub fn with_declared(mut self, name: &str, dimension: Dimension, transfers: bool) -> Self {
        self.1.insert(name.to_owned(), transfers);
        self.with(name, dimension)
    }

    /// What is declared of a dimension's transfer; none where nothing is.
    #[must_use]
    pub fn declared(&self, name: &str) -> Option<bool> {
        self.1.get(name).copied()
    }

    /// Reads what stands below `[space]`, with that header or without: dimensions by name, or a `preset` with others.
    ///
    /// # Errors
    ///
    /// [`Mistake`], with its line.
    pub fn from_toml(text: &str) -> Result<Self, Mistake> {
        crate::study::read_space(text)
    }

    /// Whether there is something to search, and every name and dimension makes sense.
    ///
    /// # Errors
    ///
    /// [`SpaceError`] naming the dimension.
    pub fn check(&self) -> Result<(), SpaceError> {
        self.check_dimensions()?;
        self.check_names()
    }

    pub(crate) fn check_dimensions(&self) -> Result<(), SpaceError> {
        if self.0.is_empty() {
            return Err(SpaceError::Empty);
        }
        self.0.iter().try_for_each(|(name, dimension)| dimension.check(name))
    }

    pub(crate) fn check_names(&self) -> Result<(), SpaceError> {
        self.0.keys().try_for_each(|name| names::check(name))?;
        check_names(self.0.keys().map(String::as_str))
    }

    /// Names of the dimensions that vary, in order.
    pub fn varied(&self) -> impl Iterator<Item = (&str, &Dimension)> {
        self.0.iter().filter(|(_, dimension)| dimension.varies()).map(|(name, dimension)| (name.as_str(), dimension))
    }

    /// The values at a point of the unit cube: `coordinate` gives the place in 0..1 of a varied dimension.
    #[must_use]
    pub fn at(&self, mut coordinate: impl FnMut(&str) -> f64) -> Values {
        let value = |(name, dimension): (&String, &Dimension)| {
            let place = if dimension.varies() { coordinate(name) } else { 0.0 };
            (name.clone(), dimension.at(place))
        };
        Values(self.0.iter().map(value).collect())
    }

    /// Number of combinations of the listed values.
    ///
    /// # Errors
    ///
    /// [`SpaceError::NoGrid`] naming a dimension without a list; [`SpaceError::LargeGrid`].
    pub fn n_combinations(&self) -> Result<usize, SpaceError> {
        let mut points: usize = 1;
        for (name, dimension) in &self.0 {
            let count = dimension.count().ok_or_else(|| SpaceError::NoGrid { name: name.clone() })?;
            points = usize::try_from(count).ok().and_then(|count| points.checked_mul(count)).unwrap_or(usize::MAX);
        }
        if points > LARGEST_GRID { Err(SpaceError::LargeGrid { limit: LARGEST_GRID }) } else { Ok(points) }
    }

    /// A combination of the listed values by its index, the last name changing fastest.
    ///
    /// # Errors
    ///
    /// Those of [`n_combinations`](Self::n_combinations); [`SpaceError::TooManyTrials`] beyond the last.
    pub fn combination(&self, index: usize) -> Result<Values, SpaceError> {
        let points = self.n_combinations()?;
        if index >= points {
            return Err(SpaceError::TooManyTrials { trials: index.saturating_add(1), points });
        }
        let (mut rest, mut values) = (index, Values::default());
        for (name, dimension) in self.0.iter().rev() {
            let count = dimension.count().unwrap_or(1) as usize;
            values = values.with(name, dimension.nth(rest % count));
            rest /= count;
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Setting;

    fn space(text: &str) -> Result<Space, String> {
        let space = Space::from_toml(text).map_err(|error| error.to_string())?;
        space.check().map_err(|error| error.to_string())?;
        Ok(space)
    }

    #[test]
    fn senseless_spaces_are_refused_with_the_name_of_the_dimension() {
        assert!(space("").unwrap_err().contains("no hyperparameter"));
        for dimension in [
            "{ log-uniform = [0.0, 1.0] }",
            "{ log-uniform = [1.0, 0.1] }",
            "{ log-uniform = [-1, 1] }",
            "{ uniform = [1.0, 1.0] }",
            "{ uniform = [nan, 1.0] }",
            "{ uniform = [0.0, inf] }",
            "{ integer = [4, 3] }",
            "{ categorical = [] }",
            "{ categorical = [\"a\", \"a\"] }",
            "{ grid = [] }",
            "{ grid = [1.0, 1] }",
            "{ fixed = nan }",
        ] {
            let error = space(&format!("rate = {dimension}")).expect_err(dimension);
            assert!(error.contains("`rate`"), "{dimension}: {error}");
        }
        for (text, said) in [("rate = { normal = [0, 1] }", "normal"), ("rate = 1.0", "rate"), ("rate = {}", "rate")] {
            assert!(space(text).unwrap_err().contains(said), "{text}");
        }
    }

    #[test]
    fn a_grid_is_the_product_of_its_lists_and_refuses_what_has_no_list() {
        let text = "a = { grid = [1, 2.5] }\nb = { categorical = [\"x\", \"y\"] }\nc = { fixed = 3 }";
        let space_of = |text| space(text).unwrap();
        assert_eq!(space_of(text).n_combinations(), Ok(4));
        let combinations: Vec<Values> = (0..4).map(|index| space_of(text).combination(index).unwrap()).collect();
        assert!(space_of(text).combination(4).unwrap_err().to_string().contains('4'));
        assert_eq!(combinations[1].get("b"), Some(&Setting::Text("y".to_owned())));
        assert_eq!(combinations[2].get("a"), Some(&Setting::Number(2.5)));
        assert!(combinations.iter().all(|values| values.get("c") == Some(&Setting::Integer(3))));
        let continuous = space_of("a = { uniform = [0, 1] }").combination(0).unwrap_err();
        assert!(continuous.to_string().contains("`a`"), "{continuous}");
    }

    #[test]
    fn a_grid_without_end_is_refused_before_it_is_made() {
        let text =
            "a = { integer = [0, 4000000000] }\nb = { integer = [0, 4000000000] }\nc = { integer = [0, 4000000000] }";
        let error = space(text).unwrap().combination(0).unwrap_err();
        assert_eq!(error, SpaceError::LargeGrid { limit: LARGEST_GRID });
    }

    #[test]
    fn a_declaration_stands_beside_the_values_and_what_is_misspelled_or_no_boolean_is_refused() {
        let declared =
            space("swing = { uniform = [0, 1], transfers = false }\nrate = { transfers = true, grid = [1, 2] }");
        let declared = declared.unwrap();
        assert_eq!(["swing", "rate", "other"].map(|name| declared.declared(name)), [Some(false), Some(true), None]);
        for (dimension, said) in [
            ("{ uniform = [0, 1], transfer = true }", "transfers"),
            ("{ uniform = [0, 1], transfers = \"yes\" }", "without quotes"),
            ("{ transfers = true }", "no values"),
            ("{ uniform = [0, 1], grid = [1, 2] }", "either"),
        ] {
            let error = space(&format!("swing = {dimension}")).expect_err(dimension);
            assert!(error.contains("swing") && error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_space_is_read_below_its_header_as_a_study_has_it_and_a_hyperparameter_of_that_name_is_one() {
        let rate = "learning-rate = { log-uniform = [1e-4, 1e-1] }";
        let below = format!("[space]\n{rate}");
        for text in [below.as_str(), "[space]\npreset = \"rate\"", "space = \"rate\""] {
            assert_eq!(space(text), space(rate), "{text}");
        }
        assert!(space(rate).unwrap().0.contains_key("learning-rate"));
        assert!(space("space = { grid = [1, 2] }").unwrap().0.contains_key("space"));
        assert!(space("[space]").unwrap_err().contains("no hyperparameter"));
        for above in ["version = 2", "init-scale = { uniform = [0.5, 2] }"] {
            let error = space(&format!("{above}\n[space]\n{rate}")).unwrap_err();
            let name = above.split(' ').next().unwrap();
            assert!(error.contains(&format!("line 1: `{name}`")) && error.contains("[space] alone"), "{error}");
        }
    }

    #[test]
    fn a_space_survives_toml() {
        let space = Space::gpt3()
            .with("n", Dimension::Integer([1, 3]))
            .with("x", Dimension::Fixed(Setting::Number(0.1)))
            .with_declared("swing", Dimension::Uniform([0.0, 1.0]), false);
        assert_eq!(Space::from_toml(&toml::to_string(&space).unwrap()).unwrap(), space);
    }
}
