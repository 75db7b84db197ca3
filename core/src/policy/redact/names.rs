//! Which names announce a secret.

/// How surely a name announces a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// The word has other uses (`token` in a parser): the value must look the part, unless form says enough.
    Weak,
    /// Whatever the value is, it is not for showing.
    Strong,
}

/// Words that make a `key` a secret one.
const KEY_KINDS: &[&str] = &[
    "access",
    "account",
    "admin",
    "api",
    "app",
    "application",
    "auth",
    "client",
    "deploy",
    "encryption",
    "hmac",
    "license",
    "master",
    "private",
    "secret",
    "service",
    "session",
    "shared",
    "signing",
    "ssh",
];

/// Last words that turn the name into one about a secret: `password_file`, `secret-name`.
const ABOUT: &[&str] = &[
    "age", "count", "dir", "env", "expiry", "field", "file", "hint", "id", "len", "length", "limit", "name",
    "path", "policy", "prompt", "required", "reset", "stdin", "store", "type", "url",
];

/// Whether a variable, key or flag of this name holds a secret: `*_KEY *_TOKEN *_SECRET *PASSWORD*` and the
/// like, in any of the usual spellings (`dbPassword`, `--api-key`, `PGPASSWORD`).
pub fn is_secret_name(name: &str) -> bool {
    strength(name).is_some()
}

/// Judges a name.
pub(super) fn strength(name: &str) -> Option<Strength> {
    if name.len() > 128 || !may_be_secret(name.as_bytes()) {
        return None;
    }
    let words = words(name);
    let last = words.last()?.as_str();
    let before = words.len().checked_sub(2).map(|i| words[i].as_str());
    let env_like = name.contains('_') && !name.bytes().any(|b| b.is_ascii_lowercase());
    let flat: String = words.concat();
    if ["password", "passwd", "passphrase"].iter().any(|word| flat.contains(word)) {
        return (env_like || !ABOUT.contains(&last)).then_some(Strength::Strong);
    }
    let strong = match last {
        "key" => {
            before.is_some_and(|kind| if env_like { !is_plain_key(kind) } else { KEY_KINDS.contains(&kind) })
        }
        "pwd" => before.is_some_and(|kind| kind != "old"),
        "pass" => env_like,
        "authorization" | "secret" => true,
        "cookie" => before == Some("set") || before.is_none(),
        "token" => env_like || before.is_some_and(|kind| KEY_KINDS.contains(&kind) || kind == "refresh"),
        _ => {
            last.ends_with("secret")
                || (last.ends_with("key") && KEY_KINDS.iter().any(|k| is_joined(last, k)))
        }
    };
    if strong {
        return Some(Strength::Strong);
    }
    last.ends_with("token").then_some(Strength::Weak)
}

/// Keys that lead to things and protect nothing.
fn is_plain_key(kind: &str) -> bool {
    matches!(kind, "cache" | "foreign" | "partition" | "primary" | "public" | "sort")
}

fn is_joined(word: &str, kind: &str) -> bool {
    word.strip_suffix("key").is_some_and(|front| front.ends_with(kind))
}

/// A quick no for nearly all names.
fn may_be_secret(name: &[u8]) -> bool {
    let has = |word: &[u8]| name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    [&b"token"[..], b"secret", b"pass", b"key", b"pwd", b"authorization", b"cookie"]
        .iter()
        .any(|word| has(word))
}

/// The words of a name in lower case: `dbPassword`, `DB_PASSWORD` and `db-password` are the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (was_lower && c.is_uppercase());
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut()
            && c.is_alphanumeric()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_in_all_spellings() {
        for name in [
            "DEPLOY_KEY",
            "GITHUB_TOKEN",
            "CLIENT_SECRET",
            "PGPASSWORD",
            "MYSQL_PWD",
            "DB_PASS",
            "ADMIN_PASSWORD_2",
            "AWS_SECRET_ACCESS_KEY",
            "apiKey",
            "api_key",
            "--api-key",
            "x-api-key",
            "apikey",
            "secretKey",
            "dbPassword",
            "password",
            "Passwd",
            "passphrase",
            "client_secret",
            "clientsecret",
            "accessToken",
            "authtoken",
            "_authToken",
            "token",
            "next_page_token",
            "Authorization",
            "Set-Cookie",
            "private-key",
            "SharedAccessKey",
            "AccountKey",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "",
            "keyboard",
            "monkey",
            "key",
            "tokenize",
            "tokens",
            "max_tokens",
            "input_tokens",
            "token_count",
            "password_file",
            "secretary",
            "PUBLIC_KEY",
            "PRIMARY_KEY",
            "sort_key",
            "PATH",
            "PWD",
            "OLDPWD",
            "passed",
            "compass",
            "bypass",
            "cookies",
            "key_id",
            "hotkey",
            "turkey",
            "name",
            "secret_name",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
