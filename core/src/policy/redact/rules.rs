//! Well-known secret formats.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// One format: looked for only where one of its keywords occurs (lower case, matched in any case).
pub(super) struct Rule {
    pub(super) keywords: &'static [&'static str],
    /// Its first group, or else the whole match, is the secret.
    pattern: &'static str,
}

const fn rule(keywords: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { keywords, pattern }
}

/// The formats. Where a negated class ends a pattern it stops at ASCII only, so that no character is split.
pub(super) const RULES: &[Rule] = &[
    // Our own: the token of a step
    rule(&["threados_"], r"\bthreados_[a-f0-9]{64}\b"),
    // AWS
    rule(&["akia", "asia", "abia", "acca"], r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b"),
    // GitHub
    rule(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
    rule(&["github_pat_"], r"\bgithub_pat_\w{22,}"),
    // GitLab
    rule(
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "gloas-", "glsoat-", "glagent-"],
        r"\bgl(?:pat|dt|rt|cbt|ptt|oas|soat|agent)-[\w-]{18,}",
    ),
    // Slack
    rule(&["xoxa", "xoxb", "xoxe", "xoxo", "xoxp", "xoxr", "xoxs"], r"\bxox[abeoprs][\w.]*-[\w-]{10,}"),
    rule(&["xapp-"], r"\bxapp-\d-[\w-]{20,}"),
    rule(&["hooks.slack.com"], r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/+-]{20,})"),
    // Anthropic, OpenAI and others that took over their form
    rule(&["sk-"], r"\bsk-(?:ant|proj|svcacct|admin|or-v1|None)-[\w-]{16,}"),
    rule(&["sk-"], r"\bsk-[A-Za-z0-9]{20,}"),
    // Google
    rule(&["aiza"], r"\bAIza[\w-]{35}"),
    rule(&["gocspx-"], r"\bGOCSPX-[\w-]{20,}"),
    rule(&["ya29."], r"\bya29\.[\w-]{20,}"),
    // Stripe
    rule(&["k_live_", "k_test_"], r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    rule(&["whsec_"], r"\bwhsec_[A-Za-z0-9+/=]{20,}"),
    // Package registries
    rule(&["npm_"], r"\bnpm_[A-Za-z0-9]{36}"),
    rule(&["pypi-age"], r"\bpypi-AgE[\w-]{40,}"),
    rule(&["rubygems_"], r"\brubygems_[a-f0-9]{48}"),
    rule(&["dckr_"], r"\bdckr_[op]at_[\w-]{20,}"),
    // JSON Web Tokens
    rule(&["eyj"], r"\bey[JI][\w-]{8,}\.ey[\w-]{8,}(?:\.[\w-]*)?"),
    // Private keys, with the block's end or up to the end of the text
    rule(
        &["private key"],
        r"-----BEGIN[ A-Z0-9]*PRIVATE KEY(?: BLOCK)?-----([\s\S]*?)(?:-----END[ A-Z0-9]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    rule(&["age-secret-key-1"], r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,}"),
    // Hosts and services
    rule(&["sg."], r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    rule(&["doo_v1_", "dop_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}"),
    rule(&["hf_"], r"\bhf_[A-Za-z0-9]{30,}"),
    rule(&["dapi"], r"\bdapi[a-f0-9]{32}\b"),
    rule(&["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[\w-]{20,}"),
    rule(&[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}"),
    rule(&["lin_api_"], r"\blin_api_[A-Za-z0-9]{30,}"),
    rule(&["glsa_", "glc_"], r"\bgl(?:sa|c)_[\w+/=]{30,}"),
    rule(&["nrak-"], r"\bNRAK-[A-Z0-9]{27}"),
    rule(&["sntry"], r"\bsntry[su]_[\w+/=-]{40,}"),
    rule(&["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    rule(&[":aa"], r"\b\d{8,10}:(AA[\w-]{33})"),
    rule(&["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/(\d+/[\w-]{20,})"),
    rule(&["pmak-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    rule(&["gsk_"], r"\bgsk_[A-Za-z0-9]{40,}"),
    rule(&["xai-"], r"\bxai-[A-Za-z0-9]{40,}"),
    rule(&["pplx-"], r"\bpplx-[A-Za-z0-9]{40,}"),
    rule(&["dp."], r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}"),
    rule(&["pscale_"], r"\bpscale_(?:tkn|pw|oauth)_[\w.=-]{30,}"),
    rule(&["atatt3"], r"\bATATT3[\w=-]{60,}"),
    rule(&["figd_"], r"\bfigd_[\w-]{30,}"),
    rule(&["tskey-"], r"\btskey-[a-z]+-[\w-]{16,}"),
    rule(&["sig="], r"[?&]sig=([A-Za-z0-9%+/=_-]{30,})"),
    // Headers. The scheme stays, all that follows it goes.
    rule(
        &["authorization"],
        r#"(?i)\bauthorization\\*["']?[ \t]*[:=][ \t]*\\*["']?(?:(?:bearer|basic|digest|token|negotiate|apikey|aws4-hmac-sha256)[ \t]+)?([^\s"'\\][^"'\\\r\n]*)"#,
    ),
    rule(&["bearer"], r"(?i)\bbearer[ \t]+([\w.~+/=-]*[0-9][\w.~+/=-]*)"),
    rule(&["cookie:"], r#"(?i)\b(?:set-)?cookie:[ \t]*([^\s"'][^"'\r\n]*)"#),
    // URLs and command lines with a password in them
    rule(&["://"], r#"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#"'<>@:]*:([^\s/?#"'<>]+)@"#),
    rule(
        &["ql://", "mariadb://", "mongodb", "redis", "amqp"],
        r#"(?i)\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?)://[^\s/?#"'<>@:]*:([^\s"'<>]+)@"#,
    ),
    rule(&["postgres://"], r#"(?i)\bpostgres://[^\s/?#"'<>@:]*:([^\s"'<>]+)@"#),
    rule(&["://"], r"://([A-Za-z0-9_-]{20,})@"),
    rule(&["curl"], r#"\bcurl\b[^\r\n|;]*?[ \t](?:-u|--user)[ \t=]*["']?[^\s:"']+:([^\s"']+)"#),
    rule(
        &["password>", "token>", "secret>", "passphrase>"],
        r"(?i)<[\w:.-]*(?:password|token|secret|passphrase)>([^<\s][^<]*)<",
    ),
];

static COMPILED: [OnceLock<Option<Regex>>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];

/// The compiled pattern of a rule; a test holds that each compiles.
pub(super) fn regex(index: usize) -> Option<&'static Regex> {
    COMPILED[index].get_or_init(|| compile(RULES[index].pattern)).as_ref()
}

/// ASCII classes: they compile in a tenth of the time, and no secret format needs more.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles_and_its_keywords_are_lower_case() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(regex(index).is_some(), "{}", rule.pattern);
            assert!(!rule.keywords.is_empty());
            assert!(rule.keywords.iter().all(|k| *k == k.to_lowercase()), "{:?}", rule.keywords);
        }
    }
}
