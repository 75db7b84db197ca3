use proptest::prelude::*;
use serde_json::json;

use super::*;

fn redactor() -> Redactor {
    Redactor::default()
}

/// Texts with a secret in them; the secret must be gone and the rest must stay readable. Well-known formats are
/// written in two halves so that no scanner takes this file for a leak.
fn planted() -> Vec<(String, String)> {
    let known = [
        ("AKIA", "QYLPMN5HFIQR7XYA"),
        ("ASIA", "QYLPMN5HFIQR7XYB"),
        ("ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"),
        ("gho_", "16C7e42F292c6912E7710c838347Ae178B4a"),
        ("ghs_", "16C7e42F292c6912E7710c838347Ae178B4a"),
        ("github_pat_", "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"),
        ("glpat-", "xYz123_-AbCdEfGhIjKl"),
        ("xoxb-", "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"),
        ("xapp-", "1-A0123456789-1234567890123-abcdef0123456789"),
        ("sk-ant-", "api03-AbCdEf_ghIjKl-MnOpQrStUvWxYz0123456789AA"),
        ("sk-proj-", "AbCdEf_ghIjKl-MnOpQrStUvWxYz0123456789"),
        ("sk-", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKl"),
        ("sk-or-v1-", "0123456789abcdef0123456789abcdef"),
        ("AIza", "SyA0123456789abcdefghijklmnopqrstuv"),
        ("GOCSPX-", "AbCdEfGhIjKlMnOpQrStUvWxYz01"),
        ("ya29.", "a0AfH6SMBx0123456789_abcdefghij"),
        ("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"),
        ("rk_test_", "4eC39HqLyjWDarjtT1zdp7dc"),
        ("whsec_", "AbCdEfGhIjKlMnOpQrStUvWxYz012345"),
        ("npm_", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"),
        ("pypi-AgE", "IcHlwaS5vcmcCJDAxMjM0NTY3LTg5YWItY2RlZi0wMTIzLTQ1Njc4OWFiY2RlZg"),
        ("dckr_pat_", "AbCdEfGhIjKlMnOpQrStUvWxYz0"),
        ("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"),
        ("SG.", "AbCdEfGhIjKlMnOpQrStUv.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG"),
        ("hf_", "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"),
        ("hvs.", "CAESIAbCdEfGhIjKlMnOpQrStUvWx"),
        ("dop_v1_", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("lin_api_", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCd"),
        ("shpat_", "0123456789abcdef0123456789abcdef"),
        ("gsk_", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOp"),
        ("tskey-auth-", "kABCDEF1CNTRL-0123456789abcdef"),
    ];
    let mut all: Vec<(String, String)> = Vec::new();
    for (front, back) in known {
        let secret = format!("{front}{back}");
        all.push((format!("using {secret} for it"), secret));
    }
    let named = [
        ("GET /x?token=abc&page=2", "abc"),
        ("mysqldump --password hunter2 db", "hunter2"),
        ("deploy --token=s3cr3t-value now", "s3cr3t-value"),
        ("tool --api-key \"two words\" now", "two words"),
        (r#"["mysql","--password","hunter2"]"#, "hunter2"),
        ("postgres://app:pa55w0rd@db.example.org/app", "pa55w0rd"),
        ("postgres://app:pa/55#w0rd@db.example.org/app", "pa/55#w0rd"),
        ("redis://:onlypass@localhost:6379/0", "onlypass"),
        ("https://oauth2:abcdef@gitlab.example.org/x.git", "abcdef"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("-H 'Authorization: Bearer opaque-token' https://x", "opaque-token"),
        (r#"{"authorization": "Bearer opaque-token"}"#, "opaque-token"),
        ("sent bearer abc123def456", "abc123def456"),
        ("Cookie: session=abcdef; theme=dark", "abcdef"),
        (
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE",
        ),
        ("export DEPLOY_TOKEN='x y z'", "x y z"),
        ("MYAPP_SECRET=correct", "correct"),
        ("PGPASSWORD=hunter2 psql", "hunter2"),
        ("MYSQL_PWD=hunter2 mysql", "hunter2"),
        (r#"{"password": "hunter2", "user": "bob"}"#, "hunter2"),
        (r#"{"apiKey":"a\"b"}"#, r#"a\"b"#),
        (r#"{"body":"{\"clientSecret\":\"hunter2\"}"}"#, "hunter2"),
        ("db_password: hunter2", "hunter2"),
        ("secret = \"hunter2\"", "hunter2"),
        ("'access_token' => 'abcdefgh'", "abcdefgh"),
        ("Server=db;Password=hunter2;Database=x", "hunter2"),
        ("curl -u admin:hunter2 https://x", "hunter2"),
        ("//registry.example.org/:_authToken=abcdef-0123", "abcdef-0123"),
        ("<password>hunter2</password>", "hunter2"),
        ("passphrase=größte Geheimnisse", "größte"),
        ("tokenizer=a,password=hunter2", "hunter2"),
        ("AccountKey=abcdefghijkl==;EndpointSuffix=x", "abcdefghijkl=="),
    ];
    all.extend(named.map(|(text, secret)| (text.to_owned(), secret.to_owned())));
    let key =
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nq83vEjRWeJA=\n-----END RSA PRIVATE KEY-----";
    all.push((format!("key:\n{key}\ndone"), "MIIEowIBAAKCAQEA\nq83vEjRWeJA=".to_owned()));
    all
}

const INNOCENT: &[&str] = &[
    "",
    "Compiling serde v1.0.229",
    "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "550e8400-e29b-41d4-a716-446655440000",
    "/home/me/projects/tokenizer/src/lib.rs:12:5",
    "Zm4gbWFpbigpIHsgcHJpbnRsbiEoImhlbGxvIik7IH0K",
    "tokenize the input, then detokenize it",
    "keyboard=qwerty",
    "monkey=1 turkey=2",
    "max_tokens=4096",
    r#"{"input_tokens": 123, "output_tokens": 45}"#,
    "token_count: 17",
    "error: unexpected token: `}`",
    "expected token: identifier",
    "let token = lexer.next();",
    "let token=lexer.next();",
    "fn token(&self) -> Token",
    "token::Kind::Ident",
    "if token == other { return }",
    "http://localhost:8080/path?page=2",
    "https://registry.example.org:4873/@scope/package",
    "git@github.com:owner/repo.git",
    "ssh://git@github.com/owner/repo.git",
    "contact: someone@example.org",
    "primary_key=id sort_key=name",
    "PUBLIC_KEY=abcdef",
    "the bearer of good news",
    "bearer authentication is required",
    "risk-based task-list desk-chair-of-the-house",
    "password_file=/run/secrets/pw",
    "the password is wrong",
    "Usage: tool --token <TOKEN> --verbose",
    "tool --tokenizer bert --keyboard us",
    "password=******",
    r#"{"token": null, "password": null}"#,
    "passed: 12, bypassed: 3, compass: north",
    "keys: [a, b, c]",
    "PWD=/home/me OLDPWD=/tmp",
    "20261122T204355Z-7f3a",
    "größer als ä → ö 日本語 🎉",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    "eyJustAWord",
    "sk-short",
    "npm_lifecycle_event=build npm_package_name=x",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host",
    "test token_stream ... ok",
    "warning: unused variable: `key`",
];

#[test]
fn every_planted_secret_is_hidden() {
    let planted = planted();
    assert!(planted.len() >= 60);
    for (text, secret) in planted {
        let hidden = redactor().redact(&text).into_owned();
        assert!(!hidden.contains(&secret), "{text:?} became {hidden:?}");
        assert!(hidden.contains(PLACEHOLDER), "{text:?} became {hidden:?}");
        assert_eq!(redactor().redact(&hidden), hidden, "a second time changes nothing");
    }
}

#[test]
fn innocent_texts_are_borrowed_unchanged() {
    for text in INNOCENT {
        assert!(
            matches!(redactor().redact(text), Cow::Borrowed(t) if t == *text),
            "{:?}",
            redactor().redact(text)
        );
    }
}

#[test]
fn names_and_surroundings_stay_readable() {
    for (text, hidden) in [
        ("GET /x?token=abc&page=2", "GET /x?token=[redacted]&page=2"),
        ("deploy --password hunter2 db", "deploy --password [redacted] db"),
        ("postgres://app:pw@db/app", "postgres://app:[redacted]@db/app"),
        ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
        (r#"{"password": "x", "user": "bob"}"#, r#"{"password": "[redacted]", "user": "bob"}"#),
        ("Server=db;Password=pw;Database=x", "Server=db;Password=[redacted];Database=x"),
        ("DEPLOY_TOKEN=ü1 next", "DEPLOY_TOKEN=[redacted] next"),
        ("sk-ant-api03-AbCdEf_ghIjKl-MnOpQr", "[redacted]"),
    ] {
        assert_eq!(redactor().redact(text), hidden);
    }
}

#[test]
fn secrets_known_word_for_word_are_hidden_in_the_forms_they_take_on() {
    let secrets = ["p\"ss/wörd".to_owned(), "first line\nsecond line".to_owned(), "test".to_owned()];
    let redactor = Redactor::new(&[], &secrets).unwrap();
    for (text, hidden) in [
        (r#"got p"ss/wörd here"#, "got [redacted] here"),
        (r#"{"x":"p\"ss/wörd"}"#, r#"{"x":"[redacted]"}"#),
        ("?x=p%22ss%2Fw%C3%B6rd", "?x=[redacted]"),
        ("a second line of it", "a [redacted] of it"),
        ("a test is too short to be hidden", "a test is too short to be hidden"),
    ] {
        assert_eq!(redactor.redact(text), hidden);
    }
}

#[test]
fn own_patterns_hide_their_first_group_or_all() {
    let own = [r"ACME-\d+".to_owned(), r"pin:(\d+)".to_owned(), "x*".to_owned()];
    let redactor = Redactor::new(&own, &[]).unwrap();
    assert_eq!(redactor.redact("ACME-123 pin:4711 ä"), "[redacted] pin:[redacted] ä");
    let fault = Redactor::new(&["(".to_owned()], &[]).unwrap_err();
    assert_eq!(fault.code(), "POLICY_INVALID");
}

#[test]
fn json_is_redacted_by_its_keys_too() {
    let mut value = json!({
        "command": ["mysql", "--password", "x y", "--user", "bob"],
        "env": { "API_TOKEN": "short", "RUST_LOG": "info", "EMPTY_TOKEN": "" },
        "password": 1234,
        "token": 3,
        "usage": { "input_tokens": 12 },
        "secret": ["a", { "note": "b" }],
        "text": "token=abc",
    });
    value["sk-ant-".to_owned() + &"a1".repeat(12)] = true.into();
    redactor().redact_json(&mut value);
    let expected = json!({
        "command": ["mysql", "--password", "[redacted]", "--user", "bob"],
        "env": { "API_TOKEN": "[redacted]", "RUST_LOG": "info", "EMPTY_TOKEN": "" },
        "password": "[redacted]",
        "token": 3,
        "usage": { "input_tokens": 12 },
        "secret": ["[redacted]", { "note": "b" }],
        "text": "token=[redacted]",
        "[redacted]": true,
    });
    assert_eq!(value, expected);
}

#[test]
fn an_argument_after_a_secret_flag_is_hidden_whole() {
    let argv = ["mysql", "--password", "a b", "--token", "--verbose", "-H", "Authorization: Bearer abc"];
    let argv: Vec<String> = argv.iter().map(|s| (*s).to_owned()).collect();
    let expected = [
        "mysql",
        "--password",
        "[redacted]",
        "--token",
        "--verbose",
        "-H",
        "Authorization: Bearer [redacted]",
    ];
    assert_eq!(redactor().redact_argv(&argv), expected);
}

fn streamed(chunks: &[&[u8]]) -> Vec<u8> {
    let mut log = LogRedactor::new(redactor());
    let mut out = Vec::new();
    for chunk in chunks {
        log.push(chunk, &mut out);
    }
    log.finish(&mut out);
    out
}

#[test]
fn a_log_in_pieces_is_redacted_as_a_whole_and_odd_bytes_pass() {
    let out = streamed(&[b"a\xff\xfe\ntok", b"en=ab", b"c\nend, no newline tok", b"en=x"]);
    assert_eq!(out, b"a\xff\xfe\ntoken=[redacted]\nend, no newline token=[redacted]");
}

#[test]
fn a_private_key_line_by_line_is_hidden_to_its_end() {
    let lines: [&[u8]; 5] = [
        b"-----BEGIN PRIVATE KEY-----\n",
        b"MIIEowIBAAKCAQEA\n",
        b"q83vEjRWeJA=\n",
        b"-----END PRIVATE KEY-----\n",
        b"done\n",
    ];
    let out = String::from_utf8(streamed(&lines)).unwrap();
    assert!(!out.contains("MII") && !out.contains("q83v"), "{out}");
    assert!(out.ends_with("done\n"), "{out}");
}

#[test]
fn an_endless_line_is_let_go_in_time_but_no_secret_is_cut() {
    let mut line = vec![b'x'; 70 << 10];
    line.extend_from_slice(b" token=");
    let mut log = LogRedactor::new(redactor());
    let mut out = Vec::new();
    for piece in line.chunks(1000) {
        log.push(piece, &mut out);
    }
    assert!(!out.is_empty());
    for _ in 0..80 {
        log.push(&[b's'; 1000], &mut out);
    }
    log.push(b"\nnext line\n", &mut out);
    log.finish(&mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains("sss"), "{} bytes of the secret", text.matches('s').count());
    assert!(text.ends_with("[redacted]\nnext line\n"));
}

proptest! {
    #[test]
    fn redacting_again_changes_nothing_and_text_stays_text(
        text in r#"([a-zäß]{0,4}|token|password|[=:;,&"'\\ ]|--|Bearer |\[redacted\]|\[reda|cted\]|sk-ant-[a-z0-9]{20}|://a:|@|eyJhbGciOi\.eyJzdWIiOi\.|\n){0,14}"#
    ) {
        let redactor = Redactor::new(&["ß+".to_owned()], &["redacted]x".to_owned(), "täken1".to_owned()]).unwrap();
        let once = redactor.redact(&text).into_owned();
        prop_assert_eq!(redactor.redact(&once), once.as_str());
    }

    #[test]
    fn any_chunks_hide_what_the_whole_hides(
        pieces in prop::collection::vec(r"(token=|password: |abc1 ?|ä|\n){0,4}", 0..8)
    ) {
        let whole = pieces.concat();
        let chunks: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        let by_line: String = whole.split_inclusive('\n').map(|line| redactor().redact(line).into_owned()).collect();
        prop_assert_eq!(String::from_utf8(streamed(&chunks)).unwrap(), by_line);
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let once = redactor().redact_bytes(&bytes).into_owned();
        prop_assert_eq!(redactor().redact_bytes(&once).into_owned(), once);
    }

    #[test]
    fn few_texts_and_many_have_the_same_rules_due(
        words in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), "[a-z_ -]{0,2}"), 0..6)
    ) {
        let all: Vec<&str> = keywords().map(|(word, _)| word).collect();
        let text: String = words.iter().map(|(at, upper, between)| {
            let word = all[at.index(all.len())];
            format!("{}{between}", if *upper { word.to_uppercase() } else { word[1..].to_owned() })
        }).collect();
        let searcher = Searcher::build().expect("the keywords compile");
        prop_assert_eq!(few::due(text.as_bytes()), searcher.due(text.as_bytes()));
    }
}
