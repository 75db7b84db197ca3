//! Something new that is called otherwise behind what adds it: "add a step for the docs, call it docs".

use super::world::World;
use crate::id::slug;

/// Gives a step that what was said so far adds the id it is called by. `None` where it was there before, or where a name
/// that is no id can stand beside the id it has; `Some(None)` where it cannot be called so.
pub(super) fn called(world: &mut World, id: &str, name: &str) -> Option<Option<()>> {
    let made = format!("seqctl step add {id} ");
    let line = world.lines.iter().find(|line| format!("{line} ").starts_with(&made))?;
    let is_id = slug(name).as_deref() == Some(name);
    // An id that was made of what it does says nothing of its own.
    let derived = line.contains(" --prompt-text ");
    (is_id || derived).then(|| call(world, id, name).filter(|()| is_id))
}

fn call(world: &mut World, id: &str, name: &str) -> Option<()> {
    if slug(name).as_deref() != Some(name) || world.entity(name).is_some() {
        return None;
    }
    let mut next = world.anew();
    for line in &world.lines {
        let words = shlex::split(line)?;
        let end = words.iter().position(|w| w == "--").unwrap_or(words.len());
        let said = |at: usize, word: &str| match at < end && !is_text(&words[at - 1]) {
            true => {
                word.split(',').map(|one| if one == id { name } else { one }).collect::<Vec<_>>().join(",")
            }
            false => word.to_owned(),
        };
        let all: Vec<String> = words.iter().enumerate().skip(1).map(|(at, word)| said(at, word)).collect();
        next.take(&all.iter().map(String::as_str).collect::<Vec<_>>()).ok()?;
    }
    let (old, new) = (format!("`{id}`"), format!("`{name}`"));
    next.notes = world.notes.iter().map(|note| note.replace(&old, &new)).collect();
    next.speak_of([name]);
    *world = next;
    Some(())
}

/// Whether a text of its own follows this word.
fn is_text(flag: &str) -> bool {
    matches!(flag, "--prompt-text" | "--name" | "--reason" | "--env" | "--cwd" | "--when")
}
