//! The statuses a person sees.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! status {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every status, in the order people expect them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in files and on the screen.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The status a word names.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

status!(
    /// The status of a step. READY and BLOCKED are derived from the DAG, never stored as a fact.
    StepStatus {
        /// All it depends on is satisfied; it may start.
        Ready = "READY",
        /// Its wrapper lives.
        Running = "RUNNING",
        /// It ended well and waits for a person.
        NeedsReview = "NEEDS_REVIEW",
        /// It ended well.
        Done = "DONE",
        /// It ended badly, or was stopped.
        Failed = "FAILED",
        /// Something it depends on is not satisfied.
        Blocked = "BLOCKED",
    }
);

status!(
    /// The status of a gate.
    GateStatus {
        /// Nobody has decided.
        Pending = "PENDING",
        /// A person let it through.
        Approved = "APPROVED",
        /// A person holds it.
        Blocked = "BLOCKED",
    }
);
