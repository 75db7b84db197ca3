//! The keys of `policy.yaml`.

use globset::GlobBuilder;

use super::sequence::mode;
use super::step::{MAX_FANOUT, MAX_TIMEOUT_MS};
use super::{Decoder, Field, shorten};
use crate::model::Network;
use crate::policy::{ChatProvider, ChatSettings, Moment, Notify, Policy, Sandbox, check_pattern};
use crate::store::yaml::node::{Kind, Ref};

/// Most patterns of one list.
const MAX_PATTERNS: usize = 200;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 1000;
/// Longest time a step gets between SIGTERM and SIGKILL: one hour, in milliseconds.
const MAX_GRACE_MS: u64 = 3_600_000;

/// The keys of the file in the order in which they are written.
pub const POLICY: &[Field<Policy>] = &[
    Field::new("mode", |d, at, p| p.mode = mode(d, at).unwrap_or(p.mode)),
    Field::new("max_fanout", |d, at, p| p.max_fanout = d.small(at, 1..=MAX_FANOUT).unwrap_or(p.max_fanout)),
    Field::new("max_concurrent", |d, at, p| {
        p.max_concurrent = d.small(at, 1..=1000).unwrap_or(p.max_concurrent);
    }),
    Field::new("timeout_default_ms", |d, at, p| {
        p.timeout_default_ms = d.whole(at, 1..=MAX_TIMEOUT_MS).unwrap_or(p.timeout_default_ms);
    }),
    Field::new("stop_grace_ms", |d, at, p| {
        p.stop_grace_ms = d.whole(at, 1..=MAX_GRACE_MS).unwrap_or(p.stop_grace_ms);
    }),
    Field::new("max_log_bytes", |d, at, p| {
        p.max_log_bytes = d.whole(at, 64 << 10..=1 << 40).unwrap_or(p.max_log_bytes);
    }),
    Field::new("allowed_commands", |d, at, p| p.allowed_commands = d.texts(at).unwrap_or_default()),
    Field::new("allowed_cwd", |d, at, p| p.allowed_cwd = globs(d, at).unwrap_or_default()),
    Field::new("forbidden_patterns", |d, at, p| {
        p.forbidden_patterns = regexes(d, at).unwrap_or_default();
    }),
    Field::new("confirmation_required", |d, at, p| {
        p.confirmation_required = d.texts(at).unwrap_or_default();
    }),
    Field::new("mprocs_port", |d, at, p| p.mprocs_port = d.boolean(at).unwrap_or_default()),
    Field::new("sandbox", |d, at, p| {
        p.sandbox = d.word(at, &["off", "auto", "required"], sandbox).unwrap_or(Sandbox::Required);
    }),
    Field::new("sandbox_writable", |d, at, p| p.sandbox_writable = d.texts(at).unwrap_or_default()),
    Field::new("network", |d, at, p| {
        p.network = network(d, at);
    }),
    Field::new("redact", |d, at, p| p.redact = regexes(d, at).unwrap_or_default()),
    Field::new("notify", |d, at, p| d.map(at, NOTIFY, &mut p.notify, None)),
    Field::new("notify_hosts", |d, at, p| p.notify_hosts = d.texts(at).unwrap_or_default()),
    Field::new("chat", |d, at, p| d.map(at, CHAT, &mut p.chat, None)),
    Field::new("chat_hosts", |d, at, p| p.chat_hosts = d.texts(at).unwrap_or_default()),
];

/// The keys of `chat`.
const CHAT: &[Field<ChatSettings>] = &[
    Field::new("provider", |d, at, c| {
        c.provider = d.word(at, ChatProvider::WORDS, |w| w.parse().ok()).unwrap_or_default();
    }),
    Field::new("url", |d, at, c| c.url = d.owned(at).unwrap_or_default()),
    Field::new("model", |d, at, c| c.model = d.owned(at).unwrap_or_default()),
    Field::new("key_env", |d, at, c| c.key_env = d.owned(at).unwrap_or_default()),
];

/// The keys of `notify`.
const NOTIFY: &[Field<Notify>] = &[
    Field::new("on", |d, at, n| {
        let moment = |d: &mut Decoder<'_>, at| d.word(at, &["end", "failure", "gate"], Moment::from_word);
        n.on = d.list(at, moment).unwrap_or_default();
    }),
    Field::new("command", |d, at, n| n.command = d.texts(at).unwrap_or_default()),
    Field::new("desktop", |d, at, n| n.desktop = d.boolean(at).unwrap_or_default()),
    Field::new("webhook", |d, at, n| n.webhook = d.owned(at).unwrap_or_default()),
];

fn sandbox(word: &str) -> Option<Sandbox> {
    match word {
        "off" => Some(Sandbox::Off),
        "auto" => Some(Sandbox::Auto),
        "required" => Some(Sandbox::Required),
        _ => None,
    }
}

/// What cannot be read is none.
pub(super) fn network(d: &mut Decoder<'_>, at: Ref) -> Network {
    d.word(at, &["allow", "deny"], |w| w.parse().ok()).unwrap_or(Network::Deny)
}

/// A list of globs that compile.
pub(super) fn globs(d: &mut Decoder<'_>, at: Ref) -> Option<Vec<String>> {
    patterns(d, at, |glob| {
        let built = GlobBuilder::new(glob).literal_separator(true).build();
        built.map(drop).map_err(|e| format!("`{}` is not a glob: {}", shorten(glob), e.kind()))
    })
}

/// A list of regular expressions that compile.
pub(super) fn regexes(d: &mut Decoder<'_>, at: Ref) -> Option<Vec<String>> {
    patterns(d, at, |regex| {
        check_pattern(regex)
            .map_err(|fault| format!("`{}` is not a regular expression: {fault}", shorten(regex)))
    })
}

fn patterns(d: &mut Decoder<'_>, at: Ref, check: impl Fn(&str) -> Result<(), String>) -> Option<Vec<String>> {
    let mut count = 0;
    d.list(at, |d, at| {
        let text = d.text(at)?;
        count += 1;
        if count > MAX_PATTERNS || text.len() > MAX_PATTERN {
            let message =
                format!("more than {MAX_PATTERNS} patterns, or one longer than {MAX_PATTERN} bytes");
            d.fault(at, "TOO_LARGE", message, "join patterns with `|`, or split a long one");
            return None;
        }
        match check(text) {
            Ok(()) => Some(text.to_owned()),
            Err(message) => {
                d.fault(
                    at,
                    "BAD_VALUE",
                    message,
                    "mend the pattern; in double quotes `\\` is written `\\\\`",
                );
                None
            }
        }
    })
}

/// Reads a policy file; what it leaves out is at its default.
pub fn policy(d: &mut Decoder<'_>) -> Policy {
    let root = d.tree.root();
    let mut policy = Policy::default();
    if d.tree.kind(root) != Kind::Empty {
        d.map(root, POLICY, &mut policy, None);
        lines(d, root, &mut policy);
    }
    policy
}

fn lines(d: &Decoder<'_>, root: Ref, policy: &mut Policy) {
    let line = |at: Ref| d.tree.place(d.tree.start(at)).0;
    for (key, value) in d.tree.entries(root) {
        let name = d.tree.scalar(key);
        if POLICY.iter().all(|field| field.key != name) {
            continue;
        }
        policy.lines.insert(name.to_owned(), line(key));
        for (index, item) in d.tree.items(value).enumerate() {
            policy.lines.insert(format!("{name}[{index}]"), line(item));
        }
    }
}
