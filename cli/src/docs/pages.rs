//! Examples, exit codes and JSON shapes of every command.

/// What the grammar itself does not tell about a command.
#[derive(Debug)]
pub struct Page {
    /// Its words: `step add`.
    pub path: &'static str,
    /// Lines and what they do.
    pub examples: &'static [(&'static str, &'static str)],
    /// What `--json` prints.
    pub json: &'static str,
    /// The exit codes it can end with.
    pub exits: &'static [u8],
}

const CHANGE: &str = r#"{"ok":true,"command":NAME,"revision":HASH,"changed":[ID…],"diff":TEXT,"seq":N,"notes":[TEXT…]}
with --dry-run: {"ok":true,"command":NAME,"dry_run":true,"revision":HASH,"changed":[ID…],"diff":TEXT,"confirmations":N,"lines":[TEXT…],"notes":[TEXT…]}"#;
const CHANGE_EXITS: &[u8] = &[0, 2, 3, 4, 5, 6, 7, 8];
const RUN: &str = r#"{"ok":BOOL,"command":NAME,"run_id":RUN,"state":"done|failed|waiting|stopped","steps":[{"id","status","reason"?,"exit_code"?,"duration_ms"?}…],"waiting_on":[ID…],"sandbox":"bubblewrap|landlock|none","sandbox_open"?}
with --detach: {"ok":true,"command":NAME,"run_id":RUN,"state":"running","sandbox":LEVEL}
with --stream, a line each: {"event":"run.start","at","run_id","sandbox","steps":[ID…]}, {"event":"step.start","at","run_id","step","attempt","command":[…]}, {"event":"step.end","at","run_id","step","attempt","status","again":BOOL,"reason"?,"duration_ms"?,"exit_code"?}, {"event":"notice","at","run_id","message"}; the last line is the result, with "event":"run.end"
with --dry-run: {"ok":BOOL,"command":NAME,"dry_run":true,"steps":[{"order","id","argv","cwd","depends_on":[ID…],"verdict":"allowed|denied|impossible","reason"?,"code"?}…],"held":[{"id","why"}…],"error"?}"#;
const RUN_EXITS: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 10];
const READ_EXITS: &[u8] = &[0, 2, 3, 4, 8];

/// A page of a command that changes something.
pub(super) const fn change(path: &'static str, examples: &'static [(&'static str, &'static str)]) -> Page {
    Page { path, examples, json: CHANGE, exits: CHANGE_EXITS }
}

/// A page of a command that runs something.
const fn runs(path: &'static str, examples: &'static [(&'static str, &'static str)]) -> Page {
    Page { path, examples, json: RUN, exits: RUN_EXITS }
}

/// A page of a command that only reads.
const fn reads(
    path: &'static str,
    examples: &'static [(&'static str, &'static str)],
    json: &'static str,
) -> Page {
    Page { path, examples, json, exits: READ_EXITS }
}

/// The pages, in the order of the grammar.
pub const PAGES: &[Page] = &[
    Page {
        path: "demo",
        examples: &[
            ("seqctl demo", "in a fresh temporary folder, which stays there to look around in"),
            ("seqctl demo ~/threados-demo", "in a folder of your own, new or empty"),
        ],
        json: r#"{"ok":BOOL,"command":"demo","root":PATH,"state":"done|failed|waiting|stopped","runs":[{"run_id","state","steps":[…],"waiting_on":[ID…]}…]}"#,
        exits: &[0, 1, 5, 7, 8],
    },
    Page {
        path: "init",
        examples: &[
            ("seqctl init", "make a project in this folder, named after it"),
            ("seqctl init release --root ../app", "make one elsewhere, named `release`"),
            ("seqctl init --template chained --set phases=4", "and begin with a thread of four phases"),
        ],
        json: r#"{"ok":true,"command":"init","name":TEXT,"root":PATH,"revision":HASH}; with --template also the keys of `template apply`
with --dry-run: {"ok":true,"command":"init","dry_run":true,"name":TEXT,"root":PATH}"#,
        exits: &[0, 2, 3, 4, 5, 7, 8],
    },
    change(
        "step add",
        &[
            ("seqctl step add build --depends-on plan -- cargo build", "a step that runs a program"),
            (
                "seqctl step add review --model claude-code --prompt review.md",
                "a step that an agent works on",
            ),
            (
                "seqctl step add watcher --watchdog-for long --watchdog-interval 60000 -- ./still-sane.sh",
                "a watchdog: looks at `long` every minute while it runs, and stops it by any exit code but 0",
            ),
            (
                "seqctl step add fix --worktree --model codex",
                "an agent in a git worktree and branch of its own",
            ),
            (
                "seqctl step add check --type p --fanout 3 --merge sum -- npm test",
                "three workers and a step that merges",
            ),
            (
                "seqctl step add lead --type b --orchestrator -- sh lead.sh",
                "a step that adds and runs steps of its own",
            ),
        ],
    ),
    change(
        "step edit",
        &[
            ("seqctl step edit build --timeout 600000 --retry 2", "ten minutes an attempt, three attempts"),
            ("seqctl step edit build --cwd ''", "an empty value clears a field"),
        ],
    ),
    change(
        "step rm",
        &[
            ("seqctl step rm build --yes", "remove a step that nothing depends on"),
            ("seqctl step rm build --cascade --dry-run", "see what would go with it"),
        ],
    ),
    change(
        "step clone",
        &[("seqctl step clone build build-release", "a second step with the same fields and prompt")],
    ),
    change(
        "step move",
        &[("seqctl step move test --before build", "test stands right before build in the file")],
    ),
    change("step accept", &[("seqctl step accept draft", "the work is good: DONE")]),
    change(
        "step reject",
        &[
            ("seqctl step reject draft --reason 'no tests'", "the work is not good: FAILED"),
            (
                "seqctl step reject draft --rework --reason 'no tests'",
                "do it again, the reason in the prompt",
            ),
        ],
    ),
    reads(
        "step list",
        &[("seqctl step list", "all steps in the order of the file")],
        r#"{"ok":true,"command":"step.list","steps":[STEP…]} with STEP as in `status`"#,
    ),
    reads(
        "step show",
        &[("seqctl step show build", "its fields, how it stands, what depends on it")],
        r#"{"ok":true,"command":"step.show","step":{…every field of the step, those of STEP in `status`, "dependents":[ID…]}}"#,
    ),
    change("dep add", &[("seqctl dep add deploy build", "deploy waits for build")]),
    change("dep rm", &[("seqctl dep rm deploy build", "deploy waits for build no more")]),
    change(
        "prompt set",
        &[
            ("seqctl prompt set review --file review.md", "take the text of a file"),
            ("seqctl prompt set review --text 'Read the diff and name its faults.'", "give the text itself"),
        ],
    ),
    reads(
        "prompt show",
        &[
            ("seqctl prompt show review", "print it"),
            (
                "seqctl prompt show review --run 20261122T204355Z-7f3a",
                "print what was really asked in that run",
            ),
        ],
        r#"{"ok":true,"command":"prompt.show","id":ID,"file":PATH,"text":TEXT,"run_id"?}"#,
    ),
    change("prompt edit", &[("seqctl prompt edit review", "open it in $VISUAL or $EDITOR")]),
    change(
        "group parallelize",
        &[(
            "seqctl group parallelize lint test docs --id checks",
            "three steps that do not depend on each other",
        )],
    ),
    change("group dissolve", &[("seqctl group dissolve checks", "take the group apart; its steps stay")]),
    reads(
        "group list",
        &[("seqctl group list", "groups with their members")],
        r#"{"ok":true,"command":"group.list","groups":[{"id","fail_policy":"fail_fast|best_effort","members":[{"id","status"}…]}…]}"#,
    ),
    change(
        "gate insert",
        &[("seqctl gate insert review --after plan --before build", "a person decides between the two")],
    ),
    change("gate approve", &[("seqctl gate approve review --reason 'read it'", "let what waits through")]),
    change(
        "gate block",
        &[
            ("seqctl gate block review --reason 'not yet' --yes", "hold what waits"),
            ("seqctl gate block review --rework plan --reason 'too big' --yes", "send the work back to plan"),
        ],
    ),
    change("gate rm", &[("seqctl gate rm review", "remove a gate")]),
    reads(
        "gate list",
        &[("seqctl gate list", "gates and what they wait for")],
        r#"{"ok":true,"command":"gate.list","gates":[{"id","name","status","depends_on","reason"?}…]}"#,
    ),
    runs(
        "run step",
        &[
            ("seqctl run step build", "run one step"),
            ("seqctl run step build --force --yes", "although it is BLOCKED"),
        ],
    ),
    runs("run group", &[("seqctl run group checks", "run the steps of a group")]),
    runs("run runnable", &[("seqctl run runnable", "run what may start now, once")]),
    runs(
        "run all",
        &[
            ("seqctl run all", "run until nothing is left that can start"),
            ("seqctl run all --detach", "return at once with the run id"),
            ("seqctl run all --from build", "first reset build and all that follows"),
            ("seqctl run all --dry-run", "show what would run, and run nothing"),
        ],
    ),
    Page {
        path: "stop",
        examples: &[
            ("seqctl stop build --yes", "stop one step; no process of it is left"),
            ("seqctl stop --all --now --yes", "kill everything that runs; what waited does not start"),
        ],
        json: r#"{"ok":true,"command":"step.stop","stopped":[ID…],"runs":[RUN…]}"#,
        exits: &[0, 2, 4, 5, 6, 7, 8],
    },
    runs("restart", &[("seqctl restart build --yes", "stop it if it runs, and run it again")]),
    change(
        "reset",
        &[
            ("seqctl reset build --yes", "build and all that follows from it have not run"),
            ("seqctl reset --all --yes", "nothing has run"),
        ],
    ),
    Page {
        path: "status",
        examples: &[
            ("seqctl status", "how everything stands"),
            ("seqctl status --watch", "stay, and show every change"),
            ("seqctl status --json | jq '.summary'", "for programs"),
        ],
        json: r#"{"ok":true,"command":"status","revision":HASH,"name":TEXT,"steps":[STEP…],"gates":[{"id","name","status","depends_on","reason"?}…],"summary":{"total","ready","running","needs_review","done","failed","blocked"}}
with STEP = {"id","name","type","model","status","reason"?,"depends_on","group_id"?,"spawned_by"?,"run_id"?,"attempt"?,"started_at"?,"ended_at"?,"exit_code"?}
with --watch: one such object a line, at every change"#,
        exits: READ_EXITS,
    },
    reads(
        "logs",
        &[
            ("seqctl logs build", "what it printed"),
            ("seqctl logs build -f", "go on until it ends"),
            ("seqctl logs build --stderr --grep '^error'", "only lines of standard error that match"),
            ("seqctl logs watcher -f", "what a watchdog sees, until the step it watches ends"),
            ("seqctl logs build --attempt 1 > first.log", "the bytes of its first attempt, secrets hidden"),
        ],
        r#"{"ok":true,"command":"logs","run_id":RUN,"step_id":ID,"running":BOOL,"text":TEXT}
with --follow: the bytes themselves"#,
    ),
    reads(
        "runs list",
        &[("seqctl runs list --limit 5", "the five newest")],
        r#"{"ok":true,"command":"runs.list","runs":[{"run_id","state":"running|done|failed|waiting|stopped|unknown",…what the run's status.json says}…]}"#,
    ),
    reads(
        "runs show",
        &[
            ("seqctl runs show", "the latest run with its steps; `runs show RUN` another"),
            ("seqctl runs show build", "the latest attempt of a step: what it was asked, did, said and cost"),
            ("seqctl runs show 20261122T204355Z-7f3a build", "the same of another run"),
        ],
        r#"{"ok":true,"command":"runs.show","run_id":RUN,"state":TEXT,…what the run's status.json says,"steps":[…their status.json…]}
with a step: {"ok":true,"command":"runs.show","run_id":RUN,"step_id":ID,"running":BOOL,"step":{…its status.json},"asked":{"prompt":FILE?,"command":[TEXT…]},"did":{"patch":FILE,"files":[{"path","added","removed"}…],"may_hold_work_of":[ID…]}?,"said":FILE?,"cost":{"input_tokens","output_tokens","cost_usd":N|null}?,"duration_ms":N,"earlier_attempts":[…]}, where FILE is {"file":PATH,"text":TEXT,"cut":BOOL}"#,
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
    reads(
        "why",
        &[("seqctl why deploy", "what holds it, where the waiting begins, and the line that frees it")],
        r#"{"ok":true,"command":"why","why":{"id","status","reason"?,"holds":[{"kind":"dependency|gate|unknown|group_failed|watchdog|decision|review|failed|backoff|slots|quota|budget|policy",…}…],"roots":[{"id","cause","free"?}…]}}"#,
    ),
    reads(
        "graph",
        &[
            ("seqctl graph", "layers of lines"),
            ("seqctl graph --format svg > sequence.svg", "for the browser"),
        ],
        r#"{"ok":true,"command":"graph","format":"text|dot|mermaid|svg","graph":TEXT}"#,
    ),
    change(
        "budget set",
        &[
            ("seqctl budget set --usd 5", "ask before more than 5 dollars are spent in all"),
            ("seqctl budget set --group review --tokens 2000000", "the members of a group together"),
            ("seqctl budget set --step build --usd ''", "an empty value takes the limit away"),
        ],
    ),
    reads(
        "budget show",
        &[("seqctl budget show", "each budget, what is spent of it, and whether it is reached")],
        r#"{"ok":true,"command":"budget.show","budgets":[{"of","usd","tokens","spent":{"usd":N|null,"tokens"},"reached":BOOL}…],"spent":{"usd":N|null,"tokens"}}, where null is a price that no agent has told"#,
    ),
    reads(
        "models list",
        &[("seqctl models list", "which agents are installed, and how each would be called")],
        r#"{"ok":true,"command":"models.list","models":[{"name","installed":BOOL,"command":[…],"prompt","result","resumes":BOOL,"origin":"built_in|models.yaml","path"?,"version"?,"install"?}…]}"#,
    ),
    change("policy mode", &[("seqctl policy mode POWER --yes", "only what the policy names needs a yes")]),
    change("policy allow", &[("seqctl policy allow cargo", "steps may start cargo")]),
    change("policy deny", &[("seqctl policy deny npx", "steps may not start npx any more")]),
    Page {
        path: "policy show",
        examples: &[("seqctl policy show", "each rule, its value and where that stands")],
        json: r#"{"ok":true,"command":"policy.show","policy":{…},"places":{RULE:TEXT…}}"#,
        exits: &[0, 2, 3, 4, 5, 8],
    },
    Page {
        path: "policy check",
        examples: &[
            ("seqctl policy check", "whether policy.yaml is valid"),
            ("seqctl policy check --cwd crates -- cargo build", "whether a step might run this there"),
        ],
        json: r#"{"ok":true,"command":"policy.check","problems":[],"mode":"SAFE|POWER"}
with a command: {"ok":true,"command":"policy.check","allowed":true,"program":PATH,"cwd":PATH}"#,
        exits: &[0, 2, 3, 4, 5, 8],
    },
    reads(
        "audit list",
        &[
            ("seqctl audit list --limit 10", "the ten newest entries"),
            ("seqctl audit list --action gate --since 2d", "every decision about gates of two days"),
            ("seqctl audit list --follow --json", "every new entry, one object a line"),
        ],
        r#"{"ok":true,"command":"audit.list","entries":[{"action","actor","error"?,"hash","payload","policy_mode","prev","result":"success|denied|error","run_id"?,"seq","target","timestamp"}…]}
with --follow: one entry a line"#,
    ),
    Page {
        path: "audit verify",
        examples: &[("seqctl audit verify", "check the chain, and the heads noted outside the project")],
        json: r#"{"ok":BOOL,"command":"audit.verify","valid":BOOL,"entries":N,"files":N,"first_seq":N,"last_seq":N,"noted":N,"restarts":[N…],"torn_bytes":N,"broken"?:{"file","line","seq","why"}}"#,
        exits: &[0, 1, 2, 4, 8],
    },
    reads(
        "history",
        &[("seqctl history", "what was changed, the newest first")],
        r#"{"ok":true,"command":"history","changes":[{"seq","timestamp","actor","line","undone":BOOL}…]}"#,
    ),
    change(
        "undo",
        &[("seqctl undo --yes", "take back your latest change"), ("seqctl undo --dry-run", "see which")],
    ),
    change("redo", &[("seqctl redo", "make it again")]),
    Page {
        path: "reconcile",
        examples: &[("seqctl reconcile", "find steps whose wrapper is gone")],
        json: r#"{"ok":true,"command":"reconcile","orphaned":[ID…],"recovered":[ID…],"adopted":[ID…],"dry_run"?:true}"#,
        exits: &[0, 2, 3, 4, 5, 8],
    },
    reads(
        "validate",
        &[("seqctl validate", "every fault with line, column and what to do")],
        r#"{"ok":BOOL,"command":"validate","problems":[{"file","code","path","line","column","message","hint"?}…]}"#,
    ),
    Page {
        path: "schema",
        examples: &[("seqctl schema > .threados/schema.json", "keep it where an editor finds it")],
        json: r#"{"ok":true,"command":"schema","schema":{…}}"#,
        exits: &[0, 2],
    },
    Page {
        path: "doctor",
        examples: &[("seqctl doctor", "look at the project, the log, the engine, the machine")],
        json: r#"{"ok":BOOL,"command":"doctor","checks":[{"level":"ok|warn|fail","check","message","mend"?}…]}"#,
        exits: &[0, 1, 2],
    },
    Page {
        path: "completions",
        examples: &[("seqctl completions bash > seqctl.bash", "a script for your shell to source")],
        json: r#"{"ok":true,"command":"completions","shell":TEXT,"script":TEXT}"#,
        exits: &[0, 2],
    },
    Page {
        path: "man",
        examples: &[
            ("seqctl man > seqctl.1", "the page of seqctl"),
            ("seqctl man step add > seqctl-step-add.1", "the page of one command"),
        ],
        json: r#"{"ok":true,"command":"man","page":TEXT}"#,
        exits: &[0, 2],
    },
];
