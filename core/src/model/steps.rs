//! The steps of a sequence: a list whose copy costs a count a step, and whose items are copied when they change.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Step;

/// The steps of a sequence in the order of the file. Copies share what neither of them changes.
#[derive(Clone, Default)]
pub struct Steps(Vec<Arc<Step>>);

impl Steps {
    /// No steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// The steps in their order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// The steps in their order, to change: each is copied that a copy of the list shares.
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        IterMut(self.0.iter_mut())
    }

    /// Those of the steps that a condition picks, to change; only those are copied.
    pub fn iter_mut_where(
        &mut self,
        mut picked: impl FnMut(&Step) -> bool,
    ) -> impl Iterator<Item = &mut Step> {
        self.0.iter_mut().filter(move |step| picked(step)).map(Arc::make_mut)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The step at a place, where there is one.
    pub fn get(&self, at: usize) -> Option<&Step> {
        self.0.get(at).map(|step| &**step)
    }

    /// The step at a place, to change.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Step> {
        self.0.get_mut(at).map(Arc::make_mut)
    }

    /// The first one.
    pub fn first(&self) -> Option<&Step> {
        self.get(0)
    }

    /// The last one.
    pub fn last(&self) -> Option<&Step> {
        self.0.last().map(|step| &**step)
    }

    /// Adds one at the end.
    pub fn push(&mut self, step: Step) {
        self.0.push(Arc::new(step));
    }

    /// Adds all of another list at the end.
    pub fn append(&mut self, mut more: Self) {
        self.0.append(&mut more.0);
    }

    /// Puts one at a place, before the one that is there; that place must be at most the length.
    pub fn insert(&mut self, at: usize, step: Step) {
        self.0.insert(at, Arc::new(step));
    }

    /// Takes out the one at a place that exists.
    pub fn remove(&mut self, at: usize) -> Step {
        Arc::unwrap_or_clone(self.0.remove(at))
    }

    /// Takes out the last one.
    pub fn pop(&mut self) -> Option<Step> {
        self.0.pop().map(Arc::unwrap_or_clone)
    }

    /// Lets two change places.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.0.swap(a, b);
    }

    /// Keeps those that a condition picks.
    pub fn retain(&mut self, mut kept: impl FnMut(&Step) -> bool) {
        self.0.retain(|step| kept(step));
    }

    /// Takes out all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Makes room for just so many more.
    pub fn reserve_exact(&mut self, more: usize) {
        self.0.reserve_exact(more);
    }

    /// Whether two lists share what stands at one place of both, without a look into it.
    pub fn shares(&self, other: &Self, at: usize) -> bool {
        self.0.get(at).zip(other.0.get(at)).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// Whether two places of two lists hold the same definition; shared ones are not looked into.
    pub fn same(&self, at: usize, other: &Self, there: usize) -> bool {
        match (self.0.get(at), other.0.get(there)) {
            (Some(a), Some(b)) => alike(a, b),
            _ => false,
        }
    }
}

fn alike(a: &Arc<Step>, b: &Arc<Step>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

impl PartialEq for Steps {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.0.iter().zip(&other.0).all(|(a, b)| alike(a, b))
    }
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl Index<usize> for Steps {
    type Output = Step;
    fn index(&self, at: usize) -> &Step {
        &self.0[at]
    }
}

impl IndexMut<usize> for Steps {
    fn index_mut(&mut self, at: usize) -> &mut Step {
        Arc::make_mut(&mut self.0[at])
    }
}

impl FromIterator<Step> for Steps {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().map(Arc::new).collect())
    }
}

impl From<Vec<Step>> for Steps {
    fn from(steps: Vec<Step>) -> Self {
        steps.into_iter().collect()
    }
}

impl Extend<Step> for Steps {
    fn extend<I: IntoIterator<Item = Step>>(&mut self, steps: I) {
        self.0.extend(steps.into_iter().map(Arc::new));
    }
}

/// Looks at the steps of a list.
#[derive(Debug, Clone)]
pub struct Iter<'a>(std::slice::Iter<'a, Arc<Step>>);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Step;
    fn next(&mut self) -> Option<&'a Step> {
        self.0.next().map(|step| &**step)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|step| &**step)
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Changes the steps of a list.
#[derive(Debug)]
pub struct IterMut<'a>(std::slice::IterMut<'a, Arc<Step>>);

impl<'a> Iterator for IterMut<'a> {
    type Item = &'a mut Step;
    fn next(&mut self) -> Option<&'a mut Step> {
        self.0.next().map(Arc::make_mut)
    }
}

impl<'a> IntoIterator for &'a Steps {
    type Item = &'a Step;
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Steps {
    type Item = &'a mut Step;
    type IntoIter = IterMut<'a>;
    fn into_iter(self) -> IterMut<'a> {
        self.iter_mut()
    }
}

impl IntoIterator for Steps {
    type Item = Step;
    type IntoIter = std::iter::Map<std::vec::IntoIter<Arc<Step>>, fn(Arc<Step>) -> Step>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(Arc::unwrap_or_clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelName;

    fn steps(ids: &str) -> Steps {
        ids.split(' ').map(|id| Step::new(id.parse().unwrap(), ModelName::shell())).collect()
    }

    #[test]
    fn a_copy_shares_what_does_not_change_and_a_change_stays_its_own() {
        let before = steps("a b c");
        let mut after = before.clone();
        after.iter_mut_where(|s| s.id.as_str() == "b").for_each(|s| s.lane = Some("x".into()));
        assert!(Arc::ptr_eq(&before.0[0], &after.0[0]) && Arc::ptr_eq(&before.0[2], &after.0[2]));
        assert_eq!((before[1].lane.as_deref(), after[1].lane.as_deref()), (None, Some("x")));
        assert!(before != after && !before.same(1, &after, 1) && before.same(2, &after, 2));
        after[1].lane = None;
        assert!(before == after && before.same(1, &after, 1));
    }
}
