//! `token mint`, `token attenuate` and `token seal`.

use std::path::Path;

use permitgate::Statement;
use permitgate::policy::Effect;
use permitgate::time::{Clock, SystemClock};
use permitgate::token::{Token, TokenBlock, TokenReason};
use serde::Serialize;

use super::{keep, refused, shown, terms};
use crate::EXIT_FINE;
use crate::args::token::{Attenuate, Mint, Seal, Target};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::paint::plain;

pub(super) fn mint(args: &Mint, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let key = keep::key(&args.key, io)?;
    let mut block = TokenBlock::grant(grant(&args.policy, io)?);
    let mut names: Vec<&str> = Vec::new();
    for text in &args.hand_on {
        let Some((name, file)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(keep::flag(
                "--hand-on",
                format_args!("`{}`: write NAME=FILE", shown(text)),
            ));
        };
        if names.contains(&name) {
            return Err(keep::flag("--hand-on", format_args!("`{}` stands twice", shown(name))));
        }
        names.push(name);
        block = block.hand_on(name, grant(Path::new(file), io)?);
    }
    let block = terms::apply(block, &args.terms, SystemClock.now(), io)?;
    let minted = Token::mint(&key, block).map_err(|error| refused("mint", &error))?;
    deliver("minted", &minted, &args.target, json, io)
}

pub(super) fn attenuate(args: &Attenuate, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let Attenuate { restrict, at_most, using, keeping, .. } = args;
    let says = restrict.is_some() || at_most.is_some() || using.is_some() || !keeping.is_empty();
    if !says && !terms::say_something(&args.terms) {
        let ways = "`--restrict`, `--at-most`, `--holder`, `--expires` and others";
        return Err(Fault::said(format!("attenuate: nothing is narrowed; say what, with {ways}")));
    }
    let key = keep::holder_key(args.holder_key.as_deref(), args.holder_key_env.as_deref(), io)?;
    let (place, token) = keep::token(&args.source, io)?;
    let mut block = match (restrict, at_most) {
        (Some(file), _) => TokenBlock::restrict(restrictions(file)?),
        (None, Some(file)) => TokenBlock::at_most(grant(file, io)?),
        (None, None) => TokenBlock::new(),
    };
    if let Some(name) = using {
        block = block.using(name.as_str());
    }
    block = block.keeping(keeping.iter().map(String::as_str));
    let block = terms::apply(block, &args.terms, SystemClock.now(), io)?;
    let narrowed = match &key {
        Some(key) => token.attenuate_as(key, block),
        None => token.attenuate(block),
    };
    let narrowed = narrowed.map_err(|error| match error.reason() {
        TokenReason::HolderKeyNeeded if key.is_none() => Fault::said(format!(
            "{place}: {error}; name it with `--holder-key` ({})",
            error.reason()
        )),
        _ => refused(&place, &error),
    })?;
    deliver("narrowed", &narrowed, &args.target, json, io)
}

pub(super) fn seal(args: &Seal, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let (place, token) = keep::token(&args.source, io)?;
    let sealed = token.seal().map_err(|error| refused(place, &error))?;
    deliver("sealed", &sealed, &args.target, json, io)
}

/// The statements of a policy file, as a grant.
fn grant(file: &Path, io: &mut Io) -> Result<Vec<Statement>, Fault> {
    let bundle = input::load_bundle(file)?;
    let place = file.display();
    if bundle.statements().is_empty() {
        return Err(Fault::said(format!(
            "{place}: no `[[statement]]`, so nothing would be granted"
        )));
    }
    if bundle.guardrails().is_some() {
        io.remark(&format!(
            "{place}: warning: its guardrails do not travel in a token; they stay with the gate"
        ));
    }
    Ok(bundle.statements().to_vec())
}

/// What a policy file restricts: its guardrails, or statements that permit nothing.
fn restrictions(file: &Path) -> Result<Vec<Statement>, Fault> {
    let bundle = input::load_bundle(file)?;
    let (guardrails, statements) = (bundle.restrictions(), bundle.statements());
    let fault = |what: &str| Err(Fault::said(format!("{}: {what}", file.display())));
    match (guardrails, statements) {
        ([], []) => {
            fault("neither a `[[guardrail]]` nor a `[[statement]]`, so nothing would be restricted")
        }
        ([], statements) if statements.iter().all(|one| one.effect() != Effect::Permit) => {
            Ok(statements.to_vec())
        }
        ([], _) => {
            fault("a statement permits, which no restriction does; name the file with `--at-most`")
        }
        (guardrails, []) => Ok(guardrails.to_vec()),
        _ => fault(
            "both `[[guardrail]]` and `[[statement]]` tables, and it is not clear which should restrict; \
             put those into a file of their own",
        ),
    }
}

/// What came of it, as it is written in JSON.
#[derive(Serialize)]
struct Row<'t> {
    done: &'t str,
    id: String,
    issuer: String,
    blocks: usize,
    sealed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'t str>,
}

/// The token goes to its file, or to the standard output and nothing else with it.
fn deliver(
    done: &str,
    token: &Token,
    target: &Target,
    json: bool,
    io: &mut Io,
) -> Result<u8, Fault> {
    let text = token.to_text().map_err(|error| refused(done, &error))?;
    let id = token.blocks().last().map(|(id, _)| id.to_string()).unwrap_or_default();
    let file = keep::file_of(target.out.as_ref());
    if let Some(file) = file {
        keep::write_secret(file, &text, target.force)?;
    }
    let file = file.map(|file| file.display().to_string());
    match (&file, json) {
        (_, true) => {
            let token_text = file.is_none().then_some(text.as_str());
            io.json(&Row {
                done,
                id,
                issuer: token.issuer().to_string(),
                blocks: token.blocks().len(),
                sealed: token.is_sealed(),
                bound_to: token.holder_key().map(|key| key.to_string()),
                file,
                token: token_text,
            })?;
        }
        (Some(file), false) => {
            let (blocks, issuer) = (token.blocks().len(), token.issuer());
            let counted =
                if blocks == 1 { "1 block".to_owned() } else { format!("{blocks} blocks") };
            io.line(format_args!(
                "{}: {done}, {counted}, the last {id}, issued with key {issuer}",
                plain(file)
            ))?;
        }
        (None, false) => io.line(text.as_str())?,
    }
    Ok(EXIT_FINE)
}
