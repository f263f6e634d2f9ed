//! Holds mailboxes that we accept to `lettre`, which sends mail, and `mailparse`, which reads it.
//!
//! Both must find the same addresses in the same order, and those of our canonical forms; `lettre` may refuse more than we
//! do, since it has no dots in names without quotes.

use std::fmt::Write as _;

use lettre::message::Mailboxes;
use mailparse::{MailAddr, addrparse};
use permitgate::manifest::{ArgumentSpec, MailboxSpec};

use crate::corpus::{corpus, hostile, mutated};
use crate::draw::Draw;
use crate::report::{Run, check};
use crate::subject::{Reading, Subject};

/// What is read: an address of which the domain is in lower case, and the name before it.
type Found = Vec<(String, String)>;

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let plain = MailboxSpec::new();
    let other = MailboxSpec::new().fold_local_part().strip_plus();
    let one = Subject::new(ArgumentSpec::mailbox(plain.clone()));
    let many = Subject::new(ArgumentSpec::mailboxes(plain));
    let changed = Subject::new(ArgumentSpec::mailboxes(other));
    let (corpus, signs) = (corpus("mailboxes"), SIGNS.chars().collect::<Vec<_>>());
    let mut draw = Draw::new(seed);
    let mut run = Run::new("mailbox", seed);
    let mut unread = 0_u64;
    while run.goes_on(seconds) {
        for _ in 0..200 {
            run.texts += 1;
            let text =
                if draw.one_in(3) { mutated(&corpus, &signs, &mut draw) } else { list(&mut draw) };
            let single = one.text(&text);
            let read = many.text(&text);
            let compared = match &read {
                Ok(read) => {
                    run.accepted += 1;
                    compare(&text, &read.parts, &mut unread)
                        .and_then(|()| same_again(&many, &read.parts))
                        .and_then(|()| canonical_agrees(&changed, &text))
                        .and_then(|()| single_agrees(single.as_ref().ok(), &read.parts))
                }
                Err(fault) => check("one mailbox that is no list of one", single.is_ok(), false)
                    .map_err(|says| format!("{says}: {fault}")),
            };
            if let Err(says) = compared {
                run.differs(text, says);
            }
        }
    }
    let starts = ["", "a", "\"", "<", "a@", "a@b,", "a <", "a@b, \""];
    let pieces = [
        "a", ".", "a.", "@", ",", " ", "\"", "<", ">", "(", "=?", "é", "a@b,", "<a@b>,", "a ",
        "\\", "\"a\" ", "क्",
    ];
    let worst = hostile(&many, &starts, &pieces, 64 * 1024);
    let also = format!(
        "{unread} not read by `lettre`, eight times the length takes at most {worst:.1} times as long"
    );
    run.end(also) && worst < 24.0
}

fn ours(mailboxes: &[Reading]) -> Found {
    let found = |mailbox: &Reading| {
        (mailbox.canonical().to_owned(), words(mailbox.part("name").unwrap_or_default()))
    };
    mailboxes.iter().map(found).collect()
}

/// A name with single blanks.
fn words(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn folded(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{local}@{}", domain.to_ascii_lowercase())
}

fn compare(text: &str, read: &[Reading], unread: &mut u64) -> Result<(), String> {
    let ours = ours(read);
    for (mailbox, (address, _)) in read.iter().zip(&ours) {
        let parts = (mailbox.part("local"), mailbox.part("domain"));
        check("local part and domain", address.rsplit_once('@'), parts.0.zip(parts.1))?;
    }
    match lettre(text) {
        Some(theirs) => check("lettre", theirs, ours.clone())?,
        None => *unread += 1,
    }
    check("mailparse", mailparse(text)?, ours.clone())?;
    let canonical: Vec<&str> = ours.iter().map(|(address, _)| &**address).collect();
    let addresses: Found =
        canonical.iter().map(|address| (folded(address), String::new())).collect();
    check("lettre, canonical", lettre(&canonical.join(", ")), Some(addresses))
}

fn lettre(text: &str) -> Option<Found> {
    let mailboxes: Mailboxes = text.parse().ok()?;
    let found = |mailbox: &lettre::message::Mailbox| {
        (folded(mailbox.email.as_ref()), words(mailbox.name.as_deref().unwrap_or_default()))
    };
    Some(mailboxes.iter().map(found).collect())
}

fn mailparse(text: &str) -> Result<Found, String> {
    let list = addrparse(text).map_err(|error| format!("mailparse: {error}"))?;
    let found = |address: &MailAddr| match address {
        MailAddr::Single(one) => {
            Ok((folded(&one.addr), words(one.display_name.as_deref().unwrap_or_default())))
        }
        MailAddr::Group(_) => Err("mailparse: a group".to_owned()),
    };
    list.iter().map(found).collect()
}

/// Each canonical form is read as itself.
fn same_again(many: &Subject, read: &[Reading]) -> Result<(), String> {
    let canonical: Vec<&str> = read.iter().map(Reading::canonical).collect();
    let again = many.text(&canonical.join(",")).map_err(|fault| format!("canonical: {fault}"))?;
    let again: Vec<&str> = again.parts.iter().map(Reading::canonical).collect();
    check("read again", again, canonical)
}

/// Where local parts are folded and cut, the canonical forms are addresses that stay as they are.
fn canonical_agrees(changed: &Subject, text: &str) -> Result<(), String> {
    let Ok(read) = changed.text(text) else { return Ok(()) };
    same_again(changed, &read.parts)?;
    let lower = |part: &Reading| part.canonical().chars().all(|c| !c.is_uppercase() && c != '+');
    // Of `+a@` nothing would be left.
    let is_plain = |part: &Reading| lower(part) || part.canonical().starts_with('+');
    check("folded and cut", read.parts.iter().all(is_plain), true)
}

fn single_agrees(single: Option<&Reading>, many: &[Reading]) -> Result<(), String> {
    let [only] = many else { return check("several", single.is_some(), false) };
    let single = single.ok_or("a list of one that is no mailbox")?;
    check("one", (single.canonical(), &single.parts), (only.canonical(), &only.parts))
}

const SIGNS: &str =
    "@@@<<>>\"\"\\,,;:()[]%!=?._+-'&#~/ \t\r\n\0aZ0é＠，．\u{200b}\u{202e}\u{301}|{}*$^`а";

const NAMES: &[&str] = &[
    "Lee",
    "Lee Smith",
    "lee@example.com",
    "\"Smith, Lee\"",
    "\"Lee\"",
    "Müller",
    "\"lee@example.com\"",
    "J. R.",
    "O'Hara",
    "=?utf-8?q?lee?=",
    "(lee)",
    "a:",
    "Lee\\",
    "\"a\\\"b\"",
    "\"a\"b",
    "文 文",
    "\"\"",
    "Lee  Smith",
    "Lee\tSmith",
    "undisclosed:",
    "\"<a@b.example>\"",
    "विक्रम",
    "R&D +1",
    "-",
    ".",
    "\"(a)\"",
    "\"a; b\"",
    "\"=?utf-8?q?=40?=\"",
    "＠",
    "“Lee”",
    "e\u{301}",
];
const LOCALS: &[&str] = &[
    "lee",
    "Lee",
    "lee.smith",
    "lee+news",
    "a",
    "o'hara",
    "a_b",
    "a-b",
    "a=b",
    "a&b",
    "a#b",
    "a~b",
    "a/b",
    ".a",
    "a.",
    "a..b",
    "\"a b\"",
    "\"a\"",
    "a%b",
    "a!b",
    "é",
    "a(b)c",
    "",
    "+a",
    "a.+b",
    "lee@evil.example",
    "a b",
    "a\\b",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "@a.example:lee",
    "ｌｅｅ",
    "<lee",
];
const DOMAINS: &[&str] = &[
    "example.com",
    "EXAMPLE.com",
    "a",
    "sub.example.com",
    "xn--a.example",
    "1.example",
    "127.0.0.1",
    "[127.0.0.1]",
    "0x7f.1",
    "0x7f",
    "a..b",
    "-a.example",
    "a-.example",
    "a_b.example",
    "exämple.com",
    "example.com.",
    "example。com",
    "example.com\u{200b}",
    "",
    "a--b.example",
    "example.1",
    "1",
    "com(x)",
    "evil.example>lee@example.com",
];
const ENDS: &[&str] = &[
    "mallory@evil.example",
    " mallory@evil.example",
    " (x)",
    ">",
    ";",
    " <b@c.example>",
    "\r\nBcc: b@c.example",
    "\n",
    " ",
    "@evil.example",
    ",",
    "\0",
    "\t",
    "<b@c.example>",
];
const JOINTS: &[&str] = &[",", ", ", " , ", ",", ", ", ";", ",,", "\n", " ", ",\r\n ", "，", ", ,"];

fn list(draw: &mut Draw) -> String {
    let mut text = String::new();
    for number in 0..1 + draw.below(4) * draw.below(2) {
        if number > 0 {
            text += if draw.one_in(3) { draw.of(JOINTS) } else { ", " };
        }
        mailbox(draw, &mut text);
    }
    text
}

fn mailbox(draw: &mut Draw, text: &mut String) {
    let wild = draw.one_in(2);
    let pick = |draw: &mut Draw, list: &[&'static str]| -> &'static str {
        if wild { draw.of(list) } else { list[draw.below(2)] }
    };
    let (local, domain) = (pick(draw, LOCALS), pick(draw, DOMAINS));
    let address = format!("{local}@{domain}");
    match draw.below(5) {
        0 | 1 => text.push_str(&address),
        2 => _ = write!(text, "<{address}>"),
        _ => {
            let name = draw.of(NAMES);
            let blank = draw.of(&[" ", " ", "", "  ", "\t"]);
            _ = write!(text, "{name}{blank}<{address}>");
        }
    }
    if draw.one_in(8) {
        text.push_str(draw.of(ENDS));
    }
}
