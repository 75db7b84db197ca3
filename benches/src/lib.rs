//! Measurements of ThreadOS beside its peers.
