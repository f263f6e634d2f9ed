//! `token inspect`: what a token says, and what each of its blocks narrowed.

use std::collections::BTreeMap;

use permitgate::Statement;
use permitgate::authority::CapabilityId;
use permitgate::token::{Token, TokenBlock};
use serde::Serialize;

use super::narrow::{Narrowed, Until, demand_text};
use super::{keep, moment, shown, statements, terms};
use crate::EXIT_FINE;
use crate::args::token::Inspect;
use crate::fault::Fault;
use crate::io::Io;

/// A token, as it is written in JSON.
#[derive(Serialize)]
struct Row<'t> {
    /// Nothing was.
    verified: bool,
    chain: &'static str,
    issuer: String,
    sealed: bool,
    bound_to: Option<String>,
    blocks: Vec<BlockRow<'t>>,
}

#[derive(Serialize)]
struct BlockRow<'t> {
    block: usize,
    id: String,
    holder: Option<&'t str>,
    bound_to: Option<String>,
    not_before: Option<String>,
    expires: Option<String>,
    delegable: Option<u8>,
    budgets: Vec<String>,
    demands: Vec<DemandRow<'t>>,
    hand_on: BTreeMap<&'t str, &'t [Statement]>,
    keeping: Vec<&'t str>,
    using: Option<&'t str>,
    /// `grant`, `at-most` or `restrict`, where it has statements.
    layer: Option<&'static str>,
    statements: &'t [Statement],
    policy: Option<String>,
    narrows: Vec<Narrowed>,
}

#[derive(Serialize)]
struct DemandRow<'t> {
    claim: &'t str,
    attester: String,
    of: &'static str,
}

pub(super) fn run(args: &Inspect, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let (_, token) = keep::token(&args.source, io)?;
    let mut until: Option<Until<'_>> = None;
    let mut rows = Vec::new();
    for (place, (id, block)) in token.blocks().enumerate() {
        let narrows = match &mut until {
            Some(until) => until.narrow(block),
            None => {
                until = Some(Until::root(block));
                Vec::new()
            }
        };
        rows.push((block, row(place, id, block, narrows)));
    }
    if json {
        io.json(&Row {
            verified: false,
            chain: if token.is_shared() { "shared-secret" } else { "public-key" },
            issuer: token.issuer().to_string(),
            sealed: token.is_sealed(),
            bound_to: token.holder_key().map(|key| key.to_string()),
            blocks: rows.into_iter().map(|(_, row)| row).collect(),
        })?;
        return Ok(EXIT_FINE);
    }
    head(&token, until.is_some_and(|until| until.further() > 0), io)?;
    rows.iter().try_for_each(|(block, row)| tell(block, row, io))?;
    Ok(EXIT_FINE)
}

fn row<'t>(
    place: usize,
    id: CapabilityId,
    block: &'t TokenBlock,
    narrows: Vec<Narrowed>,
) -> BlockRow<'t> {
    let layer = match (block.statements(), block.is_granting()) {
        (None, _) => None,
        (Some(_), false) => Some("restrict"),
        (Some(_), true) if place == 0 => Some("grant"),
        (Some(_), true) => Some("at-most"),
    };
    let demand = |demand: &'t permitgate::token::Demand| DemandRow {
        claim: demand.claim(),
        attester: demand.attester().to_string(),
        of: terms::binding_text(demand),
    };
    let table = if block.is_granting() { "statement" } else { "guardrail" };
    BlockRow {
        block: place,
        id: id.to_string(),
        holder: block.holder(),
        bound_to: block.holder_key().map(|key| key.to_string()),
        not_before: moment::begins(block.not_before()),
        expires: moment::ends(block.expires()),
        delegable: block.further(),
        budgets: block.budgets().iter().map(terms::budget_text).collect(),
        demands: block.demands().iter().map(demand).collect(),
        hand_on: block.rights().collect(),
        keeping: block.kept().collect(),
        using: block.used(),
        layer,
        statements: block.statements().unwrap_or_default(),
        policy: block.statements().map(|all| statements::toml(table, all)),
        narrows,
    }
}

fn head(token: &Token, more: bool, io: &mut Io) -> Result<(), Fault> {
    let paint = io.paint();
    let nothing = "nothing was verified: this is what the token says, whoever wrote it";
    io.line(paint.doubt(nothing))?;
    let chain = if token.is_shared() { "shared-secret" } else { "public-key" };
    let count = token.blocks().len();
    let blocks = if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") };
    io.line(format_args!("{chain} chain of {blocks}, issued with key {}", token.issuer()))?;
    match (token.holder_key(), token.is_sealed()) {
        (Some(key), _) => {
            io.line(format_args!("bound: only who holds the secret half of {key} can present it"))
        }
        (None, true) => io.line("sealed: whoever has it can present it, and nothing can be added"),
        (None, false) if !more => {
            io.line("open: whoever has it can present it; no further block may follow")
        }
        (None, false) => io.line("open: whoever has it can present it and narrow it further"),
    }
}

fn tell(block: &TokenBlock, row: &BlockRow<'_>, io: &mut Io) -> Result<(), Fault> {
    let paint = io.paint();
    let name = match row.block {
        0 => "block 0 (root)".to_owned(),
        place => format!("block {place}"),
    };
    io.line(format_args!("\n{} {}", paint.strong(name), row.id))?;
    if let Some(holder) = row.holder {
        io.line(format_args!("  holder: {}", shown(holder)))?;
    }
    if let Some(key) = &row.bound_to {
        io.line(format_args!("  bound to: {key}"))?;
    }
    match (&row.not_before, &row.expires) {
        (None, None) => {}
        (Some(begin), None) => io.line(format_args!("  valid: from {begin}"))?,
        (None, Some(end)) => io.line(format_args!("  valid: until {end}"))?,
        (Some(begin), Some(end)) => io.line(format_args!("  valid: from {begin} until {end}"))?,
    }
    if let Some(blocks) = row.delegable {
        io.line(format_args!("  further blocks: at most {blocks}"))?;
    }
    for budget in &row.budgets {
        io.line(format_args!("  budget: {budget}"))?;
    }
    for demand in block.demands() {
        io.line(format_args!("  demands: {}", demand_text(demand)))?;
    }
    if let Some(name) = row.using {
        io.line(format_args!("  uses: the right `{}`", shown(name)))?;
    }
    for name in &row.keeping {
        io.line(format_args!("  keeps: the right `{}`", shown(name)))?;
    }
    policy(row, io)?;
    narrowed(row, io)
}

fn policy(row: &BlockRow<'_>, io: &mut Io) -> Result<(), Fault> {
    let says = match row.layer {
        Some("grant") => "grants",
        Some("at-most") => "permits at most",
        _ => "restricts",
    };
    if let Some(policy) = &row.policy {
        io.line(format_args!("  {says}:"))?;
        indented(policy, io)?;
    }
    for (name, granted) in &row.hand_on {
        io.line(format_args!("  may hand on `{}`:", shown(name)))?;
        indented(&statements::toml("statement", granted), io)?;
    }
    Ok(())
}

fn indented(text: &str, io: &mut Io) -> Result<(), Fault> {
    text.lines().try_for_each(|line| match line {
        "" => io.line(""),
        line => io.line(format_args!("    {line}")),
    })
}

fn narrowed(row: &BlockRow<'_>, io: &mut Io) -> Result<(), Fault> {
    if row.block == 0 {
        return Ok(());
    }
    if row.narrows.is_empty() {
        return io.line("  narrowed: nothing that can be told from the blocks alone");
    }
    io.line("  narrowed:")?;
    row.narrows.iter().try_for_each(|one| io.line(format_args!("    - {}", one.text)))
}
