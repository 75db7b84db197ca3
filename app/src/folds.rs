//! Which groups are folded, and scenes in which they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use threados_core::id::GroupId;

use crate::plan::Plan;
use crate::scene::Scene;

/// The folded groups. What was worked out for them is kept while the graph stays as it is.
#[derive(Debug, Default)]
pub struct Folds {
    groups: BTreeSet<GroupId>,
    /// The plan with all groups open, and that with the folded ones folded.
    plans: Option<(Arc<Plan>, Arc<Plan>)>,
}

impl Folds {
    /// Folds a group, or opens it.
    pub fn turn(&mut self, group: GroupId) {
        if !self.groups.remove(&group) {
            self.groups.insert(group);
        }
    }

    /// The scene with the groups folded.
    pub fn of(&mut self, scene: Arc<Scene>) -> Arc<Scene> {
        let is_folded = |plan: &Arc<Plan>| self.plans.as_ref().is_some_and(|(_, f)| Arc::ptr_eq(f, plan));
        let open = match &self.plans {
            Some((open, _)) if is_folded(&scene.plan) => open.best(),
            _ => scene.plan.best(),
        };
        let current = |plan: &Arc<Plan>| plan.request().folded == self.groups;
        let is_of_open = self.plans.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, &open));
        if current(&scene.plan) && (Arc::ptr_eq(&scene.plan, &open) || is_of_open) {
            return scene;
        }
        if self.groups.is_empty() {
            return Arc::new(Scene { plan: open, ..(*scene).clone() });
        }
        if let Some((of, folded)) = &self.plans
            && Arc::ptr_eq(of, &open)
            && current(folded)
        {
            return Arc::new(Scene { plan: Arc::clone(folded), ..(*scene).clone() });
        }
        let folded = Arc::new(Scene { plan: Arc::clone(&open), ..(*scene).clone() }.folded(&self.groups));
        self.plans = Some((open, Arc::clone(&folded.plan)));
        folded
    }
}
