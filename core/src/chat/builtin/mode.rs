//! The mode of the policy.

use super::entity::Miss;
use super::world::World;

/// `switch to power mode`.
pub(super) fn mode(world: &mut World, all: &[&str]) -> Option<Result<(), Miss>> {
    let to = all.iter().find(|w| matches!(**w, "power" | "safe"))?;
    let plain = |w: &&str| {
        matches!(
            *w,
            "power"
                | "safe"
                | "mode"
                | "switch"
                | "set"
                | "turn"
                | "go"
                | "change"
                | "enable"
                | "activate"
                | "to"
                | "the"
                | "on"
                | "into"
                | "policy"
                | "use"
                | "enter"
                | "back"
                | "return"
                | "put"
                | "please"
        )
    };
    let mode_alone = matches!(all, ["power" | "safe", "mode"]);
    ((all.contains(&"mode") || all.contains(&"policy"))
        && all.iter().all(plain)
        && (all.len() > 2 || mode_alone))
        .then(|| world.take(&["policy", "mode", &to.to_uppercase()]).map_err(Miss::Unclear))
}
