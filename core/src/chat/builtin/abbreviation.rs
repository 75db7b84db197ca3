//! What people write shorter than it is called: `db` for the database, `prod` for production.

/// What is short, and what it may stand for.
const SHORT: &[(&str, &[&str])] = &[
    ("ann", &["announce", "annotate", "annotation"]),
    ("analysis", &["analyse", "analyze", "analytics"]),
    ("app", &["application"]),
    ("auth", &["authentication", "authorization", "authorisation"]),
    ("bench", &["benchmark", "benchmarks"]),
    ("calc", &["calculate", "calculation"]),
    ("cert", &["certificate", "certificates"]),
    ("certs", &["certificate", "certificates"]),
    ("cfg", &["config", "configuration", "configure"]),
    ("conf", &["config", "configuration", "configure"]),
    ("config", &["configuration", "configure"]),
    ("creds", &["credentials"]),
    ("db", &["database"]),
    ("dbs", &["databases"]),
    ("deps", &["dependencies"]),
    ("dev", &["development"]),
    ("dist", &["distribution", "distribute"]),
    ("doc", &["documentation", "document"]),
    ("docs", &["documentation", "documents"]),
    ("env", &["environment"]),
    ("eval", &["evaluate", "evaluation"]),
    ("exp", &["export", "experiment"]),
    ("fe", &["frontend"]),
    ("fmt", &["format"]),
    ("func", &["functional"]),
    ("gen", &["generate", "generation"]),
    ("img", &["image", "images"]),
    ("imgs", &["images"]),
    ("info", &["information"]),
    ("infra", &["infrastructure"]),
    ("int", &["integration"]),
    ("integ", &["integration"]),
    ("k8s", &["kubernetes"]),
    ("lib", &["library"]),
    ("libs", &["libraries"]),
    ("msg", &["message"]),
    ("notif", &["notify", "notification", "notifications"]),
    ("perf", &["performance"]),
    ("pics", &["pictures"]),
    ("pkg", &["package"]),
    ("prep", &["prepare", "preparation", "preprocess", "preprocessing"]),
    ("preproc", &["preprocess", "preprocessing"]),
    ("prod", &["production"]),
    ("pub", &["publish"]),
    ("rel", &["release"]),
    ("repo", &["repository"]),
    ("sec", &["security"]),
    ("spec", &["specification"]),
    ("srv", &["server", "service"]),
    ("stats", &["statistics"]),
    ("stg", &["staging"]),
    ("svc", &["service"]),
    ("sync", &["synchronize", "synchronise"]),
    ("tests", &["testing"]),
    ("tf", &["terraform"]),
    ("tok", &["tokenize", "tokenizer"]),
    ("trans", &["translate", "translation", "transform"]),
    ("transl", &["translate", "translation"]),
    ("val", &["validate", "validation"]),
    ("vis", &["visualize", "visualise", "visualization"]),
    ("viz", &["visualize", "visualise", "visualization"]),
    ("vuln", &["vulnerability", "vulnerabilities"]),
];

/// Whether one of these words is the other written short, whichever it is.
pub(super) fn is_short(a: &str, b: &str) -> bool {
    let of = |short: &str, long: &str| SHORT.iter().any(|(s, l)| *s == short && l.contains(&long));
    of(a, b) || of(b, a)
}

/// Whether what is said is another form of what something is called: "signing" of the step `sign`, "verification" of
/// `verify`, "announce" of `announcement`.
pub(super) fn is_doing(own: &str, said: &str) -> bool {
    let of = |form: &str, ends: &[&str], verb: &str| {
        let mut stems = ends.iter().filter_map(|end| form.strip_suffix(end)).filter(|stem| stem.len() > 2);
        stems.any(|stem| verb == stem || verb.strip_suffix(['e', 'y']) == Some(stem))
    };
    // What is called "translation" beside a `translate` may be another step.
    of(said, &["ing", "ment", "ation", "ion", "ication"], own) || of(own, &["ing", "ment", "ation"], said)
}

/// Whether a word is written short.
pub(super) fn stands_for_more(word: &str) -> bool {
    SHORT.iter().any(|(short, _)| *short == word)
}

#[cfg(test)]
mod tests {
    use super::{is_doing, is_short};

    #[test]
    fn what_a_step_does_is_what_it_is_called_after() {
        for (noun, verb) in [
            ("translation", "translate"),
            ("deployment", "deploy"),
            ("installation", "install"),
            ("verification", "verify"),
            ("signing", "sign"),
        ] {
            assert!(is_doing(verb, noun), "{noun} {verb}");
        }
        assert!(!is_doing("stay", "station") && !is_doing("cap", "caption"));
    }

    #[test]
    fn what_is_written_short_stands_for_a_word_and_no_other() {
        for (short, long) in [("db", "database"), ("production", "prod"), ("int", "integration")] {
            assert!(is_short(short, long), "{short} {long}");
        }
        for (short, other) in [("check", "checkout"), ("pack", "package"), ("in", "integration"), ("x", "x")]
        {
            assert!(!is_short(short, other), "{short} {other}");
        }
    }
}
