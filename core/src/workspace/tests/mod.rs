mod door;
mod flush;
mod hands;
mod undo;
