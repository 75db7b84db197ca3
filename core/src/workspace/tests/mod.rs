mod door;
mod hands;
mod undo;
