//! What the shapes of an operation's arguments must be. Whoever gives others is told the operation, the argument and the
//! numbers, on every device, before anything is computed.

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

pub(crate) fn projections(query: &[usize], key: &[usize], value: &[usize]) {
    let fits = query == key && key == value;
    assert!(fits, "projections: the weights are {query:?}, {key:?} and {value:?}, but have to be of one shape");
}

pub(crate) fn causal_attention(qkv: &[usize], scale: &[usize], relative: Option<[&[usize]; 3]>, heads: usize) {
    let (operation, columns) = ("causal_attention", last(qkv));
    let fits = heads > 0 && columns.is_multiple_of(3 * heads);
    assert!(fits, "{operation}: {columns} columns are not queries, keys and values of {heads} heads");
    let (groups, columns) = (groups(scale, 1), columns / 3);
    leading(operation, qkv, groups);
    parameter(operation, "the scale", scale, &[groups, columns / heads]);
    if let Some([keys, content_bias, position_bias]) = relative {
        let time = qkv[qkv.len() - 2];
        parameter(operation, "the tensor of relative keys", keys, &[groups, time + 1, columns]);
        parameter(operation, "the content bias", content_bias, &[groups, columns]);
        parameter(operation, "the position bias", position_bias, &[groups, columns]);
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
