//! What `POST /mcp` takes and answers, as the OpenAPI document has it: messages of JSON-RPC, with the results of this
//! server.

#![expect(dead_code, reason = "none of these is ever made: the document is made of their types")]

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::shapes::ErrorBody;

/// The body of a message.
pub(super) fn message() -> Value {
    json!({
        "type": "object",
        "description": "A message of the Model Context Protocol (JSON-RPC 2.0)",
        "properties": {
            "jsonrpc": { "const": "2.0", "type": "string" },
            "id": { "type": ["integer", "string"], "description": "The answer has it, too; a notification has none" },
            "method": { "type": "string", "description": "`tools/list`, `tools/call`, `resources/read`, …" },
            "params": { "type": "object" },
        },
        "required": ["jsonrpc", "method"],
        "additionalProperties": false,
    })
}

/// The answer to a request.
pub(super) fn reply(generator: &mut SchemaGenerator) -> (&'static str, Value) {
    ("application/json", generator.subschema_for::<McpReply>().into())
}

/// An answer of the Model Context Protocol.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum McpReply {
    Result(Envelope<ResultPart>),
    Error(Envelope<ErrorPart>),
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Mcp{T}")]
struct Envelope<T> {
    jsonrpc: JsonRpc,
    /// That of the request.
    id: RequestId,
    #[serde(flatten)]
    part: T,
}

#[derive(Debug, Serialize, JsonSchema)]
enum JsonRpc {
    #[serde(rename = "2.0")]
    Two,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum RequestId {
    Number(i64),
    Text(String),
}

#[derive(Debug, Serialize, JsonSchema)]
struct ResultPart {
    result: McpResult,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ErrorPart {
    error: McpError,
}

/// An error of the protocol: there is no such method, tool or resource. What a tool refuses is a result.
#[derive(Debug, Serialize, JsonSchema)]
struct McpError {
    /// Of JSON-RPC or of the protocol.
    code: i64,
    message: String,
    data: Option<Value>,
}

/// What the method gives.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum McpResult {
    Initialized(Initialized),
    Discovered(Discovered),
    Tools(Tools),
    Called(Called),
    Resources(Resources),
    Templates(Templates),
    Contents(Contents),
    Nothing(Nothing),
}

/// Of `initialize`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Initialized {
    protocol_version: String,
    capabilities: Capabilities,
    server_info: Program,
    instructions: String,
}

/// Of `server/discover`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Discovered {
    supported_versions: Vec<String>,
    capabilities: Capabilities,
    instructions: String,
    #[serde(flatten)]
    since: Since,
}

/// Of `ping`.
#[derive(Debug, Serialize, JsonSchema)]
struct Nothing {}

#[derive(Debug, Serialize, JsonSchema)]
struct Capabilities {
    resources: Map<String, Value>,
    tools: Map<String, Value>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Program {
    name: String,
    version: String,
}

/// Of `tools/list`.
#[derive(Debug, Serialize, JsonSchema)]
struct Tools {
    tools: Vec<McpTool>,
    #[serde(flatten)]
    since: Since,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct McpTool {
    name: String,
    description: String,
    /// The JSON Schema of its arguments.
    input_schema: Map<String, Value>,
    annotations: Hints,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Hints {
    read_only_hint: bool,
    destructive_hint: Option<bool>,
    open_world_hint: bool,
}

/// Of `tools/call`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Called {
    /// The same as text.
    content: Vec<TextContent>,
    structured_content: ToolAnswer,
    is_error: bool,
    #[serde(flatten)]
    since: Since,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TextContent {
    #[serde(rename = "type")]
    kind: TextKind,
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TextKind {
    Text,
}

/// What a tool tells: that of a query as the command line has it, that of a change as a proposal has it.
#[derive(Debug, Serialize, JsonSchema)]
struct ToolAnswer {
    ok: bool,
    error: Option<ErrorBody>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Of `resources/list`.
#[derive(Debug, Serialize, JsonSchema)]
struct Resources {
    resources: Vec<McpResource>,
    #[serde(flatten)]
    since: Since,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct McpResource {
    uri: String,
    name: String,
    description: String,
    mime_type: String,
}

/// Of `resources/templates/list`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Templates {
    resource_templates: Vec<McpTemplate>,
    #[serde(flatten)]
    since: Since,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct McpTemplate {
    uri_template: String,
    name: String,
    description: String,
    mime_type: String,
}

/// Of `resources/read`.
#[derive(Debug, Serialize, JsonSchema)]
struct Contents {
    contents: Vec<McpContents>,
    #[serde(flatten)]
    since: Since,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct McpContents {
    uri: String,
    mime_type: Option<String>,
    text: String,
}

/// What results have beside their own since the protocol of 2026-07-28; before that they have none of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Since {
    result_type: Option<String>,
    ttl_ms: Option<u64>,
    cache_scope: Option<String>,
    #[serde(rename = "_meta")]
    meta: Option<Map<String, Value>>,
}
