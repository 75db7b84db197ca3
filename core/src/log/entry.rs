//! One entry: what was tried, by whom, and how it came out.

use std::ops::Range;

use chrono::{DateTime, Datelike as _, NaiveDate, SubsecRound as _, Timelike as _, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::id::{Digest, RunId};
use crate::model::{Actor, Fact, Mode, Outcome};

/// One line of the log.
///
/// The line is the canonical JSON of the entry (keys sorted, no white space) with `hash` put last; `hash` is
/// SHA-256 over `prev` and that JSON without `hash`. The fields stand in the order of the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Named as the command line names it: `step.add`, `step.end`, `policy.mode`.
    pub action: String,
    /// Who asked.
    pub actor: Actor,
    /// Why it was denied or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The details; `facts` in it is what [`super::fold`] reads.
    #[serde(default)]
    pub payload: Map<String, Value>,
    /// The mode in force.
    pub policy_mode: Mode,
    /// Hash of the entry before; 64 zeros in the first.
    pub prev: Digest,
    /// How it came out.
    pub result: Outcome,
    /// The run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Number of the entry, from 1, without gaps.
    pub seq: u64,
    /// What it was about: an id, a path; empty for the project as a whole.
    pub target: String,
    /// When, in microseconds.
    #[serde(serialize_with = "micros")]
    pub timestamp: DateTime<Utc>,
    /// Hash of this entry.
    pub hash: Digest,
}

impl Entry {
    /// Reads a line, with or without its newline; `None` where it is not a whole entry.
    pub fn parse(line: &[u8]) -> Option<Self> {
        hash_of(line)?;
        serde_json::from_slice(line).ok()
    }

    /// The facts it tells, those of a kind this version does not know left out.
    pub fn facts(&self) -> Vec<Fact> {
        let list = self.payload.get("facts").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|v| Fact::deserialize(v).ok()).collect()
    }
}

/// An entry that is still to be written: without number, chain and, unless given, time.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// See [`Entry::actor`].
    pub actor: Actor,
    /// See [`Entry::action`].
    pub action: String,
    /// See [`Entry::target`].
    pub target: String,
    /// See [`Entry::payload`].
    pub payload: Map<String, Value>,
    /// See [`Entry::policy_mode`].
    pub policy_mode: Mode,
    /// See [`Entry::result`].
    pub result: Outcome,
    /// See [`Entry::error`].
    pub error: Option<String>,
    /// See [`Entry::run_id`].
    pub run_id: Option<RunId>,
    /// When it happened; `None` is the time of writing.
    pub at: Option<DateTime<Utc>>,
}

impl Draft {
    /// A successful action in SAFE mode, without details.
    pub fn new(actor: Actor, action: &str, target: &str) -> Self {
        Self {
            actor,
            action: action.to_owned(),
            target: target.to_owned(),
            payload: Map::new(),
            policy_mode: Mode::Safe,
            result: Outcome::Success,
            error: None,
            run_id: None,
            at: None,
        }
    }

    /// Sets the mode in force.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.policy_mode = mode;
        self
    }

    /// Sets the run it belongs to.
    #[must_use]
    pub fn run(mut self, run: RunId) -> Self {
        self.run_id = Some(run);
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.payload.insert(key.to_owned(), value.into());
        self
    }

    /// Adds what happened to steps and gates.
    #[must_use]
    pub fn facts<'a>(self, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let list: Vec<Value> = facts.into_iter().filter_map(|f| serde_json::to_value(f).ok()).collect();
        self.with("facts", list)
    }

    /// Makes it a refusal or a failure.
    #[must_use]
    pub fn failed(mut self, result: Outcome, error: impl Into<String>) -> Self {
        (self.result, self.error) = (result, Some(error.into()));
        self
    }

    /// Gives it its place in the chain and appends its line, newline included, to `out`.
    pub(super) fn seal(self, seq: u64, prev: Digest, out: &mut Vec<u8>) -> Result<Entry, super::LogError> {
        let mut entry = Entry {
            action: self.action,
            actor: self.actor,
            error: self.error,
            payload: self.payload,
            policy_mode: self.policy_mode,
            prev,
            result: self.result,
            run_id: self.run_id,
            seq,
            target: self.target,
            timestamp: self.at.unwrap_or_else(Utc::now).trunc_subsecs(6),
            hash: Digest::from_text(""),
        };
        let start = out.len();
        if let Err(source) = serde_json::to_writer(&mut *out, &entry) {
            out.truncate(start);
            return Err(super::LogError::Encode { action: entry.action, source });
        }
        out.truncate(out.len() - EMPTY_HASH.len());
        entry.hash = digest(&entry.prev, &out[start..]);
        out.extend_from_slice(HASH_KEY);
        out.extend_from_slice(entry.hash.as_str().as_bytes());
        out.extend_from_slice(b"\"}\n");
        Ok(entry)
    }
}

/// The `prev` of the first entry.
pub(super) fn origin() -> Digest {
    Digest::from_text(&"0".repeat(64))
}

/// The hash of an entry from its canonical JSON up to, without, the closing brace.
fn digest(prev: &Digest, open_body: &[u8]) -> Digest {
    Digest::of([prev.as_str().as_bytes(), open_body, b"}"])
}

/// The hash that a line must have, from what stands in it; `None` where it is not a whole entry.
pub(super) fn expected_hash(line: &[u8], prev: &Digest) -> Option<Digest> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let open_body = line.get(..line.len().checked_sub(HASH_LEN)?)?;
    Some(digest(prev, open_body))
}

/// The hash at the end of a line; `None` where the line is cut or no entry.
pub(super) fn hash_of(line: &[u8]) -> Option<&str> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let end = line.get(line.len().checked_sub(HASH_LEN)?..)?;
    let hex = end.strip_prefix(HASH_KEY)?.strip_suffix(b"\"}")?;
    let is_hex = hex.iter().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(c));
    std::str::from_utf8(hex).ok().filter(|_| is_hex)
}

const HASH_KEY: &[u8] = b",\"hash\":\"";
const EMPTY_HASH: &[u8] = b",\"hash\":\"\"}";
/// `,"hash":"…"}` with its 64 digits.
const HASH_LEN: usize = HASH_KEY.len() + 64 + 2;

/// The chain fields of a line, for those who need no more.
#[derive(Deserialize)]
pub(super) struct Link<'a> {
    pub(super) seq: u64,
    #[serde(borrow)]
    pub(super) prev: std::borrow::Cow<'a, str>,
}

impl<'a> Link<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        hash_of(line)?;
        serde_json::from_slice(line).ok()
    }
}

fn micros<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = time_text(time);
    serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
}

/// A time as the log writes it, `2026-11-22T20:43:55.123456Z`. By hand, because formatting by a pattern would be a
/// third of the cost of an entry.
fn time_text(t: &DateTime<Utc>) -> [u8; 27] {
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let year = u32::try_from(t.year()).unwrap_or(0).min(9999);
    let micros = t.timestamp_subsec_micros().min(999_999);
    let fields = [(0..4, year), (5..7, t.month()), (8..10, t.day()), (11..13, t.hour())];
    let times = [(14..16, t.minute()), (17..19, t.second()), (20..26, micros)];
    for (place, mut value) in fields.into_iter().chain(times) {
        for digit in text[place].iter_mut().rev() {
            *digit += u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    }
    text
}

/// Reads a time: by hand where it is as the log writes it, which is several times faster.
pub(super) fn time_from(text: &str) -> Option<DateTime<Utc>> {
    by_hand(text.as_bytes()).or_else(|| text.parse().ok())
}

fn by_hand(text: &[u8]) -> Option<DateTime<Utc>> {
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
    if text.len() != 27 || marks.iter().any(|(at, mark)| text[*at] != *mark) {
        return None;
    }
    let number = |place: Range<usize>| {
        text[place].iter().try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
    };
    let year = i32::try_from(number(0..4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
    let time = date.and_hms_micro_opt(number(11..13)?, number(14..16)?, number(17..19)?, number(20..26)?)?;
    Some(time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(draft: Draft) -> (Entry, String) {
        let mut out = Vec::new();
        let entry = draft.seal(1, origin(), &mut out).unwrap();
        (entry, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_line_is_canonical_json_with_the_hash_last() {
        let at = DateTime::UNIX_EPOCH + chrono::Duration::microseconds(1_700_000_000_000_042);
        let mut draft =
            Draft::new(Actor::User, "step.add", "build").with("z", 1).with("a", "\u{1f600} \"quoted\"\n");
        draft.at = Some(at);
        let (entry, line) = sealed(draft);
        let body = format!(
            r#"{{"action":"step.add","actor":"user","payload":{{"a":"{}","z":1}},"policy_mode":"SAFE","prev":"{}","result":"success","seq":1,"target":"build","timestamp":"2023-11-14T22:13:20.000042Z""#,
            "\u{1f600} \\\"quoted\\\"\\n",
            "0".repeat(64),
        );
        assert_eq!(line, format!("{body},\"hash\":\"{}\"}}\n", entry.hash));
        assert_eq!(entry.hash, Digest::of([entry.prev.as_str().as_bytes(), body.as_bytes(), b"}"]));
        assert_eq!(Entry::parse(line.as_bytes()).unwrap(), entry);
        assert_eq!(serde_json::to_string(&entry).unwrap(), line.trim_end());
    }

    #[test]
    fn any_json_tool_can_check_the_hash() {
        let draft = Draft::new(Actor::System, "step.end", "b")
            .failed(Outcome::Error, "exit 1")
            .with("nested", serde_json::json!({"b": [1, 2.5, null], "a": {"y": true, "x": "\u{7f}\u{e9}"}}));
        let (entry, line) = sealed(draft);
        let mut value: Value = serde_json::from_str(&line).unwrap();
        value.as_object_mut().unwrap().remove("hash");
        let canonical = serde_json::to_string(&value).unwrap();
        assert_eq!(Digest::of([entry.prev.as_str().as_bytes(), canonical.as_bytes()]), entry.hash);
        assert_eq!(expected_hash(line.as_bytes(), &entry.prev), Some(entry.hash));
    }

    proptest::proptest! {
        #[test]
        fn times_read_back_as_chrono_reads_them(micros in 0i64..253_402_300_799_000_000) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let text = String::from_utf8(time_text(&time).to_vec()).unwrap();
            proptest::prop_assert_eq!(text.parse::<DateTime<Utc>>(), Ok(time));
            proptest::prop_assert_eq!(by_hand(text.as_bytes()), Some(time));
        }
    }

    #[test]
    fn times_of_another_form_are_read_too() {
        let plain = time_from("2026-11-22T20:43:55Z").unwrap();
        assert_eq!(time_from("2026-11-22T21:43:55.000+01:00"), Some(plain));
        for bad in ["", "2026-11-22", "2026-11-22T20:43:55.12345xZ", "2026-13-22T20:43:55.123456Z"] {
            assert_eq!(time_from(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cut_line_is_no_entry() {
        let (_, line) = sealed(Draft::new(Actor::User, "step.add", "build"));
        let whole = line.trim_end().len();
        for cut in 0..whole {
            assert_eq!(Entry::parse(&line.as_bytes()[..cut]), None, "{}", &line[..cut]);
        }
        assert!(Entry::parse(&line.as_bytes()[..whole]).is_some());
    }

    #[test]
    fn a_later_version_may_add_fields() {
        let (entry, line) = sealed(Draft::new(Actor::User, "step.add", "build"));
        let later = line.replace("{\"action\"", "{\"aa\":[1],\"action\"");
        assert_eq!(Entry::parse(later.as_bytes()).unwrap().seq, entry.seq);
    }
}
