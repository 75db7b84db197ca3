//! `GET /api/runs`, `GET /api/runs/{runId}/{stepId}` and the files of a step.

use std::path::Path as FilePath;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use super::answer::{Failure, ok};
use super::app::{App, Shared, aside};
use super::files::{self, Stream};
use super::shapes::{ArtifactsBody, RunsBody};
use crate::engine::{Story, list_runs, look_in_force};
use crate::id::{RunId, StepId};
use crate::view;
use crate::workspace::ErrorClass;

/// Most runs of one answer.
const MOST: usize = 200;

/// The runs, the newest first.
pub(super) async fn runs(State(app): State<Shared>) -> Result<Response, Failure> {
    let runs = aside(&app, |app| {
        let now = look_in_force(&app.workspace)?.snapshot;
        let runs = list_runs(&app.workspace.paths, &now)?;
        Ok(runs.iter().take(MOST).map(view::run_line).collect())
    });
    Ok(ok("runs.list", RunsBody { runs: runs.await? }))
}

/// What a step left in a run.
pub(super) async fn artifacts(
    State(app): State<Shared>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Failure> {
    let Path((run, step)) = path.map_err(|e| Failure::usage(e.body_text()))?;
    let (run, step) = ids(&run, &step)?;
    let body = aside(&app, move |app| {
        let snapshot = look_in_force(&app.workspace)?.snapshot;
        let runs = list_runs(&app.workspace.paths, &snapshot)?;
        if !runs.iter().any(|r| r.id == run) {
            return Err(not_found("RUN_NOT_FOUND", format!("there is no run {run}")));
        }
        let Some(mut story) = Story::read(&app.workspace.paths, &run, &step, &runs) else {
            return Err(not_found("NO_RECORD", format!("step `{step}` has not started in run {run}")));
        };
        let redactor = view::redactor(&app.workspace, &snapshot, &step)?;
        view::hide(&mut story, &redactor);
        Ok(ArtifactsBody {
            story: view::story(&run, &step, &story, &redactor),
            files: files::list(&app.workspace.paths.run_step(&run, &step)),
        })
    });
    Ok(ok("runs.show", body.await?))
}

/// A file of a step, without the secrets that are known.
pub(super) async fn file(
    State(app): State<Shared>,
    path: Result<Path<(String, String, String)>, PathRejection>,
) -> Result<Response, Failure> {
    let Path((run, step, file)) = path.map_err(|e| Failure::usage(e.body_text()))?;
    let (run, step) = ids(&run, &step)?;
    let stream = aside(&app, move |app| open(app, &run, &step, &file)).await?;
    let mut response = Response::new(Body::new(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn open(app: &App, run: &RunId, step: &StepId, file: &str) -> Result<Stream, Failure> {
    let folder = app.workspace.paths.run_step(run, step);
    let opened = files::open_beneath(&folder, FilePath::new(file));
    let opened = opened
        .map_err(|_| not_found("FILE_NOT_FOUND", format!("step `{step}` left no such file in run {run}")))?;
    let snapshot = app.workspace.in_force()?.snapshot;
    Ok(Stream::of(opened, view::redactor(&app.workspace, &snapshot, step)?))
}

fn ids(run: &str, step: &str) -> Result<(RunId, StepId), Failure> {
    let run = RunId::new(run).map_err(|e| Failure::usage(e.to_string()))?;
    let step = StepId::new(step).map_err(|e| Failure::usage(e.to_string()))?;
    Ok((run, step))
}

fn not_found(code: &str, message: String) -> Failure {
    crate::engine::protocol::Fault::new(ErrorClass::NotFound, code, message)
        .hint("`GET /api/runs` lists the runs")
        .into()
}
