//! Words that say whether a tool reads or writes. Only for drafts: whatever is not surely a read is taken for
//! a write, since a person can correct it and a machine must not guess the other way.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::argument::Argument;
use super::schema::names_in;
use super::shown::hides;

/// Verbs that look at something and change nothing, as they begin the name of a tool.
const READING: &str = "\
    get list read search find show describe view lookup retrieve fetch count diff blame";

/// Verbs that look at something, as they end the name of a tool whose other words are nouns: `issue_read`.
const READING_AT_END: &str = "get read search find";

/// Nouns that say nothing of what is done to them.
const NOUNS: &str = "\
    account article attachment board bucket calendar card channel chat code collection column contact \
    content contents customer data database directory document entity entries entry event file folder group \
    history image invoice item job key list log member model node notification object org organization \
    person product profile project pull repo repository resource result row sheet site space spreadsheet \
    status sub summary table task team template thread ticket tree user value version wiki workflow workspace";

/// Nouns that stand for looking at what they name, at the end of a name and behind that of a product.
const READABLE: &str = "status tree history log";

/// Names of servers and products that stand before the verb.
const NAMESPACES: &str = "\
    api asana atlassian aws azure bitbucket brave browser calendar cloudflare confluence discord \
    docs directory docker drive elasticsearch figma gcal gdrive git github gitlab gmail google grafana \
    helm hubspot jira k8s kubectl kubernetes linear mcp mongodb mysql notion outlook pg postgres \
    puppeteer redis salesforce sentry shopify slack snowflake sqlite stripe supabase teams \
    terraform trello twilio vercel zendesk";

/// Verbs that write, wherever they stand.
const WRITING: &str = "\
    abort accept acknowledge activate add adjust alter announce append apply approve archive \
    arrange assign attach authorize ban bind broadcast buy cancel charge checkin checkout chmod \
    chown clear click clone compose configure connect convert cordon create creation deactivate \
    decline decrement delete deletion deliver deploy destroy detach disable disconnect dismiss \
    dispatch download drag drain drop duplicate edit emit empty enable enqueue enroll erase \
    escalate evaluate evict exec execute execution expire export flush follow forward generate \
    grant hide hover import increment ingest initialize init insert insertion install \
    installation invalidate invite invoke join kick kill launch leave login logout make manage \
    mark migrate mkdir modification modify move mutate mutation mute mv navigate notify \
    overwrite patch pause pay persist pin press promote provision publish purchase purge put \
    reboot rebase rebuild reconfigure redo refund register reindex reject reload remove removal \
    rename renew reopen replace reply repost reschedule reserve reset resize resolve respond \
    restart restore resume retry revert revoke rewrite rm rmdir rollback rotate save scale send \
    sent shutdown snooze spawn squash stash submission submit subscribe suspend swap sync \
    synchronize taint terminate toggle touch transfer trash truncate turn unarchive unassign \
    unban unblock unfollow uninstall unlink unlock unmark unmute unpin unpublish unregister \
    unshare unstage unstar unsubscribe unwatch update upgrade upload upsert vacuum wipe withdraw \
    write written wrote";

/// Verbs by which a word is told that was written together with another.
const LONG_VERBS: [&str; 8] =
    ["create", "delete", "insert", "remove", "send", "update", "upload", "write"];

/// Verbs that are nouns as often: they count in a name wherever they stand, and in a text where a verb can.
const WRITING_IN_NAMES: &str = "\
    allow block close deny fill hide lock open run select set sign start stop store switch \
    trigger type";

/// Verbs that are nouns as often, also behind a reading verb: `list_commits`, `get_message`.
const NOUNS_TOO: &str = "\
    book branch build call change comment commit copy draft email flag fork format index issue \
    label like link mail merge message note order page paste play post pull push queue rate \
    record release report request review schedule share stage star tag test vote watch";

/// Words behind which a verb may stand.
const BEFORE_VERBS: &str = "\
    also and automatically can could immediately it may might must optionally or should that \
    then to which will would";

/// Words that join a second verb to a name.
const JOINTS: &str = "and or then plus n";

/// Arguments through which a tool that is called a read can write.
const WRITING_ARGUMENTS: &str = "\
    body code command cmd content data expression force form httpmethod method mutation \
    operation overwrite payload script sql statement verb";

/// Words of arguments that name who gets something.
const RECIPIENTS: &str = "\
    audience bcc bccs cc ccs dest dests dst email emails mail mails mailbox mailboxes phone phones rcpt rcpts sms target targets \
    watcher watchers who whom with";

/// The same wherever they stand in a name, also where it is written together.
const RECIPIENT_STEMS: &str = "\
    recipient recipent addressee receiver attendee participant invitee notif destination subscriber deliver forward callback \
    webhook mailto sendto replyto shareto sharedwith toaddr toemail tomail tonumber touser emailaddr mailaddr phonenumber bcc";

/// With these, `to` is the end of a range.
const RANGES: &str = "\
    branch commit cursor date datetime day hash hour index line lines minute month number offset page position ref revision row \
    sha tag time timestamp version week year";

/// Why a tool that says it only reads is not believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Something in it is not seen as it stands.
    Hidden,
    /// The name does not begin with a reading verb.
    Name,
    WordInName(String),
    WordInDescription(String),
    Argument(String),
}

/// Whether name, description, titles and arguments of a tool leave no doubt that it only reads.
pub(super) fn reads(
    name: &str,
    descriptions: &[&str],
    arguments: &[Argument],
    namespace: Option<&str>,
) -> Result<(), Doubt> {
    if [name].iter().chain(descriptions).any(|text| hides(text)) {
        return Err(Doubt::Hidden);
    }
    let words = words_of(name);
    let is_product = |word: &String| is_in(word, NAMESPACES);
    let is_namespace = |word: &&String| is_product(word) || namespace == Some(word.as_str());
    let before = words.iter().take_while(is_namespace).count();
    let begins_with_verb = words.get(before).is_some_and(|verb| is_in(verb, READING));
    let ends_with_noun = words.split_last().is_some_and(|(noun, products)| {
        let is_thing = |word: &String| is_product(word) || is_in(word, NOUNS);
        is_in(noun, READABLE) && !products.is_empty() && products.iter().all(is_thing)
    });
    let ends_with_verb = words.split_last().is_some_and(|(verb, things)| {
        let is_thing = |word: &String| {
            is_product(word) || is_in(singular(word), NOUNS) || is_in(singular(word), NOUNS_TOO)
        };
        is_in(verb, READING_AT_END) && things.len() > before && things.iter().all(is_thing)
    });
    if !begins_with_verb && !ends_with_noun && !ends_with_verb {
        return Err(Doubt::Name);
    }
    for (place, word) in words.iter().enumerate() {
        let joined = place > 0 && words.get(place - 1).is_some_and(|w| is_in(w, JOINTS));
        let is_verb = is_any(word, WRITING) && !is_participle(word)
            || is_any(word, WRITING_IN_NAMES)
            || (joined || place < before) && is_any(word, NOUNS_TOO)
            || joined && is_any(word, WRITING)
            || is_in(word, JOINTS)
            || LONG_VERBS.iter().any(|verb| word.starts_with(verb) && !is_participle(word));
        if is_verb {
            return Err(Doubt::WordInName(word.clone()));
        }
    }
    if let Some(word) = descriptions.iter().find_map(|text| writing_verb_in(text)) {
        return Err(Doubt::WordInDescription(word));
    }
    let writing = arguments.iter().find(|argument| {
        let words = words_of(&argument.name);
        let is_choice = !argument.choices.is_empty();
        // Which of several reads is meant, where all that it can be are reads.
        let of_reads =
            is_choice && argument.choices.iter().all(|choice| is_choice_of_reads(choice));
        let of_writes = argument
            .choices
            .iter()
            .flat_map(|choice| words_of(choice))
            .any(|word| is_any(&word, WRITING));
        is_in(&words.concat(), WRITING_ARGUMENTS) && !of_reads
            || is_any(&words.concat(), "method operation action mode verb command") && of_writes
            || words.iter().any(|word| is_any(word, WRITING))
    });
    writing.map_or(Ok(()), |argument| Err(Doubt::Argument(argument.name.clone())))
}

/// An argument, or a field of one at any depth, that can name a recipient: through it a tool that is called a read can send.
pub(super) fn recipient_in(schema: Option<&Json>) -> Option<String> {
    let mut names = names_in(schema?).into_iter();
    names.find(|name| names_recipient(name)).map(str::to_owned)
}

/// Whether an argument of this name can name a recipient.
pub(super) fn names_recipient(name: &str) -> bool {
    let words = words_of(name);
    let is_range = words.iter().any(|word| is_in(word, RANGES));
    let whole = words.concat();
    RECIPIENT_STEMS.split_ascii_whitespace().any(|stem| whole.contains(stem))
        || words.iter().any(|word| is_in(word, RECIPIENTS))
        || words.iter().any(|word| word == "to") && !is_range
}

/// Whether one of the values of an argument is itself called a read, as `get_comments` or `diff`.
fn is_choice_of_reads(choice: &str) -> bool {
    let words = words_of(choice);
    words.first().is_some_and(|verb| is_in(verb, READING))
        && !words.iter().any(|word| is_any(word, WRITING) || is_in(word, JOINTS))
}

/// Whether a word of a name is its verb; at its ends also words that are nouns elsewhere.
pub(super) fn is_verb(word: &str, at_start: bool, at_end: bool) -> bool {
    is_in(word, READING)
        || is_in(word, READING_AT_END)
        || is_any(word, WRITING)
        || is_in(word, JOINTS)
        || at_start && is_in(word, NOUNS_TOO)
        || (at_start || at_end)
            && (is_in(word, WRITING_IN_NAMES) || is_in(word, "query fetch post push"))
}

/// Whether a word of a name is that of a product.
pub(super) fn is_namespace(word: &str) -> bool {
    is_in(word, NAMESPACES)
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// The words of a name in lower case: cut at whatever is no letter or digit, and before capitals.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let characters: Vec<char> = name.chars().collect();
    for (place, character) in characters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| characters.get(place));
        let after = characters.get(place + 1);
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase())
            });
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The word that all names of a list begin with, where there are enough to tell.
pub(super) fn shared_first_word(names: &[&str]) -> Option<String> {
    let firsts: BTreeSet<Option<String>> =
        names.iter().map(|name| words_of(name).into_iter().next()).collect();
    let first = firsts.first().cloned().flatten()?;
    let is_verb = is_in(&first, READING)
        || [WRITING, WRITING_IN_NAMES, NOUNS_TOO].iter().any(|list| is_any(&first, list));
    (names.len() >= 3 && firsts.len() == 1 && !is_verb).then_some(first)
}

fn writing_verb_in(text: &str) -> Option<String> {
    for sentence in text.split(['.', ';', ':', '!', '?', '\n', '(', ')']) {
        let words: Vec<String> = sentence
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        for (place, word) in words.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|place| words.get(place));
            let after = words.get(place + 1);
            let where_verbs_are = before.is_none_or(|before| is_in(before, BEFORE_VERBS));
            let of_time = (is_participle(word) || word.ends_with("tion"))
                && (before.is_some_and(|before| is_in(before, "last recently"))
                    || after.is_some_and(|after| is_in(after, "time date timestamp")));
            let noun = || is_any(word, NOUNS_TOO) || is_any(word, WRITING_IN_NAMES);
            if is_any(word, WRITING) && !of_time
                || noun() && (where_verbs_are || word.ends_with("ing"))
            {
                return Some(word.clone());
            }
        }
    }
    None
}

fn is_in(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// Whether a word is a past participle, as in `list_deleted_files`.
fn is_participle(word: &str) -> bool {
    word.ends_with("ed") || matches!(word, "sent" | "written" | "hidden")
}

/// Whether a word is one of these verbs in any of its regular forms.
fn is_any(word: &str, verbs: &str) -> bool {
    let stems = ["", "s", "es", "d", "ed", "ing", "r", "er", "rs", "ers"];
    stems.iter().filter_map(|ending| word.strip_suffix(ending)).any(|stem| {
        let doubled =
            stem.strip_suffix(|c: char| stem.len() > 3 && stem.ends_with(&format!("{c}{c}")));
        let with_e = format!("{stem}e");
        let with_y = stem.strip_suffix('i').map(|stem| format!("{stem}y"));
        [Some(stem), doubled, Some(with_e.as_str()), with_y.as_deref()]
            .into_iter()
            .flatten()
            .any(|form| is_in(form, verbs))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        for (name, words) in [
            ("git_diff_staged", &["git", "diff", "staged"][..]),
            ("API-get-user", &["api", "get", "user"]),
            ("getHTTPStatus", &["get", "http", "status"]),
            ("mail.read", &["mail", "read"]),
            ("__", &[]),
            ("Überweisung-senden", &["überweisung", "senden"]),
        ] {
            assert_eq!(words_of(name), words, "{name}");
        }
    }

    #[test]
    fn verbs_are_found_in_their_forms() {
        for word in ["deletes", "deleting", "deleted", "copies", "copied", "committing", "puts"] {
            assert!(is_any(word, "delete copy commit put"), "{word}");
        }
        for word in ["putty", "dele", "committee", "input", "output"] {
            assert!(!is_any(word, "delete copy commit put"), "{word}");
        }
    }

    #[test]
    fn a_name_is_believed_only_without_doubt() {
        let name = |name: &str| reads(name, &[], &[], None);
        for read in [
            "issue_read",
            "pull_request_read",
            "file_get",
            "gmail_messages_search",
            "directory_tree",
        ] {
            assert_eq!(name(read), Ok(()), "{read}");
        }
        for other in
            ["flush_read", "mark_read", "spam_list", "share_list", "re\u{430}d_file", "enrich_get"]
        {
            assert!(name(other).is_err(), "{other}");
        }
        assert_eq!(name("read_file\u{200b}"), Err(Doubt::Hidden));
        for read in ["get_message", "git_log", "list-commits", "readFile", "list_deleted_items"] {
            assert_eq!(name(read), Ok(()), "{read}");
        }
        for other in [
            "message",
            "flush_log",
            "log_event",
            "log",
            "open_nodes",
            "query",
            "reader",
            "unread_list",
            "",
        ] {
            assert_eq!(name(other), Err(Doubt::Name), "{other}");
        }
        for (other, word) in [
            ("get_or_create_user", "or"),
            ("read_and_post", "and"),
            ("search_replace", "replace"),
            ("get_deletefile", "deletefile"),
            ("get_set_property", "set"),
            ("find_and_deleted", "and"),
        ] {
            assert_eq!(name(other), Err(Doubt::WordInName(word.to_owned())), "{other}");
        }
    }

    #[test]
    fn a_description_that_says_more_is_a_doubt() {
        let said = |description: &str| reads("get_page", &[description], &[], None);
        assert_eq!(said("Gets a page\u{e0041}"), Err(Doubt::Hidden));
        for read in [
            "Shows the contents of a commit.",
            "Size, creation time and last modified time of a page",
            "Gets one message of a thread",
        ] {
            assert_eq!(said(read), Ok(()), "{read}");
        }
        for (other, word) in [
            ("Gets a page and posts it", "posts"),
            ("Commits the page", "commits"),
            ("Gets a page. Created if missing", "created"),
            ("Marks it", "marks"),
        ] {
            assert_eq!(said(other), Err(Doubt::WordInDescription(word.to_owned())), "{other}");
        }
    }

    #[test]
    fn an_argument_through_which_it_can_write_is_a_doubt() {
        let with = |name: &str, schema: &str| {
            let schema = format!("{{\"properties\": {{\"{name}\": {schema}}}}}");
            let schema = serde_json::from_str(&schema).unwrap_or_default();
            reads("issue_read", &[], &super::super::argument::arguments(Some(&schema)).0, None)
        };
        let doubt = |name: &str| Err(Doubt::Argument(name.to_owned()));
        assert_eq!(with("httpMethod", "{}"), doubt("httpMethod"));
        assert_eq!(with("method", r#"{"enum": ["get", "get_comments", "list-labels"]}"#), Ok(()));
        assert_eq!(with("method", r#"{"enum": ["get", "get_and_delete"]}"#), doubt("method"));
        assert_eq!(with("method", r#"{"enum": ["get", "close"]}"#), doubt("method"));
        assert_eq!(with("method", r#"{"enum": []}"#), doubt("method"));
        assert_eq!(with("action", r#"{"enum": ["view", "update"]}"#), doubt("action"));
    }
}
