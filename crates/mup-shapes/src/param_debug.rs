//! The one place that reads Burn's `Debug` text: whether a parameter has mappers for loading and saving.

use burn::module::Param;
use burn::tensor::Tensor;

/// Whether a load and a save mapper are set; `None` if Burn's text is another than that of burn-core 0.22.1.
///
/// `LinearLayout::Col` sets them, and nothing but `Debug` tells of them without initializing the parameter
/// (burn-core `module/param/base.rs`, `impl Debug for ParamMapper`). A caller must be safe without an answer;
/// `burns_debug_text_is_the_one_that_is_read` fails when the text changes.
#[must_use]
pub fn param_mappers<const D: usize>(param: &Param<Tensor<D>>) -> Option<(bool, bool)> {
    let text = format!("{param:?}");
    let flags = text.rsplit_once("ParamMapper { load: ")?.1.strip_suffix(" }")?;
    let (load, save) = flags.split_once(", save: ")?;
    Some((load.parse().ok()?, save.parse().ok()?))
}
