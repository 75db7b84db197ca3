//! What a step hands on: the file behind `$THREADOS_OUTPUT`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::WrapperError;

/// Most bytes of outputs.
pub const MAX_BYTES: u64 = 1 << 20;

/// Reads `key=value` lines or one JSON object. No file is no outputs.
///
/// # Errors
/// [`WrapperError::Outputs`] for what is too large, not UTF-8, no regular file, or neither of both forms.
pub fn read(path: &Path) -> Result<BTreeMap<String, Value>, WrapperError> {
    let fail = |e: std::io::Error| WrapperError::Outputs(format!("cannot read {}: {e}", path.display()));
    // Looked at before it is opened: opening a FIFO would wait for a writer.
    match path.symlink_metadata() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(fail(e)),
        Ok(meta) if !meta.is_file() => {
            return Err(WrapperError::Outputs(format!("{} is not a regular file", path.display())));
        }
        Ok(meta) if meta.len() > MAX_BYTES => {
            let message =
                format!("{} bytes written to $THREADOS_OUTPUT, {MAX_BYTES} are allowed", meta.len());
            return Err(WrapperError::Outputs(message));
        }
        Ok(_) => {}
    }
    let bytes = crate::store::regular::read(path).map_err(fail)?;
    let text = std::str::from_utf8(&bytes).map_err(|e| {
        WrapperError::Outputs(format!("$THREADOS_OUTPUT is not UTF-8 at byte {}", e.valid_up_to()))
    })?;
    parse(text)
}

/// Parses the text of an output file.
///
/// # Errors
/// As [`read`].
pub fn parse(text: &str) -> Result<BTreeMap<String, Value>, WrapperError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|e| WrapperError::Outputs(format!("$THREADOS_OUTPUT is not one JSON object: {e}")));
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| pair(index + 1, line)).collect()
}

fn pair(number: usize, line: &str) -> Result<(String, Value), WrapperError> {
    match line.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), Value::String(value.to_owned())))
        }
        _ => Err(WrapperError::Outputs(format!(
            "line {number} of $THREADOS_OUTPUT is not key=value (or JSON as a whole)"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_texts_and_the_last_of_a_key_counts() {
        let outputs = parse("risk=low\r\n\nurl=http://x/?a=b\nrisk = high\n").unwrap();
        assert_eq!(outputs["risk"], Value::from(" high"));
        assert_eq!(outputs["url"], Value::from("http://x/?a=b"));
        assert_eq!(outputs.len(), 2);
    }

    #[test]
    fn a_json_object_keeps_its_types() {
        let outputs = parse(" {\"n\": 3, \"list\": [1]}\n").unwrap();
        assert_eq!(outputs["n"], Value::from(3));
        assert_eq!(outputs["list"], serde_json::json!([1]));
    }

    #[test]
    fn what_is_neither_is_named() {
        assert_eq!(
            parse("a=1\nnonsense").unwrap_err().to_string(),
            "outputs: line 2 of $THREADOS_OUTPUT is not key=value (or JSON as a whole)"
        );
        assert!(parse("{\"a\":1} tail").unwrap_err().to_string().contains("not one JSON object"));
    }

    #[test]
    fn no_file_is_no_outputs_and_a_folder_or_a_large_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(&dir.path().join("none")).unwrap().is_empty());
        assert!(read(dir.path()).unwrap_err().to_string().contains("not a regular file"));
        let large = dir.path().join("large");
        std::fs::write(&large, vec![b'x'; MAX_BYTES as usize + 1]).unwrap();
        assert!(read(&large).unwrap_err().to_string().contains("1048576 are allowed"));
    }
}
