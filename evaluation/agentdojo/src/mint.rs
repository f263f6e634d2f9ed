//! Authority for one task, from the prompt, the manifest and the directory, and from nothing else.
//!
//! This is what a host does with a user's request before the agent starts. No model takes part, and the
//! calls that will come are not known here.

use anyhow::{Context, Result};
use permitgate::flow::Origin;
use permitgate::{Manifest, Policy, Session};
use permitgate_task::TaskRequest;

use crate::operator::Known;

/// What a task may do, and the session in which it does it.
///
/// - The policy is what [`TaskRequest::policy`] proposes for the manifest.
/// - The session may act on what the user's words say, on the people and accounts of the directory
///   that the words name (see [`named`]), and on the things of the directory that they name
///   (see [`permitgate::Directory::values_named`]).
///
/// # Errors
/// When the manifest gives no valid policy.
pub fn mint(prompt: &str, manifest: &Manifest, directory: &Known) -> Result<(Policy, Session)> {
    let request = TaskRequest::new(prompt);
    let policy = request.policy(manifest).context("the manifest gives no policy for the prompt")?;
    let session = Session::new();
    session.endorse_words(Origin::User, prompt);
    if request.delegates() {
        session.delegate();
    }
    for name in named(prompt, &directory.people) {
        session.endorse(Origin::Directory, name);
    }
    session.endorse_named(&directory.things, prompt);
    Ok((policy, session))
}

/// The entries of a directory that a text names.
///
/// An entry is named by itself, as it is written. An address is also named by the words of the part
/// before its `@`, in their order (`lee.smith@example.com` by "Lee Smith"), or by the first of them alone.
/// Words that fit more than one entry name none of them; whole names come before first names. Case does not count,
/// and nothing else is guessed.
///
/// ```
/// use permitgate_agentdojo::mint::named;
///
/// let directory = ["lee.smith@example.com", "ann.lee@example.com", "ann.may@example.com"];
/// let directory = directory.map(str::to_owned);
/// assert_eq!(named("Tell Lee about it", &directory), ["lee.smith@example.com"]);
/// assert_eq!(named("Tell Ann about it", &directory), [""; 0]);
/// assert_eq!(named("Is Ann May's report in?", &directory), ["ann.may@example.com"]);
/// ```
pub fn named<'d>(text: &str, directory: &'d [String]) -> Vec<&'d str> {
    let words = words(text);
    let names: Vec<_> = directory.iter().map(|entry| (entry.as_str(), parts(entry))).collect();
    let mut found = Vec::new();
    for (entry, name) in &names {
        let itself = text.split_whitespace().any(|word| trimmed(word) == *entry);
        let alike = |wanted: &[String], known: &dyn Fn(&[String]) -> bool| {
            !wanted.is_empty()
                && words.windows(wanted.len()).any(|run| run == wanted)
                && names.iter().filter(|(_, other)| known(other)).count() == 1
        };
        let whole = alike(name, &|other| other == name.as_slice());
        let first = name.first().map(std::slice::from_ref).unwrap_or_default();
        let by_first = alike(first, &|other| other.first() == name.first());
        if itself || whole || by_first {
            found.push(*entry);
        }
    }
    found
}

/// The words of a text, in lower case, without the punctuation around them.
fn words(text: &str) -> Vec<String> {
    let words = text.split_whitespace().map(|word| trimmed(word).to_lowercase());
    let bare = |word: String| {
        let owned = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s"));
        owned.map_or(word.clone(), str::to_owned)
    };
    words.map(bare).filter(|word| !word.is_empty()).collect()
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphanumeric())
}

/// The words of the part of an address before its `@`; none for what is no address.
fn parts(entry: &str) -> Vec<String> {
    let Some((local, _)) = entry.split_once('@') else { return Vec::new() };
    let parts = local.split(['.', '_', '-', '+']).map(str::to_lowercase);
    parts.filter(|part| !part.is_empty()).collect()
}
