//! Addresses that ThreadOS itself connects to, where the policy names some: on this machine, or on a listed host.

use std::net::IpAddr;

use super::Policy;
use crate::model::Problem;

/// The host of an http or https address, `None` where it is none.
pub fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split_once(']')?.0,
        None => authority.split(':').next().unwrap_or_default(),
    };
    (!host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A key of the policy that holds an address.
pub(super) struct Address<'a> {
    /// What stands there; empty: none.
    pub url: &'a str,
    /// The section and the key in it.
    pub key: (&'static str, &'static str),
    /// The key that lists hosts, and what it lists.
    pub list: (&'static str, &'a [String]),
    /// What a good one looks like.
    pub example: &'static str,
}

impl Policy {
    /// What is wrong with an address.
    pub(super) fn address_fault(&self, code: &str, address: &Address<'_>) -> Option<Problem> {
        let Address { url, key: (section, key), list: (list, hosts), example } = address;
        let (reason, hint) = match host(url) {
            _ if url.is_empty() => return None,
            None => ("it is no http address".to_owned(), format!("write it as {example}")),
            Some(host) if is_loopback(host) || hosts.iter().any(|h| h.eq_ignore_ascii_case(host)) => {
                return None;
            }
            Some(host) => (format!("`{host}` is not in {list}"), format!("list the host in {list}")),
        };
        let line = self.lines.get(*section).copied().unwrap_or(0);
        let message = format!("the {key} is not valid: {reason}");
        let problem = Problem::new(code, format!("{section}.{key}"), message).hint(hint);
        Some(if line > 0 { problem.at(line, 1) } else { problem })
    }
}
