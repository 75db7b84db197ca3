//! What cards say in the room they have. To find that takes more looks at widths than there are texts on them, so it is
//! kept as long as neither the scene nor the zoom changes.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::Paint;
use crate::scene::Scene;

/// What the second line of a card says.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// Whether there is room for the small fact, too.
    pub fact: bool,
    /// Why the step is as it is, in as many words as fit.
    pub line: Arc<str>,
}

/// The words of the cards by their index in the scene.
#[derive(Debug, Default)]
pub(super) struct Wording {
    /// Not to be kept alive: it is only compared.
    scene: Weak<Scene>,
    /// The zoom, and pixels a point.
    at: (f32, f32),
    said: HashMap<usize, Said>,
}

impl Wording {
    /// Forgets what was found for another scene or another zoom.
    pub fn prepare(&mut self, paint: &Paint) {
        let (scene, at) =
            (Arc::downgrade(paint.scene), (paint.camera.zoom, paint.painter.pixels_per_point()));
        if !Weak::ptr_eq(&self.scene, &scene) || self.at != at {
            *self = Self { scene, at, said: HashMap::new() };
        }
    }

    /// What a card says; of one whose words change with the time it is found anew.
    pub fn of(&mut self, n: usize, timed: bool, find: impl FnOnce() -> Said) -> Said {
        if timed {
            return find();
        }
        self.said.entry(n).or_insert_with(find).clone()
    }
}
