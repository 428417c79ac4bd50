//! Trials as job arrays: which indices go together, and how Slurm writes them.

use std::fmt::Write;

/// Indices that one array can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    /// Index of the trial that task 0 would run.
    pub(super) first: usize,
    /// Its tasks, counted from there.
    pub(super) tasks: Vec<usize>,
}

impl Array {
    /// Indices of the trials.
    pub(super) fn indices(&self) -> Vec<usize> {
        self.tasks.iter().map(|task| self.first + task).collect()
    }
}

/// As few arrays as there can be whose tasks are numbered below `limit`, which is what Slurm limits; in a small study
/// a task's number is its trial's.
pub(super) fn arrays(indices: &[usize], limit: usize) -> Vec<Array> {
    let mut arrays: Vec<Array> = Vec::new();
    for index in indices {
        let (first, task) = (index - index % limit, index % limit);
        match arrays.last_mut() {
            Some(array) if array.first == first => array.tasks.push(task),
            _ => arrays.push(Array { first, tasks: vec![task] }),
        }
    }
    arrays
}

/// Ascending numbers as schedulers write them: `0-3,7`.
pub(crate) fn ranges(numbers: &[usize]) -> String {
    let mut text = String::new();
    for run in numbers.chunk_by(|a, b| a + 1 == *b) {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = match run {
            [one] => write!(text, "{comma}{one}"),
            _ => write!(text, "{comma}{}-{}", run[0], run[run.len() - 1]),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_written_as_a_range() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[7]), "7");
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
    }

    #[test]
    fn no_task_has_the_number_that_slurm_limits_or_a_larger_one() {
        let indices: Vec<usize> = (0..10).chain([21]).collect();
        let found = arrays(&indices, 4);
        assert_eq!(found.iter().map(|array| array.first).collect::<Vec<_>>(), [0, 4, 8, 20]);
        assert!(found.iter().all(|array| array.tasks.iter().all(|task| *task < 4)));
        assert_eq!(found.iter().flat_map(Array::indices).collect::<Vec<_>>(), indices);
        assert_eq!(arrays(&[17, 30], 1001), [Array { first: 0, tasks: vec![17, 30] }]);
    }
}
