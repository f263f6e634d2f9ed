//! A URL: where a request goes, and what it asks for there.

mod escape;
mod rules;

use serde::{Deserialize, Serialize};

use super::host::{Found, Host, HostSpec};
use super::rule::{Form, OptionFault, PartForm, TextFault};
use crate::model::kind::ValueKind;
use crate::model::parts::{Extent, OpenPart, Parts};

/// The options of the kind `url`: which schemes and ports are accepted.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, UrlSpec};
///
/// let url = ArgumentSpec::url(UrlSpec::new().schemes(["https"]).default_scheme("https"));
/// # let _ = url;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct UrlSpec {
    /// The schemes that are accepted, of `http`, `https`, `ws` and `wss`. Without it `http` and `https`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) schemes: Vec<String>,
    /// The ports that are accepted, the ports of the schemes included. Without it any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<u16>,
    /// The scheme that the tool puts before a URL without one. Without it such a URL is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_scheme: Option<String>,
    /// Names with labels in punycode (`xn--…`) that are accepted, with everything below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) xn: Vec<String>,
}

impl UrlSpec {
    /// URLs of `http` and `https`, at any port.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schemes that are accepted, of `http`, `https`, `ws` and `wss`.
    pub fn schemes<T: Into<String>>(mut self, schemes: impl IntoIterator<Item = T>) -> Self {
        self.schemes = schemes.into_iter().map(Into::into).collect();
        self
    }

    /// The ports that are accepted, the ports of the schemes included.
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// The scheme that the tool puts before a URL that has none.
    pub fn default_scheme(mut self, scheme: impl Into<String>) -> Self {
        self.default_scheme = Some(scheme.into());
        self
    }

    /// Names in Punycode (`xn--…`) that are accepted, with everything below them.
    pub fn punycode<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.xn = names.into_iter().map(Into::into).collect();
        self
    }
}

/// An absolute URL of the web: where a request goes, and what it asks for there.
///
/// ```text
/// url       = [ scheme "://" ] authority [ "/" path ] [ "?" query ] [ "#" fragment ]
/// scheme    = "http" | "https" | "ws" | "wss"         ; as listed, in any case
/// authority = host [ ":" port ]                       ; host as in the kind `host`, version 6 in brackets
/// port      = 1 to 65535, no zero in front
/// path      = [ segment *( "/" segment ) [ "/" ] ]    ; no segment is "", "." or ".."
/// segment   = 1*( letter | digit | one of -._~!$&'()*+,=:@ | escape )
/// query     = *( letter | digit | one of -._~!$&'()*+,=:@;/?[] | escape ), fragment likewise
/// escape    = "%" 2 hexadecimal digits
/// ```
///
/// ASCII only, no blanks, no controls, none of `\ < > " ^ { } |` and the backtick; at most 64 KiB. There is no user name, and
/// nothing in the authority is escaped. Where no `/` stands behind the authority, no `@` follows, because some programs take
/// what stands before it for a user name. In a path, escapes are UTF-8 without controls and stand for none of
/// `/ \ % . ;`; in query and fragment they stand for no control but tab and line ends. A `;` in a path is refused: some
/// servers drop it and what follows.
///
/// The scheme may be missing where the option `default_scheme` says what the tool puts before it. The host is then
/// an address, `localhost` or a name with a dot, so that `mailto:…` and `tel:…` are not taken for hosts.
///
/// **Canonical**: `scheme://host[:port]/path[?query]`: scheme and host folded, the port only where it is not the
/// scheme's, escapes of letters, digits and `-._~` undone, the others in upper case, an empty query dropped and the
/// fragment too, because no server is sent it.
///
/// **Parts**, always there: `scheme`; `host` without brackets and `class` as in the kind `host`; `port`, a number; `path`,
/// the segments without escapes joined by `/`, or `.` for the root; `query` and `fragment` as escaped in the canonical form, or
/// empty; `origin`, that is `scheme://host[:port]`.
///
/// **Cannot see** what a name resolves to, where a server redirects to, nor whether a server takes two paths for one
/// (`/Docs` and `/docs`, `/docs` and `/docs/`). Whether `?a[]=1` is several requests is up to the tool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Url {
    schemes: Box<[Scheme]>,
    ports: Box<[u16]>,
    default_scheme: Option<Scheme>,
    host: Host,
}

/// Bytes in a URL.
const MAX_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
    Ws,
    Wss,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Ws, Self::Wss];

    const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http | Self::Ws => 80,
            Self::Https | Self::Wss => 443,
        }
    }

    fn option(field: &'static str, word: &str) -> Result<Self, OptionFault> {
        Self::ALL.into_iter().find(|scheme| scheme.word() == word).ok_or_else(|| {
            let says = format!("`{word}` is not known; write `http`, `https`, `ws` or `wss`");
            OptionFault { field, says }
        })
    }
}

impl Url {
    /// The parts that it gives.
    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm { name: "scheme", form: Form::Text },
        PartForm { name: "host", form: Form::Text },
        PartForm { name: "port", form: Form::Integer },
        PartForm { name: "class", form: Form::Text },
        PartForm { name: "path", form: Form::Text },
        PartForm { name: "query", form: Form::Text },
        PartForm { name: "fragment", form: Form::Text },
        PartForm { name: "origin", form: Form::Text },
    ];

    /// Checks the options.
    ///
    /// # Errors
    /// The option that is wrong.
    pub(crate) fn new(spec: &UrlSpec) -> Result<Self, OptionFault> {
        let read = |word: &String| Scheme::option("schemes", word);
        let mut schemes = spec.schemes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if schemes.is_empty() {
            schemes = vec![Scheme::Http, Scheme::Https];
        }
        let default_scheme = spec.default_scheme.as_deref();
        let default_scheme =
            default_scheme.map(|word| Scheme::option("default_scheme", word)).transpose()?;
        if let Some(scheme) = default_scheme.filter(|scheme| !schemes.contains(scheme)) {
            let says = format!("`{}` is not among `schemes`; add it there", scheme.word());
            return Err(OptionFault { field: "default_scheme", says });
        }
        if spec.ports.contains(&0) {
            let says = "0 is not a port; write 1 to 65535".to_owned();
            return Err(OptionFault { field: "ports", says });
        }
        let host = Host::new(&HostSpec { xn: spec.xn.clone() })?;
        Ok(Self {
            schemes: schemes.into(),
            ports: spec.ports.as_slice().into(),
            default_scheme,
            host,
        })
    }

    /// The schemes that are accepted.
    pub(super) fn schemes(&self) -> impl Iterator<Item = &'static str> {
        self.schemes.iter().map(|scheme| scheme.word())
    }

    /// The least and the greatest port.
    pub(super) fn port_range(&self) -> (u16, u16) {
        let of = |port: Option<&u16>, any| port.copied().unwrap_or(any);
        (of(self.ports.iter().min(), 1), of(self.ports.iter().max(), u16::MAX))
    }

    pub(super) const fn host(&self) -> &Host {
        &self.host
    }

    /// The same, whatever the port is.
    pub(super) fn at_any_port(&self) -> Self {
        Self { ports: Box::default(), ..self.clone() }
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
        if text.len() > MAX_BYTES {
            return Err(TextFault::new(&rules::LONG, MAX_BYTES));
        }
        let (scheme, start) = self.scheme(text)?;
        let rest = text.get(start..).unwrap_or_default();
        let end = start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, port) = self.authority(text, scheme, start, end)?;
        let split = Split::new(text, end)?;

        let whole = parts.mark();
        parts.push(scheme.word());
        parts.push("://");
        let name = write_host(&host, parts);
        if port != scheme.port() {
            let _ = std::fmt::Write::write_fmt(parts, format_args!(":{port}"));
        }
        let origin = parts.since(whole);
        parts.push("/");
        escape::write_path(split.path, parts)?;
        let query = if split.query.text.is_empty() {
            parts.since(parts.mark())
        } else {
            parts.push("?");
            let query = parts.mark();
            escape::write_query(split.query, parts)?;
            parts.since(query)
        };
        parts.canonical(begun, parts.since(whole));
        let path = parts.mark();
        escape::write_plain_path(split.path.text, parts)?;
        let path = parts.since(path);
        let fragment = parts.mark();
        escape::write_query(split.fragment, parts)?;
        let fragment = parts.since(fragment);

        parts.text("scheme", scheme.word());
        parts.extent("host", name);
        parts.last_of_kind(ValueKind::HOST);
        parts.integer("port", port.into());
        parts.text("class", host.class.word());
        parts.extent("path", path);
        parts.extent("query", query);
        parts.extent("fragment", fragment);
        parts.extent("origin", origin);
        Ok(())
    }

    /// The scheme, and where the authority begins.
    fn scheme(&self, text: &str) -> Result<(Scheme, usize), TextFault> {
        let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let length = text.bytes().take_while(|byte| is_of_scheme(*byte)).count();
        let (word, rest) = text.split_at_checked(length).unwrap_or_default();
        if rest.starts_with("://") {
            let known =
                Scheme::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(word));
            return match known.filter(|known| self.schemes.contains(known)) {
                Some(scheme) => Ok((scheme, length + 3)),
                None => Err(TextFault::new(&rules::SCHEME, 0)),
            };
        }
        if text.starts_with(['/', '\\']) {
            return Err(TextFault::new(&rules::RELATIVE, 0));
        }
        match self.default_scheme {
            Some(scheme) => Ok((scheme, 0)),
            None => Err(escape::odd(text).unwrap_or(TextFault::new(&rules::NO_SCHEME, 0))),
        }
    }

    /// Host and port, between two places.
    fn authority(
        &self,
        text: &str,
        scheme: Scheme,
        start: usize,
        end: usize,
    ) -> Result<(Found, u16), TextFault> {
        let authority = text.get(start..end).unwrap_or_default();
        if let Some(at) = authority.find('@') {
            return Err(TextFault::new(&rules::USER, start + at));
        }
        // The colons within brackets are part of an address.
        let behind = authority.find(']').unwrap_or(0);
        let colon = authority.get(behind..).and_then(|rest| rest.find(':')).map(|at| behind + at);
        let host = authority.get(..colon.unwrap_or(authority.len())).unwrap_or_default();
        let found = self.host.find(host, start)?;
        let is_plain_word = !host.contains(['.', '[']) && found.text.as_str() != "localhost";
        if start == 0 && is_plain_word {
            return Err(TextFault::new(&rules::WORD, 0));
        }
        let port = match colon {
            None => scheme.port(),
            Some(at) => {
                let digits = authority.get(at + 1..).unwrap_or_default();
                read_port(digits).ok_or(TextFault::new(&rules::PORT, start + at + 1))?
            }
        };
        if !self.ports.is_empty() && !self.ports.contains(&port) {
            let at = colon.map_or(start, |at| start + at + 1);
            return Err(TextFault::new(&rules::OTHER_PORT, at));
        }
        Ok((found, port))
    }
}

fn read_port(digits: &str) -> Option<u16> {
    let is_plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

/// Writes the host, in brackets where it needs them, and gives it without.
fn write_host(host: &Found, parts: &mut Parts) -> Extent {
    if host.is_v6 {
        parts.push("[");
    }
    let name = parts.written(host.text.as_str());
    if host.is_v6 {
        parts.push("]");
    }
    name
}

/// A piece of a text, and where it begins there.
#[derive(Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    at: usize,
}

/// What stands behind the authority.
struct Split<'t> {
    /// Without the `/` in front.
    path: Piece<'t>,
    query: Piece<'t>,
    fragment: Piece<'t>,
}

impl<'t> Split<'t> {
    fn new(text: &'t str, end: usize) -> Result<Self, TextFault> {
        let piece = |from: usize, to: usize| Piece {
            text: text.get(from..to).unwrap_or_default(),
            at: from,
        };
        let behind = piece(end, text.len());
        if !behind.text.starts_with('/')
            && let Some(at) = behind.text.find('@')
        {
            return Err(TextFault::new(&rules::LATE_USER, end + at));
        }
        let hash = behind.text.find('#').map_or(text.len(), |at| end + at);
        let question = piece(end, hash).text.find('?').map_or(hash, |at| end + at);
        Ok(Self {
            path: piece((end + 1).min(question), question),
            query: piece((question + 1).min(hash), hash),
            fragment: piece((hash + 1).min(text.len()), text.len()),
        })
    }
}

#[cfg(test)]
mod tests;
