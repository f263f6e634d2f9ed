//! `manifest approve`: writes the lock, for what a person has seen.

use std::collections::BTreeSet;

use permitgate::flow::ContentDigest;
use permitgate::mcp::{ListedTool, ToolList};
use permitgate::text::visible;
use permitgate_files::{Bundle, Lock};
use serde::Serialize;

use super::change::{Change, all_of, changes, lines};
use super::check::counted;
use crate::args::Approve;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::paint::named;
use crate::replace::replace;
use crate::{EXIT_FINE, EXIT_FOUND};

/// One tool to approve, as it is written in JSON.
#[derive(Serialize)]
struct Row<'t> {
    tool: &'t str,
    kind: &'static str,
    digest: String,
    changes: Vec<Change>,
}

/// What is said last, in JSON.
#[derive(Serialize)]
struct Last<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    expect: Option<&'t str>,
    approved: usize,
    pending: usize,
}

pub(super) fn run(args: &Approve, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let bundle = input::load_untested(&args.policy)?;
    let list = input::tool_list(&args.tools, io)?;
    let pending = pending(&bundle, &list, &args.names)?;
    if pending.is_empty() {
        known(&bundle, &list, args)?;
        return nothing(&bundle, &list, args, json, io);
    }
    let hash = hash_of(&pending);
    match &args.expect {
        Some(expected) if *expected == hash => {
            let mut lock = bundle.lock().clone();
            pending.iter().for_each(|tool| lock.approve(tool));
            let path = Lock::beside(&args.policy);
            replace(&path, &lock.to_text())?;
            if json {
                io.json(&Last { expect: None, approved: pending.len(), pending: 0 })?;
            } else {
                let approved = counted(pending.len(), "tool");
                io.line(format_args!("{approved} approved in {}", named(&path)))?;
            }
            Ok(EXIT_FINE)
        }
        Some(_) => {
            show(&bundle, &pending, json, io)?;
            if json {
                io.json(&Last { expect: None, approved: 0, pending: pending.len() })?;
            }
            io.complain(
                "`--expect` is not the hash of what is listed now; nothing was approved. Look at what is \
                 above, and run the command without `--expect`",
            );
            Ok(EXIT_FOUND)
        }
        None => {
            show(&bundle, &pending, json, io)?;
            if json {
                io.json(&Last { expect: Some(&hash), approved: 0, pending: pending.len() })?;
            } else {
                let tools = counted(pending.len(), "tool");
                io.line(format_args!(
                    "{tools} to approve; nothing was changed. To approve this, add"
                ))?;
                io.line(format_args!("  --expect {hash}"))?;
            }
            Ok(EXIT_FOUND)
        }
    }
}

/// Whether the two files are about the same tools at all: with another policy nothing would ever be approved.
fn known(bundle: &Bundle, list: &ToolList, args: &Approve) -> Result<(), Fault> {
    let (policy, lists) = (args.policy.display(), files(args));
    let fault = |what: String| Err(Fault::said(format!("{policy}: nothing to approve: {what}")));
    if bundle.manifest().is_empty() {
        return fault(
            "it describes no tool; name the policy that does with `-p`, or begin one with `permitgate manifest draft`"
                .to_owned(),
        );
    }
    if list.is_empty() {
        return fault(format!("{lists} lists no tool"));
    }
    if list.tools().iter().any(|tool| bundle.manifest().knows(tool.name())) {
        return Ok(());
    }
    fault(format!(
        "it describes {}, and {lists} lists {}; name the policy that describes these with `-p`, or describe them",
        some(bundle.tools().iter().map(|tool| tool.name())),
        some(list.tools().iter().map(ListedTool::name))
    ))
}

/// The lists, as they are named.
fn files(args: &Approve) -> String {
    let names: Vec<String> = args.tools.iter().map(|path| named(path).to_string()).collect();
    names.join(", ")
}

/// The first names of several.
fn some<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> =
        names.take(SHOWN).map(|name| format!("`{}`", visible(name))).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// Everything that is both listed and described is approved; says what was looked at.
fn nothing(
    bundle: &Bundle,
    list: &ToolList,
    args: &Approve,
    json: bool,
    io: &mut Io,
) -> Result<u8, Fault> {
    if json {
        io.json(&Last { expect: None, approved: 0, pending: 0 })?;
        return Ok(EXIT_FINE);
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        list.tools().iter().map(ListedTool::name).partition(|name| bundle.manifest().knows(name));
    let looked = match args.names.is_empty() {
        true => some(known.into_iter()),
        false => some(args.names.iter().map(String::as_str)),
    };
    let lock = Lock::beside(&args.policy);
    io.line(format_args!(
        "nothing to approve: {} holds {looked} as listed in {}",
        named(&lock),
        files(args)
    ))?;
    if args.names.is_empty() && !unknown.is_empty() {
        io.line(format_args!(
            "  {} does not describe {}; describe what shall be called first",
            named(&args.policy),
            some(unknown.into_iter())
        ))?;
    }
    Ok(EXIT_FINE)
}

/// The tools that are known, listed, and not approved as they are listed; of these the named ones.
fn pending<'l>(
    bundle: &Bundle,
    list: &'l ToolList,
    names: &[String],
) -> Result<Vec<&'l ListedTool>, Fault> {
    for name in names {
        let shown = visible(name);
        if !bundle.manifest().knows(name) {
            return Err(Fault::said(format!(
                "the manifest does not know the tool `{shown}`; describe it first"
            )));
        }
        if list.find(name).is_none() {
            return Err(Fault::said(format!(
                "the tool `{shown}` is not listed, so it cannot be approved"
            )));
        }
    }
    let named: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut pending: Vec<&ListedTool> = list
        .tools()
        .iter()
        .filter(|tool| bundle.manifest().knows(tool.name()))
        .filter(|tool| named.is_empty() || named.contains(tool.name()))
        .filter(|tool| {
            let approved = bundle.lock().find(tool.name());
            approved.is_none_or(|approved| approved.digest() != tool.digest())
        })
        .collect();
    pending.sort_by(|one, other| one.name().cmp(other.name()));
    Ok(pending)
}

/// The digest of one tool, or of all of several: what a person says to have seen.
fn hash_of(pending: &[&ListedTool]) -> String {
    if let [tool] = pending {
        return tool.digest().to_string();
    }
    // A digest covers the name, and none is a part of another.
    let digests: String = pending.iter().map(|tool| format!("\n{}", tool.digest())).collect();
    format!("tools-v2:{}", ContentDigest::of(format!("tools-v2{digests}").as_bytes()))
}

fn show(bundle: &Bundle, pending: &[&ListedTool], json: bool, io: &mut Io) -> Result<(), Fault> {
    for tool in pending {
        let before = bundle.lock().find(tool.name());
        let (kind, changes) = match before {
            Some(before) => ("changed", changes(before.object(), tool.object())),
            None => ("new", all_of(tool.object())),
        };
        if json {
            io.json(&Row { tool: tool.name(), kind, digest: tool.digest().to_string(), changes })?;
            continue;
        }
        let paint = io.paint();
        let shown = paint.doubt(kind).to_string();
        io.line(format_args!("{shown}: tool `{}` ({})", visible(tool.name()), tool.digest()))?;
        for line in lines(&changes, paint) {
            io.line(line)?;
        }
    }
    Ok(())
}
