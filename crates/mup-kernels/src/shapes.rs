//! What the shapes of an operation's arguments must be. Whoever gives others is told the operation, the argument and the
//! numbers, on every device, before anything is computed.

use crate::Heads;

/// Groups of a parameter with a group axis in front of its `axes` own ones.
fn groups(parameter: &[usize], axes: usize) -> usize {
    if parameter.len() > axes { parameter[0] } else { 1 }
}

/// A parameter is `wanted`, whose first axis is that of the groups and may be absent for one group.
fn parameter(operation: &str, name: &str, given: &[usize], wanted: &[usize]) {
    let fits = given == wanted || (wanted[0] == 1 && *given == wanted[1..]);
    assert!(fits, "{operation}: {name} is {given:?}, but has to be {wanted:?}");
}

fn leading(operation: &str, x: &[usize], groups: usize) {
    let fits = groups == 1 || x[0] == groups;
    assert!(fits, "{operation}: the parameters have {groups} groups, but the input {x:?} does not begin with as many");
}

fn last(x: &[usize]) -> usize {
    x[x.len() - 1]
}

pub(crate) fn layer_norm(x: &[usize], gamma: &[usize], beta: &[usize]) {
    let (groups, width) = (groups(gamma, 1), last(x));
    leading("layer_norm", x, groups);
    parameter("layer_norm", "γ", gamma, &[groups, width]);
    parameter("layer_norm", "β", beta, &[groups, width]);
}

pub(crate) fn linear(operation: &str, x: &[usize], weight: &[usize], bias: Option<&[usize]>) {
    let (groups, width) = (groups(weight, 2), last(weight));
    leading(operation, x, groups);
    parameter(operation, "the weight", weight, &[groups, last(x), width]);
    if let Some(bias) = bias {
        parameter(operation, "the bias", bias, &[groups, width]);
    }
}

pub(crate) fn residual(x: &[usize], weight: &[usize], residual: &[usize]) {
    let fits = residual[..x.len() - 1] == x[..x.len() - 1] && last(residual) == last(weight);
    let width = last(weight);
    assert!(fits, "linear_residual: the residual is {residual:?}, but has to be {x:?} with {width} columns");
}

pub(crate) fn rms_norm(x: &[usize], gamma: Option<&[usize]>) {
    let Some(gamma) = gamma else { return };
    let groups = groups(gamma, 1);
    leading("rms_norm", x, groups);
    parameter("rms_norm", "γ", gamma, &[groups, last(x)]);
}

pub(crate) fn gated(gate: &[usize], up: &[usize]) {
    assert!(gate == up, "gated: the gate is {gate:?}, but has to be {up:?}, as what it opens for");
}

pub(crate) fn linear_gated(gate: &[usize], up: &[usize]) {
    assert!(gate == up, "linear_gated: the weights are {gate:?} and {up:?}, but have to be of one shape");
}

pub(crate) fn projections<const W: usize>([query, key, value]: [[usize; W]; 3]) {
    let fits = query[..W - 1] == key[..W - 1] && key == value;
    let wanted = "but keys and values have to be of one shape, and queries of theirs with any number of columns";
    assert!(fits, "projections: the weights are {query:?}, {key:?} and {value:?}, {wanted}");
}

pub(crate) fn heads(operation: &str, qkv: &[usize], heads: Heads) {
    let Heads { queries, keys, .. } = heads;
    let divided = keys > 0 && queries > 0 && queries.is_multiple_of(keys);
    let (columns, all) = (last(qkv), queries + 2 * keys);
    assert!(
        divided,
        "{operation}: {columns} columns of {queries} heads of queries, which cannot share {keys} heads of keys"
    );
    let kinds = if queries == keys { format!("{queries} heads") } else { format!("{queries} and {keys} heads") };
    assert!(columns.is_multiple_of(all), "{operation}: {columns} columns are not queries, keys and values of {kinds}");
}

pub(crate) fn qk_norm(qkv: &[usize], gains: Option<[&[usize]; 2]>, heads: Heads) {
    self::heads("qk_norm", qkv, heads);
    let Some([query, key]) = gains else { return };
    let (groups, width) = (groups(query, 1), heads.width(last(qkv)));
    leading("qk_norm", qkv, groups);
    parameter("qk_norm", "γ of queries", query, &[groups, width]);
    parameter("qk_norm", "γ of keys", key, &[groups, width]);
}

pub(crate) fn causal_attention(qkv: &[usize], scale: &[usize], heads: Heads) {
    let operation = "causal_attention";
    self::heads(operation, qkv, heads);
    assert!(heads.window != Some(0), "{operation}: a window of 0 keys has not even that of the query itself");
    let groups = groups(scale, 1);
    leading(operation, qkv, groups);
    parameter(operation, "the scale", scale, &[groups, heads.width(last(qkv))]);
}

pub(crate) fn relative(qkv: &[usize], scale: &[usize], parts: [&[usize]; 3], heads: Heads) {
    let (operation, groups, width) = ("causal_attention", groups(scale, 1), heads.width(last(qkv)));
    let ([keys, content_bias, position_bias], time) = (parts, qkv[qkv.len() - 2]);
    parameter(operation, "the tensor of relative keys", keys, &[groups, time + 1, heads.keys * width]);
    parameter(operation, "the content bias", content_bias, &[groups, heads.queries * width]);
    parameter(operation, "the position bias", position_bias, &[groups, heads.queries * width]);
}

pub(crate) fn rotary(operation: &str, x: &[usize], frequencies: usize) {
    assert!(x.len() > 2, "{operation}: {x:?} has no axes of time, heads and width");
    let width = last(x);
    assert!(2 * frequencies <= width, "{operation}: {frequencies} frequencies, but heads of {width} coordinates");
}

pub(crate) fn routes(choices: &[usize], groups: usize, experts: usize) {
    // A single axis is that of the slots, so there is none of groups.
    let fits = experts > 0 && groups > 0 && last(choices) > 0 && (choices.len() > 1 || groups == 1);
    assert!(
        fits,
        "routes: choices {choices:?} of {experts} experts in {groups} groups, but there has to be one of each"
    );
    leading("routes", choices, groups);
}

pub(crate) fn routed(name: &str, x: &[usize], tokens: usize) {
    let fits = x[..x.len() - 1].iter().product::<usize>() == tokens;
    assert!(fits, "routes: {name} are {x:?}, but {tokens} tokens chose");
}

pub(crate) fn combined(weights: &[usize], slots: usize) {
    assert!(last(weights) == slots, "routes: the weights are {weights:?}, but each token has {slots} slots");
}

pub(crate) fn rows(given: [usize; 2], rows: usize) {
    assert!(given[0] == rows, "routes: the rows are {given:?}, but have to be [{rows}, ..], as `gather` gave them");
}

pub(crate) fn expert_linear(
    (rows, weight, bias): (&[usize], &[usize], Option<&[usize]>),
    groups: usize,
    experts: usize,
) {
    let width = last(weight);
    let by_group = |own: &[usize]| [&[groups, experts], own].concat();
    parameter("routes", "the weight", weight, &by_group(&[last(rows), width]));
    if let Some(bias) = bias {
        parameter("routes", "the bias", bias, &by_group(&[width]));
    }
}

pub(crate) fn cross_entropy(logits: &[usize], targets: &[usize]) {
    let fits = logits[..logits.len() - 1] == *targets;
    assert!(fits, "cross_entropy: logits {logits:?} and targets {targets:?}, but there has to be one target per row");
}

pub(crate) fn embedding(table: &[usize], tokens: &[usize], axes: usize) {
    let wanted = tokens.len() + 1;
    assert!(axes == wanted, "embedding: the output has {axes} axes, but tokens {tokens:?} give {wanted}");
    leading("embedding", tokens, groups(table, 2));
}
