//! Numbers in JSON that survive: NaN and infinity, which JSON does not have, are written as text.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Text(String),
}

pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() { serializer.serialize_f64(*value) } else { serializer.collect_str(value) }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Number::deserialize(deserializer)? {
        Number::Finite(value) => Ok(value),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// The same for lists.
#[cfg(feature = "coordinates")]
pub(crate) mod list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Element(#[serde(with = "super")] f64);

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| Element(*value)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Element>::deserialize(deserializer)?.into_iter().map(|element| element.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::Slope;

    #[test]
    fn infinite_ends_survive_json() {
        let slope = Slope::fit(&[(32, 1.0), (64, 2.0)], 0.95).expect("two widths");
        let text = serde_json::to_string(&slope).expect("writes");
        assert_eq!(text, r#"{"value":1.0,"low":"-inf","high":"inf"}"#);
        assert_eq!(serde_json::from_str::<Slope>(&text).expect("reads"), slope);
    }
}
