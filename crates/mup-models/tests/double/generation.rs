//! Cached logits equal uncached ones, and generation past the context sees what it says it sees.

use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_models::{Generator, Gpt, GptConfig, ModelError, Positions, Sampler};

use crate::common::{decoders, distance, random_tokens, redraw, values};
use crate::device;

const CONTEXT: usize = 9;

fn config(positions: Positions) -> GptConfig {
    GptConfig::new(13, CONTEXT, 2, 8, 3, 4, 12)
        .with_positions(positions)
        .with_alpha_attention(1.5)
        .with_alpha_embedding(2.0)
        .with_alpha_relative(0.5)
}

fn model(positions: Positions, device: &Device) -> Gpt {
    redraw(config(positions).init(device).unwrap(), 5)
}

/// The same products in another order: some hundred operations in f64 on numbers of order 1 to 10.
const ROUNDING: f64 = 1e-12;

#[test]
fn cached_logits_equal_uncached_ones_for_every_decoder_and_every_split() {
    let device = device();
    let tokens = random_tokens([2, CONTEXT], 13, 6, &device);
    let gpts = [Positions::Relative, Positions::Absolute, Positions::None].map(config);
    let relative = GptConfig { n_head: 2, ..config(Positions::Relative) };
    let one = relative.clone().with_window(Some(1));
    for config in gpts.into_iter().chain(decoders(&relative)).chain([one]) {
        let model = redraw(config.init(&device).unwrap(), 5);
        let expected = model.forward(tokens.clone());
        for split in [vec![1; CONTEXT], vec![CONTEXT], vec![4, 1, 1, 3], vec![2, 5, 2]] {
            let mut generator = Generator::new(&model);
            let mut start = 0;
            for fed in split {
                let logits = generator.feed(tokens.clone().narrow(1, start, fed)).unwrap();
                let expected = expected.clone().narrow(1, start, fed);
                assert!(distance(&logits, &expected) < ROUNDING, "{config} at {start}");
                start += fed;
            }
            assert_eq!(generator.len(), CONTEXT);
        }
    }
}

#[test]
fn sampling_from_a_model_in_training_equals_evaluation_without_dropout() {
    let plain = device();
    let training = redraw(config(Positions::Relative).with_dropout(0.5).init(&plain.clone().autodiff()).unwrap(), 5);
    let tokens = random_tokens([1, CONTEXT], 13, 7, &plain);
    let logits = Generator::new(&training).feed(tokens.clone()).unwrap();
    assert!(distance(&logits, &model(Positions::Relative, &plain).forward(tokens)) < ROUNDING);
}

#[test]
fn more_tokens_than_the_context_are_refused_and_leave_the_sequence_as_it_was() {
    let device = device();
    let mut generator = Generator::new(&model(Positions::Relative, &device));
    let tokens = random_tokens([1, CONTEXT], 13, 8, &device);
    let first = generator.feed(tokens.clone()).unwrap();
    let error = generator.feed(tokens.clone().narrow(1, 0, 1)).unwrap_err();
    assert_eq!(error, ModelError::ContextFull { cached: CONTEXT, fed: 1, context: CONTEXT });
    assert_eq!(generator.feed(Tensor::zeros([1, 0], &device)).unwrap_err(), ModelError::EmptyPrompt);
    assert_eq!(generator.len(), CONTEXT);
    generator.clear();
    assert!(generator.is_empty());
    assert_eq!(values(&generator.feed(tokens).unwrap()), values(&first));
}

fn greedy_without_cache(model: &Gpt, window: &[usize], device: &Device) -> usize {
    let indices: Vec<i64> = window.iter().map(|token| *token as i64).collect();
    let tokens = Tensor::<2, Int>::from_data(TensorData::new(indices, [1, window.len()]), device);
    let logits = values(&model.forward(tokens).narrow(1, window.len() - 1, 1));
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap()
}

#[test]
fn generation_past_the_context_continues_from_the_second_half() {
    let device = device();
    for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
        let model = model(positions, &device);
        let prompt = [1, 2, 3];
        let mut greedy = Sampler::new(0).with_temperature(0.0).unwrap();
        let generated = model.generate(&prompt, 30, &mut greedy).unwrap();
        assert_eq!(generated.len(), 30);
        let mut text = prompt.to_vec();
        let mut start = 0;
        for token in generated {
            if text.len() - start > CONTEXT {
                start = text.len() - CONTEXT.div_ceil(2);
            }
            assert_eq!(token, greedy_without_cache(&model, &text[start..], &device), "{positions:?}");
            text.push(token);
        }
    }
}

#[test]
fn a_prompt_longer_than_the_context_is_read_from_its_end() {
    let model = model(Positions::Relative, &device());
    let prompt: Vec<usize> = (0..20).map(|i| i % 13).collect();
    let draw = |prompt: &[usize]| model.generate(prompt, 12, &mut Sampler::new(3)).unwrap();
    assert_eq!(draw(&prompt), draw(&prompt[20 - CONTEXT..]));
}

#[test]
fn the_seed_decides_the_text() {
    let model = model(Positions::Relative, &device());
    let text = |seed| model.generate(&[0], 40, &mut Sampler::new(seed)).unwrap();
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn bad_prompts_are_errors() {
    let model = model(Positions::Relative, &device());
    assert_eq!(model.generate(&[], 1, &mut Sampler::new(0)).unwrap_err(), ModelError::EmptyPrompt);
    let error = model.generate(&[1, 13], 1, &mut Sampler::new(0)).unwrap_err();
    assert_eq!(error, ModelError::Token { token: 13, vocab: 13 });
}
