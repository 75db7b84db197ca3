//! Questions about what a step is: its limits, its command, its model.

use super::entity::{Miss, listed, steps};
use super::field::field;
use super::options::model;
use super::token::Token;
use super::world::World;
use crate::model::Step;

/// `what is the timeout of build`, `which steps use codex`; `None` where something else is asked.
pub(super) fn detail(world: &mut World, tokens: &[Token]) -> Option<Result<String, Miss>> {
    let has = |words: &[&str]| tokens.iter().any(|t| !t.known && words.contains(&t.word.as_str()));
    let named = tokens
        .iter()
        .find(|t| !t.known)
        .and_then(|_| tokens.iter().filter(|t| !t.known).find_map(|t| model(world, std::slice::from_ref(t))));
    if let Some(model) = named.filter(|_| {
        has(&["which", "what", "who"]) && has(&["steps", "step", "uses", "use", "using", "runs"])
            || has(&["anybody", "anyone", "any", "anything"]) && has(&["uses", "use", "using", "on"])
    }) {
        let of = |s: &&Step| s.model.as_str() == model;
        let ids: Vec<String> = world.sequence().steps.iter().filter(of).map(|s| s.id.to_string()).collect();
        return Some(Ok(match ids.as_slice() {
            [] => format!("No step uses {model}."),
            some => format!("{model} is the model of {}.", listed(some)),
        }));
    }
    if has(&["which", "what"])
        && has(&["group"])
        && !has(&["groups"])
        && let Some(answer) = of_group(world, tokens)
    {
        return Some(Ok(answer));
    }
    if has(&["which", "what", "who", "list", "show"])
        && has(&["candidate", "candidates"])
        && let Some(answer) = of_fusion(world, tokens)
    {
        return Some(Ok(answer));
    }
    let runs = asks_command(&super::token::words(tokens));
    let one: Vec<Token> = tokens.iter().filter(|t| t.known).cloned().collect();
    if runs
        && one.len() == 1
        && let Ok(ids) = steps(world, &one)
    {
        let step = world.sequence().step(ids.first()?)?;
        return Some(Ok(told(step, "")));
    }
    if let Some(answer) = by_command(world, tokens).or_else(|| who(world, tokens)) {
        return Some(Ok(answer));
    }
    if has(&["prompt", "instructions"]) && has(&["what", "which", "show", "tell", "print"]) {
        let whom: Vec<Token> = tokens.iter().filter(|t| t.known || t.word == "it").cloned().collect();
        return match steps(world, &whom) {
            Ok(ids) => Some(Ok(format!("`seqctl prompt show {}` shows its prompt.", ids.first()?))),
            Err(miss) => Some(Err(miss)),
        };
    }
    // "how long may it take".
    let all = super::token::words(tokens);
    if matches!(all.as_slice(), ["how", "long", "may" | "can" | "is", ..])
        && all.iter().any(|w| matches!(*w, "take" | "run" | "last" | "allowed"))
        && (all[2] != "is" || all.contains(&"allowed"))
        && let Ok(ids) = steps(world, &one)
    {
        let step = world.sequence().step(ids.first()?)?;
        return Some(Ok(told(step, "--timeout")));
    }
    if matches!(all.as_slice(), ["how", "much", "time", "has" | "does" | "may" | "can" | "is", ..])
        && !has(&["left", "taken", "took"])
        && let Ok(ids) = steps(world, &one)
    {
        let step = world.sequence().step(ids.first()?)?;
        return Some(Ok(told(step, "--timeout")));
    }
    // "how often is it retried".
    let retried = |t: &Token| if t.known || t.word != "retried" { t.clone() } else { Token::new("retries") };
    let ((flag, _), _) = field(&tokens.iter().map(retried).collect::<Vec<_>>())?;
    let whom: Vec<Token> = tokens.iter().filter(|t| t.known || t.word == "it").cloned().collect();
    let spoken = [Token::new("it")];
    let whom =
        if whom.is_empty() && world.focus.len() == 1 && tokens.len() < 4 { spoken.to_vec() } else { whom };
    if whom.is_empty() || !has(&["what", "which", "how", "show", "tell", "list", "print"]) {
        return None;
    }
    let is_told =
        matches!(flag, "" | "--timeout" | "--retry" | "--model" | "--cwd" | "--lane" | "--role" | "--name");
    if !is_told {
        return None;
    }
    let ids = match steps(world, &whom) {
        Ok(ids) => ids,
        Err(miss) => return Some(Err(miss)),
    };
    world.speak_of(ids.iter().map(String::as_str));
    let told = ids.iter().filter_map(|id| world.sequence().step(id)).map(|step| told(step, flag));
    Some(Ok(told.collect::<Vec<_>>().join("\n")))
}

/// "what does sign run", "tell me what sign runs".
fn asks_command(all: &[&str]) -> bool {
    let all = match all {
        ["tell" | "show", "me" | "us", rest @ ..] => rest,
        all => all,
    };
    let all = all.strip_suffix(&["?"]).unwrap_or(all);
    matches!(
        all,
        ["what", "does" | "do", .., "run" | "do" | "execute"] | ["what", _, "runs" | "executes" | "calls"]
    )
}

fn told(step: &Step, flag: &str) -> String {
    let id = &step.id;
    let of = |what: &str, value: Option<&str>| match value {
        Some(value) => format!("`{id}` has the {what} {value}."),
        None => format!("`{id}` has no {what} of its own."),
    };
    match flag {
        "--timeout" => of("timeout", step.timeout_ms.map(|ms| format!("{ms} ms")).as_deref()),
        "--retry" => format!("`{id}` is retried {} times.", step.retry.as_ref().map_or(0, |r| r.max)),
        "--model" => of("model", Some(step.model.as_str())),
        "--cwd" => of("working folder", step.cwd.as_deref()),
        "--lane" => of("lane", step.lane.as_deref()),
        "--role" => of("role", step.role.as_deref()),
        "--name" => of("name", Some(&step.name)),
        _ if step.command.is_empty() => {
            format!("`{id}` has no command: its model is {}.", step.model.as_str())
        }
        _ => {
            let line = shlex::try_join(step.command.iter().map(String::as_str));
            format!("`{id}` runs `{}`.", line.unwrap_or_else(|_| step.command.join(" ")))
        }
    }
}

/// "which group is a in", "what is in group checks".
fn of_group(world: &World, tokens: &[Token]) -> Option<String> {
    let one = tokens.iter().find(|t| t.known)?;
    let members = world.members(&one.word);
    if !members.is_empty() {
        return Some(format!("Group `{}` has {}.", one.word, listed(&members)));
    }
    let step = world.sequence().step(&one.word)?;
    Some(match &step.group_id {
        Some(group) => format!("`{}` is in group `{group}`.", step.id),
        None => format!("`{}` is in no group.", step.id),
    })
}

/// "what are the candidates of a".
fn of_fusion(world: &World, tokens: &[Token]) -> Option<String> {
    let synth = world.sequence().step(&tokens.iter().find(|t| t.known)?.word)?;
    let candidates: Vec<String> = synth.fusion_candidates.iter().map(ToString::to_string).collect();
    (!candidates.is_empty()).then(|| format!("`{}` fuses {}.", synth.id, listed(&candidates)))
}

/// "which step runs `make all`".
fn by_command(world: &World, tokens: &[Token]) -> Option<String> {
    let all = super::token::words(tokens);
    let at = all.iter().position(|w| matches!(*w, "runs" | "calls" | "executes"))?;
    let asks = matches!(all.first(), Some(&"which" | &"what" | &"who"));
    let plain = all[1..at].iter().all(|w| matches!(*w, "step" | "steps" | "one" | "job"));
    let rest: Vec<&str> = tokens[at + 1..].iter().filter(|t| !t.ends()).map(|t| t.text.as_str()).collect();
    let line = rest.join(" ");
    if !asks || !plain || line.is_empty() {
        return None;
    }
    let runs =
        |s: &&Step| s.command.join(" ") == line || s.command.join(" ").starts_with(&format!("{line} "));
    let ids: Vec<String> = world.sequence().steps.iter().filter(runs).map(|s| s.id.to_string()).collect();
    (!ids.is_empty()).then(|| format!("{} runs `{line}`.", listed(&ids)))
}

/// "who writes a", "which agent works on a", "with what is a done, claude or codex".
fn who(world: &mut World, tokens: &[Token]) -> Option<String> {
    const PLAIN: &[&str] = &[
        "who",
        "which",
        "what",
        "agent",
        "model",
        "is",
        "do",
        "does",
        "on",
        "doing",
        "working",
        "writes",
        "wrote",
        "writing",
        "works",
        "runs",
        "running",
        "makes",
        "made",
        "drew",
        "drafted",
        "handles",
        "handling",
        "done",
        "by",
        "with",
        "the",
        "step",
        "for",
        "will",
        "write",
        "do",
        "run",
        "or",
        ",",
        "claude",
        "codex",
        "gemini",
        "shell",
        "drafts",
        "reviews",
        "reviewing",
        "drafting",
        "work",
        "handle",
        "it",
        "uses",
        "use",
        "used",
        "did",
        "responsible",
        "assigned",
        "to",
        "now",
        "currently",
    ];
    let all = super::token::words(tokens);
    let asks = matches!(
        all.as_slice(),
        ["who", ..]
            | ["which" | "what", "agent" | "model", ..]
            | ["with" | "by", "what" | "whom" | "which" | "who", ..]
    );
    // "who does the analysis" names `analyse`.
    let own: Vec<Token> = match tokens.iter().any(|t| t.known) {
        true => tokens.iter().filter(|t| t.known).cloned().collect(),
        false => tokens.iter().filter(|t| !t.ends() && !PLAIN.contains(&t.word.as_str())).cloned().collect(),
    };
    let doing = all.iter().any(|w| {
        matches!(
            *w,
            "doing"
                | "working"
                | "writes"
                | "wrote"
                | "writing"
                | "works"
                | "makes"
                | "made"
                | "drew"
                | "drafted"
                | "handles"
                | "done"
                | "write"
                | "runs"
                | "do"
                | "does"
                | "drafts"
                | "responsible"
                | "assigned"
                | "did"
                | "run"
                | "work"
                | "handle"
        )
    });
    let plain = |t: &Token| t.known || t.ends() || PLAIN.contains(&t.word.as_str()) || own.contains(t);
    let plain = tokens.iter().all(plain);
    let ids = steps(world, &own).ok().filter(|_| own.len() == 1 && asks && doing && plain)?;
    let step = world.sequence().step(ids.first()?)?;
    let answer = format!("`{}` is done by {}.", step.id, step.model.as_str());
    world.speak_of(ids.iter().map(String::as_str));
    Some(answer)
}
