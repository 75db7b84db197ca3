//! Which names of this server a request may use. A page of another site that resolves its own name to our address
//! still names its own host, so an exact list keeps it out.

use std::net::{IpAddr, SocketAddr};

/// The names a request may call us by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hosts {
    /// These, exactly.
    Listed(Vec<String>),
    /// Any address as a number, with this port: what listens everywhere is known by no name of its own.
    AnyAddress(u16),
}

impl Hosts {
    /// The names of a TCP address.
    pub fn of(at: SocketAddr) -> Self {
        let port = at.port();
        if at.ip().is_unspecified() {
            return Self::AnyAddress(port);
        }
        let mut names = vec![host_of(at.ip())];
        if at.ip().is_loopback() {
            names.extend(["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()]);
        }
        let mut listed: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            listed.extend(names);
        }
        Self::Listed(listed)
    }

    /// The name of a Unix socket: clients have to say some host.
    pub fn of_socket() -> Self {
        Self::Listed(vec!["localhost".to_owned()])
    }

    /// The names, where they can be listed.
    pub fn listed(&self) -> Option<&[String]> {
        match self {
            Self::Listed(names) => Some(names),
            Self::AnyAddress(_) => None,
        }
    }

    /// Whether a request may call us so.
    pub fn knows(&self, host: &str) -> bool {
        match self {
            Self::Listed(names) => names.iter().any(|name| name.eq_ignore_ascii_case(host)),
            Self::AnyAddress(port) => {
                host.eq_ignore_ascii_case(&format!("localhost:{port}"))
                    || host.parse::<SocketAddr>().is_ok_and(|at| at.port() == *port)
            }
        }
    }

    /// Whether a page of this origin is one of ours.
    pub fn knows_origin(&self, origin: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|host| self.knows(host))
    }
}

fn host_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_with_our_own_port_are_known() {
        let hosts = Hosts::of("127.0.0.1:7433".parse().unwrap());
        for good in ["127.0.0.1:7433", "localhost:7433", "LOCALHOST:7433", "[::1]:7433"] {
            assert!(hosts.knows(good), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:80",
            "127.0.0.1:7433.evil.example",
            "evil.example:7433",
            "localhost.:7433",
            "localhost:7433 ",
            "127.1:7433",
            "0:7433",
            "0.0.0.0:7433",
            "user@localhost:7433",
        ] {
            assert!(!hosts.knows(bad), "{bad}");
        }
        assert!(hosts.knows_origin("http://localhost:7433"));
        for bad in ["null", "https://localhost:7433", "http://localhost", "http://evil.example:7433"] {
            assert!(!hosts.knows_origin(bad), "{bad}");
        }
    }

    #[test]
    fn what_listens_everywhere_is_called_by_numbers_alone() {
        let hosts = Hosts::of("0.0.0.0:7433".parse().unwrap());
        assert!(hosts.knows("192.168.0.7:7433") && hosts.knows("localhost:7433"));
        assert!(!hosts.knows("evil.example:7433") && !hosts.knows("192.168.0.7:80"));
    }
}
