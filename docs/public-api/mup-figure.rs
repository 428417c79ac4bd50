// Written by `cargo xtask public-api`. No program: what is public, without bodies.

pub mod crate_root {
    pub use plotters;
    pub use entry::{BAND, Entry, Swatch};
    pub use pen::{FAINT, INK, MARK, Pen, loss_label, shade};
}
pub type Area<'a, B> = DrawingArea<B, Shift>;
pub const BAND: f64 = 0.13;
pub type DrawResult<B> = Result<
    (),
    DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>,
>;
#[derive(Clone, Debug)]
pub struct Entry {
    pub text: String,
    pub color: RGBColor,
    pub swatch: Swatch,
}
impl Entry {
    pub fn line(text: impl Into<String>, color: RGBColor) -> Self {}
    pub fn draw_swatch<B: DrawingBackend>(
        &self,
        area: &Area<'_, B>,
        pen: Pen,
        (left, y): (i32, i32),
    ) -> DrawResult<B> {}
}
pub const FAINT: RGBColor = RGBColor(228, 231, 235);
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    Draw { path: PathBuf, reason: String },
    Write { path: PathBuf, source: io::Error },
}
pub const INK: RGBColor = RGBColor(45, 49, 57);
pub const MARK: RGBColor = RGBColor(200, 30, 60);
#[derive(Clone, Copy, Debug)]
#[private_fields]
pub struct Pen {}
impl Pen {
    pub fn px(self, units: f64) -> u32 {}
    pub fn at(self, units: f64) -> i32 {}
    pub fn font(self, units: f64) -> TextStyle<'static> {}
    pub fn line(self, color: RGBAColor, units: f64) -> ShapeStyle {}
    pub fn style_mesh<X, Y, B>(
        self,
        mesh: &mut MeshStyle<'_, '_, X, Y, B>,
        name_units: f64,
    )
    where
        X: Ranged,
        Y: Ranged,
        B: DrawingBackend,
    {}
}
pub trait Picture {
    fn size(&self) -> (u32, u32);
    fn draw<B: DrawingBackend>(&self, area: &Area<'_, B>, pen: Pen) -> DrawResult<B>;
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swatch {
    Line,
    Ring,
    Triangle,
    Dot,
    Square,
    Band,
    Cross,
}
pub fn loss_label(loss: f64, (low, high): (f64, f64)) -> String {}
pub fn shade(i: usize, n: usize) -> RGBColor {}
pub fn svg(picture: &impl Picture) -> Result<String, String> {}
pub fn write_png(picture: &impl Picture, path: &Path) -> Result<(), FigureError> {}
