//! Pages of the commands around threads: templates, fusions, what goes from step to step.

use super::Page;
use super::pages::change;

/// The pages.
pub const THREAD_PAGES: &[Page] = &[
    Page {
        path: "chat",
        examples: &[
            (
                "seqctl chat 'add a verification step after build'",
                "see what it would change, and say yes or no",
            ),
            ("seqctl chat 'add lint before build and run it' --apply", "one yes, given with the sentence"),
            ("seqctl chat 'remove lint' --apply --yes", "as many yeses as the policy asks for"),
            ("seqctl chat 'why did test fail?' --provider claude", "asks a model; it proposes, you apply"),
            ("seqctl chat 'why is deploy blocked?'", "questions get an answer"),
            ("seqctl chat", "at a terminal: a conversation, line by line"),
        ],
        json: crate::command::chat::JSON,
        exits: &[0, 2, 3, 4, 5, 6, 7, 8],
    },
    Page {
        path: "template list",
        examples: &[("seqctl template list", "what there is to begin with, your own templates too")],
        json: r#"{"ok":true,"command":"template.list","templates":[{"name","file":PATH|null,"description","id","parameters":[{"name","type":"text|integer|boolean|list","takes":TEXT,"default":VALUE|null,"description"}…]}…]}
of a template that is not valid: {"name","file","problems":[{"code","path","line","column","message","hint"?}…]}"#,
        exits: &[0, 2, 4, 8],
    },
    Page {
        path: "template show",
        examples: &[("seqctl template show chained", "its parameters, and its text to learn from")],
        json: r#"{"ok":true,"command":"template.show","template":{"name","file":PATH|null,"description","id","parameters":[…],"text":TEXT}}"#,
        exits: &[0, 2, 3, 4, 8],
    },
    Page {
        path: "template apply",
        examples: &[
            (
                "seqctl template apply chained --set phases=4 --dry-run",
                "what four phases with gates between would be",
            ),
            ("seqctl template apply chained --set phases=4", "make them; `seqctl undo` takes all of it back"),
            (
                "seqctl template apply fusion --set models=claude-code,codex --id design",
                "ids that begin with `design`",
            ),
            (
                "seqctl template apply parallel --set model=shell --run",
                "of harmless commands, and run at once",
            ),
        ],
        json: r#"{"ok":true,"command":"template.apply","template":NAME,"id":TEXT,"lines":[TEXT…],"revision":HASH,"changed":[ID…],"diff":TEXT,"seq":N,"notes":[TEXT…]}
with --dry-run: {"ok":true,"command":"template.apply","template":NAME,"id":TEXT,"lines":[TEXT…],"dry_run":true,"revision":HASH,"changed":[ID…],"diff":TEXT,"confirmations":N,"notes":[TEXT…]}
with --run also "run":{…as `run all`}, and its exit code"#,
        exits: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 10],
    },
    Page {
        path: "export",
        examples: &[
            ("seqctl export > flow.yaml", "the definition and its prompts in one file, for `import`"),
            (
                "seqctl export --format make > Makefile",
                "`make -j4` runs the steps, its gates ask at the terminal",
            ),
            (
                "seqctl export --format github-actions > .github/workflows/flow.yml",
                "a workflow, started by hand",
            ),
            ("seqctl export --format mermaid", "a picture for Markdown"),
        ],
        json: r#"{"ok":true,"command":"export","format":"yaml|json|github-actions|make|mermaid","text":TEXT,"warnings":[TEXT…]}"#,
        exits: &[0, 2, 3, 4, 8],
    },
    Page {
        path: "import",
        examples: &[
            ("seqctl import flow.yaml --dry-run", "what it would add"),
            (
                "seqctl import ../old/.threados/sequence.yaml",
                "a project of the older ThreadOS, with its prompts",
            ),
        ],
        json: r#"{"ok":true,"command":"import","dropped":[TEXT…],"revision":HASH,"changed":[ID…],"diff":TEXT,"seq":N,"notes":[TEXT…]}
with --dry-run: {"ok":true,"command":"import","dropped":[TEXT…],"dry_run":true,"revision":HASH,"changed":[ID…],"diff":TEXT,"confirmations":N,"lines":[TEXT…],"notes":[TEXT…]}"#,
        exits: &[0, 2, 3, 4, 5, 6, 7, 8],
    },
    change(
        "fusion create",
        &[
            (
                "seqctl fusion create --candidates a b c --synth best",
                "three work on it, `best` merges what they came to",
            ),
            ("seqctl fusion create a b", "two, merged by `a-synth`"),
        ],
    ),
    Page {
        path: "inputs",
        examples: &[
            ("seqctl step add sum --depends-on a,b -- seqctl inputs", "a step that prints what a and b said"),
            ("seqctl inputs --json", "in a step's script: status, files and outputs of each"),
        ],
        json: r#"{"ok":true,"command":"inputs","inputs":[{"step","name","role","model","status","reason","exit_code","run","dir","stdout","stderr","summary","artifacts":[PATH…],"outputs":{…}|null}…]}"#,
        exits: &[0, 2, 3, 8],
    },
];
