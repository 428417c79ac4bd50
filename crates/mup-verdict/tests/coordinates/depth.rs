//! Along depth: burn-nn's encoder, which knows nothing of depth, follows CompleteP; width-only µP, SP and GPT-2's factor left in
//! are seen.

use burn::module::Module;
use burn::nn::transformer::{TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_init::InitSpec;
use mup_models::cross_entropy;
use mup_probe::Probe;
use mup_rules::{Amended, Amendment, Change, DepthRule, OptimizerId, Parametrization, Power, ScalingPlan, Variable};
use mup_shapes::{InfShapes, Place, Places, ShapeReader};
use mup_train::{Family, FamilyError, FamilyRun, Growth, MicroBatch, Size};
use mup_verdict::coordinates::{CoordCheck, Criteria, Quantity, Report, Source, Summary, Verdict, depth_trial_of};

const SYMBOLS: usize = 16;
const LENGTH: usize = 8;

#[derive(Module, Debug)]
struct Model {
    embedding: Embedding,
    encoder: TransformerEncoder,
    norm: LayerNorm,
    readout: Linear,
}

/// What is shown as the residual stream.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    BothEnds,
    OneEnd,
    Pooled,
}

#[derive(Clone)]
struct Encoder {
    shown: Shown,
    zero_readout: bool,
    /// A wish for the init std of closing maps, at every depth.
    closing_std: f64,
}

const PLAIN: Encoder = Encoder { shown: Shown::BothEnds, zero_readout: false, closing_std: 1.0 };

impl Family for Encoder {
    type Model = Model;
    type Batch = [Tensor<2, Int>; 2];

    fn size(&self) -> Size {
        Size::new([("width", 32), ("depth", 1)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Model, FamilyError> {
        let width = size["width"];
        let encoder = TransformerEncoderConfig::new(width, 2 * width, width / 16, size["depth"]);
        Ok(Model {
            embedding: EmbeddingConfig::new(SYMBOLS, width).init(device),
            encoder: encoder.with_dropout(0.0).with_norm_first(true).init(device),
            norm: LayerNormConfig::new(width).init(device),
            readout: LinearConfig::new(width, SYMBOLS).with_bias(false).init(device),
        })
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        Ok([0, 1].map(|shift| {
            let symbol = |i: i64| (i * i * i + 5 * i) % 13;
            let symbols: Vec<i64> = (0..4 * LENGTH as i64).map(|i| symbol(i + shift)).collect();
            Tensor::from_data(TensorData::new(symbols, [4, LENGTH]), device)
        }))
    }

    fn reader(&self) -> ShapeReader {
        ShapeReader::new().with_places(Places::burn())
    }

    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        let plan = ScalingPlan::of(shapes, parametrization).default_optimizer(OptimizerId::ADAMW);
        let wished = self.closing_std.total_cmp(&1.0).is_ne();
        let plan = if wished { plan.wish(Place::Closing, Change::InitStd(self.closing_std)) } else { plan };
        Ok(plan.build()?)
    }

    fn start(&self, _base: &Size) -> InitSpec {
        if self.zero_readout { InitSpec::new().zero_readout() } else { InitSpec::new() }
    }

    fn loss(
        &self,
        model: &Model,
        [tokens, targets]: &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        let x = model.embedding.forward(tokens.clone());
        probe.observe_stream("embedding", &x);
        let x = model.encoder.forward(TransformerEncoderInput::new(x));
        match self.shown {
            Shown::BothEnds => probe.observe_stream("encoder", &x),
            Shown::OneEnd => probe.observe("encoder", &x),
            Shown::Pooled => probe.observe_stream("encoder", &x.clone().mean_dim(1)),
        }
        let logits = model.readout.forward(model.norm.forward(x));
        Ok(cross_entropy(logits.flatten(0, 1), targets.clone().flatten(0, 1)))
    }
}

fn check(family: &Encoder, parametrization: Parametrization, depths: &[usize]) -> Result<Report, String> {
    let growth = Growth::new(family.size(), ["depth"], parametrization);
    let run = FamilyRun::new(family, growth.clone(), growth.base.clone());
    let check = CoordCheck::new(depths, 3, 1).expect("depths").with_sources(Source::ALONG_DEPTH);
    let records = check.run(|depth, seed| {
        let run = run.clone().with_size(growth.at(depth)?).with_seed(seed);
        depth_trial_of(family, &run, &Device::flex())
    });
    records.map_err(|error| error.to_string())?.judge(Criteria::default()).map_err(|error| error.to_string())
}

const DEPTHS: [usize; 4] = [1, 2, 4, 8];

fn row(report: &Report, source: Source) -> &Summary {
    report.summaries().iter().find(|summary| summary.source == source).expect("a row")
}

fn assert_rows(parametrization: &Parametrization, [branches, stream]: [Verdict; 2]) -> Report {
    let report = check(&PLAIN, parametrization.clone(), &DEPTHS).expect("runs");
    let found = Source::ALONG_DEPTH.map(|source| row(&report, source).verdict);
    assert_eq!(found, [stream, branches], "{}\n{report}", parametrization.name);
    report
}

fn with(table: &Parametrization, place: Place, quantity: Amended, exponent: f64) -> Parametrization {
    let power = Power::of(Variable::DEPTH, exponent);
    table.clone().with_amendment(Amendment::new(place, quantity, power, "a wrong factor"))
}

#[test]
fn an_encoder_that_knows_nothing_of_depth_is_flat_under_rules_of_depth() {
    for table in [Parametrization::complete_p(), Parametrization::depth_mup(), Parametrization::mup().with_depth(0.75)]
    {
        let report = assert_rows(&table, [Verdict::Flat, Verdict::Flat]);
        assert_eq!(report.exit_code(), 0, "{report}");
        let said = report.to_string();
        assert!(said.starts_with("depths [1, 2, 4, 8] · 3 seeds") && said.contains("over depths"), "{said}");
    }
}

#[test]
fn depth_that_is_ignored_is_not_flat_in_mup_and_in_sp() {
    let ignored = Parametrization::mup().with_depth_rule(DepthRule::Ignored);
    for table in [ignored, Parametrization::standard()] {
        let report = assert_rows(&table, [Verdict::Grows, Verdict::Grows]);
        assert_eq!(report.exit_code(), 1);
        assert!(report.to_string().contains("rules of width alone"), "{report}");
    }
}

/// GPT-2's 1/√(2L). A first step hardly shows it (here −0.25, docs/log.md −0.10); the sum of branches does.
#[test]
fn a_factor_of_the_models_own_depth_that_was_left_in_is_seen_in_the_sum_of_branches() {
    let left_in = with(&Parametrization::complete_p(), Place::Closing, Amended::InitStd, -0.5);
    let report = check(&PLAIN, left_in, &DEPTHS).expect("runs");
    assert_eq!((row(&report, Source::Branches).verdict, report.exit_code()), (Verdict::Vanishes, 1), "{report}");
    assert!(report.to_string().contains("1/√(2L)"), "{report}");
}

/// The start that is judged does not say by what: closing maps ∝ m_L^−½ under α = 1 would fit α = ½.
#[test]
fn a_start_of_another_alpha_than_the_rules_grows() {
    let complete_p = Parametrization::complete_p();
    let slope = |table: &Parametrization| {
        let report = check(&PLAIN, table.clone(), &DEPTHS).expect("runs");
        row(&report, Source::Branches).slope.expect("a slope").value
    };
    let quarter = slope(&with(&complete_p, Place::Closing, Amended::InitStd, 0.25)) - slope(&complete_p);
    assert!((0.15..0.35).contains(&quarter), "m_L^¼ too much: {quarter:+.2}");
    let half = with(&complete_p, Place::Closing, Amended::InitStd, 0.5);
    let report = check(&PLAIN, half, &DEPTHS).expect("runs");
    assert_eq!((row(&report, Source::Branches).verdict, report.exit_code()), (Verdict::Grows, 1), "{report}");
}

#[test]
fn a_wish_that_is_the_same_at_every_depth_leaves_the_sum_of_branches_flat() {
    let checked = |closing_std| {
        let family = Encoder { closing_std, ..PLAIN };
        check(&family, Parametrization::depth_mup(), &DEPTHS).expect("runs")
    };
    let smaller = checked(0.25);
    let found = Source::ALONG_DEPTH.map(|source| row(&smaller, source).verdict);
    assert_eq!((found, smaller.exit_code()), ([Verdict::Flat, Verdict::Flat], 0), "{smaller}");
    // Branches of twice the start are no small part of a stream behind one block: its first steps are not those of depth yet
    // (slope +0.29).
    let larger = checked(2.0);
    assert_eq!(row(&larger, Source::Branches).verdict, Verdict::Flat, "{larger}");
}

#[test]
fn a_rate_that_misses_its_factor_of_depth_is_seen_in_the_first_step() {
    let table = with(&Parametrization::complete_p(), Place::Closing, Amended::Adam, 1.0);
    assert_rows(&table, [Verdict::Flat, Verdict::Grows]);
    let twice = with(&Parametrization::depth_mup(), Place::Inside, Amended::Adam, -0.5);
    let twice = with(&twice, Place::Closing, Amended::Adam, -0.5);
    assert_rows(&twice, [Verdict::Flat, Verdict::Vanishes]);
}

#[test]
fn a_readout_that_starts_at_zero_hides_nothing() {
    let family = Encoder { zero_readout: true, ..PLAIN };
    let ignored = Parametrization::mup().with_depth_rule(DepthRule::Ignored);
    let of = |table| check(&family, table, &DEPTHS).expect("runs");
    let (right, wrong) = (of(Parametrization::complete_p()), of(ignored));
    assert_eq!((right.exit_code(), wrong.exit_code()), (0, 1), "{right}\n{wrong}");
    assert_eq!(row(&wrong, Source::Stream).verdict, Verdict::Grows, "{wrong}");
}

#[test]
fn only_what_decides_is_a_row() {
    let report = check(&PLAIN, Parametrization::complete_p(), &[1, 2]).expect("runs");
    let rows: Vec<_> = report.summaries().iter().map(|row| (row.module.as_str(), row.quantity)).collect();
    assert_eq!(rows, [("branches", Quantity::Value), ("stream", Quantity::Change)]);
}

#[test]
fn a_model_that_shows_no_stream_is_told_how() {
    let refused = |shown| {
        let family = Encoder { shown, ..PLAIN };
        check(&family, Parametrization::complete_p(), &DEPTHS).expect_err("refused")
    };
    assert!(
        refused(Shown::OneEnd).contains("call `probe.observe_stream(\"stream\", &x)`"),
        "{}",
        refused(Shown::OneEnd)
    );
    let pooled = refused(Shown::Pooled);
    assert!(pooled.contains("[32, 32] in front of the blocks and [4, 32] behind"), "{pooled}");
}

#[test]
fn what_grows_beside_depth_is_refused() {
    let growth = Growth::new(PLAIN.size(), ["depth", "width"], Parametrization::complete_p());
    let run = FamilyRun::new(&PLAIN, growth.clone(), growth.at(2).expect("a size"));
    let message = depth_trial_of(&PLAIN, &run, &Device::flex()).err().expect("refused").to_string();
    assert!(message.contains("is wider than in the base") && message.contains("nothing else may grow"), "{message}");
}
