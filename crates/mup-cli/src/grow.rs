//! What grows on the command line, and through which values.

use mup_rules::Parametrization;
use mup_train::{FamilyError, Growth, Size};

use crate::AnyFamily;

/// What grows, and through which values.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct GrowArguments {
    /// What grows: a number of the model's size, or several by one factor [default: the first]
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub grow: Vec<String>,
    /// Its values; the smallest is the base [default: the family's own, and 2, 4, 8 times as much]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub widths: Vec<usize>,
    /// Its largest value, which doubling the family's own comes to.
    #[arg(long, value_name = "N", conflicts_with = "widths")]
    pub to: Option<usize>,
    /// Other numbers of the size, of every model.
    #[arg(long, value_name = "NAME=N,…")]
    pub size: Option<String>,
}

/// What the arguments come to for a family.
#[derive(Clone, Debug)]
pub(crate) struct Grown {
    /// From the smallest value, in µP.
    pub(crate) growth: Growth,
    /// The values, ascending.
    pub(crate) widths: Vec<usize>,
}

impl GrowArguments {
    /// For a family.
    pub(crate) fn of(&self, family: &dyn AnyFamily) -> Result<Grown, FamilyError> {
        let size = changed(family.size(), self.size.as_deref())?;
        let grows = match self.grow.as_slice() {
            [] => vec![size.first()?.to_owned()],
            grows => grows.to_vec(),
        };
        let own = size.get(&grows[0])?;
        let mut widths = match self.to {
            _ if !self.widths.is_empty() => self.widths.clone(),
            None => {
                let grown = [1, 2, 4, 8].map(|factor| size.times(&grows, factor)?.get(&grows[0]));
                grown.into_iter().collect::<Result<_, _>>()?
            }
            Some(to) => doubled(own.max(1), to)?,
        };
        widths.sort_unstable();
        let growth = Growth::new(size, grows, Parametrization::mup());
        widths.iter().try_for_each(|width| growth.at(*width).map(|_| ()))?;
        let growth = growth.from(widths[0])?;
        Ok(Grown { growth, widths })
    }
}

/// From a number by doubling to another, which has to be among them: the largest one that was asked for is never left out.
pub(crate) fn doubled(from: usize, to: usize) -> Result<Vec<usize>, FamilyError> {
    let all = || std::iter::successors(Some(from), |number| number.checked_mul(2));
    let numbers: Vec<usize> = all().take_while(|number| *number <= to).collect();
    let next = all().nth(numbers.len()).map_or_else(String::new, |next| format!(" or --to {next}"));
    match numbers.last() {
        Some(last) if *last == to => Ok(numbers),
        Some(last) => {
            let all = numbers.iter().chain([&to]).map(usize::to_string).collect::<Vec<_>>().join(",");
            Err(format!("--to {to} is none of {from} doubled: give --to {last}{next}, or --widths {all}").into())
        }
        None => {
            Err(format!("--to {to} is below {from}, from which it is doubled: give --to {from} or more, or --widths")
                .into())
        }
    }
}

/// What differs between a base and a target, else the first number.
pub(crate) fn grows(base: &Size, target: &Size) -> Result<Vec<String>, FamilyError> {
    let differing = base.iter().zip(target.iter()).filter(|(base, target)| base != target);
    let grows: Vec<String> = differing.map(|((name, _), _)| name.to_owned()).collect();
    Ok(if grows.is_empty() { vec![base.first()?.to_owned()] } else { grows })
}

/// A parametrization as the paper abbreviates it.
pub(crate) fn short(parametrization: &str) -> &str {
    match parametrization {
        "standard" => "SP",
        "mup" => "µP",
        "mup without depth" => "µP of width",
        other => other,
    }
}

/// A size as a command line changes it.
pub(crate) fn changed(size: Size, change: Option<&str>) -> Result<Size, FamilyError> {
    Ok(change.map_or(Ok(size.clone()), |change| size.changed(change))?)
}

#[cfg(test)]
mod tests {
    use burn::{
        module::Module,
        nn::{Linear, LinearConfig},
        tensor::{Device, Tensor},
    };
    use mup_probe::Probe;
    use mup_train::{Family, FamilyError, MicroBatch, Size};

    use super::GrowArguments;

    #[derive(Module, Debug)]
    struct Net {
        layer: Linear,
    }

    #[derive(Clone)]
    struct Layers;

    impl Family for Layers {
        type Model = Net;
        type Batch = ();

        fn size(&self) -> Size {
            Size::new([("width", 12), ("heads", 3)])
        }

        fn model(&self, size: &Size, device: &Device) -> Result<Net, FamilyError> {
            Ok(Net { layer: LinearConfig::new(size["width"], size["heads"]).init(device) })
        }

        fn batch(&self, _seed: u64, _part: MicroBatch, _device: &Device) -> Result<(), FamilyError> {
            Ok(())
        }

        fn loss(&self, net: &Net, _batch: &(), _probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
            Ok(net.layer.weight.val().mean())
        }
    }

    fn grown(arguments: GrowArguments) -> Result<(String, Vec<usize>), String> {
        let grown = arguments.of(&Layers).map_err(|error| error.to_string())?;
        Ok((format!("{} from {}", grown.growth.grows.join(" and "), grown.growth.base), grown.widths))
    }

    #[test]
    fn unasked_the_first_number_doubles_three_times_from_the_familys_own() {
        let found = grown(GrowArguments::default());
        assert_eq!(found, Ok(("width from width=12,heads=3".to_owned(), vec![12, 24, 48, 96])));
    }

    #[test]
    fn the_smallest_value_is_the_base_and_what_grows_grows_together() {
        let grow = vec!["width".to_owned(), "heads".to_owned()];
        let found = grown(GrowArguments { grow, widths: vec![24, 8], ..GrowArguments::default() });
        assert_eq!(found, Ok(("width and heads from width=8,heads=2".to_owned(), vec![8, 24])));
        let size = Some("heads=5".to_owned());
        let found = grown(GrowArguments { to: Some(48), size, ..GrowArguments::default() });
        assert_eq!(found, Ok(("width from width=12,heads=5".to_owned(), vec![12, 24, 48])));
    }

    #[test]
    fn a_largest_value_that_doubling_does_not_come_to_is_refused_and_not_left_out() {
        let error = grown(GrowArguments { to: Some(50), ..GrowArguments::default() }).expect_err("refused");
        assert!(error.contains("--to 48 or --to 96, or --widths 12,24,48,50"), "{error}");
    }

    #[test]
    fn values_that_the_family_has_not_are_refused() {
        let refused = |arguments| grown(arguments).expect_err("refused");
        assert!(refused(GrowArguments { to: Some(8), ..GrowArguments::default() }).contains("--to 8 is below"));
        assert!(refused(GrowArguments { widths: vec![0, 12], ..GrowArguments::default() }).contains("from 12 to 0"));
    }
}
