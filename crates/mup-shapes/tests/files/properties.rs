//! Properties of comparison that hold for any family of models.

use mup_shapes::{Axes, Axis, BaseShapes, Bsh, Kind, ModuleShapes, ParamShape, ParamSpec, PyTorchNames};
use proptest::prelude::*;

use crate::param;

/// One parameter of a family: a layer, its axes, and for each axis the size in the base and whether it grows.
#[derive(Clone, Debug)]
struct Family {
    layer: &'static str,
    spec: ParamSpec,
    axes: Vec<(usize, bool)>,
}

impl Family {
    /// The member whose infinite axes are `factor` times the base.
    fn param(&self, index: usize, factor: usize) -> ParamShape {
        let dims: Vec<usize> =
            self.axes.iter().map(|(size, grows)| if *grows { size * factor } else { *size }).collect();
        let field = if self.spec.kind == Kind::Gain { "gamma" } else { "weight" };
        param(self.layer, &format!("blocks.{index}.{field}"), &dims, self.spec.clone())
    }
}

fn model(family: &[Family], factor: usize) -> ModuleShapes {
    ModuleShapes::new(family.iter().enumerate().map(|(index, param)| param.param(index, factor)).collect())
}

fn layer() -> impl Strategy<Value = Family> {
    let weight = |axes| ParamSpec::new(axes, Kind::Weight);
    let layers = prop::sample::select(vec![
        ("Linear", ParamSpec::weight()),
        ("Embedding", ParamSpec::weight()),
        ("Conv2d", weight(Axes::out_in_kernel(4))),
        ("ConvTranspose1d", weight(Axes::in_out_kernel(3))),
        ("LayerNorm", ParamSpec::gain()),
        ("MyBias", weight(Axes::vector(2))),
    ]);
    (layers, prop::collection::vec((1_usize..200, any::<bool>()), 4)).prop_map(|((layer, spec), mut axes)| {
        axes.truncate(spec.axes.rank());
        for ((_, grows), axis) in axes.iter_mut().zip(spec.axes.as_slice()) {
            *grows &= *axis != Axis::Kernel;
        }
        Family { layer, spec, axes }
    })
}

/// At least one axis grows: the first parameter is a hidden weight.
fn family() -> impl Strategy<Value = Vec<Family>> {
    prop::collection::vec(layer(), 0..12).prop_map(|mut layers| {
        layers.insert(0, Family { layer: "Linear", spec: ParamSpec::weight(), axes: vec![(64, true), (96, true)] });
        layers
    })
}

fn shuffled(shapes: &ModuleShapes, seed: usize) -> ModuleShapes {
    let mut params: Vec<ParamShape> = shapes.iter().cloned().collect();
    params.sort_by_key(|param| param.path.bytes().fold(seed, |hash, byte| hash.wrapping_mul(31) ^ usize::from(byte)));
    ModuleShapes::new(params)
}

proptest! {
    #[test]
    fn the_base_applied_to_itself_has_multipliers_of_exactly_one(family in family()) {
        let base = model(&family, 1);
        let shapes = BaseShapes::infer(&base, &model(&family, 2)).unwrap().apply(&base).unwrap();
        for shape in &shapes {
            prop_assert_eq!(shape.fan_in_mult().to_bits(), 1.0_f64.to_bits());
            prop_assert_eq!(shape.fan_out_mult().to_bits(), 1.0_f64.to_bits());
            prop_assert_eq!((shape.fan_in(), shape.fan_out()), (shape.base_fan_in(), shape.base_fan_out()));
        }
    }

    #[test]
    fn inference_does_not_depend_on_the_order_of_parameters(family in family(), seed in any::<usize>()) {
        let (base, delta, target) = (model(&family, 1), model(&family, 2), model(&family, 5));
        let inferred = BaseShapes::infer(&base, &delta).unwrap();
        prop_assert_eq!(&BaseShapes::infer(&shuffled(&base, seed), &shuffled(&delta, !seed)).unwrap(), &inferred);
        let (plain, mixed) = (inferred.apply(&target).unwrap(), inferred.apply(&shuffled(&target, seed)).unwrap());
        for shape in &plain {
            prop_assert_eq!(mixed.get(&shape.path), Some(shape));
        }
    }

    #[test]
    fn any_delta_that_differs_gives_the_same_base(family in family(), factor in 2_usize..9) {
        let base = model(&family, 1);
        let inferred = BaseShapes::infer(&base, &model(&family, factor)).unwrap();
        prop_assert_eq!(inferred, BaseShapes::infer(&base, &model(&family, 2)).unwrap());
    }

    #[test]
    fn width_multipliers_multiply(family in family(), first in 1_usize..9, second in 1_usize..9) {
        let (base, middle) = (model(&family, 1), model(&family, first));
        let from_base = BaseShapes::infer(&base, &model(&family, 10)).unwrap();
        let from_middle = BaseShapes::infer(&middle, &model(&family, 100)).unwrap();
        let all = from_base.apply(&model(&family, first * second)).unwrap();
        let (half, rest) = (from_base.apply(&middle).unwrap(), from_middle.apply(&model(&family, first * second)).unwrap());
        for shape in &all {
            let (half, rest) = (half.get(&shape.path).unwrap(), rest.get(&shape.path).unwrap());
            // Factors are whole numbers below 81² at most, and their quotients by the base exact: `dim / base`
            // divides a multiple of `base`.
            prop_assert_eq!(shape.fan_in_mult().to_bits(), (half.fan_in_mult() * rest.fan_in_mult()).to_bits());
            prop_assert_eq!(shape.fan_out_mult().to_bits(), (half.fan_out_mult() * rest.fan_out_mult()).to_bits());
            prop_assert_eq!(shape.role(), half.role());
        }
    }

    #[test]
    fn a_base_saved_and_loaded_is_the_same(family in family()) {
        let base = BaseShapes::infer(&model(&family, 1), &model(&family, 2)).unwrap();
        prop_assert_eq!(BaseShapes::from_toml(&base.to_toml()).unwrap(), base);
    }

    #[test]
    fn a_base_written_as_bsh_and_applied_to_any_width_is_the_same(family in family(), factor in 1_usize..9) {
        let base = BaseShapes::infer(&model(&family, 1), &model(&family, 2)).unwrap();
        let bsh = PyTorchNames::new().bsh(&base, &model(&family, 3)).unwrap();
        let read = Bsh::from_yaml(&bsh.to_yaml()).unwrap().base_shapes(&model(&family, factor));
        // At base width such a file says nothing that a list of sizes would not.
        if factor == 1 && family.iter().all(|param| param.axes.iter().all(|(_, grows)| *grows)) {
            prop_assert!(read.unwrap_err().to_string().contains("every size in the file is a number"));
        } else {
            prop_assert_eq!(read.unwrap(), base);
        }
    }
}
