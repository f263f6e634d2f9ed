//! Mailboxes: addresses of electronic mail, with or without the names that people write before them.
//!
//! ```text
//! mailboxes = mailbox *( blanks "," blanks mailbox )              at most 128
//! mailbox   = address | "<" address ">" | name blanks "<" address ">"
//! name      = words | '"' *( letter | printable ASCII but `"` `\` `@` `<` `>` ) '"'
//! words     = 1*( letter | - | _ | . | ' | & | + ), with single blanks between
//! letter    = letters, digits and marks of any script, and U+2019, as far as a reader sees them as what they are
//! address   = local "@" domain                                    at most 254 bytes
//! local     = 1 to 64 of a-z A-Z 0-9 . _ + - ' = & # ~ /, with no dot first, last or beside another
//! domain    = label *( "." label ), the last with a letter and no hexadecimal number, none of them in Punycode
//! label     = 1 to 63 of a-z A-Z 0-9 -, with no hyphen first or last
//! blanks    = *" "
//! ```
//!
//! Mail programs disagree about everything else that RFC 5322 allows: comments, groups, routes, quoted local parts, encoded
//! words, and what stands behind `>`. None of it is accepted. The canonical form is the address with its domain in lower
//! case. What an address leads to (a list, a forwarding) cannot be seen.

use serde::{Deserialize, Serialize};

use super::rule::{Form, OptionFault, PartForm, Rule, TextFault};
use crate::base::address::is_last_label;
use crate::base::limits::MAX_RECIPIENTS;
use crate::base::visible::visible;
use crate::model::kind::ValueKind;
use crate::model::parts::{OpenPart, Parts};

/// The options of the kinds `mailbox` and `mailboxes`.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, MailboxSpec};
///
/// let to = ArgumentSpec::mailboxes(MailboxSpec::new().fold_local_part());
/// # let _ = to;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct MailboxSpec {
    #[serde(default, skip_serializing_if = "is_default")]
    local_part: LocalPart,
    #[serde(default, skip_serializing_if = "is_default")]
    plus: Plus,
}

/// Whether `Lee@` and `lee@` are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LocalPart {
    #[default]
    Exact,
    Fold,
}

/// What `+news` in `lee+news@` stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Plus {
    #[default]
    Keep,
    Strip,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl MailboxSpec {
    /// Local parts as they are written, with whatever follows a `+`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `Lee@example.com` for `lee@example.com`: where the servers of the addresses do.
    pub fn fold_local_part(mut self) -> Self {
        self.local_part = LocalPart::Fold;
        self
    }

    /// Takes `lee+news@example.com` for `lee@example.com`: where the servers of the addresses do.
    pub fn strip_plus(mut self) -> Self {
        self.plus = Plus::Strip;
        self
    }
}

/// One address, or several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mailboxes {
    spec: MailboxSpec,
    many: bool,
}

static LONG: Rule = Rule::new("long", "the text goes on", "write at most 64 KiB");
static EMPTY: Rule = Rule::new(
    "empty",
    "there is no address",
    "write one as `name@example.com`, or leave the argument out",
);
static SEVERAL: Rule = Rule::new("several", "a second address follows", "write one address");
static MANY: Rule = Rule::new("many", "there are too many addresses", "write at most 128");
static AT: Rule = Rule::new(
    "at",
    "an address needs one `@` between a name and a domain",
    "write it as `name@example.com`",
);
static LOCAL: Rule = Rule::new(
    "local",
    "this character is not accepted before the `@`",
    "write letters, digits and . _ + - ' = & # ~ / only",
);
static DOT: Rule = Rule::new(
    "dot",
    "a dot stands first, last or beside another",
    "write single dots between other characters",
);
static DOMAIN: Rule = Rule::new(
    "domain",
    "this is no name of a domain",
    "write labels of letters, digits and hyphens, joined by single dots, as in `example.com`",
);
static PUNYCODE: Rule = Rule::new(
    "punycode",
    "the domain is in Punycode, which looks like another one where it is shown",
    "use an address in a plain domain",
);
static NAME: Rule = Rule::new(
    "name",
    "this character is not accepted in a name without quotes",
    "write the name in double quotes, or leave it out",
);
static QUOTED: Rule =
    Rule::new("quoted", "this character is not accepted in a name", "leave it out of the name");
static HIDDEN: Rule = Rule::new(
    "hidden",
    "the name holds what is not seen, or looks like another",
    "write it in plain letters, or leave it out",
);
static ENCODED: Rule = Rule::new(
    "encoded",
    "an encoded word begins, which programs read in different ways",
    "write the name as it reads, or leave it out",
);
static OPEN: Rule = Rule::new("open", "what begins here does not end", "close it, or leave it out");
static CLOSE: Rule = Rule::new(
    "close",
    "the address in angle brackets does not end here",
    "write `>` directly behind the address, and nothing else within the brackets",
);
static ADDRESS: Rule =
    Rule::new("address", "the address has more than 254 bytes", "use a shorter one");
static STRIPPED: Rule = Rule::new(
    "stripped",
    "a dot stands before the `+`, and nothing of what follows it counts",
    "write the address without the dot and what follows",
);
static BEHIND: Rule = Rule::new(
    "behind",
    "something follows the address",
    "write a comma between addresses, and nothing behind `>`",
);

const MAX_TEXT_BYTES: usize = 64 * 1024;
const MAX_LOCAL_BYTES: usize = 64;
const MAX_LABEL_BYTES: usize = 63;
const MAX_DOMAIN_BYTES: usize = 253;
const MAX_ADDRESS_BYTES: usize = 254;

impl Mailboxes {
    pub(super) fn folds_local_part(&self) -> bool {
        self.spec.local_part == LocalPart::Fold
    }

    pub(super) fn strips_plus(&self) -> bool {
        self.spec.plus == Plus::Strip
    }

    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm::new("local", Form::Text),
        PartForm::new("domain", Form::Text),
        PartForm::new("name", Form::Text),
    ];

    pub(crate) fn new(spec: &MailboxSpec, many: bool) -> Result<Self, OptionFault> {
        Ok(Self { spec: spec.clone(), many })
    }

    /// One of them.
    pub(super) fn single(&self) -> Self {
        Self { spec: self.spec.clone(), many: false }
    }

    /// Whether it is a list of mailboxes.
    pub(crate) const fn is_list(&self) -> bool {
        self.many
    }

    /// Reads one mailbox into `begun`, or a list of them.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(TextFault::new(&LONG, MAX_TEXT_BYTES));
        }
        let mut reader = Reader { text, at: 0 };
        if !self.many {
            self.mailbox(&mut reader, parts, begun)?;
            return if reader.at < text.len() { Err(reader.fault(&SEVERAL)) } else { Ok(()) };
        }
        parts.be_list(begun);
        for _ in 0..MAX_RECIPIENTS {
            let element = parts.element();
            self.mailbox(&mut reader, parts, &element)?;
            parts.end(element);
            if !reader.take(b',') {
                return Ok(());
            }
        }
        Err(reader.fault(&MANY))
    }

    /// One mailbox, up to the comma or the end behind it.
    fn mailbox(
        &self,
        reader: &mut Reader<'_>,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        reader.blanks();
        let name = reader.name()?;
        let (local, domain) = match name {
            Some(_) => {
                let open = reader.at;
                reader.at += 1;
                let found = reader.address()?;
                if !reader.take(b'>') {
                    let is_open = reader.peek().is_none();
                    return Err(match is_open {
                        true => TextFault::new(&OPEN, open),
                        false => reader.fault(&CLOSE),
                    });
                }
                found
            }
            None => reader.address()?,
        };
        reader.blanks();
        if reader.peek().is_some_and(|byte| byte != b',') {
            return Err(reader.fault(&BEHIND));
        }
        let local = match (self.spec.plus, local.split_once('+')) {
            (Plus::Strip, Some((before, _))) if !before.is_empty() => before,
            _ => local,
        };
        if local.ends_with('.') {
            let at = local.as_ptr().addr() - reader.text.as_ptr().addr();
            return Err(TextFault::new(&STRIPPED, at + local.len() - 1));
        }
        self.write(parts, begun, local, domain, name.unwrap_or_default());
        Ok(())
    }

    fn write(&self, parts: &mut Parts, begun: &OpenPart, local: &str, domain: &str, name: &str) {
        let address = parts.mark();
        push(parts, local, self.spec.local_part == LocalPart::Fold);
        let local = parts.since(address);
        parts.push("@");
        let from = parts.mark();
        push(parts, domain, true);
        let domain = parts.since(from);
        let address = parts.since(address);
        parts.canonical(begun, address);
        parts.of_kind(
            begun,
            match self.spec.plus {
                Plus::Keep => ValueKind::PERSON,
                Plus::Strip => ValueKind::UNTAGGED,
            },
        );
        parts.extent("local", local);
        parts.extent("domain", domain);
        parts.text("name", name);
    }
}

/// An address without what follows `+`, where something does; nothing where no argument would strip it.
pub(crate) fn untagged(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (before, _) = local.split_once('+')?;
    (!before.is_empty() && !before.ends_with('.')).then(|| format!("{before}@{domain}"))
}

/// Writes a text, in lower case where it is folded; all of it is ASCII.
fn push(parts: &mut Parts, text: &str, folded: bool) {
    if !folded || !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return parts.push(text);
    }
    for character in text.chars() {
        parts.push(character.to_ascii_lowercase().encode_utf8(&mut [0; 4]));
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while self.take(b' ') {}
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, rule: &'static Rule) -> TextFault {
        TextFault::new(rule, self.at)
    }

    /// What stands before `<`, where an address in angle brackets follows; the reader then stands at the bracket.
    fn name(&mut self) -> Result<Option<&'t str>, TextFault> {
        if self.take(b'"') {
            return self.quoted().map(Some);
        }
        let rest = self.rest();
        let end = rest.find([',', '@', '<']).unwrap_or(rest.len());
        if !rest.get(end..).is_some_and(|behind| behind.starts_with('<')) {
            return Ok(None);
        }
        let name = rest.get(..end).unwrap_or_default().trim_end_matches(' ');
        let mut before = ' ';
        for (at, character) in name.char_indices() {
            let fits = match character {
                ' ' => before != ' ',
                '-' | '_' | '.' | '\'' | '&' | '+' => true,
                _ => is_letter(character),
            };
            if !fits {
                let is_encoded = name.get(at..).is_some_and(|rest| rest.starts_with("=?"));
                let rule = if is_encoded { &ENCODED } else { &NAME };
                return Err(TextFault::new(rule, self.at + at));
            }
            before = character;
        }
        if !visible(name).is_plain() {
            return Err(self.fault(&HIDDEN));
        }
        self.at += end;
        Ok(Some(name))
    }

    /// The rest of a name in quotes.
    fn quoted(&mut self) -> Result<&'t str, TextFault> {
        let open = self.at - 1;
        let rest = self.rest();
        let end = rest.find('"').ok_or(TextFault::new(&OPEN, open))?;
        let name = rest.get(..end).unwrap_or_default();
        let fits = |c: char| match c {
            '\\' | '@' | '<' | '>' => false,
            ' '..='~' => true,
            _ => is_letter(c),
        };
        if let Some((at, _)) = name.char_indices().find(|(_, c)| !fits(*c)) {
            return Err(TextFault::new(&QUOTED, self.at + at));
        }
        if !visible(name).prose().is_plain() {
            return Err(self.fault(&HIDDEN));
        }
        if let Some(at) = name.find("=?") {
            return Err(TextFault::new(&ENCODED, self.at + at));
        }
        self.at += end + 1;
        self.blanks();
        match self.peek() {
            Some(b'<') => Ok(name),
            _ => Err(self.fault(&AT)),
        }
    }

    fn address(&mut self) -> Result<(&'t str, &'t str), TextFault> {
        let local = self.local()?;
        if !self.take(b'@') {
            let rule = match self.peek() {
                _ if local.is_empty() && self.rest().trim_start_matches(' ').is_empty() => &EMPTY,
                None | Some(b',' | b'>') if local.is_empty() => &EMPTY,
                None | Some(b',' | b'>' | b' ') => &AT,
                Some(_) => &LOCAL,
            };
            return Err(self.fault(rule));
        }
        if local.is_empty() {
            return Err(TextFault::new(&AT, self.at - 1));
        }
        let domain = self.domain()?;
        let from = self.at - domain.len() - 1 - local.len();
        match self.peek() {
            _ if self.at - from > MAX_ADDRESS_BYTES => Err(TextFault::new(&ADDRESS, from)),
            Some(b'@') => Err(self.fault(&AT)),
            None | Some(b' ' | b',' | b'<' | b'>') => Ok((local, domain)),
            Some(_) => Err(self.fault(&DOMAIN)),
        }
    }

    fn local(&mut self) -> Result<&'t str, TextFault> {
        let from = self.at;
        let fits = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'.' | b'_' | b'+' | b'-' | b'\'' | b'=' | b'&' | b'#' | b'~' | b'/'
                )
        };
        let length = self.rest().bytes().take_while(|byte| fits(*byte)).count();
        let local = self.rest().get(..length).unwrap_or_default();
        if length > MAX_LOCAL_BYTES {
            return Err(TextFault::new(&LOCAL, from + MAX_LOCAL_BYTES));
        }
        let is_doubled = |at: usize| local.get(at..).is_some_and(|rest| rest.starts_with(".."));
        let dot = local
            .char_indices()
            .find(|(at, c)| *c == '.' && (*at == 0 || at + 1 == local.len() || is_doubled(*at)));
        if let Some((at, _)) = dot {
            return Err(TextFault::new(&DOT, from + at));
        }
        self.at += length;
        Ok(local)
    }

    fn domain(&mut self) -> Result<&'t str, TextFault> {
        let from = self.at;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let length = self.rest().bytes().take_while(|byte| fits(*byte)).count();
        let domain = self.rest().get(..length).unwrap_or_default();
        if domain.len() > MAX_DOMAIN_BYTES {
            return Err(TextFault::new(&DOMAIN, from + MAX_DOMAIN_BYTES));
        }
        let mut at = from;
        for label in domain.split('.') {
            if label.is_empty()
                || label.len() > MAX_LABEL_BYTES
                || label.starts_with('-')
                || label.ends_with('-')
            {
                return Err(TextFault::new(&DOMAIN, at));
            }
            if label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")) {
                return Err(TextFault::new(&PUNYCODE, at));
            }
            at += label.len() + 1;
        }
        let last = domain.rsplit('.').next().unwrap_or_default();
        if !is_last_label(last) {
            return Err(TextFault::new(&DOMAIN, from + length - last.len()));
        }
        self.at += length;
        Ok(domain)
    }
}

/// Letters, digits, and marks, which the standard library escapes alone as it does what is not printed; whoever asks this
/// refuses the latter.
fn is_letter(character: char) -> bool {
    let is_mark = !character.is_ascii() && character.escape_debug().len() > 1;
    character.is_alphanumeric() || is_mark || character == '\u{2019}'
}

#[cfg(test)]
mod tests;
