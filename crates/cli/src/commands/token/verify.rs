//! `token verify`: is a token good, here and now.

use std::path::Path;

use permitgate::Decision;
use permitgate::decision::Ruling;
use permitgate::time::{Clock, SystemClock, Timestamp};
use permitgate::token::{Token, TokenError, TokenReason};
use permitgate_files::Bundle;
use serde::Serialize;

use super::issuers::Issuers;
use super::present::{Presented, present};
use super::{keep, moment, refused, shown, terms};
use crate::args::token::Verify;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::{EXIT_FINE, EXIT_FOUND};

/// A token that is good, as it is written in JSON.
#[derive(Serialize)]
struct Valid {
    valid: bool,
    id: String,
    issuer: Option<String>,
    holder: Option<String>,
    not_before: Option<String>,
    expires: Option<String>,
    delegable: u8,
    hand_on: Vec<String>,
    budgets: Vec<String>,
    /// The identities under which it can be revoked, the root first.
    lineage: Vec<String>,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<Decided>,
}

/// How the action is decided under it.
#[derive(Serialize)]
struct Decided {
    decision: String,
    reason: &'static str,
    number: u16,
    statement: Option<String>,
    explain: String,
    #[serde(skip)]
    ruling: Ruling,
}

/// One that is not.
#[derive(Serialize)]
struct Refused {
    valid: bool,
    reason: &'static str,
    number: u16,
    block: Option<usize>,
    explain: String,
    at: String,
}

pub(super) fn run(args: &Verify, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let now = SystemClock.now();
    let at = args.trusted.at.as_ref();
    let at = at.map_or(Ok(now), |text| moment::moment("--at", text, now))?;
    let ceiling = args.at_most.as_deref().map(ceiling).transpose()?;
    let issuers = Issuers::read(&args.trusted, at, io)?;
    let name = args.beside.verifier.as_deref().unwrap_or("permitgate");
    let verifier = issuers.verifier(name, ceiling.as_ref().map(Bundle::policy))?;
    let (_, text) = keep::token_text(&args.source, io)?;
    match present(&args.beside, &verifier, ceiling.as_ref(), &text, at, io)? {
        Ok(presented) => {
            let ids = Token::from_text(&text).map_err(|error| refused("verify", &error))?;
            let ids = ids.blocks().map(|(id, _)| id.to_string()).collect();
            let valid = valid(&presented, ids, at);
            tell_valid(&valid, json, io)?;
            let allowed = valid.decided.is_none_or(|decided| decided.ruling == Ruling::Allow);
            Ok(if allowed { EXIT_FINE } else { EXIT_FOUND })
        }
        Err(error) => {
            tell_refused(&error, at, json, io)?;
            Ok(EXIT_FOUND)
        }
    }
}

fn ceiling(file: &Path) -> Result<Bundle, Fault> {
    let bundle = input::load_bundle(file)?;
    if bundle.statements().is_empty() {
        let what = "no `[[statement]]`, so the issuers could grant nothing";
        return Err(Fault::said(format!("{}: {what}", file.display())));
    }
    Ok(bundle)
}

/// The identities are those of the blocks: what is presented with a proof has one of its own besides, which ends
/// with this process.
fn valid(presented: &Presented, lineage: Vec<String>, at: Timestamp) -> Valid {
    let capability = &presented.capability;
    Valid {
        valid: true,
        id: lineage.last().cloned().unwrap_or_default(),
        issuer: capability.issuer().map(|key| key.to_string()),
        holder: capability.holder().map(str::to_owned),
        not_before: moment::begins(capability.not_before()),
        expires: moment::ends(capability.expires()),
        delegable: capability.delegable(),
        hand_on: capability.hand_on().map(str::to_owned).collect(),
        budgets: capability.budgets().map(terms::budget_text).collect(),
        lineage,
        at: moment::shown(at),
        decided: presented.decision.as_ref().map(decided),
    }
}

fn decided(decision: &Decision) -> Decided {
    let grounds = decision.grounds();
    Decided {
        decision: decision.ruling().to_string(),
        reason: grounds.reason().code(),
        number: grounds.reason().number(),
        statement: grounds.statement().map(str::to_owned),
        explain: grounds.explain().to_string(),
        ruling: decision.ruling(),
    }
}

fn tell_valid(valid: &Valid, json: bool, io: &mut Io) -> Result<(), Fault> {
    if json {
        return io.json(valid);
    }
    let paint = io.paint();
    io.line(format_args!("{} at {}", paint.good("valid"), valid.at))?;
    io.line(format_args!("  capability: {}", valid.id))?;
    if let Some(issuer) = &valid.issuer {
        io.line(format_args!("  issued with key: {issuer}"))?;
    }
    let holder = valid.holder.as_ref().map(|name| shown(name).to_string());
    io.line(format_args!("  holder: {}", holder.as_deref().unwrap_or("anybody")))?;
    if let Some(begin) = &valid.not_before {
        io.line(format_args!("  from: {begin}"))?;
    }
    io.line(format_args!("  until: {}", valid.expires.as_deref().unwrap_or("without an end")))?;
    io.line(format_args!("  further blocks: at most {}", valid.delegable))?;
    for name in &valid.hand_on {
        io.line(format_args!("  may hand on: {}", shown(name)))?;
    }
    for budget in &valid.budgets {
        io.line(format_args!("  budget: {budget}"))?;
    }
    io.line(format_args!("  lineage: {}", valid.lineage.join(", ")))?;
    let Some(Decided { ruling, reason, explain, .. }) = &valid.decided else { return Ok(()) };
    io.line(format_args!("  the action: {} ({reason}): {explain}", paint.ruling(*ruling, ruling)))
}

fn tell_refused(error: &TokenError, at: Timestamp, json: bool, io: &mut Io) -> Result<(), Fault> {
    let reason = error.reason();
    if json {
        return io.json(&Refused {
            valid: false,
            reason: reason.code(),
            number: reason.number(),
            block: error.block(),
            explain: error.to_string(),
            at: moment::shown(at),
        });
    }
    let refused = io.paint();
    let refused = refused.bad("refused");
    io.line(format_args!("{refused} ({reason}): {error}"))?;
    let more = match reason {
        TokenReason::ProofNeeded => {
            "its issuer, signatures, validity and revocations are in order; whoever presents it also proves that \
             they hold the key (`--proof`, for one action)"
        }
        TokenReason::AttestationMissing => {
            "its issuer, signatures, validity and revocations are in order; whoever presents it also brings what \
             others say (`--attestation`)"
        }
        TokenReason::UnknownChallenge => {
            "a proof that answers a challenge counts only for the verifier that gave the challenge"
        }
        TokenReason::UnknownKey => {
            "`permitgate token inspect` shows the key that it says it was issued with"
        }
        _ => return Ok(()),
    };
    io.line(format_args!("  {more}"))
}
