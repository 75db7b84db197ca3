//! The least a stream of events can cost: one thread that writes the same bytes into each socket, and nothing between
//! the child's end and that.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use chrono::{SecondsFormat, Utc};

/// Serves; at a line of its input it runs so many children of this command line, one after the other, and tells of each
/// end.
pub fn serve(ends: usize, child: Vec<String>) {
    let listeners = Arc::<Mutex<Vec<TcpStream>>>::default();
    let telling = Arc::clone(&listeners);
    std::thread::spawn(move || {
        run_children(ends, &child, |ended| {
            let event = format!("data: {{\"action\":\"step.end\",\"ended_at\":\"{ended}\"}}\n\n");
            for mut listener in telling.lock().expect("the listeners").iter() {
                listener.write_all(event.as_bytes()).expect("to tell");
            }
        });
    });
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("http://{}", listener.local_addr().expect("its address"));
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let asked = stream.read(&mut [0; 1024]).expect("a request");
        assert!(asked > 0, "nobody asks");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\ndata: greeting\n\n").expect("to greet");
        listeners.lock().expect("the listeners").push(stream);
    }
}

/// At a line of the input runs so many children of a command line, one after the other, and tells when each ended.
pub fn run_children(ends: usize, child: &[String], tell: impl Fn(&str)) {
    std::io::stdin().read_line(&mut String::new()).expect("a line to begin");
    for _ in 0..ends {
        let ran = Command::new(&child[0]).args(&child[1..]).stdin(Stdio::null()).status();
        let ended = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        ran.expect("a child");
        tell(&ended);
    }
}
