//! A host: a name or an address, and where it leads.

use serde::{Deserialize, Serialize};

use super::rule::{Form, OptionFault, PartForm, Rule, TextFault};
use crate::base::address::{
    HostClass, MAX_HOST_BYTES, Printed, is_canonical_host, is_last_label, is_under, label_length,
    read_address,
};
use crate::model::parts::{OpenPart, Parts};

/// The options of the kind `host`.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, HostSpec};
///
/// let host = ArgumentSpec::host(HostSpec::new().punycode(["xn--strae-oqa.example"]));
/// # let _ = host;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct HostSpec {
    /// Names with labels in punycode (`xn--…`) that are accepted, with everything below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) xn: Vec<String>,
}

impl HostSpec {
    /// Names without Punycode, and addresses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names in Punycode (`xn--…`) that are accepted, with everything below them.
    pub fn punycode<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.xn = names.into_iter().map(Into::into).collect();
        self
    }
}

/// A host alone: a name or an address, without a scheme, a port or a path.
///
/// ```text
/// host    = name [ "." ] | quad | v6 | "[" v6 "]"
/// name    = label *( "." label )          ; at most 253 bytes
/// label   = (letter | digit | "_") [ *(letter | digit | "_" | "-") (letter | digit | "_") ]    ; at most 63 bytes
/// quad    = number 3( "." number )        ; decimal, 0 to 255, no zero in front
/// v6      = an address of version 6 as in RFC 4291, without a zone
/// ```
///
/// ASCII only. The last label of a name holds a letter and is not a hexadecimal number, so what some programs
/// read as an address (`127.1`, `0x7f.1`, `2130706433`, `10.0.0.1.`) is refused. Labels in punycode (`xn--…`)
/// are refused unless the option `xn` lists the name or what it is under.
///
/// **Canonical**: a name in lower case without the dot at its end; an address as RFC 5952 prints it, without
/// brackets. An address of version 6 that stands for one of version 4 (`::ffff:10.0.0.1`) is that one.
///
/// **Parts**: `class`, always there:
///
/// | class | |
/// |---|---|
/// | `name` | a name that the public name service can answer |
/// | `local` | a single label, or under `localhost`, `local`, `internal`, `lan`, `home.arpa`, `test` and the like |
/// | `public` | an address that everyone reaches |
/// | `private`, `loopback`, `link-local`, `shared` | of a network, of the machine, of the link (also metadata services), between a provider and its customers |
/// | `unspecified`, `multicast` | `0.0.0.0/8` and `::`; groups |
/// | `translated` | an address of version 6 that holds one of version 4 (NAT64, 6to4, Teredo, ISATAP) |
/// | `reserved` | for documentation, tests, platforms, or not given out |
///
/// **Cannot see** what a name resolves to: a public name can lead to a private address, now or at the next
/// question. The tool has to check the address that it connects to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Host {
    xn: Box<[Box<str>]>,
}

impl Host {
    /// The parts that it gives.
    pub(crate) const PARTS: &'static [PartForm] = &[PartForm { name: "class", form: Form::Text }];

    /// Checks the options.
    ///
    /// # Errors
    /// The option that is wrong.
    pub(crate) fn new(spec: &HostSpec) -> Result<Self, OptionFault> {
        for name in &spec.xn {
            let has_punycode = name.split('.').any(is_punycode);
            if !has_punycode || !is_canonical_host(name) {
                let says = format!(
                    "`{name}` is not a name with a label in punycode; write `xn--bcher-kva.example`, in lower \
                     case and without a dot at its end"
                );
                return Err(OptionFault { field: "xn", says });
            }
        }
        Ok(Self { xn: spec.xn.iter().map(|name| name.as_str().into()).collect() })
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Where it breaks which rule.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let colon = text.find(':');
        let found = match colon {
            Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with("://")) => {
                return Err(TextFault::new(&URL, 0));
            }
            // Version 6 has two colons at least.
            Some(at) if !text.starts_with('[') && text.matches(':').count() < 2 => {
                return Err(TextFault::new(&PORT, at));
            }
            Some(_) if !text.starts_with('[') => read_v6(text, 0)?,
            _ => self.find(text, 0)?,
        };
        let canonical = parts.written(found.text.as_str());
        parts.canonical(begun, canonical);
        parts.text("class", found.class.word());
        Ok(())
    }

    /// Reads a host as it stands in a URL, where addresses of version 6 have brackets.
    pub(super) fn find(&self, text: &str, at: usize) -> Result<Found, TextFault> {
        if let Some(rest) = text.strip_prefix('[') {
            let Some((v6, behind)) = rest.split_once(']') else {
                return Err(TextFault::new(&BRACKET, at));
            };
            if !behind.is_empty() {
                return Err(TextFault::new(&BRACKET, at + text.len() - behind.len()));
            }
            return read_v6(v6, at + 1);
        }
        if let Some(address) = read_address(text) {
            return Ok(Found::address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        check_name(name, at)?;
        let text = Printed::name(name);
        self.check_punycode(text.as_str(), at)?;
        let class = HostClass::of_name(text.as_str());
        Ok(Found { text, class, is_v6: false })
    }

    fn check_punycode(&self, name: &str, at: usize) -> Result<(), TextFault> {
        let Some(label) = name.split('.').find(|label| is_punycode(label)) else { return Ok(()) };
        let is_listed = self.xn.iter().any(|listed| {
            let before = name.strip_suffix(&**listed).unwrap_or_default();
            is_under(name, listed) && !before.split('.').any(is_punycode)
        });
        let place = label.as_ptr().addr() - name.as_ptr().addr();
        if is_listed { Ok(()) } else { Err(TextFault::new(&PUNYCODE, at + place)) }
    }
}

/// What was read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) text: Printed,
    pub(super) class: HostClass,
    pub(super) is_v6: bool,
}

impl Found {
    fn address(address: std::net::IpAddr) -> Self {
        let address = address.to_canonical();
        let class = HostClass::of_address(address);
        Self { text: Printed::address(address), class, is_v6: address.is_ipv6() }
    }
}

fn read_v6(text: &str, at: usize) -> Result<Found, TextFault> {
    match text.parse::<std::net::Ipv6Addr>() {
        Ok(address) => Ok(Found::address(address.into())),
        Err(_) => Err(match text.find('%') {
            Some(zone) => TextFault::new(&ZONE, at + zone),
            None => TextFault::new(&V6, at),
        }),
    }
}

fn is_punycode(label: &str) -> bool {
    label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
}

fn check_name(name: &str, at: usize) -> Result<(), TextFault> {
    if name.is_empty() {
        return Err(TextFault::new(&EMPTY, at));
    }
    let mut rest = name;
    let last = loop {
        let here = at + name.len() - rest.len();
        let (label, behind) = rest.split_at_checked(label_length(rest)).unwrap_or_default();
        if label.is_empty() {
            return Err(stopped(rest, here));
        }
        match behind.strip_prefix('.') {
            Some(next) => rest = next,
            None if behind.is_empty() => break label,
            None => return Err(stopped(behind, here + label.len())),
        }
    };
    if name.len() > MAX_HOST_BYTES {
        return Err(TextFault::new(&LONG, at));
    }
    if !is_last_label(last) {
        return Err(TextFault::new(&NUMBER, at));
    }
    Ok(())
}

/// Why no label goes on here.
fn stopped(rest: &str, at: usize) -> TextFault {
    let rule = match rest.chars().next() {
        None | Some('.') => &EMPTY_LABEL,
        Some('%') => &ESCAPE,
        Some('@') => &USER,
        Some('*') => &WILDCARD,
        Some('/' | '?' | '#') => &URL,
        Some(c) if c.is_whitespace() || c.is_control() => &BLANK,
        Some(c) if !c.is_ascii() => &ASCII,
        Some(_) => &LABEL,
    };
    TextFault::new(rule, at)
}

static EMPTY: Rule = Rule {
    code: "host-empty",
    found: "no host stands there",
    remedy: "write a name such as `www.example.com`, or an address",
};
static EMPTY_LABEL: Rule = Rule {
    code: "host-empty-label",
    found: "a label of the host is empty",
    remedy: "write one dot between two labels, and none in front",
};
static LONG: Rule = Rule {
    code: "host-long",
    found: "the host has more than 253 bytes",
    remedy: "write a name of at most 253 bytes",
};
static LABEL: Rule = Rule {
    code: "host-label",
    found: "a label of the host begins or ends with `-`, has more than 63 bytes or another character than letters, digits, `-` and `_`",
    remedy: "write the name as the name service has it",
};
static NUMBER: Rule = Rule {
    code: "host-number",
    found: "the host ends like a number, but is not an address in four decimal numbers",
    remedy: "write the address as `10.0.0.1`",
};
static ASCII: Rule = Rule {
    code: "host-ascii",
    found: "the host has a character that is not ASCII",
    remedy: "write it as the name service has it; programs disagree about other letters",
};
static BLANK: Rule = Rule {
    code: "host-blank",
    found: "a blank or a control character stands in the host",
    remedy: "write the host without it",
};
static ESCAPE: Rule = Rule {
    code: "host-escape",
    found: "an escape stands in the host",
    remedy: "write the host without `%`",
};
static USER: Rule = Rule {
    code: "host-user",
    found: "an `@` stands in the host",
    remedy: "write the host alone, without a user name",
};
static WILDCARD: Rule =
    Rule { code: "host-wildcard", found: "a `*` stands in the host", remedy: "write one host" };
static PUNYCODE: Rule = Rule {
    code: "host-punycode",
    found: "a label is punycode (`xn--`), which can look like another name",
    remedy: "write a name in plain letters; the owner can list this one under `xn`",
};
static BRACKET: Rule = Rule {
    code: "host-bracket",
    found: "the brackets do not enclose the whole host",
    remedy: "write an address of version 6 as `[2001:db8::1]`",
};
static V6: Rule = Rule {
    code: "host-v6",
    found: "this is not an address of version 6",
    remedy: "write it as `2001:db8::1`",
};
static ZONE: Rule = Rule {
    code: "host-zone",
    found: "a zone stands behind the address",
    remedy: "write the address without `%` and what follows",
};
static PORT: Rule = Rule {
    code: "host-port",
    found: "a port stands behind the host",
    remedy: "write the host alone, without `:` and what follows",
};
static URL: Rule = Rule {
    code: "host-url",
    found: "a URL or a path stands where a host belongs",
    remedy: "write the host alone, such as `www.example.com`",
};

#[cfg(test)]
mod tests;
