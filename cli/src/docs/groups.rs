//! The commands of the first level, in groups.

/// The commands of the first level, by what one wants to do.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Begin", &["demo", "init", "doctor"]),
    (
        "Build the sequence",
        &[
            "step", "dep", "prompt", "group", "fusion", "gate", "template", "models", "chat", "undo", "redo",
            "history", "validate",
        ],
    ),
    ("Run it", &["run", "stop", "restart", "reset", "reconcile"]),
    ("Look at it", &["status", "logs", "runs", "mprocs", "inputs", "why", "graph"]),
    ("Exchange it", &["export", "import"]),
    ("Steer it by programs", &["mcp", "serve"]),
    ("Guard it", &["policy", "budget", "proposals", "confirm", "audit"]),
    ("Tools", &["schema", "completions", "man"]),
];
