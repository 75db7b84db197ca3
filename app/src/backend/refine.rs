//! Makes a good drawing of what is shown roughly. Only the latest graph counts: one that is gone is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::Out;
use crate::link::Update;
use crate::plan::Plan;

/// What is to be drawn well, and the sign to give it up.
type Job = (Arc<Plan>, Arc<AtomicBool>);

/// Where rough drawings are handed in.
pub(super) struct Refiner {
    jobs: Sender<Job>,
    under_way: Option<Job>,
}

impl Refiner {
    /// With a thread of its own, which ends with it.
    pub fn new(out: Out) -> Self {
        let (jobs, inbox) = channel();
        thread::spawn(move || run(&out, &inbox));
        Self { jobs, under_way: None }
    }

    /// Takes the drawing that is shown now.
    pub fn take(&mut self, plan: &Arc<Plan>) {
        if self.under_way.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, plan)) {
            return;
        }
        if let Some((_, stop)) = self.under_way.take() {
            stop.store(true, Ordering::Relaxed);
        }
        if plan.is_rough() {
            let job = (Arc::clone(plan), Arc::default());
            self.under_way = Some(job.clone());
            // The thread lives as long as this end of the line.
            drop(self.jobs.send(job));
        }
    }
}

impl Drop for Refiner {
    fn drop(&mut self) {
        if let Some((_, stop)) = &self.under_way {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

fn run(out: &Out, inbox: &Receiver<Job>) {
    while let Ok((plan, stop)) = inbox.recv() {
        if plan.refine(&stop) && !out.tell(Update::Refined) {
            return;
        }
    }
}
