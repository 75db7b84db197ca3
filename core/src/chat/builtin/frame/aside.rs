//! What is told beside a request: why, and how things stand. It changes nothing, and turns nothing around.

use super::super::lexicon::{Verb, begins, verb};
use super::super::token::{Token, words};
use super::super::world::World;
use super::noun;
use super::telling::{SUBJECTS, TELLS, TURNS};

/// How many words tell something beside a request, and what they speak of.
pub(super) fn aside(world: &World, tokens: &[Token], first: bool) -> Option<(Vec<String>, usize)> {
    // "a, b and c are slow, restart them": the marks of the list end nothing.
    let list = noun::listed(world, tokens).into_iter().find(|(_, n)| {
        tokens
            .get(*n)
            .is_some_and(|t| matches!(t.word.as_str(), "is" | "are" | "was" | "were" | "have" | "keep"))
    });
    let list = list.map_or(0, |(_, n)| n);
    let n = tokens
        .iter()
        .enumerate()
        .position(|(at, t)| {
            at >= list
                && !t.quoted
                && !t.known
                && (matches!(t.word.as_str(), "," | ":" | "-" | "\u{2013}" | "\u{2014}")
                    || at > 2 && t.word == "so")
        })
        .unwrap_or(tokens.len());
    let part = &tokens[..n];
    let all = words(part);
    let about = noun::listed(world, part).into_iter().next();
    let skip = about.as_ref().map_or(0, |(_, n)| *n);
    // "i am happy with it, accept it".
    const PLEASED: &[&str] = &["i am", "we are", "i was", "we were", "am", "are"];
    let pleased = PLEASED.iter().find_map(|p| begins(&all, p)).filter(|from| {
        matches!(all.get(*from), Some(&("happy" | "fine" | "ok" | "okay" | "satisfied" | "pleased" | "done")))
            && all.get(from + 1) == Some(&"with")
    });
    if let Some(from) = pleased.filter(|_| n < tokens.len()) {
        let (ids, m) = noun::listed(world, &part[from + 2..]).into_iter().next()?;
        let idle = |w: &&str| matches!(*w, "now" | "so" | "far" | "work" | "result" | "as" | "it" | "is");
        return all[from + 2 + m..].iter().all(idle).then_some((ids, n));
    }
    // "remove it, we do not need it any more".
    let removed = world.lines.last().is_some_and(|line| line.contains(" rm "));
    let unwanted = |w: &&str| {
        matches!(
            *w,
            "i" | "we"
                | "nobody"
                | "no"
                | "one"
                | "do"
                | "not"
                | "need"
                | "needs"
                | "want"
                | "wants"
                | "use"
                | "uses"
                | "it"
                | "them"
                | "that"
                | "those"
                | "these"
                | "any"
                | "more"
                | "longer"
                | "anymore"
                | "now"
                | "really"
                | "is"
                | "are"
                | "needed"
                | "used"
                | "never"
        )
    };
    if !first && removed && n > 1 && n == tokens.len() && all.iter().all(unwanted) {
        return Some((Vec::new(), n));
    }
    let purpose =
        begins(&all, "so that").or_else(|| begins(&all, "because")).or_else(|| begins(&all, "since"));
    let plain = |t: &Token| !t.known && !t.quoted && !t.ends() && !TURNS.contains(&t.word.as_str());
    let rest = words(tokens.get(n + 1..).unwrap_or_default());
    let bare = verb(&rest).is_some_and(|(_, used)| used == rest.len());
    let goes_on = bare || tokens[n..].iter().any(|t| matches!(t.word.as_str(), "it" | "them" | "that"));
    if unneeded(&all[skip..]) && about.is_some() {
        return about.filter(|_| goes_on).map(|(ids, _)| (ids, n));
    }
    // "i changed my mind about the gate, get rid of it".
    let named =
        ["i changed my mind about", "i changed my mind on", "about", "regarding", "concerning", "as for"];
    if let Some(from) = named.iter().find_map(|p| begins(&all, p)).filter(|_| goes_on) {
        let (ids, m) = noun::listed(world, &part[from..]).into_iter().next()?;
        return (from + m == n).then_some((ids, n));
    }
    // "we do not want the editor gate any more, take it out".
    let unwanted = [
        "we do not want",
        "we do not need",
        "i do not want",
        "i do not need",
        "nobody needs",
        "we no longer need",
    ];
    if let Some(from) = unwanted.iter().find_map(|p| begins(&all, p)).filter(|_| goes_on) {
        let (ids, m) = noun::listed(world, &part[from..]).into_iter().find(|(ids, _)| ids.len() == 1)?;
        let idle = |w: &&str| matches!(*w, "any" | "more" | "longer" | "anymore" | "now");
        return all[from + m..].iter().all(idle).then_some((ids, n));
    }
    if let Some(from) = purpose.filter(|_| !first) {
        let from = from + noun::listed(world, &part[from..]).first().map_or(0, |(_, n)| *n);
        let begins = matches!(all.get(from).copied(), Some("can" | "could"));
        let rest = &part[from + usize::from(begins)..];
        return (rest.iter().all(plain) && !rest.is_empty() && no_number(rest)).then(|| (Vec::new(), n));
    }
    // "i want to start from zero".
    let afresh = |w: &&str| {
        matches!(
            *w,
            "i" | "we"
                | "want"
                | "need"
                | "to"
                | "start"
                | "begin"
                | "over"
                | "again"
                | "fresh"
                | "from"
                | "zero"
                | "scratch"
                | "the"
                | "beginning"
                | "anew"
                | "clean"
                | "a"
                | "slate"
        )
    };
    if !first && n > 3 && matches!(all[0], "i" | "we") && all.iter().all(afresh) {
        return Some((Vec::new(), n));
    }
    // "it should not go out without my ok, so add a gate …".
    let asks = |w: &[&str]| {
        matches!(
            w,
            [
                "without",
                "my" | "our" | "a" | "the",
                "ok" | "okay" | "approval" | "sign-off" | "signoff" | "permission" | "consent" | "review"
            ]
        )
    };
    let decides = ["i want to", "i would like to", "i have to", "i need to", "we want to", "we have to"]
        .iter()
        .find_map(|p| begins(&all, p))
        .is_some_and(|n| {
            matches!(all.get(n), Some(&("approve" | "check" | "see" | "decide" | "review" | "look")))
        });
    let gated = tokens.iter().skip(n).any(|t| t.word == "gate");
    if first && n < tokens.len() && gated && (all.windows(3).any(asks) || decides) {
        return Some((Vec::new(), n));
    }
    // "should be fine now".
    let fine = |w: &&str| {
        matches!(
            *w,
            "it" | "that"
                | "this"
                | "should"
                | "be"
                | "is"
                | "fine"
                | "ok"
                | "okay"
                | "good"
                | "fixed"
                | "now"
                | "all"
        )
    };
    if !first && n > 1 && all.iter().all(fine) {
        return Some((Vec::new(), n));
    }
    // "stop it, i need the machine": what is needed is none of what a step has.
    let needs = !first && n > 2 && matches!(all[..2], ["i" | "we", "need"]);
    let field = |t: &Token| super::super::field::field(std::slice::from_ref(t)).is_some();
    let about_step = |t: &Token| {
        matches!(t.word.as_str(), "it" | "them" | "step" | "gate" | "to" | "more" | "again" | "another")
    };
    let modelled = part.iter().any(|t| super::slot::model(world, std::slice::from_ref(t)).is_some());
    if needs
        && no_number(part)
        && !modelled
        && !part[2..]
            .iter()
            .any(|t| t.known || t.quoted || field(t) || about_step(t) || TURNS.contains(&t.word.as_str()))
    {
        return Some((Vec::new(), n));
    }
    if n < 2 || begins(&all, "no need").is_some() {
        return None;
    }
    let colon = tokens.get(n).is_some_and(|t| t.word == ":");
    let makes = verb(&words(tokens.get(n + 1..).unwrap_or_default()))
        .is_some_and(|(v, _)| matches!(v, Verb::Add | Verb::Insert | Verb::Clone));
    let turns = |t: &Token| {
        matches!(t.word.as_str(), "if" | "when" | "unless" | "until" | "or" | "instead" | "only" | "once")
    };
    let modelled = || part.iter().any(|t| super::slot::model(world, std::slice::from_ref(t)).is_some());
    if first
        && colon
        && makes
        && n < 12
        && matches!(all[0], "i" | "we")
        && !modelled()
        && !part.iter().any(|t| {
            t.known || t.quoted || turns(t) || super::super::lexicon::NEGATIONS.contains(&t.word.as_str())
        })
    {
        return Some((Vec::new(), n));
    }
    let heading = first
        && tokens.get(n).is_some_and(|t| t.word == ":")
        && n < 7
        && part.iter().all(|t| plain(t) && !t.is_mark())
        && !all.iter().any(|w| {
            super::super::lexicon::NEGATIONS.contains(w)
                || super::super::field::field(&[Token::new(w)]).is_some()
        })
        && no_number(part)
        && verb(&all).is_none();
    if heading {
        return Some((Vec::new(), n));
    }
    let gerund = all[0].ends_with("ing") && matches!(all[1], "is" | "was");
    let subject = SUBJECTS.contains(&all[0]) || skip > 0 || gerund;
    let asks = verb(&all).is_some() && skip == 0;
    // "marketing does that by hand now".
    let grammar = matches!(all[0], "synth" | "synthesis" | "merge" | "command" | "group" | "fanout" | "id");
    let other = !first && n > 2 && !grammar && (TELLS.contains(&all[1]));
    let tells = all[skip..].iter().take(5).any(|w| TELLS.contains(w))
        || skip == 0 && matches!(all[..3.min(all.len())], ["we" | "i" | "they", "do", "not"]);
    // "remove the gate, we trust the numbers": what somebody does is no request, where no word of it could be one.
    let idle = |w: &&str| {
        verb(&[*w]).is_none()
            && super::super::field::field(&[Token::new(w)]).is_none()
            && !matches!(*w, "step" | "steps" | "gate" | "gates" | "edge" | "dependency" | "with" | "as")
    };
    let people =
        !first && n > 2 && matches!(all[0], "we" | "i" | "they" | "nobody" | "everybody" | "everyone");
    let does = people && all[1..].iter().all(idle);
    let told = part[skip..].iter().all(plain) && (tells && (subject || other) || does) && !asks;
    // Not of what is asked for: "do not", "is not to".
    let denied = all
        .windows(2)
        .any(|w| matches!(w, ["do" | "to", "not"] | ["not", "to"] | ["is" | "are" | "has" | "have", "to"]));
    let number =
        no_number(&part[skip..]) || first && matches!(all.get(skip), Some(&"took" | &"takes" | &"never"));
    let models = part.iter().any(|t| super::slot::model(world, std::slice::from_ref(t)).is_some());
    let program = part[skip..].iter().any(|t| {
        super::super::options::is_common(&t.word)
            && !matches!(
                t.word.as_str(),
                "just" | "true" | "false" | "go" | "make" | "black" | "cat" | "sleep"
            )
    });
    // "we do not announce anything any more, so remove it".
    let so = tokens[n..].iter().find(|t| !t.is_mark()).is_some_and(|t| t.word == "so");
    let told = told && (!denied || so) && !program && number && !(models && (skip > 0 || first));
    // Behind a request another step is no mere aside: "a need not wait for b, c is enough".
    let other =
        !first && about.as_ref().is_some_and(|(ids, _)| !ids.iter().all(|id| world.focus.contains(id)));
    let told = told && !(other && n == tokens.len());
    told.then(|| (about.map(|(ids, _)| ids).unwrap_or_default(), n))
}

/// "is not needed any more", said before what is to be done with it.
fn unneeded(all: &[&str]) -> bool {
    let plain = |w: &&str| {
        matches!(
            *w,
            "is" | "are"
                | "was"
                | "not"
                | "no"
                | "longer"
                | "needed"
                | "required"
                | "anymore"
                | "any"
                | "more"
                | "really"
                | "obsolete"
                | "useless"
        )
    };
    all.len() > 1 && all.iter().all(plain)
}

fn no_number(tokens: &[Token]) -> bool {
    !tokens
        .iter()
        .any(|t| super::super::number::span(&[t.word.as_str()]).is_some() || t.word.parse::<f64>().is_ok())
}
