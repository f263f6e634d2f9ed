//! `[directory]`: who exists.

use permitgate::directory::{DirectoryBuilder, JoinPolicy};
use permitgate::flow::Endorsements;
use permitgate::limits::MAX_THINGS;
use permitgate::model::ValueKind;
use permitgate::text::visible;
use permitgate::{Directory, Session};

use super::document::duplicate;
pub(crate) use super::names::{Kind, Names, Own};
use crate::fault::{Code, Fault};
use crate::limits::MAX_FAULTS;
use crate::source::Span;
use crate::suggest::nearest;
use crate::tree::read::{unknown_key, unknown_value};
use crate::tree::{Content, Key, Node};

pub(crate) const KEYS: &[&str] =
    &["organisation_domains", "principals", "groups", "channels", "aliases", "things", "own"];
pub(crate) const OWN_KEYS: &[&str] = &["kind", "values", "of"];
pub(crate) const PRINCIPAL_KEYS: &[&str] = &["name", "inside"];
pub(crate) const CHANNEL_KEYS: &[&str] = &["joinable", "members"];
pub(crate) const JOINABLE: &[&str] = &["by-invitation", "internal", "anyone"];

/// Reads every `[directory]` into one, as far as that goes.
pub(crate) fn read<'t>(nodes: &[&'t Node], faults: &mut Vec<Fault>) -> (Directory, Names<'t>) {
    let mut reader = Reader { names: Names::default(), domains: Vec::new(), faults: Vec::new() };
    let mut builder = Directory::builder();
    for node in nodes {
        for (key, value) in node.entries() {
            builder = match key.name.as_str() {
                "organisation_domains" => reader.domains(builder, value),
                "principals" => reader.principals(builder, value),
                "groups" => reader.groups(builder, value),
                "channels" => reader.channels(builder, value),
                "aliases" => reader.aliases(builder, value),
                "things" => reader.things(builder, value),
                "own" => {
                    reader.own(value);
                    builder
                }
                other => {
                    reader.faults.push(unknown_key(key.span, "a directory", other, KEYS));
                    builder
                }
            };
        }
    }
    reader.check_members();
    reader.check_own();
    reader.check_owners();
    reader.check_aliases();
    let Reader { names, domains, faults: mut found } = reader;
    let directory = match builder.build() {
        Ok(directory) => directory,
        Err(error) => {
            // What was found here already is told with more than the core can know.
            if found.is_empty() {
                let name = names.all.get(error.entry()).map(|(_, span)| *span);
                let alias = names.aliases.get(error.entry()).map(|(_, span)| *span);
                // Only an alias is what another entry may be called as well.
                let entry = alias.or(name);
                let domain = domains.iter().find(|(name, _)| *name == error.entry());
                let first = nodes.first().map(|node| node.span);
                let span = entry.or(domain.map(|(_, span)| *span)).or(first).unwrap_or_default();
                found.push(Fault::new(Code::Directory, span, error.to_string()));
            }
            Directory::empty()
        }
    };
    faults.append(&mut found);
    (directory, names)
}

struct Reader<'t> {
    names: Names<'t>,
    domains: Vec<(&'t str, Span)>,
    faults: Vec<Fault>,
}

impl<'t> Reader<'t> {
    fn wrong(&mut self, node: &Node, what: &str) {
        let message = format!("{what}, not {}", node.kind());
        self.faults.push(Fault::new(Code::WrongType, node.span, message));
    }

    /// The texts of a list of names.
    fn texts(&mut self, node: &'t Node, what: &str) -> Vec<(&'t str, Span)> {
        if !matches!(node.value, Content::List(_)) {
            self.wrong(node, what);
        }
        let mut texts = Vec::new();
        for item in node.items() {
            match item.text() {
                Some(text) => texts.push((text, item.span)),
                None => self.wrong(item, what),
            }
        }
        texts
    }

    /// The same of members, of which there is one at least: everybody and nobody is within what has none.
    fn members(&mut self, node: &'t Node, what: &str) -> Vec<(&'t str, Span)> {
        if matches!(&node.value, Content::List(items) if items.is_empty()) {
            let fault = Fault::new(Code::BadValue, node.span, "an empty list of members");
            self.faults.push(fault.hint("name a member, or leave the list out"));
        }
        self.texts(node, what)
    }

    fn domains(&mut self, mut builder: DirectoryBuilder, node: &'t Node) -> DirectoryBuilder {
        for (domain, span) in self.texts(node, "`organisation_domains` takes a list of domains") {
            self.domains.push((domain, span));
            builder = builder.organisation_domain(domain);
        }
        builder
    }

    /// Whether the name is new.
    fn enter(&mut self, name: &'t str, kind: Kind, span: Span) -> bool {
        match self.names.all.get(name) {
            Some((_, first)) => {
                let what = format!("the name `{name}`");
                self.faults.push(duplicate(span, &what, *first));
                false
            }
            None => {
                self.names.all.insert(name, (kind, span));
                true
            }
        }
    }

    fn principals(&mut self, mut builder: DirectoryBuilder, node: &'t Node) -> DirectoryBuilder {
        let what = "`principals` takes a list of names and of tables such as `{ name = \"bot\", inside = true }`";
        if !matches!(node.value, Content::List(_)) {
            self.wrong(node, what);
        }
        for item in node.items() {
            let (name, span, inside) = match &item.value {
                Content::Text(name) => (name.as_str(), item.span, None),
                Content::Table(_) => match self.principal(item) {
                    Some(found) => found,
                    None => continue,
                },
                _ => {
                    self.wrong(item, what);
                    continue;
                }
            };
            if self.enter(name, Kind::Principal, span) {
                builder = match inside {
                    None => builder.principal(name),
                    Some(true) => builder.internal_principal(name),
                    Some(false) => builder.outside_principal(name),
                };
            }
        }
        builder
    }

    fn principal(&mut self, node: &'t Node) -> Option<(&'t str, Span, Option<bool>)> {
        let mut inside = None;
        let mut name = None;
        for (key, value) in node.entries() {
            match (key.name.as_str(), &value.value) {
                ("name", Content::Text(text)) => name = Some((text.as_str(), value.span)),
                ("name", _) => self.wrong(value, "`name` takes a text"),
                ("inside", Content::Bool(truth)) => inside = Some(*truth),
                ("inside", _) => self.wrong(value, "`inside` takes `true` or `false`"),
                (other, _) => {
                    self.faults.push(unknown_key(key.span, "a principal", other, PRINCIPAL_KEYS));
                }
            }
        }
        if name.is_none() && node.get("name").is_none() {
            let message = "a principal needs the key `name`";
            self.faults.push(Fault::new(Code::MissingKey, node.span, message));
        }
        name.map(|(name, span)| (name, span, inside))
    }

    fn groups(&mut self, mut builder: DirectoryBuilder, node: &'t Node) -> DirectoryBuilder {
        if !matches!(node.value, Content::Table(_)) {
            self.wrong(node, "`groups` takes a table of names and their members");
        }
        for (key, value) in node.entries() {
            let members = self.members(value, "a group takes a list of members");
            if self.enter(&key.name, Kind::Group, key.span) {
                builder = builder.group(&*key.name, members.iter().map(|(name, _)| *name));
                self.names.members.extend(members);
            }
        }
        builder
    }

    fn channels(&mut self, mut builder: DirectoryBuilder, node: &'t Node) -> DirectoryBuilder {
        if !matches!(node.value, Content::Table(_)) {
            self.wrong(node, "`channels` takes a table of names and tables");
        }
        for (key, value) in node.entries() {
            if !matches!(value.value, Content::Table(_)) {
                self.wrong(value, "a channel takes a table such as `{ joinable = \"internal\" }`");
                continue;
            }
            let Some(joinable) = self.joinable(value) else { continue };
            let members = match value.get("members") {
                Some(members) => self.members(members, "`members` takes a list of names"),
                None => Vec::new(),
            };
            if self.enter(&key.name, Kind::Channel, key.span) {
                let names = members.iter().map(|(name, _)| *name);
                builder = builder.channel(&*key.name, joinable, names);
                self.names.members.extend(members);
            }
        }
        builder
    }

    fn joinable(&mut self, node: &Node) -> Option<JoinPolicy> {
        for (key, _) in node.entries() {
            if !CHANNEL_KEYS.contains(&key.name.as_str()) {
                self.faults.push(unknown_key(key.span, "a channel", &key.name, CHANNEL_KEYS));
            }
        }
        let Some(value) = node.get("joinable") else {
            let message = "a channel needs the key `joinable`";
            let fault = Fault::new(Code::MissingKey, node.span, message);
            self.faults.push(fault.hint("say who may join it without being let in"));
            return None;
        };
        match value.text() {
            Some("by-invitation") => Some(JoinPolicy::ByInvitation),
            Some("internal") => Some(JoinPolicy::Internal),
            Some("anyone") => Some(JoinPolicy::Anyone),
            Some(word) => {
                self.faults.push(unknown_value(value.span, "`joinable`: ", word, JOINABLE));
                None
            }
            None => {
                self.wrong(value, "`joinable` takes a word");
                None
            }
        }
    }

    fn aliases(&mut self, mut builder: DirectoryBuilder, node: &'t Node) -> DirectoryBuilder {
        if !matches!(node.value, Content::Table(_)) {
            self.wrong(
                node,
                "`aliases` takes a table of aliases and the names that they stand for",
            );
        }
        for (key, value) in node.entries() {
            let Some(name) = value.text() else {
                self.wrong(value, "an alias takes a name of the directory such as `\"general\"`");
                continue;
            };
            if let Some((_, first)) = self.names.aliases.get(key.name.as_str()) {
                let what = format!("the alias `{}`", key.name);
                self.faults.push(duplicate(key.span, &what, *first));
                continue;
            }
            self.names.aliases.insert(&key.name, (name, key.span));
            builder = builder.alias(&*key.name, name);
        }
        builder
    }

    /// What an alias stands for must be there; the core says so too, but only of one.
    fn check_aliases(&mut self) {
        let mut known: Vec<&str> = self.names.all.keys().copied().collect();
        known.sort_unstable();
        let mut aliases: Vec<_> = self.names.aliases.iter().collect();
        aliases.sort_unstable_by_key(|(_, (_, span))| *span);
        for (alias, (name, span)) in aliases {
            if self.names.all.contains_key(name) {
                continue;
            }
            let message = format!(
                "alias `{}`: `{}` is not in the directory; an alias is of a principal, a group or a channel",
                visible(alias),
                visible(name)
            );
            let fault = Fault::new(Code::Directory, *span, message);
            let suggest = self.faults.len() < MAX_FAULTS;
            self.faults.push(match nearest(name, known.iter().copied().filter(|_| suggest)) {
                Some(near) => fault.hint(format!("did you mean `{}`?", visible(near))),
                None => fault,
            });
        }
    }

    fn things(&mut self, mut builder: DirectoryBuilder, node: &'t Node) -> DirectoryBuilder {
        if !matches!(node.value, Content::Table(_)) {
            self.wrong(node, "`things` takes a table of names and their values");
        }
        for (key, value) in node.entries() {
            let Some(values) = self.values(value) else { continue };
            let name = match thing(key, value, &values) {
                Ok(name) => name,
                Err(fault) => {
                    self.faults.push(fault);
                    continue;
                }
            };
            if let Some(first) = self.names.things.get(&name) {
                let fault = duplicate(key.span, &format!("the name `{name}`"), *first);
                let hint = "case, white space and punctuation around a name do not count";
                self.faults.push(fault.hint(hint));
            } else if self.names.things.len() == MAX_THINGS {
                let message = format!("a directory must not have more than {MAX_THINGS} things");
                self.faults.push(Fault::new(Code::Directory, key.span, message));
                break;
            } else {
                self.names.things.insert(name, key.span);
                builder = builder.thing(&*key.name, values.iter().map(|(value, _)| *value));
            }
        }
        builder
    }

    /// The values of a thing; none where one of them is no text.
    fn values(&mut self, node: &'t Node) -> Option<Vec<(&'t str, Span)>> {
        let what = "a thing takes a list of texts such as `[\"7\"]`";
        let before = self.faults.len();
        let values = self.texts(node, what);
        (self.faults.len() == before).then_some(values)
    }

    fn own(&mut self, node: &'t Node) {
        let what = "`own` takes a list of tables such as `{ kind = \"repository\", values = [\"web-shop\"] }`";
        if !matches!(node.value, Content::List(_)) {
            self.wrong(node, what);
        }
        for item in node.items() {
            if !matches!(item.value, Content::Table(_)) {
                self.wrong(item, what);
                continue;
            }
            for (key, _) in item.entries() {
                if !OWN_KEYS.contains(&key.name.as_str()) {
                    self.faults.push(unknown_key(
                        key.span,
                        "a set of own values",
                        &key.name,
                        OWN_KEYS,
                    ));
                }
            }
            let (kind, values) = (self.own_text(item, "kind", true), item.get("values"));
            let of = self.own_text(item, "of", false);
            let Some(values) = values else {
                let message = "a set of own values needs the key `values`";
                self.faults.push(Fault::new(Code::MissingKey, item.span, message));
                continue;
            };
            let values = self.texts(values, "`values` takes a list of texts");
            let Some((kind, span)) = kind else { continue };
            if let Some(fault) = other_kind(kind, span) {
                self.faults.push(fault);
                continue;
            }
            self.names.own.push(Own { of, kind, values, span: item.span });
        }
    }

    /// A text of a set of own values.
    fn own_text(&mut self, node: &'t Node, key: &str, needed: bool) -> Option<(&'t str, Span)> {
        let Some(value) = node.get(key) else {
            if needed {
                let message = format!("a set of own values needs the key `{key}`");
                self.faults.push(Fault::new(Code::MissingKey, node.span, message));
            }
            return None;
        };
        match value.text() {
            Some("") => {
                let message = format!("`{key}` must not be empty");
                self.faults.push(Fault::new(Code::BadValue, value.span, message));
                None
            }
            Some(text) => Some((text, value.span)),
            None => {
                self.wrong(value, &format!("`{key}` takes a text"));
                None
            }
        }
    }

    /// Own values must be of their kind; of an alias, the name that it stands for.
    fn check_own(&mut self) {
        for own in &self.names.own {
            let kind = ValueKind::of_word(own.kind);
            for (value, span) in &own.values {
                let mut one = Endorsements::new();
                one.own(kind, [self.names.meant(kind, value)]);
                if !Session::new().has_room_for(&one) {
                    let message = format!("`{}` is no {kind}", visible(value));
                    self.faults.push(Fault::new(Code::BadValue, *span, message));
                }
            }
        }
    }

    /// Whose values are theirs must be a principal, or a misspelled name would own nothing without a word.
    fn check_owners(&mut self) {
        for (of, span) in self.names.own.iter().filter_map(|own| own.of) {
            if !matches!(self.names.all.get(of), Some((Kind::Principal, _))) {
                let message = format!("`{of}` is no principal of the directory");
                let fault = Fault::new(Code::Directory, span, message);
                self.faults.push(fault.hint("add the name to `principals`"));
            }
        }
    }

    /// Members must be principals or groups; the core says so too, but not where the member is named.
    fn check_members(&mut self) {
        let members = self.names.all.iter().filter(|(_, (kind, _))| *kind != Kind::Channel);
        // The order of a table of hashes must not decide what is suggested.
        let mut known: Vec<&str> = members.map(|(name, _)| *name).collect();
        known.sort_unstable();
        for (member, span) in &self.names.members {
            let fault = match self.names.all.get(member) {
                Some((Kind::Channel, _)) => {
                    let message = format!("member `{member}` is a channel");
                    Fault::new(Code::Directory, *span, message)
                        .hint("only principals and groups can be members")
                }
                Some(_) => continue,
                None => {
                    let message = format!("member `{member}` is not in the directory");
                    let fault = Fault::new(Code::Directory, *span, message);
                    let suggest = self.faults.len() < MAX_FAULTS;
                    match nearest(member, known.iter().copied().filter(|_| suggest)) {
                        Some(near) => fault.hint(format!("did you mean `{near}`?")),
                        None => fault.hint("add it to `principals` or `groups`"),
                    }
                }
            };
            self.faults.push(fault);
        }
    }
}

/// What is wrong with the kind of own values, where it is the word of a kind of arguments: as a sort, no argument would have it.
fn other_kind(word: &str, span: Span) -> Option<Fault> {
    let fault = |message: String| Fault::new(Code::BadValue, span, message);
    if word == "id" {
        let fault = fault("`id` is no sort".to_owned());
        return Some(fault.hint("write what the values are ids of, such as `repository`"));
    }
    let kind = ValueKind::of_argument(word)?.word();
    let message =
        format!("`{word}` is a kind of arguments, and its values are of the kind `{kind}`");
    Some(fault(message).hint(format!("write `{kind}`")))
}

/// The name of a thing as words are compared with it. The core is asked about one thing alone, so that each is
/// told of at its own place.
fn thing(key: &Key, node: &Node, values: &[(&str, Span)]) -> Result<String, Fault> {
    let alone = |values: &[(&str, Span)]| {
        let values = values.iter().map(|(value, _)| *value);
        Directory::builder().thing(&*key.name, values).build()
    };
    let error = match alone(values) {
        Ok(directory) => {
            return Ok(directory.things().map(|(name, _)| name.to_owned()).collect());
        }
        Err(error) => error,
    };
    let fault = |span| Fault::new(Code::Directory, span, error.to_string());
    if alone(&[("7", key.span)]).is_err() {
        let fault = fault(key.span);
        return Err(fault.hint("name it as users do, in a few words such as `team calendar`"));
    }
    let wrong = values.iter().find(|value| alone(std::slice::from_ref(value)).is_err());
    Err(match wrong {
        Some((_, span)) => fault(*span)
            .hint("a value is what an argument of a call says, such as a number or an id"),
        None if values.is_empty() => {
            fault(node.span).hint("say what calls know it by, such as `[\"7\"]`")
        }
        None => fault(node.span).hint("make several things of it, each with a name of its own"),
    })
}
