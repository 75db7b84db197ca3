//! Whether what a server says is what its OpenAPI document says.

use serde_json::Value;

use crate::http_kit::Answer;

/// Whether a value is as a schema says, and has nothing that the schema does not name; the first fault with its place.
pub fn check(schema: &Value, value: &Value, all: &Value, at: &str) -> Result<(), String> {
    if let Some(to) = schema["$ref"].as_str() {
        let found = to.trim_start_matches("#/").split('/').fold(all, |v, part| &v[part]);
        return check(found, value, all, at);
    }
    if let Some(types) = schema.get("type") {
        let types: Vec<&str> = match types {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            one => vec![one.as_str().unwrap()],
        };
        if !types.iter().any(|kind| is(kind, value)) {
            return Err(format!("{at}: {value} is no {types:?}"));
        }
    }
    if let Some(list) = schema["enum"].as_array()
        && !list.contains(value)
    {
        return Err(format!("{at}: {value} is none of {list:?}"));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return Err(format!("{at}: {value} is not {only}"));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(part, value, all, at)?;
    }
    for (word, exactly) in [("anyOf", false), ("oneOf", true)] {
        if let Some(list) = schema[word].as_array() {
            let fits: Vec<_> = list.iter().map(|s| check(s, value, all, at)).collect();
            let count = fits.iter().filter(|f| f.is_ok()).count();
            if count == 0 || exactly && count > 1 {
                return Err(format!("{at}: {count} of {word} fit: {fits:?}"));
            }
        }
    }
    let (Some(properties), Some(object)) = (schema.get("properties"), value.as_object()) else {
        let items = schema.get("items").zip(value.as_array());
        let Some((schema, items)) = items else { return Ok(()) };
        return items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| check(schema, item, all, &format!("{at}[{i}]")));
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    for (name, value) in object {
        match properties.get(name) {
            Some(schema) => check(schema, value, all, &format!("{at}.{name}"))?,
            None if schema["additionalProperties"] == true => {}
            None => return Err(format!("{at}: {name} is unknown")),
        }
    }
    Ok(())
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}

/// Fails where an answer is not what the document says of its route.
#[track_caller]
pub fn is_documented(document: &Value, method: &str, route: &str, answer: &Answer) {
    let operation = &document["paths"][route][method];
    assert!(operation.is_object(), "{method} {route} is not in the document");
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {route} answers {} without saying so: {answer:?}", answer.status);
    if answer.body.is_empty() {
        assert!(response.get("content").is_none(), "{method} {route} {} has no body", answer.status);
        return;
    }
    let kind = answer.headers["content-type"].as_str();
    let content = &response["content"][kind];
    assert!(content.is_object(), "{method} {route} answers {kind} without saying so");
    if kind == "application/json" {
        let fit = check(&content["schema"], &answer.json(), document, "body");
        assert_eq!(fit, Ok(()), "{method} {route} {}: {answer:?}", answer.status);
    }
}
