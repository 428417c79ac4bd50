//! A family is trained as its author would by hand, and what it does not know is refused by name.

use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Int, Tensor};
use mup_init::{InitSpec, initialize};
use mup_models::{Mlp, MlpConfig, cross_entropy, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_probe::Probe;
use mup_rules::{OptimizerId, Parametrization, Run, RunLaw, ScalingPlan};
use mup_shapes::{InfShapes, Role, ShapeReader};
use mup_train::{
    Batches, Event, Family, FamilyError, FamilyRun, Growth, INIT_SCALE, LEARNING_RATE, MicroBatch, Size, Trainer,
    Training,
};

const STEPS: usize = 6;

/// A perceptron on twelve examples that follow from seed and step.
#[derive(Clone)]
struct Perceptron {
    alpha_output: f64,
    start: f64,
    clashes: bool,
}

impl Family for Perceptron {
    type Model = Mlp;
    type Batch = (Tensor<2>, Tensor<1, Int>);

    fn size(&self) -> Size {
        Size::new([("width", 8), ("d_ff", 12)])
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Mlp, FamilyError> {
        let config = MlpConfig::new(4, vec![size["width"], size["d_ff"]], 3).with_alpha_output(self.alpha_output);
        Ok(config.init(device)?)
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let rows = part.part_of(12)?;
        let shift = (seed as usize * 31 + part.step * 7) as f32;
        let inputs: Vec<[f32; 4]> =
            rows.clone().map(|row| [0.1, 0.3, 0.7, 1.1].map(|x| (x * (row as f32 + shift)).sin())).collect();
        let classes: Vec<i64> = rows.map(|row| (row % 4 % 3) as i64).collect();
        let inputs = burn::tensor::TensorData::new(inputs.concat(), [classes.len(), 4]);
        Ok((Tensor::from_data(inputs, device), Tensor::from_data(classes.as_slice(), device)))
    }

    fn loss(&self, mlp: &Mlp, (x, y): &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        Ok(cross_entropy(mlp.forward_probed(x.clone(), probe), y.clone()))
    }

    fn start(&self, _base: &Size) -> InitSpec {
        InitSpec::new().scale_all(self.start)
    }

    fn reader(&self) -> ShapeReader {
        shape_reader()
    }

    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        let optimizer = if self.alpha_output < 10.0 { OptimizerId::ADAMW } else { OptimizerId::SGD };
        Ok(ScalingPlan::new(shapes, parametrization, optimizer)?)
    }

    fn tokens_per_step(&self) -> u64 {
        12
    }

    fn training(&self) -> Training {
        Training::new(STEPS, 0.05).with_max_norm(0.5).with_micro_batches(3)
    }

    fn hyperparameters(&mut self) -> Vec<(&'static str, &mut f64)> {
        let Self { alpha_output, start, clashes } = self;
        vec![("alpha-output", alpha_output), (if *clashes { LEARNING_RATE } else { "start" }, start)]
    }
}

const FAMILY: Perceptron = Perceptron { alpha_output: 1.0, start: 1.0, clashes: false };

fn growth() -> Growth {
    Growth::new(FAMILY.size(), ["width", "d_ff"], Parametrization::mup())
}

fn run() -> FamilyRun {
    let growth = growth();
    let size = growth.at(32).expect("four times the base");
    FamilyRun::new(&FAMILY, growth, size).with_seed(3)
}

fn losses(run: &FamilyRun) -> Vec<u64> {
    let trained = run.train(&FAMILY, &Device::flex(), |_| {}, || false).expect("trains");
    trained.curve.losses.into_iter().map(f64::to_bits).collect()
}

#[test]
fn a_family_is_trained_to_the_bit_as_by_hand() {
    let (flex, device) = (Device::flex(), Device::flex().autodiff());
    let mlp = |widths: [usize; 2], device: &Device| MlpConfig::new(4, widths.to_vec(), 3).init(device).expect("sizes");
    let shapes = shape_reader().infer(&mlp([8, 12], &flex), &mlp([16, 24], &flex), &mlp([32, 48], &flex));
    let plan = ScalingPlan::new(&shapes.expect("shapes"), Parametrization::mup(), OptimizerId::ADAMW).expect("plan");
    let model = initialize(mlp([32, 48], &device), &plan, &InitSpec::new(), 3).expect("weights");
    let optimizer: ModuleOptimizer = MupAdamWConfig::new().init(&plan, &model).expect("optimizer");
    let trainer = Trainer::new(FAMILY.training().with_seed(3));
    let by_hand = trainer.train(&Batches::new(&FAMILY, 3, &flex), model, optimizer).expect("trains");
    let by_hand: Vec<u64> = by_hand.curve.losses.into_iter().map(f64::to_bits).collect();
    assert_eq!(by_hand.len(), STEPS);
    assert_eq!(losses(&run()), by_hand);
    assert_eq!(growth().plan(&FAMILY, &run().size, &flex).expect("plan").fingerprint(), plan.fingerprint());
}

#[test]
fn an_export_that_a_family_does_not_have_is_refused_in_the_same_words_before_there_is_anything_to_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = FAMILY.model(&FAMILY.size(), &Device::flex()).expect("sizes");
    let file = folder.path().join("weights.safetensors");
    for (path, fold, said) in
        [(file.as_path(), true, "Perceptron has no folded form"), (folder.path(), false, "it is a folder; name a file")]
    {
        let error = FAMILY.check_export(&model, path, fold).expect_err("refused").to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(FAMILY.export(&model, path, fold).expect_err("refused").to_string(), error);
    }
    FAMILY.check_export(&model, &file, false).expect("every parameter, into a file");
    assert!(!file.exists());
}

#[test]
fn the_family_that_a_run_trains_has_the_values_of_the_run() {
    let family = run().with("alpha-output", 2.0).family(&FAMILY).expect("its own");
    assert_eq!(family.alpha_output.to_bits(), 2.0_f64.to_bits());
    assert_eq!(family.start.to_bits(), FAMILY.start.to_bits());
}

#[test]
fn each_hyperparameter_changes_the_run_and_so_does_the_seed() {
    let mut seen = vec![losses(&run())];
    for changed in [
        run().with(LEARNING_RATE, 0.01),
        run().with(INIT_SCALE, 0.5),
        run().with("alpha-output", 2.0),
        run().with("start", 2.0),
        run().with_seed(4),
        run().with_growth(growth().from(16).expect("twice the base")),
    ] {
        let losses = losses(&changed);
        assert!(!seen.contains(&losses), "{changed:?}");
        seen.push(losses);
    }
}

#[test]
fn what_a_family_does_not_have_is_refused_with_what_it_has() {
    let refused = |run: FamilyRun| run.start(&FAMILY, &Device::flex()).expect_err("refused").to_string();
    let message = refused(run().with("dropout", 0.1));
    let known = "alpha-output, start, learning-rate, init-scale, rate-input, rate-hidden, rate-output, rate-vector";
    assert_eq!(message, format!("unknown hyperparameter `dropout`; there are {known}"));
    for name in [LEARNING_RATE, INIT_SCALE, "rate-input"] {
        let error = refused(run().with(name, 0.0));
        assert!(error.contains(&format!("`{name}` cannot be 0")), "{error}");
    }
    run().with("alpha-output", 0.0).check_values().expect("a family may train without one of its own");
    let nothing = Growth { grows: Vec::new(), ..growth() };
    assert!(refused(run().with_growth(nothing)).contains("nothing grows"));
    let unknown = Growth { grows: vec!["heads".to_owned()], ..growth() };
    assert!(refused(run().with_growth(unknown)).contains("it has width, d_ff"));
}

#[test]
fn the_values_of_a_run_begin_with_those_of_the_family() {
    let values: Vec<(String, f64)> = run().values.into_iter().collect();
    let named = |name: &str, value| (name.to_owned(), value);
    let own = [named("alpha-output", 1.0), named(INIT_SCALE, 1.0), named(LEARNING_RATE, 0.05), named("start", 1.0)];
    assert_eq!(values, own);
}

#[test]
fn a_factor_on_the_start_and_init_scale_multiply() {
    assert_eq!(losses(&run().with("start", 2.0)), losses(&run().with(INIT_SCALE, 2.0)));
    assert_eq!(losses(&run().with("start", 2.0).with(INIT_SCALE, 0.5)), losses(&run()));
}

#[test]
fn a_plan_is_that_of_the_values_that_the_run_is_trained_with() {
    let plan = |run: FamilyRun| run.plan(&FAMILY, &Device::flex()).expect("plan").fingerprint();
    let own = growth().plan(&FAMILY, &run().size, &Device::flex()).expect("plan").fingerprint();
    assert_eq!(plan(run()), own);
    assert_ne!(plan(run().with("alpha-output", 16.0)), own, "it is of SGD");
}

/// The family knows nothing of them: neither its hyperparameters nor its plan.
#[test]
fn a_factor_on_the_rate_of_a_role_multiplies_it_in_the_plan_and_unasked_for_it_is_nowhere() {
    let plan = |run: FamilyRun| run.plan(&FAMILY, &Device::flex()).expect("plan");
    let (own, rated) = (plan(run()), plan(run().with("rate-input", 0.5).with("rate-vector", 4.0)));
    for (own, rated) in own.rows().iter().zip(rated.rows()) {
        let times = match own.role {
            Role::Input => 0.5,
            Role::Vector => 4.0,
            _ => 1.0,
        };
        assert_eq!(rated.learning_rate.value.to_bits(), (own.learning_rate.value * times).to_bits(), "{}", own.path);
    }
    assert!(
        own.rows().iter().any(|row| row.role == Role::Input) && own.rows().iter().any(|row| row.role == Role::Vector)
    );
    assert_eq!(plan(run().with("rate-input", 1.0)).fingerprint(), own.fingerprint());
    assert_eq!(run().value("rate-hidden").expect("of every family").to_bits(), 1.0_f64.to_bits());
    assert!(!run().values.contains_key("rate-hidden"), "records of before stay what they are");
    assert_ne!(losses(&run().with("rate-hidden", 0.5)), losses(&run()));
    let in_sp = |run: FamilyRun| run.with_growth(Growth { parametrization: Parametrization::standard(), ..growth() });
    let fingerprint = |run: FamilyRun| plan(in_sp(run)).fingerprint();
    assert_ne!(fingerprint(run().with("rate-input", 0.5)), fingerprint(run()), "a control has them too");
}

/// The family knows nothing of batch and horizon: neither its data nor its plan.
#[test]
fn a_target_of_another_batch_and_length_is_planned_by_the_law_of_its_growth() {
    let proxy = run().in_tokens(&FAMILY).expect("known values");
    assert_eq!(proxy, Run::new(12.0, 12.0 * STEPS as f64));
    let target = run().with_steps(2 * STEPS).with_batches(4);
    assert_eq!(target.in_tokens(&FAMILY).expect("known values"), Run::new(48.0, 96.0 * STEPS as f64));
    let under = |law: RunLaw| target.clone().with_growth(growth().from_run(proxy, law));
    let plan = |run: &FamilyRun| run.plan(&FAMILY, &Device::flex()).expect("plan");
    let (plain, scaled) = (plan(&target), plan(&under(RunLaw::complete_d())));
    for (plain, scaled) in plain.rows().iter().zip(scaled.rows()).filter(|(plain, _)| plain.is_trained()) {
        // m_B = 4, m_D = 8.
        let ratio = scaled.learning_rate.value / plain.learning_rate.value;
        assert!((ratio - 0.5_f64.sqrt()).abs() < 1e-15, "{}", plain.path);
    }
    assert_eq!(scaled.beta(0.9).to_bits(), 0.9_f64.sqrt().to_bits());
    assert_eq!(
        scaled.run().map(|run| (run.base, run.target)),
        Some((proxy, target.in_tokens(&FAMILY).expect("known values")))
    );
    assert_ne!(losses(&under(RunLaw::complete_d())), losses(&under(RunLaw::none())));
    assert_eq!(losses(&under(RunLaw::none())), losses(&target));
}

#[test]
fn another_batch_or_length_without_a_law_is_a_warning_that_names_both_runs_and_the_flag() {
    let warned = |run: FamilyRun| {
        let mut warnings = Vec::new();
        let observe = |event: &Event| {
            if let Event::Warning(warning) = event {
                warnings.push(warning.clone());
            }
        };
        run.train(&FAMILY, &Device::flex(), observe, || false).expect("trains");
        warnings.join("\n")
    };
    let from = |law| growth().from_run(run().in_tokens(&FAMILY).expect("known values"), law);
    let longer = || run().with_steps(2 * STEPS);
    let warning = warned(longer().with_growth(from(RunLaw::none())));
    for part in ["12 in a batch, 72 in all", "12 in a batch, 144 in all", "--run-law complete-d"] {
        assert!(warning.contains(part), "{warning}");
    }
    assert!(warned(run().with_batches(2).with_growth(from(RunLaw::none()))).contains("24 in a batch"));
    for quiet in [run().with_growth(from(RunLaw::none())), longer().with_growth(from(RunLaw::complete_d())), longer()] {
        assert_eq!(warned(quiet), "");
    }
    // What no law speaks of.
    let law = || from(RunLaw::complete_d());
    let clipped = |mut run: FamilyRun| {
        run.training.max_norm = Some(1e9);
        warned(run)
    };
    let larger = clipped(run().with_batches(2).with_growth(law()));
    assert!(larger.contains("clipped at the norm 1000000000") && larger.contains("`complete-d`"), "{larger}");
    assert_eq!(clipped(longer().with_growth(law())), "");
    let warm = |mut run: FamilyRun| {
        (run.training.schedule, run.training.max_norm) = (run.training.schedule.with_warm_up(2), None);
        warned(run)
    };
    let late = warm(longer().with_growth(law()));
    assert!(late.contains("warm-up of 2 steps") && late.contains("6 steps, in a run of 12"), "{late}");
    assert_eq!(warm(run().with_batches(2).with_growth(law())), "");
}

/// A family whose own plan has a run says so once.
#[test]
fn a_law_for_a_family_that_plans_its_run_itself_is_refused() {
    #[derive(Clone)]
    struct Planned;
    impl Family for Planned {
        type Model = Mlp;
        type Batch = <Perceptron as Family>::Batch;
        fn size(&self) -> Size {
            FAMILY.size()
        }
        fn model(&self, size: &Size, device: &Device) -> Result<Mlp, FamilyError> {
            FAMILY.model(size, device)
        }
        fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
            FAMILY.batch(seed, part, device)
        }
        fn loss(&self, mlp: &Mlp, batch: &Self::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
            FAMILY.loss(mlp, batch, probe)
        }
        fn reader(&self) -> ShapeReader {
            shape_reader()
        }
        fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
            let [base, target] = [Run::new(1.0, 10.0), Run::new(2.0, 20.0)];
            Ok(ScalingPlan::of(shapes, parametrization).run(base, target, RunLaw::bjorck()).build()?)
        }
    }
    let growth = growth().from_run(Run::new(1.0, 10.0), RunLaw::complete_d());
    let run = FamilyRun::new(&Planned, growth.clone(), growth.base);
    let message = run.plan(&Planned, &Device::flex()).expect_err("two runs").to_string();
    assert!(message.contains("the plan has a run already (bjorck)") && message.contains("--run-law"), "{message}");
}

#[test]
fn a_hyperparameter_that_every_family_has_is_no_familys_own() {
    let family = Perceptron { clashes: true, ..FAMILY };
    let message = run().start(&family, &Device::flex()).expect_err("refused").to_string();
    assert!(message.contains("`learning-rate`") && message.contains("call the family's own otherwise"), "{message}");
}

#[test]
fn whatever_grows_the_first_number_is_infinite_too() {
    let delta = |grows: &[&str]| {
        let grows: Vec<String> = grows.iter().map(|name| (*name).to_owned()).collect();
        FAMILY.delta(&FAMILY.size(), &grows).map(|size| size.to_string())
    };
    assert_eq!(delta(&["width"]), Ok("width=16,d_ff=12".to_owned()));
    assert_eq!(delta(&["d_ff"]), Ok("width=16,d_ff=24".to_owned()));
    assert!(delta(&["d_ff", "depth"]).is_err());
}

#[test]
fn a_family_with_parameters_is_named_without_them() {
    assert_eq!(Wrapped::<Perceptron>(FAMILY).name(), "Wrapped");
    assert_eq!(FAMILY.name(), "Perceptron");
}

/// A family made of another.
#[derive(Clone)]
struct Wrapped<F>(F);

impl<F: Family> Family for Wrapped<F> {
    type Model = F::Model;
    type Batch = F::Batch;

    fn size(&self) -> Size {
        self.0.size()
    }

    fn model(&self, size: &Size, device: &Device) -> Result<F::Model, FamilyError> {
        self.0.model(size, device)
    }

    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<F::Batch, FamilyError> {
        self.0.batch(seed, part, device)
    }

    fn loss(&self, model: &F::Model, batch: &F::Batch, probe: &mut impl Probe) -> Result<Tensor<1>, FamilyError> {
        self.0.loss(model, batch, probe)
    }
}
