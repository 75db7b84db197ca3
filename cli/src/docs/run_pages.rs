//! Pages of the commands that look at runs.

use super::Page;
use super::pages::reads;

/// The pages.
pub const RUN_PAGES: &[Page] = &[
    reads(
        "runs list",
        &[("seqctl runs list --limit 5", "the five newest")],
        r#"{"ok":true,"command":"runs.list","runs":[{"run_id","state":"running|done|failed|waiting|stopped|unknown",…what the run's status.json says}…]}"#,
    ),
    reads(
        "runs show",
        &[
            ("seqctl runs show 20261122T204355Z-7f3a", "a run with its steps"),
            (
                "seqctl runs show 20261122T204355Z-7f3a build",
                "one step of it: what it was asked, did, said and cost, and how long it took",
            ),
        ],
        r#"{"ok":true,"command":"runs.show","run_id":RUN,"state":TEXT,…what the run's status.json says,"steps":[…their status.json…]}
with a step: {"ok":true,"command":"runs.show","run_id":RUN,"step_id":ID,"running":BOOL,"step":{…its status.json},"asked":{"prompt":FILE?,"command":[TEXT…]},"did":{"patch":FILE,"files":[{"path","added","removed"}…],"may_hold_work_of":[ID…]}?,"said":FILE?,"cost":{"input_tokens","output_tokens","cost_usd"}?,"duration_ms":N,"earlier_attempts":[…]}, where FILE is {"file":PATH,"text":TEXT,"cut":BOOL}"#,
    ),
    reads(
        "runs diff",
        &[
            ("seqctl runs diff 20261122T204355Z-7f3a 20261123T090000Z-01c2", "every step of two runs"),
            ("seqctl runs diff 20261122T204355Z-7f3a 20261123T090000Z-01c2 build", "one step in both"),
            (
                "seqctl runs diff 20261122T204355Z-7f3a fast thorough",
                "two steps of one run, such as candidates",
            ),
        ],
        r#"{"ok":true,"command":"runs.diff","a":{"run"},"b":{"run"},"steps":[{"id","a":{"status","reason"?,"exit_code"?,"duration_ms"}?,"b":…,"differs":[NAME…]}…]}
of two steps: {"ok":true,"command":"runs.diff","a":{"run","step"},"b":{"run","step"},"fields":[{"name","a","b","differs"}…],"files":[{"file","diff"?,"note"?}…],"differs":[NAME…]}"#,
    ),
    Page {
        path: "runs prune",
        examples: &[
            ("seqctl runs prune --keep 20 --yes", "the newest 20 stay, and whatever runs"),
            ("seqctl runs prune --keep 20 --dry-run", "see which would go"),
        ],
        json: r#"{"ok":true,"command":"runs.prune","removed":[RUN…],"held":[RUN…],"dry_run":BOOL}"#,
        exits: &[0, 2, 3, 4, 5, 6, 8],
    },
];
