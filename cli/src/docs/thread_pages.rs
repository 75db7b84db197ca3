//! Pages of the commands around thread templates and other programs' files.

use super::Page;

/// The pages.
pub const THREAD_PAGES: &[Page] = &[
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
            ("seqctl template apply parallel --set model=shell", "of harmless commands, to try it out"),
        ],
        json: r#"{"ok":true,"command":"template.apply","template":NAME,"id":TEXT,"lines":[TEXT…],"revision":HASH,"changed":[ID…],"diff":TEXT,"seq":N,"notes":[TEXT…]}
with --dry-run: {"ok":true,"command":"template.apply","template":NAME,"id":TEXT,"lines":[TEXT…],"dry_run":true,"revision":HASH,"changed":[ID…],"diff":TEXT,"confirmations":N}"#,
        exits: &[0, 2, 3, 4, 5, 6, 7, 8],
    },
];
