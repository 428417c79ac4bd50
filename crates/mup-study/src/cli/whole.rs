//! Whole numbers as people type them.

/// Reads a whole number from `LEAST` on: the value parser of every option that counts something.
///
/// # Errors
///
/// What to write instead, such as 1000 for 1e3.
pub fn whole<N: TryFrom<u64>, const LEAST: u64>(text: &str) -> Result<N, String> {
    whole_up_to::<N, LEAST, { u64::MAX }>(text)
}

/// The same up to `MOST`, which is told before how to write the number.
///
/// # Errors
///
/// Those of [`whole`].
pub fn whole_up_to<N: TryFrom<u64>, const LEAST: u64, const MOST: u64>(text: &str) -> Result<N, String> {
    let plain = text.trim().replace(['_', '\'', ','], "");
    let range = || if MOST == u64::MAX { format!("at least {LEAST}") } else { format!("from {LEAST} to {MOST}") };
    let meant = plain.parse::<u64>().ok().or_else(|| {
        let number: f64 = plain.parse().ok()?;
        (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as u64)
    });
    match meant {
        Some(number) if number < LEAST => Err(format!("it has to be at least {LEAST}")),
        Some(number) if number > MOST => Err(format!("it has to be at most {MOST}")),
        Some(number) if number.to_string() == text => {
            N::try_from(number).map_err(|_| format!("it has to be less than {number}"))
        }
        Some(number) => Err(format!("write it as a whole number, {number}")),
        None => Err(format!("write a whole number, {}", range())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_none_is_refused_with_what_to_write() {
        assert_eq!(whole::<usize, 1>("1000"), Ok(1000));
        assert_eq!(whole::<u64, 0>("0"), Ok(0));
        for (text, said) in [
            ("1e3", "a whole number, 1000"),
            ("1_000", "a whole number, 1000"),
            ("200.0", "a whole number, 200"),
            ("0", "at least 1"),
            ("-5", "a whole number, at least 1"),
            ("many", "a whole number"),
            ("", "a whole number"),
            ("99999999999999999999", "a whole number"),
            ("007", "a whole number, 7"),
            ("70000", "less than 70000"),
        ] {
            let error = whole::<u16, 1>(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        for (text, said) in
            [("1e12", "at most 1000"), ("1001", "at most 1000"), ("1e30", "from 1 to 1000"), ("1e2", "100")]
        {
            let error = whole_up_to::<u64, 1, 1000>(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
