//! `models.yaml`: how the command lines of models are built.

use super::decode::{self, Decoder};
use super::document::read;
use super::fault::Faults;
use crate::model::{ModelEntry, Problem};

/// Reads a models file: a mapping of names to `{ command, prompt, result }`. Also every fault, in the order of the
/// text; a file with faults must not be used.
pub fn parse_models(bytes: &[u8]) -> (Vec<ModelEntry>, Vec<Problem>) {
    let mut faults = Faults::default();
    let tree = match read(bytes, &mut faults) {
        Ok(tree) => tree,
        Err(problems) => return (Vec::new(), problems),
    };
    let models = decode::models(&mut Decoder::new(&tree, &mut faults));
    (models, faults.finish(tree.text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PromptWay, ResultForm};

    #[test]
    fn a_model_is_its_command_and_what_differs_from_the_built_in_one() {
        let text = "aider:\n  command: [aider, --message-file, \"{prompt_file}\"]\n  prompt: file\ncodex: { command: [codex, exec] }\nx-note: 1\n";
        let (models, problems) = parse_models(text.as_bytes());
        assert_eq!(problems, []);
        let shown: Vec<_> =
            models.iter().map(|m| (m.name.as_str(), m.command.len(), m.prompt, m.result)).collect();
        assert_eq!(shown, [("aider", 3, Some(PromptWay::File), None), ("codex", 2, None, None)]);
        let (models, _) = parse_models(b"a: { command: [a], prompt: arg, result: claude-json }");
        assert_eq!(
            (models[0].prompt, models[0].result),
            (Some(PromptWay::Arg), Some(ResultForm::ClaudeJson))
        );
        assert_eq!(parse_models(b""), (Vec::new(), Vec::new()));
    }

    #[test]
    fn every_fault_has_its_place() {
        let text = "a:\n  comand: [a]\n  prompt: pipe\nb: [x]\nshell: { command: [sh] }\n\"a b\": { command: [x] }\nc: { command: [] }\na: { command: [a] }\n";
        let (_, problems) = parse_models(text.as_bytes());
        let shown: Vec<_> = problems.iter().map(|p| format!("{}:{} {}", p.line, p.column, p.code)).collect();
        assert_eq!(
            shown,
            [
                "1:1 MISSING_KEY",
                "2:3 UNKNOWN_KEY",
                "3:11 BAD_VALUE",
                "4:4 WRONG_TYPE",
                "5:1 BAD_VALUE",
                "6:1 BAD_VALUE",
                "7:15 BAD_VALUE",
                "8:1 DUPLICATE_KEY"
            ]
        );
        assert_eq!(problems[1].hint.as_deref(), Some("did you mean `command`?"));
    }
}
