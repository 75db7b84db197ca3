//! What may be read under Landlock: everything but what is hidden.
//!
//! Landlock only grants, so all that lies beside something hidden is granted entry by entry. In a folder with hundreds
//! of entries that takes milliseconds, and it is the same for nearly all steps: so it is a layer of its own, below the
//! one that says what a step may write, and it is kept from one start to the next. It is taken again where the folders
//! it was made of are as they were. What came to be is granted in addition; where something is gone the layer is made
//! anew, for a file that was granted and lies among the keys now would still be readable.

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use landlock::{
    AccessFs, BitFlags, CompatLevel, Compatible as _, PathBeneath, Ruleset, RulesetAttr as _, RulesetCreated,
    RulesetCreatedAttr as _,
};

use super::beside::{Folder, Mounts, News, open_entry};
use super::{Plan, tidy};

/// Most layers that are kept: steps in the project root, steps below it, our own git, and some to spare.
const MOST: usize = 6;

/// What a layer says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    hidden: BTreeSet<PathBuf>,
    /// What may be read although it lies in something hidden.
    given: BTreeSet<PathBuf>,
}

impl Wanted {
    fn of(plan: &Plan) -> Self {
        // Landlock cannot make a hole in what may be written.
        let in_reach = |p: &&PathBuf| !plan.writable.iter().any(|w| p.starts_with(w));
        let hidden: BTreeSet<PathBuf> = plan.hidden.iter().filter(in_reach).cloned().collect();
        let given = plan.writable.iter().chain([&plan.tmp]);
        let given = given.filter(|w| hidden.iter().any(|h| w.starts_with(h))).cloned().collect();
        Self { hidden, given }
    }
}

/// A layer and the folders it was made of.
struct Layer {
    wanted: Wanted,
    rules: RulesetCreated,
    folders: Vec<Folder>,
}

struct Kept {
    mounts: Mounts,
    layers: Vec<Layer>,
}

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

/// What could not be done, in words.
type Fault = Box<dyn Error + Send + Sync>;

/// The layer of a plan, to be laid on a thread.
///
/// # Errors
/// What could not be granted.
pub(super) fn layer(plan: &Plan) -> Result<RulesetCreated, Fault> {
    let wanted = Wanted::of(plan);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_with(|| Kept { mounts: Mounts::default(), layers: Vec::new() });
    if kept.mounts.changed() {
        kept.layers.clear();
    }
    let before = kept.layers.iter().position(|layer| layer.wanted == wanted);
    let before = before.map(|at| kept.layers.remove(at));
    let layer = match before.map(Layer::renewed).transpose()?.flatten() {
        Some(layer) => layer,
        None => Layer::make(wanted)?,
    };
    let rules = layer.rules.try_clone()?;
    // The last is the one used last.
    kept.layers.push(layer);
    if kept.layers.len() > MOST {
        kept.layers.remove(0);
    }
    Ok(rules)
}

fn read() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::Execute
}

impl Layer {
    fn make(wanted: Wanted) -> Result<Self, Fault> {
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(read() | AccessFs::Refer)?
            .create()?
            .set_compatibility(CompatLevel::BestEffort);
        let mut layer = Self { rules, wanted, folders: Vec::new() };
        // Whether something may be moved is not this layer's to say; every layer is asked.
        let root = tidy::open_exactly(Path::new("/"))?;
        layer.grant(&root, AccessFs::Refer.into())?;
        for path in layer.wanted.given.clone() {
            // Where one is not what it was, the layer that lets it be written says so.
            if let Ok(place) = tidy::open_exactly(&path) {
                layer.grant(&place, read())?;
            }
        }
        if layer.wanted.hidden.is_empty() {
            layer.grant(&root, read())?;
            return Ok(layer);
        }
        let mut above = vec![PathBuf::from("/")];
        while let Some(path) = above.pop() {
            let folder = Folder::look(&path);
            let names: Vec<OsString> = folder.names().cloned().collect();
            above.extend(layer.grant_in(&folder, &names)?);
            layer.folders.push(folder);
        }
        Ok(layer)
    }

    /// The layer as it has to be now; `None` where it must be made anew.
    fn renewed(mut self) -> Result<Option<Self>, Fault> {
        let mut more = Vec::new();
        for (at, folder) in self.folders.iter_mut().enumerate() {
            match folder.look_again() {
                News::Same => {}
                News::More(names) => more.push((at, names)),
                News::Less => return Ok(None),
            }
        }
        for (at, names) in more {
            let folder = self.folders.remove(at);
            let above = self.grant_in(&folder, &names)?;
            self.folders.insert(at, folder);
            if !above.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(self))
    }

    /// Grants entries of a folder, but for hidden ones and those above them, which are given back.
    fn grant_in(&mut self, folder: &Folder, names: &[OsString]) -> Result<Vec<PathBuf>, Fault> {
        // One that may not be entered grants nothing.
        let Ok(fd) = folder.open() else { return Ok(Vec::new()) };
        let first = |h: &PathBuf| Some(h.strip_prefix(&folder.path).ok()?.iter().next()?.to_owned());
        let on_the_way: BTreeSet<OsString> = self.wanted.hidden.iter().filter_map(first).collect();
        let mut above = Vec::new();
        for name in names {
            if on_the_way.contains(name) {
                let path = folder.path.join(name);
                if !self.wanted.hidden.contains(&path) {
                    above.push(path);
                }
            } else if let Ok(entry) = open_entry(fd.as_fd(), name) {
                self.grant(&entry, read())?;
            }
        }
        Ok(above)
    }

    fn grant(&mut self, place: &impl AsFd, access: BitFlags<AccessFs>) -> Result<(), Fault> {
        (&mut self.rules).add_rule(PathBeneath::new(place.as_fd(), access))?;
        Ok(())
    }
}
