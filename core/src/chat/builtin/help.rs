//! What can be said, shown to whom only says hello or asks how this is used.

use super::token::Token;

/// Whether nothing but a greeting is said, or how this is used is asked: then what can be said is shown.
pub(super) fn greets(tokens: &[Token]) -> bool {
    const HOW: &[&str] = &[
        "how does this work",
        "how does it work",
        "how do i use this",
        "how do i use you",
        "how to use this",
        "what is this",
        "who are you",
        "what are you",
        "what can i say",
        "what can i do",
        "what can i ask",
        "what do you do",
        "what do you understand",
        "what do you know",
        "how do i start",
        "where do i start",
        "what now",
        "i need help",
        "can you help me",
        "can you help",
        "please help",
        "help me",
        "help please",
    ];
    const HELLO: &[&str] = &[
        "hello",
        "hi",
        "hey",
        "hallo",
        "yo",
        "there",
        "good",
        "morning",
        "evening",
        "afternoon",
        "day",
        "chat",
    ];
    let all: Vec<&str> = tokens.iter().filter(|t| !t.is_mark()).map(|t| t.word.as_str()).collect();
    let greeting = all.first().is_some_and(|w| HELLO[..5].contains(w) || *w == "good")
        && all.len() > usize::from(all[0] == "good");
    !tokens.iter().any(|t| t.known)
        && (greeting && all.iter().all(|w| HELLO.contains(w)) || HOW.contains(&all.join(" ").as_str()))
}

/// What can be said to the chat.
pub(super) const HELP: &str = "\
You can say, for example:
  add a verification step after build        insert lint between plan and build
  add a step called test that runs `cargo test` after build
  remove lint and docs                       rename build to Compile
  make deploy wait for test                  disconnect lint from build
  run lint and test in parallel              split review into three
  fuse draft-1 and draft-2 into best         add a gate before deploy
  approve the gate                           set the timeout of build to ten minutes
  run everything                             retry what failed
  stop build                                 undo
  what is running?                           why is deploy blocked?";
