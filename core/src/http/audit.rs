//! `GET /api/audit`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::answer::{Failure, ok};
use super::app::{Shared, aside};
use super::shapes::AuditBody;
use crate::log::{ActionPattern, Filter, tail};
use crate::model::Actor;
use crate::workspace::DoorError;

/// Most entries of one answer.
const MOST: usize = 1000;

/// Which entries: those of the flags of `audit list`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
    actor: Option<Actor>,
    action: Option<String>,
    target: Option<String>,
    since: Option<DateTime<Utc>>,
}

/// Entries of the log.
pub(super) async fn audit(
    State(app): State<Shared>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = asked.map_err(|e| Failure::usage(e.body_text()))?;
    let limit = asked.limit.unwrap_or(50);
    if limit > MOST {
        return Err(Failure::usage(format!("limit {limit} is out of range: 0 to {MOST}")));
    }
    let action = asked.action.as_deref().map(ActionPattern::new).transpose();
    let action = action.map_err(|e| Failure::usage(e.to_string()))?;
    let Asked { offset, actor, target, since, .. } = asked;
    let filter = Filter { actor, action, target, since, limit: Some(limit), offset };
    let entries =
        aside(&app, move |app| Ok(tail(&app.workspace.paths, &filter).map_err(DoorError::from)?)).await?;
    Ok(ok("audit.list", AuditBody { entries }))
}
