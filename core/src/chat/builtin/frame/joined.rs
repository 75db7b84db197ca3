//! Lines that belong together: what is said of one step in a row is one change of it.

use super::super::world::World;

/// "rerun it and set its timeout to 5m": how it is to be comes before it is started. What runs keeps its command until it
/// is stopped.
pub(in crate::chat::builtin) fn turned(mut lines: Vec<String>) -> Vec<String> {
    for at in 1..lines.len() {
        let again = lines[at - 1].strip_prefix("seqctl restart ");
        let told = again.is_some_and(|id| lines[at].starts_with(&format!("seqctl step edit {id} --")));
        if told && !lines[at].contains(" -- ") {
            lines.swap(at - 1, at);
        }
    }
    lines
}

/// "remove a, then make b wait for c": where b waited for a, it is to stay, so its edge is cut.
pub(in crate::chat::builtin) fn cut(world: &World, mut lines: Vec<String>) -> Vec<String> {
    for at in 1..lines.len() {
        let gone = lines[at - 1].strip_prefix("seqctl step rm ").filter(|id| !id.contains(' '));
        let waits = lines[at].strip_prefix("seqctl dep add ").and_then(|rest| rest.split(' ').next());
        if gone.zip(waits).is_some_and(|(gone, waits)| world.comes_after(waits, gone)) {
            lines[at - 1].push_str(" --detach-dependents");
        }
    }
    lines
}

/// What is said of one step in a row is one change of it.
pub(in crate::chat::builtin) fn joined(lines: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        // Edges of it may stand between.
        let at = out.iter().rposition(|l| !l.starts_with("seqctl dep ")).unwrap_or(0);
        match out.get(at).and_then(|last| both(last, &line)) {
            Some(one) => out[at] = one,
            None => out.push(line),
        }
    }
    out
}

fn both(a: &str, b: &str) -> Option<String> {
    if a == b {
        return Some(a.to_owned());
    }
    // "max 2 at a time, run all" is one run.
    let limited = |line: &str| line.starts_with("seqctl run all --max-concurrent ");
    match (a, b) {
        ("seqctl run all", one) | (one, "seqctl run all") if limited(one) => return Some(one.to_owned()),
        _ => {}
    }
    let split = |line: &str| {
        shlex::split(line)
            .filter(|w| w.len() > 3 && w[1] == "step" && matches!(w[2].as_str(), "edit" | "add"))
    };
    let (a, b) = (split(a)?, split(b)?);
    let flags = |words: &[String]| -> Vec<String> {
        let own = words.iter().take_while(|w| *w != "--").filter(|w| w.starts_with("--") && *w != "--env");
        own.map(|w| w.split('=').next().unwrap_or(w).to_owned()).collect()
    };
    let has = |words: &[String]| words.iter().any(|w| w == "--");
    let twice = flags(&b).iter().any(|f| flags(&a).contains(f));
    if b[2] != "edit" || a[3] != b[3] || twice || has(&a) && has(&b) {
        return None;
    }
    let end = a.iter().position(|w| w == "--").unwrap_or(a.len());
    let words: Vec<&str> = a[1..end].iter().chain(&b[4..]).chain(&a[end..]).map(String::as_str).collect();
    let line = shlex::try_join(words).ok()?;
    crate::grammar::parse_line(&line).ok().map(|command| crate::grammar::to_line(&command))
}
