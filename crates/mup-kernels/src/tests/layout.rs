//! Tensors whose elements do not follow each other in memory: views of others, surrounded by NaN.

use burn::tensor::{Int, Tensor};

/// How an argument lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Plain,
    /// First and last axis exchanged.
    Transposed,
    /// Some of the rows of a longer tensor: without gaps, but behind an offset.
    Rows,
    /// Some of the columns of a wider tensor.
    Columns,
    /// The last axis from its end.
    Reversed,
    /// One row for all rows.
    Expanded,
    /// The values of `Expanded`, copied.
    Repeated,
}

impl Layout {
    /// Those that keep the values.
    pub(super) const VIEWS: [Self; 4] = [Self::Transposed, Self::Rows, Self::Columns, Self::Reversed];

    pub(super) fn of<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        let shape = x.dims();
        let expanded = |x: Tensor<D>| x.narrow(D.saturating_sub(2), 0, 1).expand(shape);
        match self {
            Self::Plain => x,
            Self::Transposed => copied(x.swap_dims(0, D - 1)).swap_dims(0, D - 1),
            Self::Rows => surrounded(x, 0),
            Self::Columns => surrounded(x, D - 1),
            Self::Reversed => copied(x.flip([D - 1])).flip([D - 1]),
            Self::Expanded => expanded(x),
            Self::Repeated => copied(expanded(x)),
        }
    }

    pub(super) fn of_result<const D: usize>(self, y: Tensor<D>) -> Tensor<D> {
        if matches!(self, Self::Expanded | Self::Repeated) { y } else { self.of(y) }
    }

    /// Surrounded by indices that are refused.
    pub(super) fn of_indices(self, x: Tensor<2, Int>) -> Tensor<2, Int> {
        let [rows, columns] = x.dims();
        let outside = x.ones_like() * -1;
        match self {
            Self::Plain | Self::Expanded | Self::Repeated => x,
            Self::Transposed => x.transpose().reshape([rows * columns]).reshape([columns, rows]).transpose(),
            Self::Rows => Tensor::cat(vec![outside.clone(), x, outside], 0).narrow(0, rows, rows),
            Self::Columns => Tensor::cat(vec![outside.clone(), x, outside], 1).narrow(1, columns, columns),
            Self::Reversed => x.flip([1]).reshape([rows * columns]).reshape([rows, columns]).flip([1]),
        }
    }
}

/// In an order of its own in memory.
fn copied<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let shape = x.dims();
    x.reshape([shape.iter().product::<usize>()]).reshape(shape)
}

fn surrounded<const D: usize>(x: Tensor<D>, axis: usize) -> Tensor<D> {
    let count = x.dims()[axis];
    let nothing = x.clone().detach() * f64::NAN;
    Tensor::cat(vec![nothing.clone(), x, nothing], axis).narrow(axis, count, count)
}

mod tests {
    use burn::backend::Flex;
    use burn::tensor::{DType, Device, Tensor};

    use super::Layout;
    use crate::tests::cases::{Shapes, all};
    use crate::tests::harness::{Arguments, bits, inputs, leaf, numbers, run, run_on};

    #[test]
    fn the_layouts_are_not_those_of_a_fresh_tensor_but_have_its_values() {
        let x: Tensor<3> =
            Tensor::<1>::from_floats([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &Device::flex()).reshape([2, 2, 2]);
        for layout in Layout::VIEWS.into_iter().chain([Layout::Expanded]) {
            let y = layout.of(x.clone());
            if layout != Layout::Expanded {
                y.clone().into_data().assert_eq(&x.to_data(), true);
            }
            let primitive = y.try_into_primitive::<Flex>().unwrap();
            let plain = primitive.layout().is_contiguous() && primitive.layout().start_offset() == 0;
            assert!(!plain, "{layout:?}");
        }
    }

    #[test]
    fn arguments_and_gradients_that_are_views_of_other_tensors_change_no_bit() {
        for case in all(Shapes::Usual) {
            for dtype in [DType::F32, DType::F64] {
                let plain = bits(&run(&case, &case.fused, dtype));
                for layout in Layout::VIEWS {
                    let view = bits(&run_on(&inputs(&case), &case.fused, dtype, layout));
                    assert!(view == plain, "{} {dtype:?}, {layout:?}", case.name);
                }
            }
        }
    }

    #[test]
    fn a_row_expanded_to_many_is_the_same_as_its_copies() {
        for case in all(Shapes::Usual) {
            let [expanded, repeated] = [Layout::Expanded, Layout::Repeated]
                .map(|layout| bits(&run_on(&inputs(&case), &case.fused, DType::F64, layout)));
            assert!(expanded == repeated, "{}", case.name);
        }
    }

    #[test]
    fn the_gradient_of_a_plain_sum_which_is_one_number_expanded_is_taken() {
        for case in all(Shapes::Usual) {
            let sum = |expanded: bool| {
                let device = Device::flex().autodiff();
                let leaves = inputs(&case).into_iter().map(|values| leaf(&values, &device, DType::F64).require_grad());
                let leaves: Vec<Tensor<1>> = leaves.collect();
                let y = (case.fused)(&Arguments { leaves: &leaves, layout: Layout::Plain });
                let loss = if expanded { y.sum() } else { (y.clone() * y.ones_like()).sum() };
                let gradients = loss.backward();
                let gradients = leaves.iter().filter_map(|leaf| leaf.grad(&gradients));
                bits(&gradients.map(numbers).collect::<Vec<_>>())
            };
            assert!(sum(true) == sum(false), "{}", case.name);
        }
    }
}
