//! What will SP do at width n? A narrow µP model whose plan has the *base width* n knows.
//!
//! At its base width µP is SP. A model of width m whose base width is n > m therefore trains like an SP model of
//! width n: n is its *simulated width*. Sweeping the simulated width shows how SP's optimum and its edge of
//! stability move, and no wide model is trained.
//!
//! The rooms: [`Edge`] (the largest stable value), [`Diagnosis`] (what the narrow model says of each width) and
//! [`Validation`] (the same from really trained SP models, and whether the two agree on the optimum).
//!
//! # Reference
//!
//! Tensor Programs V, arXiv:2203.03466v2, Appendix I and Figure 21: reverse-µTransfer for diagnosing training
//! instability.

mod diagnosis;
mod edge;
mod validation;

pub use diagnosis::{Criteria, Diagnosis, Fate};
pub use edge::Edge;
pub use validation::{Agreement, Shape, Validation};
