//! Where the tensors of burn-nn's transformers stand in their branches, read from real modules.

use burn::module::Module;
use burn::nn::transformer::{
    TransformerDecoder, TransformerDecoderConfig, TransformerEncoder, TransformerEncoderConfig,
};
use burn::nn::{Linear, LinearConfig, RmsNorm, RmsNormConfig};
use mup_shapes::{InfShapes, Place, Places, ReadProblem, ShapeError, ShapeReader};

use crate::device;

#[derive(Module, Debug)]
struct Translator {
    encoder: TransformerEncoder,
    decoder: TransformerDecoder,
    readout: Linear,
}

fn translator(n_encoder: usize, n_decoder: usize, width: usize) -> Translator {
    let encoder = TransformerEncoderConfig::new(width, 2 * width, 2, n_encoder).with_norm_first(true);
    let decoder = TransformerDecoderConfig::new(width, 2 * width, 2, n_decoder).with_norm_first(true);
    Translator {
        encoder: encoder.init(&device()),
        decoder: decoder.init(&device()),
        readout: LinearConfig::new(width, 10).init(&device()),
    }
}

fn shapes() -> InfShapes {
    let reader = ShapeReader::new().with_places(Places::burn());
    reader.infer(&translator(2, 1, 8), &translator(1, 1, 12), &translator(6, 4, 32)).unwrap()
}

#[test]
fn every_tensor_of_an_encoder_and_a_decoder_has_its_place_and_its_stream() {
    let shapes = shapes();
    let closing = ["mha.output", "self_attn.output", "cross_attn.output", "pwff.linear_outer"];
    for shape in &shapes {
        let closes = closing.iter().any(|layer| shape.path.contains(layer));
        let expected = match shape.path.contains(".layers.") {
            false => Place::Outside,
            true if closes => Place::Closing,
            true => Place::Inside,
        };
        assert_eq!(shape.place, Some(expected), "{}", shape.path);
    }
    let stack = |path: &str| shapes.get(path).unwrap().stack.as_ref().unwrap().to_string();
    // Two branches in each layer of the encoder, three in the decoder's.
    assert_eq!(stack("encoder.layers.5.norm_1.gamma"), "encoder.layers 4→12");
    assert_eq!(stack("decoder.layers.3.cross_attn.query.weight"), "decoder.layers 3→12");
}

#[test]
fn a_place_of_ones_own_wins_and_one_that_matches_nothing_is_an_error() {
    let reader = ShapeReader::new().with_places(Places::burn());
    let own = reader.clone().place("decoder.layers.*.norm_3.*", Place::Closing);
    let shapes = own.read(&translator(1, 1, 8)).unwrap();
    assert_eq!(shapes.get("decoder.layers.0.norm_3.gamma").unwrap().place, Some(Place::Closing));
    let error = reader.place("encoder.blocks.**", Place::Inside).read(&translator(1, 1, 8)).unwrap_err();
    let ShapeError::Read(problems) = &error else { panic!("{error}") };
    assert!(matches!(&problems[..], [ReadProblem::UnusedPlace { pattern, .. }] if pattern == "encoder.blocks.**"));
}

#[derive(Module, Debug)]
struct Branch {
    up: Linear,
    down: Linear,
    output_norm: Option<RmsNorm>,
}

#[derive(Module, Debug)]
struct Blocks {
    blocks: Vec<Branch>,
}

#[test]
fn a_norm_behind_a_branch_closes_it_in_the_blocks_that_have_one() {
    let branch = |behind: bool| {
        let linear = || LinearConfig::new(8, 8).init(&device());
        let output_norm = behind.then(|| RmsNormConfig::new(8).init(&device()));
        Branch { up: linear(), down: linear(), output_norm }
    };
    let places = Places::new()
        .within("Branch", "**", Place::Inside)
        .within_unless("Branch", "**.down.*", Place::Closing, "output_norm")
        .within("Branch", "**.output_norm.*", Place::Closing);
    let model = Blocks { blocks: vec![branch(false), branch(true)] };
    let shapes = ShapeReader::new().with_places(places).read(&model).unwrap();
    let place = |path: &str| shapes.get(path).unwrap().place.unwrap();
    assert_eq!(place("blocks.0.down.weight"), Place::Closing);
    assert_eq!(place("blocks.1.down.weight"), Place::Inside);
    assert_eq!(place("blocks.1.down.bias"), Place::Inside);
    assert_eq!(place("blocks.1.output_norm.gamma"), Place::Closing);
    assert_eq!(place("blocks.1.up.weight"), Place::Inside);
}
