use std::net::TcpListener;
use std::time::Duration;

use super::converse_within;
use crate::chat::{Chat, ChatError, Ear, History, ModelError, Provider, unheard};
use crate::model::{Actor, Outcome};
use crate::workspace::testing::Bed;

/// Asks a server that takes the connection and says nothing.
fn asked(bed: &Bed, cancelled: bool) -> ModelError {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = silent.local_addr().unwrap();
    bed.edit("policy.yaml", |text| {
        let before = text.split("\nchat:").next().unwrap_or_default().to_owned();
        format!("{before}\nchat: {{ provider: openai-compatible, url: \"http://{at}/v1\", model: tiny }}\n")
    });
    let chat = Chat {
        workspace: &bed.workspace,
        engine: &[],
        provider: Provider::OpenaiCompatible,
        actor: Actor::User,
        hold: false,
    };
    let mut ear = Ear { hear: &mut unheard, cancelled: &|| cancelled };
    let limit = if cancelled { Duration::from_secs(60) } else { Duration::from_millis(200) };
    match converse_within(limit, &chat, "add a step", &History::default(), &mut ear) {
        Err(ChatError::Model(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_that_is_late_is_on_record_once_and_a_withdrawn_question_is_not() {
    let bed = Bed::new();
    assert!(matches!(asked(&bed, true), ModelError::Cancelled));
    let answers = || bed.log().into_iter().filter(|entry| entry.action == "chat.answer").collect::<Vec<_>>();
    assert!(answers().is_empty());
    // The server's own limit and ours end together, and either is the end.
    assert!(matches!(asked(&bed, false), ModelError::TimedOut { .. } | ModelError::Failed { .. }));
    let told = answers();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((told[0].target.as_str(), told[0].result), ("openai-compatible", Outcome::Error));
    let error = told[0].error.as_deref().unwrap_or_default();
    assert!(error.contains("did not answer within") || error.contains("timeout"), "{error}");
}
