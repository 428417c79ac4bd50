//! A plain GPT in f64 loops: attention over √d, no multiplier anywhere. Written from the papers, not from `mup-models`.

use std::collections::HashMap;
use std::path::Path;

/// Rows of a matrix.
type Matrix = Vec<Vec<f64>>;

/// A tensor as `[dims]` and values.
pub(crate) struct Plain(HashMap<String, (Vec<usize>, Vec<f64>)>);

impl Plain {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let values = |data: &[u8]| data.as_chunks::<4>().0.iter().map(|c| f64::from(f32::from_le_bytes(*c))).collect();
        Self(file.iter().map(|(name, t)| (name.to_owned(), (t.shape().to_vec(), values(t.data())))).collect())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn vector(&self, name: &str) -> Option<&[f64]> {
        self.0.get(name).map(|(_, values)| values.as_slice())
    }

    fn matrix(&self, name: &str) -> Option<Matrix> {
        self.0.get(name).map(|(dims, values)| values.chunks(dims[1]).map(<[f64]>::to_vec).collect())
    }

    fn linear(&self, name: &str, x: &Matrix) -> Matrix {
        let (weight, bias) = (self.matrix(&format!("{name}.weight")).unwrap(), self.vector(&format!("{name}.bias")));
        let entry = |row: &[f64], j: usize| {
            row.iter().zip(&weight).map(|(x, w)| x * w[j]).sum::<f64>() + bias.map_or(0.0, |bias| bias[j])
        };
        x.iter().map(|row| (0..weight[0].len()).map(|j| entry(row, j)).collect()).collect()
    }

    fn norm(&self, name: &str, x: &Matrix) -> Matrix {
        let (gamma, beta) =
            (self.vector(&format!("{name}.gamma")).unwrap(), self.vector(&format!("{name}.beta")).unwrap());
        let normed = |row: &Vec<f64>| {
            let mean = row.iter().sum::<f64>() / row.len() as f64;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64;
            let entry = |(i, x): (usize, &f64)| (x - mean) / (variance + 1e-5).sqrt() * gamma[i] + beta[i];
            row.iter().enumerate().map(entry).collect()
        };
        x.iter().map(normed).collect()
    }

    /// `[time, vocab]`, flat.
    pub(crate) fn logits(&self, tokens: &[usize]) -> Vec<f64> {
        let embedding = self.matrix("token_embedding.weight").unwrap();
        let positions = self.matrix("position_embedding.weight");
        let row = |(i, token): (usize, &usize)| match &positions {
            Some(positions) => sum(&embedding[*token], &positions[i]),
            None => embedding[*token].clone(),
        };
        let mut x: Matrix = tokens.iter().enumerate().map(row).collect();
        for i in (0..).take_while(|i| self.0.contains_key(&format!("blocks.{i}.attention.key.weight"))) {
            let block = format!("blocks.{i}");
            x = add(&x, &self.attention(&block, &self.norm(&format!("{block}.attention_norm"), &x)));
            let up =
                self.linear(&format!("{block}.feed_forward.up"), &self.norm(&format!("{block}.feed_forward_norm"), &x));
            let gelu = |x: &f64| 0.5 * x * (1.0 + libm::erf(x / 2.0_f64.sqrt()));
            let up: Matrix = up.iter().map(|row| row.iter().map(gelu).collect()).collect();
            x = add(&x, &self.linear(&format!("{block}.feed_forward.down"), &up));
        }
        let x = self.norm("final_norm", &x);
        match self.matrix("readout.weight") {
            Some(_) => self.linear("readout", &x).concat(),
            None => x.iter().flat_map(|row| embedding.iter().map(|e| dot(row, e)).collect::<Vec<_>>()).collect(),
        }
    }

    fn attention(&self, block: &str, x: &Matrix) -> Matrix {
        let project = |name: &str, x: &Matrix| self.linear(&format!("{block}.attention.{name}"), x);
        let (queries, keys, values) = (project("query", x), project("key", x), project("value", x));
        let heads = queries[0].len();
        let d = 8; // config(32): heads of width 8
        let zero = vec![0.0; heads];
        let bias = |name: &str| self.vector(&format!("{block}.attention.{name}")).unwrap_or(&zero).to_vec();
        let (u, v) = (bias("content_bias"), bias("position_bias"));
        let relative = self.0.contains_key(&format!("{block}.attention.relative_key.weight"));
        let distances: Matrix = (0..x.len()).map(|distance| sinusoid(distance, x[0].len())).collect();
        let relative = relative.then(|| project("relative_key", &distances));
        let mut mixed = vec![zero.clone(); x.len()];
        for head in (0..heads).step_by(d).map(|start| start..start + d) {
            for i in 0..x.len() {
                let logit = |j: usize| {
                    let content = dot(&sum(&queries[i], &u)[head.clone()], &keys[j][head.clone()]);
                    let position = relative.as_ref().map_or(0.0, |relative| {
                        dot(&sum(&queries[i], &v)[head.clone()], &relative[i - j][head.clone()])
                    });
                    (content + position) / (d as f64).sqrt()
                };
                let weights: Vec<f64> = (0..=i).map(|j| logit(j).exp()).collect();
                let total: f64 = weights.iter().sum();
                for c in head.clone() {
                    mixed[i][c] = weights.iter().zip(&values).map(|(w, v)| w / total * v[c]).sum();
                }
            }
        }
        project("output", &mixed)
    }
}

/// Transformer-XL: sines of a distance, then cosines.
fn sinusoid(distance: usize, d_model: usize) -> Vec<f64> {
    let angle = |t: usize| distance as f64 / 10_000_f64.powf(2.0 * t as f64 / d_model as f64);
    let half = d_model / 2;
    (0..half).map(|t| angle(t).sin()).chain((0..half).map(|t| angle(t).cos())).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn add(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(a, b)| sum(a, b)).collect()
}
