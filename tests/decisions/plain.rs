//! A case for the reference, where it knows all that the case is about.

use permitgate::flow::Origin;
use permitgate::model::Reader;
use toml::{Table, Value as Toml};

use crate::file::{ActionRow, Case, ConditionRow, File, OneOrMany, StatementRow, literal, rows};
use crate::reference::people::Entry;
use crate::reference::{
    AGENT, Attempt, Draft, Expected, Heard, HoldsFor, Input, Kind, LayerDraft, Literal, Setup,
    Test, decide,
};

/// What the reference expects; `None` where a manifest, labels or another agent take part, or where a path is not canonical.
pub(crate) fn expected(file: &File, case: &Case) -> Option<Expected> {
    let action = case.action.as_ref()?;
    let beyond = ["tool", "label", "labels"].iter().any(|name| file.table.contains_key(*name));
    if beyond || case.agent != AGENT || case.reason == "malformed-resource" {
        return None;
    }
    assert!(case.bind.keys().all(|name| name == "project"), "the reference binds `project` alone");
    let project = match case.bind.get("project") {
        Some(OneOrMany::One(project)) => project.clone(),
        Some(OneOrMany::Many(_)) => return None,
        None => "apollo".to_owned(),
    };
    let root = layer(&file.table, "statement").unwrap();
    let below = file.layers.iter().map(|table| {
        layer(table, "statement").or_else(|| layer(table, "guardrail")).expect("a layer")
    });
    let setup = Setup {
        guardrails: layer(&file.table, "guardrail"),
        layers: [root].into_iter().chain(below).collect(),
        invoker: case.invoker.clone(),
        project,
        heard: heard(file, case),
        now: case.now(),
    };
    Some(decide(&file.people, &setup, &attempt(action)))
}

fn attempt(action: &ActionRow) -> Attempt {
    Attempt {
        operation: action.operation,
        tool: action.tool.clone(),
        resource: action.resource.clone(),
        below: action.is_below(),
        audience: action.audience.clone(),
        arguments: action.arguments(),
    }
}

fn heard(file: &File, case: &Case) -> Heard {
    let text = |text: &str| Literal::Text(text.to_owned());
    let people = file.people.entries.iter();
    let known = people.map(|(name, entry)| {
        let (Entry::Person(_) | Entry::Group(_) | Entry::Channel(..)) = entry;
        (Origin::Directory, text(name))
    });
    let words = case.user_says.iter().flat_map(|said| said.split_whitespace());
    let words = words.map(|word| (Origin::User, text(word)));
    let facts = case.facts.iter().map(|fact| (Origin::Program, literal(fact)));
    Heard { untrusted: false, values: known.chain(words).chain(facts).collect() }
}

fn layer(table: &Table, name: &str) -> Option<LayerDraft> {
    let statements: Vec<Draft> = rows(table, name).into_iter().map(draft).collect();
    (!statements.is_empty()).then_some(LayerDraft { grants: name == "statement", statements })
}

fn draft(row: StatementRow) -> Draft {
    let readers = |words: OneOrMany<String>| -> Vec<Reader> {
        words.into_vec().iter().map(|word| word.parse().unwrap()).collect()
    };
    Draft {
        id: row.id,
        effect: row.effect,
        operations: row.operations.into_vec(),
        tools: row.tools,
        resources: row.resources,
        except: row.except_resources,
        otherwise: row.otherwise,
        readers: row.readers.map(readers),
        beyond: row.beyond.map(readers),
        when: row.when.into_iter().map(test).collect(),
        input: match (row.only_while_trusted, row.after_untrusted) {
            (false, false) => Input::Any,
            (true, false) => Input::OnlyTrusted,
            (false, true) => Input::AfterUntrusted,
            (true, true) => panic!("both"),
        },
    }
}

fn minute(text: &str) -> u16 {
    let (hour, minute) = text.split_once(':').unwrap();
    hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
}

fn days(named: &[String]) -> [bool; 7] {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let place = |name: &str| names.iter().position(|day| *day == name).unwrap();
    let mut days = [false; 7];
    for text in named {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let mut day = place(first);
        days[day] = true;
        while day != place(last) {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    days
}

fn test(row: ConditionRow) -> Test {
    let literals = |values: Vec<Toml>| values.iter().map(literal).collect();
    let least = row.at_least.as_ref().map(literal);
    let most = row.at_most.as_ref().map(literal);
    let kinds = [
        row.present.map(Kind::Present),
        row.equals.as_ref().map(|value| Kind::Equals(literal(value))),
        row.one_of.map(literals).map(Kind::OneOf),
        row.matches.map(Kind::Matches),
        row.endorsed.map(|origins| Kind::Endorsed(origins.into_vec())),
        match (least, most) {
            (Some(least), Some(most)) => Some(Kind::Between(least, most)),
            (Some(least), None) => Some(Kind::AtLeast(least)),
            (None, Some(most)) => Some(Kind::AtMost(most)),
            (None, None) => None,
        },
        row.under.map(|hosts| Kind::Under(hosts.into_vec())),
        row.below.map(|folders| Kind::Below(folders.into_vec())),
        row.in_network.map(|ranges| Kind::InNetwork(ranges.into_vec())),
        row.at_most_elements.map(Kind::AtMostElements),
        row.regex.map(Kind::Regex),
        row.equals_argument.map(Kind::EqualsArgument),
        row.equals_bound.map(Kind::EqualsBound),
        row.clock.map(|zone| {
            let named = row.days.map_or_else(|| vec!["mon-sun".to_owned()], OneOrMany::into_vec);
            let hours =
                row.from.zip(row.until).map(|(from, until)| (minute(&from), minute(&until)));
            Kind::Clock(zone.leak(), days(&named), hours)
        }),
    ];
    let mut kinds = kinds.into_iter().flatten();
    let kind = kinds.next().expect("a condition has a test");
    assert!(kinds.next().is_none(), "a condition has one test");
    let holds_for = row.holds_for.map(|word| match word.as_str() {
        "all" => HoldsFor::All,
        "some" => HoldsFor::Some,
        "none" => HoldsFor::None,
        other => panic!("{other}"),
    });
    let (not, optional, case_blind) = (row.not, row.optional, row.case_blind);
    Test { argument: row.argument.leak(), not, optional, kind, holds_for, case_blind }
}
