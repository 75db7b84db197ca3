//! Pages of what programs ask for, and how a person answers.

use super::Page;

/// The pages.
pub const ANSWER_PAGES: &[Page] = &[
    Page {
        path: "proposals list",
        examples: &[
            ("seqctl proposals", "every proposal of the last day, the newest first"),
            ("seqctl proposals list --waiting --json", "what waits for you"),
        ],
        json: r#"{"ok":true,"command":"proposals.list","proposals":[PROPOSAL…]}"#,
        exits: &[0, 2, 4, 8],
    },
    Page {
        path: "proposals show",
        examples: &[("seqctl proposals show p-7f3a01c2", "what it would do, line by line")],
        json: r#"{"ok":true,"command":"proposals.show","proposal":PROPOSAL}
PROPOSAL is {"id","state":"waiting|applied|failed|used|discarded|lapsed","actor":"user|orchestrator","source":"chat|http|mcp","saw_output":BOOL,"confirmations":N,"revision":HASH,"created_at","lapses_at","actions":[{"id","command":LINE,"description","destructive":BOOL,"reversible":BOOL,"dry_run_result":TEXT}…],"rejected":[{"id","command","error":{"exit","code","message","hint"?}}…],"sequence_diff":TEXT,"applied"?:APPLIED,"error"?}"#,
        exits: &[0, 2, 4, 8],
    },
    Page {
        path: "proposals discard",
        examples: &[("seqctl proposals discard p-7f3a01c2", "say no; it can never be applied then")],
        json: r#"{"ok":true,"command":"proposals.discard","proposal":PROPOSAL}"#,
        exits: &[0, 2, 3, 4, 5, 7, 8],
    },
    Page {
        path: "confirm",
        examples: &[
            (
                "seqctl confirm p-7f3a01c2",
                "look at it and say yes; from a script this is one yes, and what is destructive needs two",
            ),
            ("seqctl confirm p-7f3a01c2 --yes", "say yes as often as is needed"),
        ],
        json: r#"{"ok":BOOL,"command":"confirm","proposal":ID,"revision":HASH,"changed":[ID…],"diff":TEXT,"seq"?:N,"notes"?:[TEXT…],"controls"?:[{"command":LINE,"run_id"?,"stopped"?:[ID…],"error"?:{"exit","code","message","hint"?}}…]}
what is not the first key is APPLIED of `proposals show`; the exit code is that of the control that could not be done
with --dry-run: as `proposals show`"#,
        exits: &[0, 2, 3, 4, 5, 6, 7, 8],
    },
    Page {
        path: "mcp",
        examples: &[
            ("claude mcp add threados -- seqctl mcp --root .", "tell Claude Code of this project"),
            ("codex mcp add threados -- seqctl mcp --root .", "tell Codex of it"),
            ("gemini mcp add threados seqctl mcp", "tell Gemini of it"),
        ],
        json: "standard input and output speak MCP (JSON-RPC, a message a line) whether or not --json is given; it ends as its input does",
        exits: &[0, 2, 4, 8],
    },
];
