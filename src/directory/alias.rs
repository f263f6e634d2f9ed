//! Other names for what a directory knows, checked.

use std::collections::HashMap;

use crate::base::alias::{AliasTable, Aliases};
use crate::manifest::kinds::is_canonical_name;

/// What is wrong with an alias.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AliasFault<'a> {
    /// It is of nothing that the directory knows.
    Unknown(&'a str),
    /// It is another name or alias as well, at least without regard to case.
    Taken(&'a str),
    /// No argument has its form.
    Form,
    /// No argument has the form of the name that it stands for.
    FormOfName(&'a str),
}

/// Checks the aliases beside the names, each with whether it is that of a channel; a fault comes with its alias.
pub(super) fn aliases<'a>(
    drafts: &'a [(String, String)],
    names: impl Iterator<Item = (&'a str, bool)>,
) -> Result<Aliases, (&'a str, AliasFault<'a>)> {
    let names: HashMap<&str, bool> = names.collect();
    if drafts.is_empty() && !names.keys().any(|name| is_capital(name)) {
        return Ok(Aliases::default());
    }
    // By their lower case, the names that arguments could mean.
    let mut known: HashMap<String, Vec<&str>> = HashMap::new();
    for name in names.keys() {
        known.entry(name.to_ascii_lowercase()).or_default().push(name);
    }
    let mut seen: HashMap<String, &str> = HashMap::new();
    let (mut people, mut channels) = (Vec::new(), Vec::new());
    for (alias, name) in drafts {
        let fail = |fault| Err((alias.as_str(), fault));
        let Some(is_channel) = names.get(name.as_str()).copied() else {
            return fail(AliasFault::Unknown(name));
        };
        if !is_canonical_name(alias, is_channel) {
            return fail(AliasFault::Form);
        }
        if !is_canonical_name(name, is_channel) {
            return fail(AliasFault::FormOfName(name));
        }
        let lower = alias.to_ascii_lowercase();
        let mut alike = known.get(&lower).into_iter().flatten();
        if let Some(taken) = alike.find(|known| **known != *name || **known == *alias) {
            return fail(AliasFault::Taken(taken));
        }
        if let Some(taken) = seen.insert(lower, alias) {
            return fail(AliasFault::Taken(taken));
        }
        let table = if is_channel { &mut channels } else { &mut people };
        table.push((alias.as_str(), name.as_str()));
    }
    // A kind that folds case writes a name as it stands here, where it can be no other.
    for (name, is_channel) in &names {
        let lower = name.to_ascii_lowercase();
        let is_alike = |other: &&&str| names.get(**other) == Some(is_channel);
        let alike = known.get(&lower).into_iter().flatten().filter(is_alike);
        if is_capital(name)
            && alike.count() == 1
            && !seen.contains_key(&lower)
            && is_canonical_name(name, *is_channel)
        {
            let table = if *is_channel { &mut channels } else { &mut people };
            table.push((name, name));
        }
    }
    let (people, channels) = (AliasTable::new(people), AliasTable::new(channels));
    Ok(Aliases { people: people.into(), channels: channels.into() })
}

/// Whether a name has capital letters, and no letters of which systems disagree.
fn is_capital(name: &str) -> bool {
    name.is_ascii() && name.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [(&str, bool); 6] = [
        ("general", true),
        ("Ops", true),
        ("#odd", true),
        ("lee@example.com", false),
        ("platform", false),
        ("OPS", false),
    ];

    #[test]
    fn an_alias_is_of_one_thing() {
        type Case = (&'static [(&'static str, &'static str)], Option<AliasFault<'static>>);
        let cases: [Case; 14] = [
            (&[("C1", "general"), ("U1", "lee@example.com"), ("S1", "platform")], None),
            (&[("General", "general")], None),
            (&[("l.park@example.com", "lee@example.com")], None),
            (&[("C1", "genral")], Some(AliasFault::Unknown("genral"))),
            // An alias is of a name, not of another alias.
            (&[("C1", "general"), ("C2", "C1")], Some(AliasFault::Unknown("C1"))),
            (&[("general", "general")], Some(AliasFault::Taken("general"))),
            (&[("platform", "general")], Some(AliasFault::Taken("platform"))),
            (&[("Platform", "general")], Some(AliasFault::Taken("platform"))),
            (&[("C1", "general"), ("C1", "general")], Some(AliasFault::Taken("C1"))),
            (&[("C1", "general"), ("c1", "platform")], Some(AliasFault::Taken("C1"))),
            (&[("#C1", "general")], Some(AliasFault::Form)),
            (&[("@U1", "lee@example.com")], Some(AliasFault::Form)),
            (&[("C1, C2", "general")], Some(AliasFault::Form)),
            (&[("C1", "#odd")], Some(AliasFault::FormOfName("#odd"))),
        ];
        for (drafts, expected) in cases {
            let owned: Vec<(String, String)> =
                drafts.iter().map(|(a, n)| ((*a).to_owned(), (*n).to_owned())).collect();
            let found = aliases(&owned, NAMES.into_iter()).map_err(|(_, fault)| fault).err();
            assert_eq!(found, expected, "{drafts:?}");
        }
        let found = aliases(&[("C7".to_owned(), "Ops".to_owned())], NAMES.into_iter()).unwrap();
        let of = |table: &AliasTable, text, folds| table.name_of(text, folds).map(str::to_owned);
        assert_eq!(of(&found.channels, "ops", true).as_deref(), Some("Ops"));
        assert_eq!(of(&found.channels, "ops", false), None);
        assert_eq!(of(&found.people, "ops", true).as_deref(), Some("OPS"));
        // One that another is the same as is written in lower case, and so is one that is in lower case.
        let several =
            [("Ops", true), ("OPS", true), ("news", true), ("Büro", true), ("#Odd", true)];
        let found = aliases(&[], several.into_iter()).unwrap();
        for text in ["ops", "Ops", "news", "büro", "Büro", "#odd"] {
            assert_eq!(of(&found.channels, text, true), None, "{text}");
        }
        // Of the two that differ in case alone, neither can be meant by a third spelling.
        let owned = [("ops".to_owned(), "Ops".to_owned())];
        let fault = aliases(&owned, NAMES.into_iter());
        assert_eq!(fault.err(), Some(("ops", AliasFault::Taken("OPS"))));
    }
}
