//! A step as a script for a POSIX shell that does exactly what the step's argument vector says.

use std::collections::BTreeMap;

use crate::model::Step;
use crate::model_cli::Call;

/// A word that the shell takes as it is: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html>,
/// 2.2.2.
pub(super) fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The script of a step. It starts in the project root and does not return.
pub(super) fn script(step: &Step, call: &Call, env: &BTreeMap<String, String>) -> String {
    let prompt =
        step.prompt_file.as_ref().map(|file| format!("\"$root\"/{}", word(&format!(".threados/{file}"))));
    let mut words: Vec<String> = vec!["exec".into()];
    if !env.is_empty() {
        words.push("env".into());
        words.extend(env.iter().map(|(name, value)| word(&format!("{name}={value}"))));
    }
    let runs_prompt = step.model.is_shell() && step.command.is_empty();
    match (&prompt, runs_prompt) {
        (Some(prompt), true) => words.extend(["sh".to_owned(), prompt.clone()]),
        _ => words.extend(call.argv.iter().map(|arg| word(arg))),
    }
    if let (Some(prompt), true) = (&prompt, call.prompt_on_stdin) {
        words.push(format!("< {prompt}"));
    }
    let mut script = String::new();
    if prompt.is_some() && (runs_prompt || call.prompt_on_stdin) {
        script += "root=$PWD; ";
    }
    if let Some(cwd) = &step.cwd {
        script += &format!("cd {} && ", word(&format!("./{}", cwd.trim_start_matches("./"))));
    }
    repeated(step, script + &words.join(" "))
}

/// The same with the further attempts of a step. The wait is whole seconds, and does not grow.
fn repeated(step: &Step, once: String) -> String {
    let Some(retry) = step.retry.filter(|retry| retry.max > 0) else { return once };
    let seconds = retry.backoff_ms.div_ceil(1000);
    format!(
        "n=0; while [ $n -lt {} ]; do ({once}) && exit 0; n=$((n+1)); sleep {seconds}; done; {once}",
        retry.max
    )
}
