//! A scripted client of the Model Context Protocol: JSON-RPC, a message a line, to a real `seqctl mcp`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::Project;

/// A client and its server.
pub struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    next: u64,
}

impl Client {
    /// Starts the server and shakes hands.
    pub fn start(p: &Project) -> Self {
        let mut client = Self::unspoken(p);
        let hello = json!({
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        });
        let info = client.request("initialize", hello);
        assert_eq!(info["result"]["serverInfo"]["name"], "threados", "{info:#}");
        client.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
        client
    }

    /// Starts the server and says nothing yet.
    pub fn unspoken(p: &Project) -> Self {
        let mut command = p.command(&["mcp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().unwrap());
        Self { child, to, from, next: 1 }
    }

    /// Says a line.
    pub fn say(&mut self, line: &str) {
        writeln!(self.to.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line, which has to be a message of the protocol: nothing else is ever on standard output.
    #[track_caller]
    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    /// Asks for something; the whole answer.
    #[track_caller]
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        let answer = self.hear();
        assert_eq!(answer["id"], id, "{answer:#}");
        answer
    }

    /// Calls a tool; what it answers, whether it worked or not.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({ "name": tool, "arguments": arguments }));
        let result = &answer["result"];
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(result["structuredContent"], text, "{tool}");
        assert_eq!(result["isError"], !text["ok"].as_bool().unwrap(), "{tool}: {text:#}");
        text
    }

    /// Calls a tool that has to work.
    #[track_caller]
    pub fn ok(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["ok"], true, "{tool}: {answer:#}");
        answer
    }

    /// Calls a tool that has to refuse; the code.
    #[track_caller]
    pub fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["ok"], false, "{tool}: {answer:#}");
        answer["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Calls a tool whose proposal has to wait; its id.
    #[track_caller]
    pub fn waits(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.ok(tool, arguments);
        assert_eq!(answer["state"], "waiting", "{tool}: {answer:#}");
        answer["proposal"].as_str().unwrap().to_owned()
    }

    /// Proposes, has the person say yes elsewhere, and looks what came of it.
    #[track_caller]
    pub fn agreed(&mut self, p: &Project, tool: &str, arguments: Value) -> Value {
        let id = self.waits(tool, arguments);
        p.ok(&format!("confirm {id} --yes"));
        let shown = self.ok("proposal_show", json!({ "id": id }))["proposal"].take();
        assert_eq!(shown["state"], "applied", "{shown:#}");
        shown
    }

    /// Proposes a run, has it confirmed, and follows it to its end; its state.
    #[track_caller]
    pub fn runs(&mut self, p: &Project, tool: &str, arguments: Value) -> String {
        let shown = self.agreed(p, tool, arguments);
        let run = shown["applied"]["controls"][0]["run_id"].as_str().unwrap_or_else(|| panic!("{shown:#}"));
        let ended = self.ok("run_wait", json!({ "run": run, "seconds": 60 }));
        assert_eq!(ended["ended"], true, "{ended:#}");
        ended["run"]["state"].as_str().unwrap().to_owned()
    }

    /// What a step printed.
    #[track_caller]
    pub fn log(&mut self, step: &str) -> String {
        self.ok("logs", json!({ "id": step }))["text"].as_str().unwrap().to_owned()
    }

    /// Says no more; the server ends well and has nothing more to say.
    #[track_caller]
    pub fn end(mut self) {
        drop(self.to.take());
        let mut rest = String::new();
        self.from.read_line(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.to.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
