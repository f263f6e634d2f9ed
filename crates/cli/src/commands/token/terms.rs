//! What a block states beside its statements: validity, holder, depth, budgets, demands.

use std::path::Path;

use permitgate::Operation;
use permitgate::authority::Budget;
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

/// `NAME=COUNT [of ARGUMENT] [per SPAN] [on OPERATIONS]`.
fn budget(text: &str) -> Result<Budget, Fault> {
    let wrong = || {
        let form = "NAME=COUNT [of ARGUMENT] [per SPAN] [on OPERATION,…]";
        flag("--budget", format_args!("`{}`: write `{form}`", shown(text)))
    };
    let mut words = text.split_whitespace();
    let (name, count) = words.next().and_then(|word| word.split_once('=')).ok_or_else(wrong)?;
    let count = count.parse().map_err(|_| wrong())?;
    let (mut argument, mut per, mut on) = (None, None, None);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(wrong)?;
        let twice = match word {
            "of" => argument.replace(value).is_some(),
            "per" => per.replace(moment::span("--budget", value)?).is_some(),
            "on" => on.replace(operations(value).ok_or_else(wrong)?).is_some(),
            _ => true,
        };
        if twice {
            return Err(wrong());
        }
    }
    let mut budget = match argument {
        Some(argument) => Budget::sum(name, argument, count),
        None => Budget::actions(name, count),
    };
    if let Some(span) = per {
        budget = budget.per(span);
    }
    Ok(match on {
        Some(operations) => budget.on(operations),
        None => budget,
    })
}

fn operations(text: &str) -> Option<Operations> {
    let named = |word: &str| Operation::ALL.into_iter().find(|known| known.as_str() == word);
    text.split(',').map(named).collect()
}

/// A budget in the words of `--budget`.
pub(super) fn budget_text(budget: &Budget) -> String {
    let mut text = format!("{}={}", shown(budget.name()), budget.at_most());
    if let Some(argument) = budget.argument() {
        text.push_str(&format!(" of {}", shown(argument)));
    }
    if let Some(span) = budget.period() {
        text.push_str(&format!(" per {}", moment::shown_span(span).replace(' ', "")));
    }
    if budget.operations() != Operations::ALL {
        let names: Vec<_> = budget.operations().iter().map(Operation::as_str).collect();
        text.push_str(&format!(" on {}", names.join(",")));
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
        ] {
            assert!(budget(odd).is_err(), "{odd}");
        }
    }
}
