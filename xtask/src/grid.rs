//! Grids of log₂ values on the command line.

use mup_transfer::Log2Grid;

/// LOW:HIGH or LOW:HIGH:STEP.
pub(crate) fn parse_grid(text: &str) -> Result<Log2Grid, String> {
    let numbers: Result<Vec<f64>, _> = text.split(':').map(|number| number.trim().parse::<f64>()).collect();
    let (low, high, step) = match numbers.as_deref() {
        Ok([low, high]) => (*low, *high, 1.0),
        Ok([low, high, step]) => (*low, *high, *step),
        _ => return Err(format!("a grid is LOW:HIGH or LOW:HIGH:STEP, for example -8:-4, but this is `{text}`")),
    };
    Log2Grid::new(low, high, step).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::parse_grid;

    #[test]
    fn grids_have_negative_exponents_and_steps() {
        assert_eq!(parse_grid("-3:-2:0.5").map(|grid| grid.exponents()), Ok(vec![-3.0, -2.5, -2.0]));
        assert_eq!(parse_grid("-1:1").map(|grid| grid.exponents()), Ok(vec![-1.0, 0.0, 1.0]));
        for wrong in ["", "-3", "-2:-3", "a:b", "1:2:3:4", "0:1:0", "0:nan"] {
            assert!(parse_grid(wrong).is_err(), "{wrong}");
        }
    }
}
