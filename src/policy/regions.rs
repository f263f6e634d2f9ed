//! What a host or a path lies in: domains, networks and folders.

use super::condition::Texts;
use super::error::Fault;
use crate::base::address::{MAX_HOST_BYTES, is_canonical_host, is_under, read_address};
use crate::base::limits::{MAX_CONDITION_BYTES, MAX_ITEMS_PER_STATEMENT};
use crate::base::network::AddressRange;
use crate::base::steps;

/// Hosts and the names below them.
#[derive(Clone, Debug)]
pub(super) struct Domains(Box<[Domain]>);

#[derive(Clone, Debug)]
struct Domain {
    host: Box<str>,
    is_address: bool,
}

impl Domains {
    pub(super) fn new(texts: &Texts) -> Result<Self, Fault> {
        let domain = |text: &String| match is_canonical_host(text) {
            true => {
                Ok(Domain { host: text.as_str().into(), is_address: read_address(text).is_some() })
            }
            false => Err(Fault::Host),
        };
        counted(texts)?.iter().map(domain).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a host is one of them or below one. A name can lead to any address, so nothing is known of a name beside an
    /// address.
    pub(super) fn hold(&self, host: &str) -> Option<bool> {
        steps::take(|| self.worst_case_steps());
        let is_address = address_or_name(host)?;
        any(self.0.iter().map(|domain| match is_address == domain.is_address {
            true => Some(is_under(host, &domain.host)),
            false => None,
        }))
    }

    pub(super) fn worst_case_steps(&self) -> u64 {
        (self.0.len() as u64 + 1) * steps::of_bytes(MAX_HOST_BYTES)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.0) + self.0.iter().map(|domain| domain.host.len()).sum::<usize>()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|domain| &*domain.host)
    }
}

/// Ranges of addresses.
#[derive(Clone, Debug)]
pub(super) struct Networks(Box<[(AddressRange, Box<str>)]>);

impl Networks {
    pub(super) fn new(texts: &Texts) -> Result<Self, Fault> {
        let range = |text: &String| {
            Ok((AddressRange::read(text).map_err(Fault::Range)?, text.as_str().into()))
        };
        counted(texts)?.iter().map(range).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a host is an address in one of them; nothing is known of a name.
    pub(super) fn hold(&self, host: &str) -> Option<bool> {
        steps::take(|| self.worst_case_steps());
        if !address_or_name(host)? {
            return None;
        }
        Some(self.0.iter().any(|(range, _)| range.contains_host(host)))
    }

    pub(super) fn worst_case_steps(&self) -> u64 {
        self.0.len() as u64 + steps::of_bytes(MAX_HOST_BYTES)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.0) + self.texts().map(str::len).sum::<usize>()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, text)| &**text)
    }
}

/// Whether a canonical host is an address; nothing where it is none in that form.
fn address_or_name(host: &str) -> Option<bool> {
    let is_host = host.len() <= MAX_HOST_BYTES && is_canonical_host(host);
    is_host.then(|| read_address(host).is_some())
}

/// Folders and what is below them.
#[derive(Clone, Debug)]
pub(super) struct Folders(Box<[Box<str>]>);

impl Folders {
    pub(super) fn new(texts: &Texts) -> Result<Self, Fault> {
        let folder = |text: &String| match is_folder(text) {
            true => Ok(text.as_str().into()),
            false => Err(Fault::Folder),
        };
        counted(texts)?.iter().map(folder).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a path is one of them or below one. What the kind `path` read is in its one form; of another text it has to be
    /// plain.
    pub(super) fn hold(&self, path: &str, is_canonical: bool) -> Option<bool> {
        steps::take(|| self.fixed_steps() + steps::of_search(path.len()));
        if !is_canonical && !is_plain(path) {
            return None;
        }
        any(self.0.iter().map(|folder| {
            let alike = path.starts_with('/') == folder.starts_with('/');
            alike.then(|| is_below(path, folder))
        }))
    }

    pub(super) fn fixed_steps(&self) -> u64 {
        let folders = self.0.iter().map(|folder| steps::of_bytes(folder.len()));
        folders.sum::<u64>() + 1
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.0) + self.texts().map(str::len).sum::<usize>()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|folder| &**folder)
    }
}

/// Both are absolute, or neither is.
fn is_below(path: &str, folder: &str) -> bool {
    let behind = |rest: &str| rest.is_empty() || rest.starts_with('/') || folder == "/";
    folder == "." || path.strip_prefix(folder).is_some_and(behind)
}

/// Bytes in a path of which it is told where it lies.
const MAX_PATH_BYTES: usize = 4096;

/// Whether everybody reads a text as the same path: names of letters, digits and a few signs, none of which a shell, a server or a
/// file system changes. A slash may end it.
///
/// ```text
/// path = "." | [ "/" ] name *( "/" name ) [ "/" ] | "/"
/// name = 1*( letter | digit | one of - _ . @ + = , # & ' ( ) or a blank ), no blank first, no dot or blank last
/// ```
fn is_plain(path: &str) -> bool {
    if path == "." || path == "/" {
        return true;
    }
    let names = path.strip_prefix('/').unwrap_or(path);
    let names = names.strip_suffix('/').unwrap_or(names);
    let taken = |c: char| c.is_alphanumeric() || "-_.@+=,#&'() ".contains(c);
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(' ')
            && !name.ends_with(['.', ' '])
            && name.chars().all(taken)
    };
    path.len() <= MAX_PATH_BYTES && names.split('/').all(is_name)
}

/// Whether a text names a folder in the form that paths are compared in. Signs may stand in it that a path has only where a kind
/// read it.
fn is_folder(text: &str) -> bool {
    if text == "." || text == "/" {
        return true;
    }
    let names = text.strip_prefix('/').unwrap_or(text);
    let is_name = |name: &str| {
        !matches!(name, "" | "." | "..")
            && !name.contains(['\\', '*'])
            && !name.contains(char::is_control)
    };
    text.len() <= MAX_CONDITION_BYTES && names.split('/').all(is_name) && !names.starts_with('~')
}

fn counted(Texts(texts): &Texts) -> Result<&[String], Fault> {
    match texts.len() {
        1..=MAX_ITEMS_PER_STATEMENT => Ok(texts),
        _ => Err(Fault::Regions),
    }
}

/// Three-valued "or": true where one holds, otherwise unknown where one is.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut found = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => found = None,
        }
    }
    found
}
