//! Adjacency in compressed rows.

/// The items of row `i` are `items[starts[i]..starts[i + 1]]`, in the order they were given.
#[derive(Debug, Clone, Default)]
pub(super) struct Csr {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Csr {
    pub fn new(rows: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let mut starts = vec![0_u32; rows + 1];
        for (row, _) in pairs.clone() {
            starts[row + 1] += 1;
        }
        for i in 0..rows {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut items = vec![0_u32; starts[rows] as usize];
        for (row, item) in pairs {
            items[next[row] as usize] = item as u32;
            next[row] += 1;
        }
        Self { starts, items }
    }

    pub fn row(&self, i: usize) -> &[u32] {
        &self.items[self.starts[i] as usize..self.starts[i + 1] as usize]
    }
}
