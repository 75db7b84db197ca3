//! The spanning forest of the network simplex, numbered so that a question about what is below what costs nothing.

/// A forest. Nodes stand in `order` after all that is below them.
pub(super) struct Tree {
    /// Per node: its parent and the edge that leads there.
    pub parent: Vec<Option<(usize, usize)>>,
    /// The nodes; before numbering as they came in, after it from the leaves to the roots.
    pub order: Vec<usize>,
    /// Per node: its place in the order.
    pub last: Vec<usize>,
    first: Vec<usize>,
    children: Vec<Vec<usize>>,
    held: Vec<bool>,
}

impl Tree {
    pub fn new(n: usize) -> Self {
        Self {
            parent: vec![None; n],
            order: Vec::with_capacity(n),
            last: vec![0; n],
            first: vec![0; n],
            children: vec![Vec::new(); n],
            held: vec![false; n],
        }
    }

    pub fn holds(&self, node: usize) -> bool {
        self.held[node]
    }

    pub fn begin(&mut self, root: usize) {
        self.held[root] = true;
        self.order.push(root);
    }

    pub fn hang(&mut self, child: usize, parent: usize, edge: usize) {
        self.begin(child);
        self.parent[child] = Some((parent, edge));
        self.children[parent].push(child);
    }

    /// Numbers everything anew.
    pub fn number(&mut self) {
        let roots: Vec<usize> = (0..self.parent.len()).filter(|n| self.parent[*n].is_none()).collect();
        let mut at = 0;
        for root in roots {
            at = self.walk(root, at);
        }
    }

    /// Numbers what is below a node anew; how many that are.
    pub fn renumber(&mut self, top: usize) -> usize {
        let at = self.first[top];
        self.walk(top, at) - at
    }

    fn walk(&mut self, top: usize, mut at: usize) -> usize {
        let mut todo = vec![(top, 0)];
        self.first[top] = at;
        while let Some((node, seen)) = todo.last_mut() {
            if let Some(&child) = self.children[*node].get(*seen) {
                *seen += 1;
                self.first[child] = at;
                todo.push((child, 0));
            } else {
                self.last[*node] = at;
                self.order[at] = *node;
                at += 1;
                todo.pop();
            }
        }
        at
    }

    /// A node and all below it.
    pub fn below(&self, node: usize) -> &[usize] {
        &self.order[self.first[node]..=self.last[node]]
    }

    pub fn is_below(&self, node: usize, top: usize) -> bool {
        (self.first[top]..=self.last[top]).contains(&self.last[node])
    }

    /// A node and all above it.
    pub fn up(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(node), |n| self.parent[*n].map(|p| p.0))
    }

    /// The lowest node that both are below.
    pub fn meet(&self, a: usize, b: usize) -> usize {
        self.up(a).find(|n| self.is_below(b, *n)).unwrap_or(a)
    }

    /// Cuts off what is below `old` and hangs it below `outside` by `inside`; how many edges that turned round.
    pub fn turn(&mut self, inside: usize, outside: usize, edge: usize, old: usize) -> usize {
        let mut turned = 0;
        let (mut node, mut above) = (inside, (outside, edge));
        loop {
            let before = self.parent[node].replace(above);
            self.children[above.0].push(node);
            turned += 1;
            let Some((parent, edge)) = before else { return turned };
            self.children[parent].retain(|c| *c != node);
            if node == old {
                return turned;
            }
            (node, above) = (parent, (node, edge));
        }
    }
}
