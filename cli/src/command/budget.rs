//! `budget show`: every budget, what is spent of it, and what it holds.

use serde_json::{Value, json};
use threados_core::dag::Dag;
use threados_core::model::Spent;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::Style;
use crate::table::{Cell, Table};

pub fn show(context: &Context) -> Result<Report, Failure> {
    let (_, snapshot) = context.look()?;
    let dag = Dag::new(snapshot.sequence());
    let mut table = Table::new(&["BUDGET OF", "USD", "TOKENS", ""]);
    let mut list = Vec::new();
    for purse in dag.purses() {
        let spent = purse.spent(&dag, &snapshot.state);
        let reached = purse.limit.reached(spent).is_some();
        let usd =
            purse.limit.usd.map_or_else(|| dollars(spent), |limit| format!("{} of {limit}", dollars(spent)));
        let tokens = purse.limit.tokens.map(|limit| format!("{} of {limit}", spent.tokens));
        let of = purse.of.to_string();
        table.row(vec![
            of.trim_start_matches("budget of ").into(),
            usd.into(),
            tokens.unwrap_or_else(|| spent.tokens.to_string()).into(),
            if reached { Cell::new("reached: holds what has not started", Style::Yellow) } else { "".into() },
        ]);
        list.push(json!({
            "of": of, "usd": purse.limit.usd, "tokens": purse.limit.tokens,
            "spent": as_json(spent), "reached": reached,
        }));
    }
    let mut all = Spent::default();
    snapshot.state.spent.values().for_each(|spent| all.add(*spent));
    let text = if list.is_empty() {
        let spent = format!("{} USD and {} tokens are spent so far", dollars(all), all.tokens);
        format!("There are no budgets; {spent}. To set one: seqctl budget set --usd 5, or --tokens 2000000\n")
    } else {
        table.render(context)
    };
    Ok(Report::new(json!({ "budgets": list, "spent": as_json(all) }), text))
}

fn as_json(spent: Spent) -> Value {
    json!({ "usd": spent.known_usd(), "tokens": spent.tokens })
}

/// The known dollars, in words where there is none that is known.
fn dollars(spent: Spent) -> String {
    spent.known_usd().map_or_else(|| "no price told".to_owned(), |usd| usd.to_string())
}
