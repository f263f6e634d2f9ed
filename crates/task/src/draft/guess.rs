//! What a tool seems to do, to which resource, and who sees it: guesses from its name and its arguments.

use permitgate::mcp::{ListedTool, ToolHint};
use permitgate::model::ResourceBuf;

use super::argument::Argument;
use super::shown::is_plain;
use super::words::{is_namespace, is_verb, words_of};

/// What the telling words of a name do; what cannot be told is to run something. Of several words the one
/// counts that does more.
pub(super) fn operation_of(name: &str) -> &'static str {
    let words = words_of(name);
    let found = |list: &str| {
        words.iter().any(|word| list.split_ascii_whitespace().any(|listed| listed == word))
    };
    let operations = [
        (
            "delete",
            "delete remove drop destroy purge clear erase wipe trash cancel rm rmdir uninstall unlink truncate",
        ),
        ("share", "share grant invite transfer publish broadcast"),
        (
            "administer",
            "configure enable disable install deploy revoke approve reject ban unban lock unlock suspend",
        ),
        (
            "create",
            "create add append insert new post send reply write upload make book draft forward submit commit fork copy duplicate clone \
             respond comment",
        ),
        (
            "update",
            "update edit modify set patch rename move replace mark assign merge close reopen archive save reset checkout \
             change resize scale push pin unpin star label tag sort transition resolve",
        ),
    ];
    let operation =
        operations.into_iter().find(|(_, list)| found(list)).map(|(operation, _)| operation);
    match operation {
        Some("create" | "update")
            if found(
                "permission permissions collaborator collaborators access acl visibility sharing",
            ) =>
        {
            "share"
        }
        Some("create" | "update")
            if found(
                "setting settings config configuration webhook webhooks policy policies role roles rule rules filter filters",
            ) =>
        {
            "administer"
        }
        Some(operation) => operation,
        None => "execute",
    }
}

/// Where it acts, by its arguments: the parts of a template, one for each effect.
pub(super) struct Place {
    pub(super) resources: Vec<String>,
    pub(super) why: &'static str,
}

/// What names the wider thing in which another lies stands before it.
const RANKS: [&str; 4] = [
    "owner org organization organisation account tenant workspace team",
    "project repo repository database bucket calendar namespace cluster site space board server",
    "folder directory parent channel branch collection table list group kind type thread mailbox",
    "id ids key keys number name names slug page issue user username users file files filename filenames \
     ticket task node entity member iban sha revision",
];

/// The resource of a tool by its required arguments; the tool's own name where none of them tells.
pub(super) fn place_of(
    tool: &ListedTool,
    arguments: &[Argument],
    namespace: Option<&str>,
) -> Place {
    let all: Vec<&Argument> = arguments
        .iter()
        .filter(|argument| argument.required && argument.is_shown() && is_plain(&argument.name))
        .collect();
    let base = base_of(tool.name(), namespace);
    let pair = [("source", "destination"), ("from_path", "to_path"), ("old_path", "new_path")];
    let one = |name: &str| all.iter().find(|argument| argument.name == name && argument.is_text());
    if let Some((from, to)) = pair.into_iter().find_map(|(from, to)| Some((one(from)?, one(to)?))) {
        let resource =
            |argument: &Argument| format!("{}/{{args.{}/**}}", path_base(&base), argument.name);
        return Place { resources: vec![resource(from), resource(to)], why: "both ends of it" };
    }
    let path = all.iter().copied().find(|argument| is_path(argument));
    let mut ranked: Vec<(usize, &Argument)> = all
        .iter()
        .filter(|argument| path.is_none_or(|path| path.name != argument.name))
        .filter_map(|argument| Some((rank_of(argument)?, *argument)))
        .collect();
    ranked.sort_by_key(|(rank, argument)| (*rank, argument.is_list_of_names()));
    // At most one of them may be a list.
    let mut lists = usize::from(path.is_some_and(Argument::is_list_of_names));
    ranked.retain(|(_, argument)| {
        lists += usize::from(argument.is_list_of_names());
        !argument.is_list_of_names() || lists == 1
    });
    ranked.truncate(4);
    if ranked.is_empty() && path.is_none() {
        return Place {
            resources: vec![own_name(tool.name())],
            why: "no required argument names what it acts on",
        };
    }
    let mut resource = match path {
        Some(_) if ranked.is_empty() => path_base(&base),
        _ => base,
    };
    // What all else lies in stands before it, in one segment.
    let root = path.filter(|path| is_root(path) && !ranked.is_empty());
    for argument in root.into_iter().chain(ranked.into_iter().map(|(_, argument)| argument)) {
        resource.push_str(&format!("/{{args.{}}}", argument.name));
    }
    if let (Some(path), None) = (path, root) {
        resource.push_str(&format!("/{{args.{}/**}}", path.name));
    }
    Place { resources: vec![resource], why: "by the names of its arguments" }
}

/// Words of a name that say that a tool goes through all that lies below a place, or takes all of it.
const THROUGH: &str = "tree list ls search find grep glob walk directory directories folder folders rmdir index scan crawl";

/// Words of arguments that say how deep it goes.
const DEPTH: &str = "recursive recursively recurse depth";

/// Whether a tool seems to be about everything below a path that it takes.
pub(super) fn reaches_below(tool: &ListedTool, arguments: &[Argument]) -> bool {
    let has = |text: &str, list: &str| {
        let words = words_of(text);
        words.iter().any(|word| list.split_ascii_whitespace().any(|listed| listed == word))
    };
    arguments.iter().any(is_path)
        && (has(tool.name(), THROUGH) || tool.arguments().any(|argument| has(argument, DEPTH)))
}

fn is_path(argument: &Argument) -> bool {
    let words = words_of(&argument.name);
    words.last().is_some_and(|word| match word.as_str() {
        "path" | "filename" | "filepath" => argument.is_text(),
        "paths" | "filenames" | "filepaths" => argument.is_list_of_texts(),
        _ => false,
    })
}

/// Whether a path is that of something in which the rest lies.
fn is_root(argument: &Argument) -> bool {
    let words = words_of(&argument.name);
    argument.is_text()
        && words.first().is_some_and(|word| {
            matches!(
                word.as_str(),
                "repo"
                    | "repository"
                    | "project"
                    | "workspace"
                    | "root"
                    | "base"
                    | "db"
                    | "database"
            )
        })
}

fn rank_of(argument: &Argument) -> Option<usize> {
    if !argument.is_name() && !argument.is_list_of_names() {
        return None;
    }
    let words = words_of(&argument.name);
    let is_in =
        |word: &String, list: &str| list.split_ascii_whitespace().any(|listed| listed == word);
    let last = words.last()?;
    if matches!(last.as_str(), "path" | "paths" | "filepath") {
        return Some(3);
    }
    let rank = RANKS.iter().position(|list| is_in(last, list))?;
    // `channel_id` is a channel.
    let before = words
        .iter()
        .rev()
        .nth(1)
        .filter(|_| matches!(last.as_str(), "id" | "key" | "name" | "number"));
    let wider = before.and_then(|word| RANKS.iter().position(|list| is_in(word, list)));
    Some(wider.map_or(rank, |wider| wider.min(rank)))
}

/// The things that a name speaks of, in plural and joined; the server's own word where its tools share one.
fn base_of(name: &str, namespace: Option<&str>) -> String {
    if let Some(namespace) = namespace.filter(|namespace| is_plain(namespace)) {
        return namespace.to_owned();
    }
    let words = words_of(name);
    let several = words.len() > 1;
    // Where the verb stands last, the first word is none.
    let verb_last = several && words.last().is_some_and(|word| is_verb(word, false, true));
    let nouns: Vec<&str> = words
        .iter()
        .enumerate()
        .filter(|(place, word)| {
            !is_verb(
                word,
                *place == 0 && several && !verb_last,
                *place + 1 == words.len() && several,
            ) && !is_namespace(word)
        })
        .map(|(_, word)| word.as_str())
        .filter(|word| {
            is_plain(word)
                && !matches!(
                    *word,
                    "a" | "an" | "the" | "to" | "of" | "in" | "by" | "with" | "for" | "from"
                )
        })
        .collect();
    match nouns.join("-") {
        nouns if nouns.is_empty() => own_name(name),
        nouns if nouns.ends_with('s') => nouns,
        nouns => format!("{nouns}s"),
    }
}

/// What lies at a path is a file, whatever the tool calls it.
fn path_base(base: &str) -> String {
    match base.rsplit(['-', '/']).next() {
        Some(
            "files" | "directorys" | "directories" | "folders" | "contents" | "trees" | "sizes"
            | "infos",
        ) => "files".to_owned(),
        _ if base.starts_with("tools/") => "files".to_owned(),
        _ => base.to_owned(),
    }
}

fn own_name(name: &str) -> String {
    let named = ResourceBuf::new("tools").and_then(|tools| tools.push(name));
    named.map_or_else(|_| "tools".to_owned(), |named| named.as_str().to_owned())
}

/// Who sees what it does or shows: as TOML, and why.
pub(super) struct Seen {
    pub(super) audience: String,
    pub(super) why: &'static str,
    /// What may be meant as well.
    pub(super) perhaps: Option<String>,
}

/// Words that say that something leaves for elsewhere.
const OUTWARD: &str = "\
    url urls uri link links host hostname domain endpoint webhook web internet http https online browser browse crawl \
    scrape external remote fetch email emails mail sms phone callback";

pub(super) fn audience_of(tool: &ListedTool, arguments: &[Argument], is_read: bool) -> Seen {
    if is_read {
        return audience_of_read(tool, arguments);
    }
    let named = recipients(arguments);
    let list =
        || named.iter().map(|(_, path)| format!("\"{path}\"")).collect::<Vec<_>>().join(", ");
    if named.iter().any(|(required, _)| *required) {
        let audience = format!("{{ recipients = [{}] }}", list());
        return Seen {
            audience,
            why: "those whom its arguments name",
            perhaps: Some("\"public\"".to_owned()),
        };
    }
    let channel = arguments.iter().find(|argument| {
        let words = words_of(&argument.name);
        argument.required
            && argument.is_text()
            && argument.is_shown()
            && is_plain(&argument.name)
            && words
                .first()
                .is_some_and(|word| matches!(word.as_str(), "channel" | "room" | "chat"))
            && words.get(1).is_none_or(|word| matches!(word.as_str(), "id" | "name"))
            && words.len() <= 2
    });
    if let Some(channel) = channel {
        let audience = format!("{{ channel = \"{}\" }}", channel.name);
        return Seen {
            audience,
            why: "the channel that it names",
            perhaps: Some("\"public\"".to_owned()),
        };
    }
    let perhaps = match (named.is_empty(), tool.open_world()) {
        (false, _) => Some(format!("{{ recipients = [{}] }}", list())),
        (true, ToolHint::No) => Some("\"private\"".to_owned()),
        (true, _) => None,
    };
    Seen {
        audience: "\"public\"".to_owned(),
        why: "nothing names who sees it, and what its server says does not count",
        perhaps,
    }
}

fn audience_of_read(tool: &ListedTool, arguments: &[Argument]) -> Seen {
    let is_url = |argument: &&Argument| {
        argument.required
            && argument.is_text()
            && argument.is_shown()
            && matches!(argument.name.as_str(), "url" | "uri")
    };
    if let Some(url) = arguments.iter().find(is_url) {
        let audience = format!("{{ host = \"{}\" }}", url.name);
        return Seen { audience, why: "whoever serves what it asks for", perhaps: None };
    }
    let outward = |text: &str| {
        words_of(text)
            .iter()
            .any(|word| OUTWARD.split_ascii_whitespace().any(|listed| listed == word))
    };
    let leaves = outward(tool.name())
        || tool.titles().any(|title| outward(&title))
        || outward(tool.description())
        || tool.arguments().any(outward);
    match (tool.open_world(), leaves) {
        (ToolHint::No, false) => Seen {
            audience: "\"private\"".to_owned(),
            why: "its server says that it reaches nobody else, and no word speaks against it",
            perhaps: None,
        },
        (ToolHint::No, true) => Seen {
            audience: "\"public\"".to_owned(),
            why: "its server says that it reaches nobody else, but its words speak of elsewhere",
            perhaps: Some("\"private\"".to_owned()),
        },
        _ => Seen {
            audience: "\"public\"".to_owned(),
            why: "its server does not say that it reaches nobody else",
            perhaps: Some("\"private\"".to_owned()),
        },
    }
}

/// Arguments that name people, with whether they must be given.
fn recipients(arguments: &[Argument]) -> Vec<(bool, String)> {
    let words = "to cc bcc recipient recipients attendee attendees participant participants invitee invitees addressee \
                 addressees email emails";
    let path = |argument: &Argument| {
        let last = words_of(&argument.name).pop()?;
        let fits = words.split_ascii_whitespace().any(|word| word == last);
        if !fits || !is_plain(&argument.name) || !argument.is_shown() {
            return None;
        }
        if argument.is_text() || argument.is_list_of_texts() {
            return Some(argument.name.clone());
        }
        let field = argument.field_of_elements(&["email", "address", "mail", "user"])?;
        Some(format!("{}.*.{field}", argument.name))
    };
    arguments.iter().filter_map(|argument| Some((argument.required, path(argument)?))).collect()
}
