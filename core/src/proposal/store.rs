//! The files of proposals: one each, 0600, below `.threados/state/proposals/`. Written under the project's lock.

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use super::{ProposalError, ProposalId, Record, Standing};
use crate::store::Paths;
use crate::store::atomic;
use crate::store::paths::create_private_dir;

/// How long a proposal that is over can still be looked at.
const KEPT: TimeDelta = TimeDelta::hours(24);

fn file(paths: &Paths, id: &ProposalId) -> PathBuf {
    paths.proposals.join(format!("{id}.json"))
}

/// An id that no proposal bears.
pub(super) fn new_id(paths: &Paths) -> Result<ProposalId, ProposalError> {
    loop {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let id = ProposalId::of(u32::from_le_bytes(bytes));
        if !file(paths, &id).exists() {
            return Ok(id);
        }
    }
}

/// Keeps a proposal, durably.
pub(super) fn write(paths: &Paths, record: &Record) -> Result<(), ProposalError> {
    create_private_dir(&paths.proposals)?;
    let json = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    Ok(atomic::write(&file(paths, &record.id), &json, atomic::PRIVATE)?)
}

pub(super) fn read(paths: &Paths, id: &ProposalId) -> Result<Record, ProposalError> {
    let bytes = match std::fs::read(file(paths, id)) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(ProposalError::NotFound(id.to_string()));
        }
        Err(e) => return Err(e.into()),
    };
    let record: Option<Record> = serde_json::from_slice(&bytes).ok();
    record.filter(|r| r.id == *id).ok_or_else(|| ProposalError::Broken(id.to_string()))
}

/// Every proposal that is kept, the oldest first; one that cannot be read is left out.
pub(super) fn read_all(paths: &Paths) -> Result<Vec<Record>, ProposalError> {
    let items = match std::fs::read_dir(&paths.proposals) {
        Ok(items) => items,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e.into()),
    };
    let names = items.flatten().filter_map(|item| item.file_name().into_string().ok());
    let ids = names.filter_map(|name| name.strip_suffix(".json")?.parse::<ProposalId>().ok());
    let mut all: Vec<Record> = ids.filter_map(|id| read(paths, &id).ok()).collect();
    all.sort_by(|a, b| (a.confirmation.shown_at, &a.id).cmp(&(b.confirmation.shown_at, &b.id)));
    Ok(all)
}

/// Forgets what has been over for a day; how many still wait.
pub(super) fn prune(paths: &Paths, now: DateTime<Utc>) -> Result<usize, ProposalError> {
    let (waiting, over): (Vec<Record>, Vec<Record>) =
        read_all(paths)?.into_iter().partition(|r| r.standing(now) == Standing::Waiting);
    for record in over.iter().filter(|r| now - r.confirmation.shown_at > KEPT) {
        // It is over: that its file stays a while longer hurts nobody.
        drop(std::fs::remove_file(file(paths, &record.id)));
    }
    Ok(waiting.len())
}
