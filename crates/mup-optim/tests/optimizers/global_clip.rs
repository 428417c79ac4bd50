//! Clipping by the global norm where it is at its edges; the numbers are compared in `torch.rs`.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use mup_optim::{OptimError, clip_by_global_norm};
use mup_shapes::param_paths;

use crate::model::{Net, Values, floats, gradients_of, random_values};

/// The gradients' values, by path.
pub(crate) fn read<M: Module>(module: &M, gradients: &GradientsParams) -> Values {
    let paths = param_paths(module).into_iter().map(|(path, id)| (id, path)).collect();
    let mut reader = Reader { paths, gradients, values: Values::new() };
    module.visit(&mut reader);
    reader.values
}

struct Reader<'a> {
    paths: HashMap<ParamId, String>,
    gradients: &'a GradientsParams,
    values: Values,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.values.insert(self.paths[&param.id].clone(), floats(gradient));
        }
    }
}

fn clip(net: &Net, values: &Values, max_norm: f64) -> (Values, f32) {
    let (gradients, norm) = clip_by_global_norm(net, gradients_of(net, values), max_norm).unwrap();
    (read(net, &gradients), floats(norm)[0])
}

#[test]
fn gradients_below_the_threshold_are_untouched_to_the_bit() {
    let net = Net::target();
    let values = random_values(&net);
    assert_eq!(clip(&net, &values, 1e6).0, values);
    assert_eq!(clip(&net, &values, f64::INFINITY).0, values);
}

/// Scaled by anything, they would all be NaN.
#[test]
fn an_infinite_threshold_scales_nothing_even_beside_a_nan() {
    let net = Net::target();
    let mut values = random_values(&net);
    let odd = [f32::from_bits(0x7fc1_2345), -0.0, f32::NEG_INFINITY, f32::from_bits(1)];
    values.get_mut("up.weight").unwrap()[..4].copy_from_slice(&odd);
    let (found, norm) = clip(&net, &values, f64::INFINITY);
    assert!(norm.is_nan());
    for (path, wanted) in &values {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found[path]), bits(wanted), "{path}");
    }
}

#[test]
fn all_zero_gradients_stay_zero() {
    let net = Net::target();
    let mut values = random_values(&net);
    values.values_mut().for_each(|values| values.fill(0.0));
    assert_eq!(clip(&net, &values, 1.0), (values, 0.0));
}

#[test]
fn parameters_without_a_gradient_do_not_count() {
    let net = Net::target();
    let mut values = random_values(&net);
    values.retain(|path, _| path == "up.bias");
    let (clipped, norm) = clip(&net, &values, 1e-3);
    let wanted = values["up.bias"].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    // A sum of 16 squares in f32.
    assert!((f64::from(norm) / wanted - 1.0).abs() < 1e-6, "{norm} {wanted}");
    assert_eq!(clipped.len(), 1);
}

#[test]
fn a_nan_anywhere_makes_the_norm_and_every_gradient_nan() {
    let net = Net::target();
    let mut values = random_values(&net);
    values.get_mut("up.weight").unwrap()[3] = f32::NAN;
    let (clipped, norm) = clip(&net, &values, 1.0);
    assert!(norm.is_nan());
    assert!(clipped.values().flatten().all(|x| x.is_nan()));
}

#[test]
fn an_infinite_gradient_makes_itself_nan_and_every_other_zero() {
    let net = Net::target();
    let mut values = random_values(&net);
    values.get_mut("up.weight").unwrap()[3] = f32::NEG_INFINITY;
    let (clipped, norm) = clip(&net, &values, 1.0);
    assert!(norm.is_infinite());
    assert!(clipped["up.weight"][3].is_nan());
    assert_eq!(clipped.values().flatten().filter(|x| **x != 0.0).count(), 1);
}

#[test]
fn thresholds_that_are_not_positive_are_refused() {
    let net = Net::target();
    for bad in [0.0, -1.0, f64::NAN] {
        let error = clip_by_global_norm(&net, gradients_of(&net, &random_values(&net)), bad).unwrap_err();
        assert!(matches!(error, OptimError::Hyperparameter { name: "max_norm", .. }), "{error}");
    }
}

#[test]
fn gradients_that_would_escape_are_refused() {
    let net = Net::target();
    let gradients = gradients_of(&net, &random_values(&net));
    let error = clip_by_global_norm(&net.up, gradients, 1.0).unwrap_err();
    assert_eq!(error, OptimError::ForeignGradients { n_foreign: 6, n_gradients: 8 });
    let error = clip_by_global_norm(&net, GradientsParams::new(), 1.0).unwrap_err();
    assert_eq!(error, OptimError::NoGradients);
}
