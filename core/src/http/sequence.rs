//! `GET /api/sequence`.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Failure, ok};
use super::app::{Shared, aside};
use super::shapes::SequenceBody;
use crate::store::yaml;

/// The definition.
pub(super) async fn sequence(State(app): State<Shared>) -> Result<Response, Failure> {
    let body = aside(&app, |app| {
        let snapshot = app.workspace.snapshot()?;
        Ok(SequenceBody {
            revision: snapshot.revision().clone(),
            sequence: yaml::to_json(snapshot.sequence()),
        })
    });
    Ok(ok("sequence", body.await?))
}
