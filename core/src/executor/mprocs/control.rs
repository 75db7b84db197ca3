//! mprocs' own port, where it was asked for and allowed: one connection is one YAML document, and no answer.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::{Event, Key, MprocsError, SessionState};

/// How long mprocs may take to read an event.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// A free port of the loopback interface, or this one where it is free.
///
/// # Errors
/// [`MprocsError::PortTaken`], [`MprocsError::Io`].
pub(super) fn choose(port: u16) -> Result<u16, MprocsError> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr()) {
        Ok(address) => Ok(address.port()),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => Err(MprocsError::PortTaken(port)),
        Err(source) => Err(MprocsError::Io { what: "find a free port", source }),
    }
}

/// Whether this very process listens on a port, by what the kernel says of both.
pub(super) fn listens(pid: u32, port: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let address = format!("0100007F:{port:04X}");
    let inode = table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields.len() > 9 && fields[1] == address && fields[3] == "0A").then(|| fields[9].to_owned())
    });
    let Some(link) = inode.map(|inode| format!("socket:[{inode}]")) else { return false };
    let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    open.filter_map(|fd| fs::read_link(fd.path()).ok()).any(|to| to.to_string_lossy() == link)
}

/// Sends events to the control port, one after the other: sent at once, they would overtake each other.
#[derive(Debug)]
pub struct Control {
    pid: u32,
    port: u16,
}

impl Control {
    /// That of a session; `None` where it has no port.
    pub fn of(state: &SessionState) -> Option<Self> {
        Some(Self { pid: state.pid, port: state.port? })
    }

    /// Shows the process at this place, and has keys go to it.
    ///
    /// # Errors
    /// Where mprocs does not listen there any more, or does not read.
    pub fn select(&mut self, index: usize) -> Result<(), MprocsError> {
        self.send(&Event::enter(index))
    }

    /// Adds a process that runs a line for the shell; its name stands in the list.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn add_proc(&mut self, cmd: &str, name: &str) -> Result<(), MprocsError> {
        self.send(&Event::AddProc { cmd: cmd.to_owned(), name: name.to_owned() })
    }

    /// Types a key into the process at this place.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn send_key(&mut self, index: usize, key: &Key) -> Result<(), MprocsError> {
        let key = Event::SendKey { key: key.name().to_owned() };
        self.send(&Event::Batch { cmds: vec![Event::SelectProc { index }, key] })
    }

    /// Sends one event. That it was read is known when this returns; what came of it, mprocs does not tell.
    fn send(&mut self, event: &Event) -> Result<(), MprocsError> {
        if !listens(self.pid, self.port) {
            // What listens there now is another program, which has no use for our keys.
            return Err(MprocsError::NoSession {
                why: Some(format!("mprocs does not listen on its port {} any more", self.port)),
            });
        }
        let text = serde_yaml::to_string(event).map_err(|e| MprocsError::Other(e.to_string()))?;
        let send = || -> std::io::Result<()> {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            let mut stream = TcpStream::connect_timeout(&address, READ_WITHIN)?;
            stream.set_read_timeout(Some(READ_WITHIN))?;
            stream.set_write_timeout(Some(READ_WITHIN))?;
            stream.write_all(text.as_bytes())?;
            stream.shutdown(Shutdown::Write)?;
            // It reads to the end, then closes: that it has read is all that can be known.
            stream.read_to_end(&mut Vec::new()).map(drop)
        };
        send().map_err(MprocsError::io("speak to mprocs on its port"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_documents_as_mprocs_reads_them() {
        let yaml = |event: &Event| serde_yaml::to_string(event).unwrap();
        assert_eq!(yaml(&Event::SelectProc { index: 3 }), "c: select-proc\nindex: 3\n");
        assert_eq!(yaml(&Event::FocusTerm), "c: focus-term\n");
        let key = Event::SendKey { key: Key::parse("<C-c>").unwrap().name().to_owned() };
        assert_eq!(yaml(&key), "c: send-key\nkey: <C-c>\n");
        let add = Event::AddProc { cmd: "exec x".into(), name: "a: b".into() };
        assert_eq!(yaml(&add), "c: add-proc\ncmd: exec x\nname: 'a: b'\n");
    }

    #[test]
    fn a_port_that_is_taken_is_named_and_its_listener_is_known() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(matches!(choose(port), Err(MprocsError::PortTaken(taken)) if taken == port));
        assert!(listens(std::process::id(), port));
        assert!(!listens(1, port));
        drop(listener);
        assert!(!listens(std::process::id(), port));
        assert!(choose(0).unwrap() > 0);
    }
}
