//! What a block states beside its statements: validity, holder, depth, budgets, demands.

use std::path::Path;

use permitgate::Operation;
use permitgate::authority::{Budget, Measure, Share};
use permitgate::model::Operations;
use permitgate::time::Timestamp;
use permitgate::token::{Binding, Demand, TokenBlock};

use super::keep::{self, flag};
use super::{moment, shown};
use crate::args::token::Terms;
use crate::fault::Fault;
use crate::io::Io;

/// The block with what the flags say.
pub(super) fn apply(
    mut block: TokenBlock,
    terms: &Terms,
    now: Timestamp,
    io: &mut Io,
) -> Result<TokenBlock, Fault> {
    if let Some(holder) = &terms.holder {
        block = block.held_by(holder.as_str());
    }
    if let Some(key) = &terms.bind_to {
        block = block.bound_to(keep::public_key(key, io)?);
    }
    if let Some(text) = &terms.expires {
        let end = moment::moment("--expires", text, now)?;
        if end <= now {
            let what = format!("`{text}` is {}, which has passed", moment::shown(end));
            return Err(flag("--expires", with_hint(what, text)));
        }
        block = block.expires_at(end);
    }
    if let Some(text) = &terms.not_before {
        block = block.valid_from(moment::moment("--not-before", text, now)?);
    }
    if block.not_before() >= block.expires() {
        return Err(flag("--not-before", "it would begin when it has ended"));
    }
    if let Some(blocks) = terms.delegable {
        block = block.delegable(blocks);
    }
    for text in &terms.budget {
        block = block.budget(budget(text)?);
    }
    for text in &terms.demand {
        block = block.demand(demand(text, io)?);
    }
    Ok(block)
}

/// A number alone is a moment, which is seldom meant where it is small.
fn with_hint(what: String, text: &str) -> String {
    match text.parse::<u32>() {
        Ok(seconds) => format!("{what}; for a span write `{seconds}s`"),
        Err(_) => what,
    }
}

/// Whether the flags narrow anything.
pub(super) fn say_something(terms: &Terms) -> bool {
    let Terms { holder, bind_to, expires, not_before, delegable, budget, demand } = terms;
    holder.is_some()
        || bind_to.is_some()
        || expires.is_some()
        || not_before.is_some()
        || delegable.is_some()
        || !budget.is_empty()
        || !demand.is_empty()
}

/// `NAME=COUNT` and pairs of words, each at most once, in any order.
fn budget(text: &str) -> Result<Budget, Fault> {
    let wrong = || {
        let form = "NAME=COUNT [of ARGUMENT [decimals N] | counting MEASURE] [ask-from COUNT] [per SPAN] \
                    [on OPERATION,…] [shared-by lineage|invoker|agent|session]";
        flag("--budget", format_args!("`{}`: write `{form}`", shown(text)))
    };
    let mut words = text.split_whitespace();
    let (name, count) = words.next().and_then(|word| word.split_once('=')).ok_or_else(wrong)?;
    let count = count.parse().map_err(|_| wrong())?;
    let (mut of, mut counting, mut decimals) = (None, None, None);
    let (mut ask_from, mut per, mut on, mut share) = (None, None, None, None);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(wrong)?;
        let twice = match word {
            "of" => of.replace(value).is_some(),
            "counting" => counting.replace(value).is_some(),
            "decimals" => decimals.replace(value.parse::<u8>().map_err(|_| wrong())?).is_some(),
            "ask-from" => ask_from.replace(value.parse::<u64>().map_err(|_| wrong())?).is_some(),
            "per" => per.replace(moment::span("--budget", value)?).is_some(),
            "on" => on.replace(operations(value).ok_or_else(wrong)?).is_some(),
            "shared-by" => share.replace(shared_by(value).ok_or_else(wrong)?).is_some(),
            _ => true,
        };
        if twice {
            return Err(wrong());
        }
    }
    let mut budget = match (of, counting) {
        (Some(argument), None) => Budget::sum(name, argument, count),
        (None, None) => Budget::actions(name, count),
        (None, Some("recipients")) => Budget::recipients(name, count),
        (None, Some("irreversible")) => Budget::irreversible(name, count),
        (None, Some("concurrency")) => Budget::concurrency(name, count),
        (None, Some("repeats")) => Budget::repeats(name, count),
        (None, Some("repeats-that-halt")) => Budget::repeats(name, count).halts_agent(),
        _ => return Err(wrong()),
    };
    if decimals.is_some() && of.is_none() {
        return Err(wrong());
    }
    budget = decimals.into_iter().fold(budget, Budget::decimals);
    budget = ask_from.into_iter().fold(budget, Budget::ask_from);
    budget = per.into_iter().fold(budget, Budget::per);
    budget = share.into_iter().fold(budget, Budget::shared_by);
    Ok(on.into_iter().fold(budget, |budget, operations: Operations| budget.on(operations)))
}

fn shared_by(text: &str) -> Option<Share> {
    SHARES.into_iter().find(|(name, _)| *name == text).map(|(_, share)| share)
}

const SHARES: [(&str, Share); 4] = [
    ("lineage", Share::Lineage),
    ("invoker", Share::Invoker),
    ("agent", Share::Agent),
    ("session", Share::Session),
];

fn operations(text: &str) -> Option<Operations> {
    let named = |word: &str| Operation::ALL.into_iter().find(|known| known.as_str() == word);
    text.split(',').map(named).collect()
}

/// A budget in the words of `--budget`.
pub(super) fn budget_text(budget: &Budget) -> String {
    let repeats = |mark: Option<u64>| mark.map_or(budget.at_most(), |mark| mark.saturating_sub(1));
    let (count, counting) = match budget.measure() {
        Measure::Recipients => (budget.at_most(), Some("recipients")),
        Measure::Irreversible => (budget.at_most(), Some("irreversible")),
        Measure::Concurrency => (budget.at_most(), Some("concurrency")),
        Measure::Repeats { halts: None } => (repeats(budget.asks_from()), Some("repeats")),
        Measure::Repeats { halts: Some(times) } => (*times, Some("repeats-that-halt")),
        _ => (budget.at_most(), None),
    };
    let mut text = format!("{}={count}", shown(budget.name()));
    let mut say = |word: &str, value: String| text.push_str(&format!(" {word} {value}"));
    if let Measure::Sum { argument, decimals } = budget.measure() {
        say("of", shown(argument).to_string());
        if *decimals > 0 {
            say("decimals", decimals.to_string());
        }
    }
    if let Some(counting) = counting {
        say("counting", counting.to_owned());
    }
    if let Some(mark) = budget.asks_from()
        && !matches!(budget.measure(), Measure::Repeats { halts: None })
    {
        say("ask-from", mark.to_string());
    }
    if let Some(span) = budget.period() {
        say("per", moment::shown_span(span).replace(' ', ""));
    }
    if budget.operations() != Operations::ALL {
        let names: Vec<_> = budget.operations().iter().map(Operation::as_str).collect();
        say("on", names.join(","));
    }
    let share = SHARES.into_iter().find(|(_, share)| Some(*share) == budget.share());
    if let Some((name, _)) = share {
        say("shared-by", name.to_owned());
    }
    text
}

/// `CLAIM=PUBLIC-KEY[:action]`.
fn demand(text: &str, io: &mut Io) -> Result<Demand, Fault> {
    let Some((claim, key)) = text.split_once('=').filter(|(claim, _)| !claim.is_empty()) else {
        let form = "CLAIM=PUBLIC-KEY or CLAIM=PUBLIC-KEY:action";
        return Err(flag("--demand", format_args!("`{}`: write `{form}`", shown(text))));
    };
    let (key, of_action) = match key.strip_suffix(":action") {
        Some(key) => (key, true),
        None => (key, false),
    };
    let key = keep::public_key(Path::new(key), io)?;
    Ok(if of_action { Demand::for_action(claim, key) } else { Demand::for_token(claim, key) })
}

/// What a demand is about.
pub(super) fn binding_text(demand: &Demand) -> &'static str {
    match demand.binding() {
        Binding::Token => "token",
        Binding::Action => "action",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_and_shown_in_the_same_words() {
        for text in [
            "mails=200",
            "mails=200 per 1h on create,share",
            "spend=10000 of payment.cents",
            "spend=0 of cents per 1h30m on delete",
            "spend=50000 of amount decimals 2 ask-from 10000 per 1h shared-by invoker",
            "people=50 counting recipients shared-by session",
            "for-good=1 counting irreversible ask-from 1",
            "at-once=4 counting concurrency shared-by agent",
            "loop=5 counting repeats per 1m",
            "loop=5 counting repeats-that-halt per 1m on create shared-by lineage",
        ] {
            assert_eq!(budget_text(&budget(text).ok().unwrap()), text);
        }
        for odd in [
            "",
            "mails",
            "mails=",
            "mails=-1",
            "mails=2 per",
            "mails=2 per 0s",
            "mails=2 on nothing",
            "mails=2 by hand",
            "mails=2 of a of b",
            "mails=2 of a counting recipients",
            "mails=2 counting sheep",
            "mails=2 decimals 2",
            "mails=2 shared-by gate",
        ] {
            assert!(budget(odd).is_err(), "{odd}");
        }
    }
}
