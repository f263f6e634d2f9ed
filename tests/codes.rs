//! Numbers and codes are stable: a list that only grows holds them, and the manual shows every one.

use std::fmt::Write;
use std::path::PathBuf;

use permitgate::Reason;

/// A row of a table of codes: number, code, sentence, what to do.
type Row = (u16, &'static str, &'static str, &'static str);

fn reasons() -> Vec<Row> {
    let row = |reason: &Reason| (reason.number(), reason.code(), reason.clause(), reason.remedy());
    Reason::ALL.iter().map(row).collect()
}

#[cfg(feature = "token")]
fn token_reasons() -> Vec<Row> {
    use permitgate::token::TokenReason;
    let row =
        |reason: &TokenReason| (reason.number(), reason.code(), reason.clause(), reason.remedy());
    TokenReason::ALL.iter().map(row).collect()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// What is wrong with a table, held against the lines of a list: `number code`, with `gone` behind what is no longer given.
fn faults(list: &str, rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = Vec::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (number, code) = (words[0].parse::<u16>().unwrap(), words[1]);
        known.push((number, code));
        let in_table = rows.iter().any(|row| (row.0, row.1) == (number, code));
        if in_table == (words.get(2) == Some(&"gone")) {
            wrong.push(format!("{number} {code}: the list and the table differ about it"));
        }
    }
    for (place, (number, code)) in known.iter().enumerate() {
        if known[..place].iter().any(|before| before.0 == *number || before.1 == *code) {
            wrong.push(format!("{number} {code}: given twice"));
        }
    }
    for (number, code, ..) in rows {
        if !known.contains(&(*number, *code)) {
            wrong.push(format!("{number} {code}: add it at the end of the list"));
        }
    }
    if rows.iter().any(|row| row.0 == 0) || !rows.is_sorted_by(|a, b| a.0 < b.0) {
        wrong.push("numbers begin above 0 and grow from row to row".to_owned());
    }
    wrong
}

#[test]
fn numbers_and_codes_of_reasons_never_change() {
    let list = text("testdata/tables/reason_numbers.txt");
    assert_eq!(faults(&list, &reasons()), Vec::<String>::new());
    for reason in Reason::ALL {
        assert_eq!(Reason::from_number(reason.number()), Some(*reason));
        assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        assert_eq!(u16::from(reason.guard()), reason.number() / 100);
    }
    for none in [0, 8, 99, 100, 800, 1100, u16::MAX] {
        assert_eq!(Reason::from_number(none), None, "{none}");
    }
    assert_eq!(Reason::from_code(""), None);
}

/// The list notices what it is there for.
#[test]
fn a_changed_a_reused_and_a_new_number_are_noticed() {
    let list = "1 one\n2 two\n3 three gone\n";
    let row = |number, code| (number, code, "", "");
    assert!(faults(list, &[row(1, "one"), row(2, "two")]).is_empty());
    let wrong: [&[Row]; 6] = [
        &[row(1, "one"), row(3, "two")],
        &[row(1, "one"), row(2, "zwei")],
        &[row(1, "one"), row(2, "two"), row(3, "three")],
        &[row(1, "one"), row(2, "two"), row(3, "four")],
        &[row(1, "one"), row(2, "two"), row(4, "four")],
        &[row(2, "two"), row(1, "one")],
    ];
    for rows in wrong {
        assert!(!faults(list, rows).is_empty(), "{rows:?}");
    }
    assert!(!faults("0 none\n", &[row(0, "none")]).is_empty());
    assert!(!faults("1 one\n1 two gone\n", &[row(1, "one")]).is_empty(), "used again");
}

#[cfg(feature = "token")]
#[test]
fn numbers_and_codes_of_tokens_never_change() {
    let list = text("testdata/tables/token_reason_numbers.txt");
    assert_eq!(faults(&list, &token_reasons()), Vec::<String>::new());
    assert_eq!(permitgate::token::TokenReason::from_number(0), None);
}

/// The rows of one table as the manual shows them.
fn shown(head: &str, rows: &[Row], guard: impl Fn(u16) -> String) -> String {
    let mut table = format!("{head}\n");
    for (number, code, clause, remedy) in rows {
        writeln!(table, "| {number} | {}`{code}` | {clause} | {remedy} |", guard(*number)).unwrap();
    }
    table
}

/// With `BLESS` set, it writes the tables into the page instead.
#[test]
fn the_manual_lists_every_reason() {
    let guards = shown(
        "| Number | Guard | Code | Sentence | What to do |\n|---:|---:|---|---|---|",
        &reasons(),
        |number| format!("{} | ", number / 100),
    );
    assert_shows("reasons", &guards);
    #[cfg(feature = "token")]
    {
        let head = "| Number | Code | Sentence | What to do |\n|---:|---|---|---|";
        assert_shows("token reasons", &shown(head, &token_reasons(), |_| String::new()));
    }
}

#[track_caller]
fn assert_shows(name: &str, table: &str) {
    let page = text("src/manual/reasons.md");
    let (open, close) = (format!("<!-- table: {name} -->\n\n"), "\n<!-- end -->");
    let from = page.find(&open).unwrap() + open.len();
    let to = from + page[from..].find(close).unwrap();
    if std::env::var_os("BLESS").is_some() {
        let page = [&page[..from], table, &page[to..]].concat();
        std::fs::write(path("src/manual/reasons.md"), page).unwrap();
        return;
    }
    assert!(&page[from..to] == table, "run with BLESS=1 and look at the difference of {name}");
}
