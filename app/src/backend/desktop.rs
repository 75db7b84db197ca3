//! Whether the desktop is dark. On Linux no window is told, so its portal is asked, over the session bus, and followed.

use std::thread;

use futures_lite::{StreamExt as _, future};
use zbus::message::Type;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream, connection};

/// Where the settings of the desktop are told (org.freedesktop.portal.Settings).
const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const LOOK: &str = "org.freedesktop.appearance";
const SCHEME: &str = "color-scheme";

/// Tells now, and whenever it changes, whether the desktop is dark; `None` where it has no preference. `bus` is its
/// address, if it is not the usual one. The thread lives as long as the process.
pub fn follow(bus: Option<String>, tell: impl Fn(Option<bool>) + Send + 'static) {
    thread::spawn(move || {
        if let Err(error) = future::block_on(listen(bus, &tell)) {
            tracing::debug!(%error, "the desktop does not tell whether it is dark");
        }
    });
}

async fn listen(bus: Option<String>, tell: &impl Fn(Option<bool>)) -> zbus::Result<()> {
    let bus = match bus {
        Some(address) => connection::Builder::address(address.as_str())?.build().await?,
        None => Connection::session().await?,
    };
    let rule = MatchRule::builder().msg_type(Type::Signal).path(PATH)?.interface(SETTINGS)?;
    let rule = rule.member("SettingChanged")?.build();
    // Before it is asked: what changes meanwhile is not missed.
    let mut changes = MessageStream::for_match_rule(rule, &bus, None).await?;
    let now = bus.call_method(Some(PORTAL), PATH, Some(SETTINGS), "Read", &(LOOK, SCHEME)).await?;
    let now: OwnedValue = now.body().deserialize()?;
    tell(is_dark(&now));
    while let Some(change) = changes.next().await {
        let (look, key, value): (String, String, OwnedValue) = change?.body().deserialize()?;
        if look == LOOK && key == SCHEME {
            tell(is_dark(&value));
        }
    }
    Ok(())
}

/// 1 is dark, 2 is light; `Read` wraps it once more than the signal does.
fn is_dark(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Value(inner) => is_dark(inner),
        Value::U32(1) => Some(true),
        Value::U32(2) => Some(false),
        _ => None,
    }
}
