//! Families whose members differ in the number of their blocks: which block stands for which, and what is refused.

use mup_shapes::{BaseShapes, InfShapes, Mismatch, ModuleShapes, ParamSpec, Place, Places, ReadProblem, ShapeError};

use crate::param;

/// What a block is made of: a letter for each.
fn model(blocks: &str, width: usize) -> ModuleShapes {
    let weight = |path: String, dims: [usize; 2]| param("Linear", &path, &dims, ParamSpec::weight());
    let mut params = vec![weight("embedding.weight".to_owned(), [100, width])];
    for (idx, kind) in blocks.chars().enumerate() {
        let at = |name: &str| format!("blocks.{idx}.{name}");
        params.extend(match kind {
            // Attention and feed-forward: two branches.
            'a' => vec![
                weight(at("query"), [width, width]),
                weight(at("output"), [width, width]),
                weight(at("down"), [3 * width, width]),
            ],
            // A convolution: one branch.
            'c' => vec![weight(at("mix"), [width, width]), weight(at("out"), [width, width])],
            // As `a`, but with a wider second branch.
            'w' => vec![
                weight(at("query"), [width, width]),
                weight(at("output"), [width, width]),
                weight(at("down"), [5 * width, width]),
            ],
            other => panic!("no block {other}"),
        });
    }
    params.push(weight("readout.weight".to_owned(), [width, 10]));
    ModuleShapes::new(params)
}

fn places() -> Places {
    Places::new().inside("blocks.**").closing("blocks.*.output").closing("blocks.*.down")
}

fn family([base, delta, target]: [&str; 3]) -> Result<InfShapes, ShapeError> {
    BaseShapes::infer(&model(base, 8), &model(delta, 12))?.apply(&model(target, 32))
}

fn placed(family: [&str; 3], places: &Places) -> InfShapes {
    let [base, delta, target] = family;
    let target = model(target, 32).placed(places).expect("places");
    BaseShapes::infer(&model(base, 8), &model(delta, 12)).expect("base").apply(&target).expect("shapes")
}

fn mismatches(family_of: [&str; 3]) -> Vec<Mismatch> {
    match family(family_of) {
        Err(ShapeError::Mismatch(problems)) => problems,
        other => panic!("expected mismatches, got {other:?}"),
    }
}

fn depth(shapes: &InfShapes, path: &str) -> f64 {
    shapes.get(path).expect(path).stack.as_ref().expect("in a stack").depth_mult()
}

// Bad input --------------------------------------------------------------------------------------------------------

#[test]
fn blocks_in_another_order_than_the_bases_are_refused_with_both_paths() {
    let problems = mismatches(["ac", "ac", "aacc"]);
    let [Mismatch::OtherBlock { path, like, period: 2, base: 2, .. }, ..] = &problems[..] else {
        panic!("{problems:?}")
    };
    assert_eq!((path.as_str(), like.as_str()), ("blocks.1.down", "blocks.1.down"));
    let text = problems[0].to_string();
    assert!(text.contains("2 blocks in `blocks`, which repeat after 2"), "{text}");
    assert!(text.contains("or give base and target the same number"), "{text}");
}

/// Two blocks that differ in size alone: the base does not say which of them the third stands for.
#[test]
fn blocks_that_repeat_the_base_in_another_ratio_of_widths_are_refused_with_both_paths() {
    let problems = mismatches(["aw", "aw", "awww"]);
    let [Mismatch::OtherBlock { path, like, .. }] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!((path.as_str(), like.as_str()), ("blocks.2.down", "blocks.0.down"));
}

#[test]
fn a_delta_with_blocks_of_its_own_is_refused() {
    let problems = mismatches(["aa", "aac", "aaaa"]);
    assert!(matches!(&problems[..], [Mismatch::OtherBlock { other: "delta", .. }]), "{problems:?}");
}

#[test]
fn a_list_inside_of_a_block_that_changes_its_length_is_refused() {
    let model = |n_block: usize, n_expert: usize, width: usize| {
        let experts = (0..n_block).flat_map(|block| (0..n_expert).map(move |expert| (block, expert)));
        let weight = |(block, expert)| {
            param("Linear", &format!("blocks.{block}.experts.{expert}.up"), &[width, width], ParamSpec::weight())
        };
        ModuleShapes::new(experts.map(weight).collect())
    };
    let base = BaseShapes::infer(&model(2, 4, 8), &model(2, 4, 12)).unwrap();
    assert!(base.apply(&model(6, 4, 8)).is_ok());
    for n_block in [2, 6] {
        let text = base.apply(&model(n_block, 8, 8)).unwrap_err().to_string();
        assert!(text.contains("`blocks.0.experts` is a list inside of a repeated block"), "{text}");
        assert!(text.contains("4 elements in the base, but 8 in the target"), "{text}");
    }
}

#[test]
fn a_parameter_that_no_block_has_is_still_extra() {
    let mut target: Vec<_> = model("aaa", 32).iter().cloned().collect();
    target.push(param("Linear", "head.weight", &[32, 10], ParamSpec::weight()));
    let base = BaseShapes::infer(&model("a", 8), &model("a", 12)).unwrap();
    let error = base.apply(&ModuleShapes::new(target)).unwrap_err();
    assert!(error.to_string().contains("`head.weight` is in the target but not in the base"), "{error}");
}

#[test]
fn a_delta_that_is_deeper_alone_says_nothing_of_what_grows() {
    let error = BaseShapes::infer(&model("a", 8), &model("aaaa", 8)).unwrap_err();
    assert_eq!(error, ShapeError::Mismatch(vec![Mismatch::DeltaEqualsBase]));
}

#[test]
fn a_place_that_matches_nothing_is_an_error_with_paths_to_correct_it_by() {
    let error = model("a", 8).placed(&Places::new().closing("block.*.output")).unwrap_err();
    let ShapeError::Read(problems) = &error else { panic!("{error}") };
    assert!(matches!(&problems[..], [ReadProblem::UnusedPlace { pattern, .. }] if pattern == "block.*.output"));
    assert!(error.to_string().contains("`blocks.0.output`"), "{error}");
    let error = model("a", 8).placed(&Places::new().stream("layers.**", "encoder")).unwrap_err();
    assert!(error.to_string().contains("the place of `layers.**` matches no parameter"), "{error}");
}

/// The wider pattern, said last, would leave every map inside: the standard parametrization's depth, without a word.
#[test]
fn a_place_that_decides_no_tensors_place_is_an_error_that_names_what_wins() {
    let shadowed = Places::new().closing("blocks.*.down").inside("blocks.**");
    let error = model("a", 8).placed(&shadowed).unwrap_err();
    let ShapeError::Read(problems) = &error else { panic!("{error}") };
    assert!(matches!(&problems[..], [ReadProblem::ShadowedPlace { pattern, .. }] if pattern == "blocks.*.down"));
    assert!(error.to_string().contains("`blocks.**`, said later, decides all of them"), "{error}");
    let streams = Places::new().stream("blocks.*.down", "a").stream("blocks.**", "b");
    assert!(model("a", 8).placed(&streams).unwrap_err().to_string().contains("`blocks.**`, said later"));
    assert!(model("a", 8).placed(&Places::new().inside("blocks.**").closing("blocks.*.down")).is_ok());
}

#[test]
fn a_model_of_fewer_blocks_than_the_base_repeats_after_is_refused() {
    for (family_of, other, n) in [(["ac", "a", "ac"], "delta", 1), (["aaac", "aaac", "aa"], "target", 2)] {
        let period = family_of[0].len();
        let problems = mismatches(family_of);
        let few = |problem: &Mismatch| matches!(problem, Mismatch::FewerThanPeriod { list, .. } if list == "blocks");
        assert!(matches!(&problems[..], [only] if few(only)), "{problems:?}");
        let text = problems[0].to_string();
        assert!(text.contains(&format!("the {other} has {n} blocks in `blocks`")), "{text}");
        assert!(text.contains(&format!("at least {period}")), "{text}");
    }
}

// Which block stands for which -------------------------------------------------------------------------------------

#[test]
fn base_delta_and_target_may_have_any_number_of_equal_blocks() {
    for family_of in [["a", "aaa", "aaaaaa"], ["aa", "a", "aaa"], ["aaaa", "aa", "a"], ["aa", "aa", "aa"]] {
        let shapes = family(family_of).expect("a family");
        for idx in 0..family_of[2].len() {
            let down = shapes.get(&format!("blocks.{idx}.down")).unwrap();
            assert_eq!((down.fan_in_mult(), down.base_fan_in()), (4.0, 24));
        }
        let expected = family_of[2].len() as f64 / family_of[0].len() as f64;
        assert!((depth(&shapes, "blocks.0.down") - expected).abs() < 1e-15);
    }
}

/// Blocks `a`, `c` in turn: block 5 of the target stands for block 1 of the base.
#[test]
fn blocks_that_alternate_are_matched_by_their_period() {
    for base in ["ac", "acac", "aca"] {
        let shapes = family([base, "ac", "acacac"]).expect("a family");
        assert_eq!(shapes.get("blocks.5.mix").unwrap().base_fan_in(), 8);
        assert!(shapes.get("blocks.5.query").is_none());
    }
    // Wider ones in turn: the base of each is its own.
    let shapes = family(["aw", "aw", "awawa"]).expect("a family");
    let base = |idx: usize| shapes.get(&format!("blocks.{idx}.down")).unwrap().base_fan_in();
    assert_eq!([0, 1, 2, 3, 4].map(base), [24, 40, 24, 40, 24]);
}

#[test]
fn the_result_of_infer_does_not_depend_on_how_deep_the_delta_is() {
    let base = |delta: &str| BaseShapes::infer(&model("acac", 8), &model(delta, 12)).unwrap();
    for delta in ["ac", "acacacac"] {
        assert_eq!(base(delta), base("acac"));
    }
}

// What is counted --------------------------------------------------------------------------------------------------

/// `a` has two branches, `c` one, of which nothing closing is said, so additions and blocks differ.
#[test]
fn depth_is_counted_in_residual_additions_where_the_closing_maps_are_known() {
    let places = places().closing("blocks.*.out");
    assert!((depth(&placed(["ac", "ac", "acaca"], &places), "blocks.0.query") - 8.0 / 3.0).abs() < 1e-15);
    assert!((depth(&family(["ac", "ac", "acaca"]).unwrap(), "blocks.0.query") - 5.0 / 2.0).abs() < 1e-15);
}

#[test]
fn what_is_in_no_list_of_blocks_is_outside_and_in_no_stack() {
    let shapes = placed(["a", "a", "aaa"], &places());
    let place = |path: &str| shapes.get(path).unwrap().place;
    assert_eq!([place("embedding.weight"), place("readout.weight")], [Some(Place::Outside); 2]);
    assert_eq!([place("blocks.2.query"), place("blocks.2.down")], [Some(Place::Inside), Some(Place::Closing)]);
    assert_eq!(shapes.get("embedding.weight").unwrap().stack, None);
    assert_eq!(family(["a", "a", "aaa"]).unwrap().get("blocks.2.down").unwrap().place, None);
}

/// An encoder and a decoder have a stream each; two lists on one stream are said to share it.
#[test]
fn each_list_has_a_stream_of_its_own_unless_they_are_said_to_share_one() {
    let model = |first: usize, second: usize, width: usize| {
        let weight = |path: String| param("Linear", &path, &[width, width], ParamSpec::weight());
        let list =
            |name: &str, n: usize| (0..n).map(|idx| weight(format!("{name}.layers.{idx}.out"))).collect::<Vec<_>>();
        ModuleShapes::new([list("encoder", first), list("decoder", second)].concat())
    };
    let base = BaseShapes::infer(&model(2, 4, 8), &model(2, 4, 12)).unwrap();
    let places = Places::new().closing("*.layers.*.out");
    let apply = |places: &Places| base.apply(&model(6, 4, 8).placed(places).unwrap()).unwrap();
    let apart = apply(&places);
    assert_eq!(depth(&apart, "encoder.layers.0.out").to_bits(), 3.0_f64.to_bits());
    assert_eq!(depth(&apart, "decoder.layers.0.out").to_bits(), 1.0_f64.to_bits());
    let shared = apply(&places.stream("**", "trunk"));
    assert!((depth(&shared, "decoder.layers.0.out") - 10.0 / 6.0).abs() < 1e-15);
    assert_eq!(shared.get("encoder.layers.0.out").unwrap().stack.as_ref().unwrap().stream, "trunk");
}

/// burn-nn's names, by the types that own them, in a model of any shape around them.
#[test]
fn the_layers_of_burns_transformers_are_placed_by_type_and_field() {
    let tensor = |path: &str, within: &str| {
        let mut tensor = param("Layer", path, &[8], ParamSpec::bias());
        within.clone_into(&mut tensor.within);
        tensor
    };
    let (mha, ffn) = ("MultiHeadAttention", "PositionWiseFeedForward");
    let expected = [
        ("body.encoder.layers.0.mha.query.bias", mha, Some(Place::Inside)),
        ("body.encoder.layers.0.mha.output.bias", mha, Some(Place::Closing)),
        ("body.encoder.layers.0.pwff.linear_inner.bias", ffn, Some(Place::Inside)),
        ("body.encoder.layers.0.pwff.linear_outer.bias", ffn, Some(Place::Closing)),
        ("body.encoder.layers.0.norm_1.gamma", "TransformerEncoderLayer", Some(Place::Inside)),
        ("layers.1.self_attn.output.weight", mha, Some(Place::Closing)),
        ("layers.1.cross_attn.output.weight", mha, Some(Place::Closing)),
        ("layers.1.cross_attn.value.weight", mha, Some(Place::Inside)),
        ("layers.1.norm_3.beta", "TransformerDecoderLayer", Some(Place::Inside)),
        ("layers.1.mine.output.weight", "MyAttention", None),
    ];
    let shapes = expected.map(|(path, within, _)| tensor(path, within));
    let placed = ModuleShapes::new(shapes.to_vec()).placed(&Places::burn()).expect("places");
    for (path, _, place) in expected {
        assert_eq!(placed.get(path).unwrap().place, place, "{path}");
    }
}

#[test]
fn a_later_place_wins_over_an_earlier_one() {
    let own = Places::burn().and(places()).inside("blocks.0.down");
    let shapes = model("aa", 8).placed(&own).unwrap();
    let place = |path: &str| shapes.get(path).unwrap().place;
    assert_eq!([place("blocks.0.down"), place("blocks.1.down")], [Some(Place::Inside), Some(Place::Closing)]);
}
