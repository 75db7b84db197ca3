//! Paths that leave the project, judged by their text alone; where symlinks lead is the policy's to judge.

use crate::model::{Problem, Step};

pub(super) fn leaving(i: usize, step: &Step, problems: &mut Vec<Problem>) {
    let id = &step.id;
    let mut fault = |field: String, text: String, hint: &str| {
        let path = format!("steps[{i}].{field}");
        problems.push(Problem::new("PATH_LEAVES_PROJECT", path, text).hint(hint));
    };
    // `.threados/` is one level below the root.
    if let Some(prompt) = step.prompt_file.as_deref().filter(|p| is_absolute(p) || depth(p, 1).is_none()) {
        let text = format!("the prompt file of `{id}` leaves the project: {prompt}");
        fault("prompt_file".into(), text, "give a path relative to .threados/, such as prompts/name.md");
    }
    let cwd = step.cwd.as_deref().unwrap_or(".");
    let base = if is_absolute(cwd) { None } else { depth(cwd, 0) };
    if base.is_none() && !is_absolute(cwd) {
        let text = format!("the working directory of `{id}` leaves the project: {cwd}");
        fault("cwd".into(), text, "give a folder below the project root");
    }
    if let (Some(program), Some(base)) = (step.command.first(), base)
        && program.contains('/')
        && !is_absolute(program)
        && depth(program, base).is_none()
    {
        let text = format!("the program of `{id}` lies outside the project: {program}");
        fault("command[0]".into(), text, "give its name, or a path below the project root");
    }
    for (k, glob) in step.artifacts.iter().enumerate() {
        if is_absolute(glob) || depth(glob, 0).is_none() {
            let text = format!("an artifact of `{id}` lies outside its working directory: {glob}");
            fault(format!("artifacts[{k}]"), text, "give a pattern relative to its cwd");
        }
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// How deep a relative path ends below the root when it starts `base` levels below it; `None` where it leaves
/// the root on its way.
fn depth(path: &str, base: usize) -> Option<usize> {
    path.split('/').try_fold(base, |depth, part| match part {
        "" | "." => Some(depth),
        ".." => depth.checked_sub(1),
        _ => Some(depth + 1),
    })
}
