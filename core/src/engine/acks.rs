//! What the engine says only when it is durable.

use super::core::{Ack, Engine};
use super::event::ClientId;
use super::protocol::EngineMessage;

impl Engine {
    /// Says it as soon as all that is written so far is durable.
    pub fn acknowledge(&mut self, to: ClientId, message: EngineMessage) {
        let after = self.journal.written + u64::from(!self.journal.is_empty());
        self.acks.push(Ack { after, flushed: false, to, message });
    }

    /// Says it when, besides, the statuses stand in `sequence.yaml`.
    pub fn acknowledge_flushed(&mut self, to: ClientId, message: EngineMessage) {
        let after = self.journal.written + u64::from(!self.journal.is_empty());
        self.acks.push(Ack { after, flushed: true, to, message });
    }

    pub(super) fn send_acks(&mut self) {
        let durable = self.journal.durable;
        let in_file = !self.flushing && !self.flush_now;
        let can_log = self.can_log();
        // Stopping is done, and told to the log when that can be written again; nobody waits for it.
        let anyway = |ack: &Ack| {
            !can_log && matches!(ack.message, EngineMessage::Stopped { .. } | EngineMessage::Refused { .. })
        };
        let (ready, rest): (Vec<Ack>, Vec<Ack>) = std::mem::take(&mut self.acks)
            .into_iter()
            .partition(|ack| anyway(ack) || ack.after <= durable && (!ack.flushed || in_file));
        self.acks = rest;
        if self.acks.iter().any(|ack| ack.after > durable) {
            self.journal.hurry();
        }
        for ack in ready {
            self.say(ack.to, &ack.message);
        }
    }
}
