//! The table as a document: `docs/rules.md` is what [`rules_markdown`] returns, and a test compares the two.

use mup_shapes::{Place, Role};

use crate::{Form, OptimizerId, Parametrization, Power, Rule, ShapeFactor, Update};

const TEMPLATE: &str = include_str!("rules_template.md");

/// The text of `docs/rules.md`: prose with the tables of every preset, printed from the code.
#[must_use]
pub fn rules_markdown() -> String {
    TEMPLATE
        .replace("{{presets}}", &presets())
        .replace("{{mup}}", &table(&Parametrization::mup(), &[Form::Plain, Form::Multiplier]))
        .replace("{{table-nine}}", &table(&Parametrization::mup(), &[Form::TableNine]))
        .replace(
            "{{tensor-programs-v}}",
            &table(&Parametrization::tensor_programs_v(), &[Form::Plain, Form::Multiplier]),
        )
        .replace("{{mup-package}}", &table(&Parametrization::mup_package(), &[Form::Plain, Form::Multiplier]))
        .replace("{{standard}}", &table(&Parametrization::standard(), &[Form::Plain, Form::Multiplier]))
        .replace("{{u-mup}}", &table(&Parametrization::u_mup(), &[Form::UnitScaled]))
        .replace("{{depth}}", &depth())
        .replace("{{families}}", &families())
        .replace("{{exponents}}", &exponents())
}

fn markdown<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header = line(&header.map(str::to_owned));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("{header}|{}\n{}", "---|".repeat(N), rows.trim_end())
}

fn presets() -> String {
    let rows = Parametrization::NAMES.iter().map(|name| {
        let table = Parametrization::named(name).expect("bug: a listed preset exists");
        let readout = if table.requires_readout { "refused" } else { "allowed" };
        let attention = Power::fan_in(table.attention_exponent).to_string().replace("m_in", "d_head");
        let (decay, l2) = (table.weight_decay.to_string(), table.l2.to_string());
        let depth = table.depth.to_string();
        [format!("`{name}`"), decay, l2, table.epsilon.to_string(), attention, readout.to_owned(), depth]
    });
    let header =
        ["preset", "weight decay", "L2 under Adam", "ε", "attention logits ∝", "readout without multiplier", "depth"];
    markdown(header, rows)
}

/// What depth multiplies the rows of width by, in every place and form.
fn depth() -> String {
    let places = [
        (Place::Inside, Form::Plain, "any"),
        (Place::Closing, Form::Multiplier, "multiplier"),
        (Place::Closing, Form::Plain, "plain"),
    ];
    let tables = [("1", Parametrization::complete_p()), ("½", Parametrization::depth_mup())];
    let rows = tables.iter().flat_map(|(alpha, table)| {
        places.iter().map(move |(place, branch, form)| {
            let numbers = numbers(table, &table.rule_of_depth(*place, *branch)).map(|power| power.to_string());
            let [a, b, adam, sgd, decay_adam, decay_sgd, l2, epsilon] = numbers;
            let (alpha, place, form) = ((*alpha).to_owned(), place.to_string(), (*form).to_owned());
            [alpha, place, form, a, b, adam, sgd, decay_adam, decay_sgd, l2, epsilon]
        })
    });
    let header =
        ["α", "place", "branch", "A", "init std", "rate, Adam", "rate, SGD", "λ, Adam", "λ, SGD", "L2, Adam", "ε"];
    markdown(header, rows)
}

fn table(table: &Parametrization, forms: &[Form]) -> String {
    let refused = |rule: &&Rule| {
        let plain_readout = rule.role == Role::Output && rule.form == Form::Plain;
        !(table.requires_readout && (plain_readout || rule.role == Role::Inner))
    };
    let rules = table.rules.iter().filter(|rule| forms.contains(&rule.form)).filter(refused);
    let rows = rules.map(|rule| {
        let [a, b, adam, sgd, decay_adam, decay_sgd, l2, epsilon] = numbers(table, rule).map(|power| power.to_string());
        [rule.role.to_string(), rule.form.to_string(), a, b, adam, sgd, decay_adam, decay_sgd, l2, epsilon]
    });
    let header = ["role", "form", "A", "init std", "rate, Adam", "rate, SGD", "λ, Adam", "λ, SGD", "L2, Adam", "ε"];
    markdown(header, rows)
}

/// A, init std, rates of Adam and SGD, λ of both, L2 of Adam, ε.
fn numbers(table: &Parametrization, rule: &Rule) -> [Power; 8] {
    let rate = |optimizer: &OptimizerId| rule.rate(optimizer.update);
    let decay = |optimizer: OptimizerId| table.decay(rule, &rate(&optimizer), &optimizer).0;
    [
        rule.multiplier.clone(),
        rule.init_std.clone(),
        rate(&OptimizerId::ADAMW),
        rate(&OptimizerId::SGD),
        decay(OptimizerId::ADAMW),
        decay(OptimizerId::SGD),
        decay(OptimizerId::ADAM),
        table.epsilon.factor(rule),
    ]
}

/// The rate of every kind of optimizer, from the rows of the recommended table.
fn families() -> String {
    let mup = Parametrization::mup();
    let kinds: [(&str, &str, &[OptimizerId]); 4] = [
        (
            "nothing: entries of one size",
            "C(Adam)",
            &[
                OptimizerId::ADAMW,
                OptimizerId::ADAM,
                OptimizerId::RMSPROP,
                OptimizerId::ADAGRAD,
                OptimizerId::ADAN,
                OptimizerId::LION,
                OptimizerId::ADAFACTOR,
            ],
        ),
        ("the gradient", "C(Adam)/g", &[OptimizerId::SGD]),
        ("the weight", "C(Adam)/B", &[OptimizerId::LAMB, OptimizerId::ADAFACTOR_SCALED]),
        ("1/√(m_in·m_out): norm 1", "C(Adam)·√(m_in·m_out)", &[OptimizerId::MUON, OptimizerId::MUON_MATCH_RMS]),
    ];
    let rows = kinds.iter().map(|(follows, formula, optimizers)| {
        let names: Vec<String> =
            optimizers.iter().map(|optimizer| format!("{}{}", optimizer, own_factor(optimizer))).collect();
        let rate = |role, form| {
            mup.rule(role, form).map_or_else(String::new, |rule| rule.rate(optimizers[0].update).to_string())
        };
        let others =
            |role, form| if optimizers[0].hidden_matrices_only { "refused".to_owned() } else { rate(role, form) };
        let (hidden, vector) = (rate(Role::Hidden, Form::Plain), others(Role::Input, Form::Plain));
        let (plain, multiplied) = (others(Role::Output, Form::Plain), others(Role::Output, Form::Multiplier));
        [(*follows).to_owned(), names.join("; "), (*formula).to_owned(), hidden, vector, plain, multiplied]
    });
    markdown(
        [
            "u follows",
            "optimizers (own factor f)",
            "rate C",
            "hidden",
            "input, vector",
            "output, plain",
            "output, multiplier",
        ],
        rows,
    )
}

fn own_factor(optimizer: &OptimizerId) -> String {
    match optimizer.shape_factor {
        ShapeFactor::One => String::new(),
        factor => format!(" (f = {factor})"),
    }
}

fn exponents() -> String {
    let rows = Parametrization::mup().rules.into_iter().map(|rule| {
        let (adam, sgd) = (rule.abc(Update::ENTRYWISE), rule.abc(Update::PROPORTIONAL));
        let [a, b, c_adam, c_sgd] = [adam.a, adam.b, adam.c, sgd.c].map(|exponent| exponent.to_string());
        [rule.role.to_string(), rule.form.to_string(), a, b, c_adam, c_sgd]
    });
    markdown(["role", "form", "a", "b", "c, Adam", "c, SGD"], rows)
}
