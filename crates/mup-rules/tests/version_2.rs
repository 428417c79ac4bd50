//! A plan that version 2 wrote (with this crate at commit 9a67ab0) is read as what it prescribed.

use mup_rules::{DepthRule, ScalingPlan};

#[test]
fn a_stored_plan_of_version_2_is_read_with_nothing_said_of_places_and_depth() {
    let text = include_str!("version_2/wishes.json");
    let plan = ScalingPlan::from_json(text).expect("a plan");
    assert_eq!(plan.parametrization().depth, DepthRule::Refused);
    assert!(plan.streams().is_empty() && plan.rows().iter().all(|row| row.place.is_none()));
    assert_eq!(plan.row("blocks.0.up.bias").expect("a row").learning_rate.formula(), "1/m_L · √m_B/√m_D");
    assert_eq!(ScalingPlan::from_json(&plan.to_json()).expect("a plan"), plan);
}
