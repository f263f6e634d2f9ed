use serde::Deserialize;

use super::*;
use crate::model::parts::Part;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case_>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case_ {
    why: String,
    text: String,
    options: SqlSpec,
    canonical: Option<String>,
    parts: Option<Said>,
    refused: Option<String>,
    at: Option<u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    verb: String,
    explain: bool,
    reads: Vec<String>,
    writes: Vec<String>,
    functions: Vec<String>,
}

fn table() -> Vec<Case_> {
    let table: Table = toml::from_str(include_str!("../../../../testdata/kinds/sql.toml")).unwrap();
    table.case
}

fn read(sql: &Sql, text: &str) -> Result<(String, Said), TextFault> {
    let mut parts = Parts::default();
    let begun = parts.argument("query");
    sql.read(text, &mut parts, &begun)?;
    parts.end(begun);
    let query = parts.get("query").unwrap();
    let get = |part: Part<'_>, name: &str| part.get(name).unwrap().as_text().unwrap().to_owned();
    let list = |name: &str, of: &dyn Fn(Part<'_>) -> String| {
        query.get(name).unwrap().iter().map(of).collect()
    };
    let said = Said {
        verb: get(query, "verb"),
        explain: format!("{:?}", query.get("explain").unwrap()) == "Bool(true)",
        reads: list("reads", &|it| format!("{}/{}", get(it, "schema"), get(it, "table"))),
        writes: list("writes", &|it| {
            format!("{}/{} {}", get(it, "schema"), get(it, "table"), get(it, "verb"))
        }),
        functions: list("functions", &|it| it.as_text().unwrap().to_owned()),
    };
    Ok((query.as_text().unwrap().to_owned(), said))
}

fn spec(dialect: Dialect) -> SqlSpec {
    SqlSpec { dialect, functions: vec![], verbs: None, case: None }
}

fn sql(dialect: Dialect) -> Sql {
    Sql::new(&spec(dialect)).unwrap()
}

const DIALECTS: [Dialect; 3] = [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite];

/// Each query of the table is read as it says, or refused by the rule and at the byte that it says.
#[test]
fn table_holds() {
    let cases = table();
    assert!(cases.len() > 140);
    for case in cases {
        let sql = Sql::new(&case.options).unwrap();
        match (read(&sql, &case.text), case.refused) {
            (Ok((canonical, said)), None) => {
                assert_eq!(Some(&canonical), case.canonical.as_ref(), "{}", case.why);
                assert_eq!(Some(&said), case.parts.as_ref(), "{}", case.why);
                assert_eq!(read(&sql, &canonical), Ok((canonical.clone(), said)), "{}", case.why);
            }
            (Err(fault), Some(code)) => {
                assert_eq!(
                    (fault.rule.code, Some(fault.at)),
                    (code.as_str(), case.at),
                    "{}",
                    case.why
                );
            }
            (read, _) => panic!("{}: {read:?}", case.why),
        }
    }
}

/// What stands between words does not count, nor the case of words that are not quoted.
#[test]
fn one_form_for_the_same_words() {
    for dialect in DIALECTS {
        let forms = [
            "select a from t where b = 'X'",
            "select\n\ta from t -- x\n where b='X' ;",
            "/* x */select a/**/from t where b='X'",
        ];
        let forms = forms.map(|text| read(&sql(dialect), text).unwrap());
        assert!(forms.iter().all(|form| *form == forms[0]), "{forms:?}");
    }
    let capital = "SELECT a FROM t";
    assert_eq!(read(&sql(Dialect::Sqlite), capital).unwrap().0, "select a from t");
    assert_eq!(read(&sql(Dialect::Mysql), capital).unwrap().0, capital);
    let folds = Sql::new(&SqlSpec { case: Some(Case::Fold), ..spec(Dialect::Mysql) }).unwrap();
    assert_eq!(read(&folds, "SELECT a FROM `T`").unwrap().1.reads, ["-/t"]);
}

/// The owner's functions are accepted by the name that they are listed under, and by no other.
#[test]
fn functions_of_the_owner() {
    let listed = SqlSpec {
        functions: vec!["score".to_owned(), "app.rank_of".to_owned()],
        ..spec(Dialect::Postgresql)
    };
    let sql = Sql::new(&listed).unwrap();
    assert_eq!(
        read(&sql, "SELECT Score(a), app.rank_of(b) FROM t").unwrap().1.functions,
        ["app.rank_of", "score"]
    );
    for other in [
        "SELECT app.score(a)",
        "SELECT rank_of(a)",
        "SELECT \"Score\"(a)",
        "SELECT evil.rank_of(a)",
    ] {
        assert_eq!(read(&sql, other).unwrap_err().rule.code, "function", "{other}");
    }
    let plain = sql_of_rows(&sql);
    assert_eq!(plain.functions, ["score"]);
}

fn sql_of_rows(sql: &Sql) -> Said {
    read(sql, "SELECT * FROM score(1)").unwrap().1
}

/// Places for an expression, `@`: in every dialect, and in one.
const ANYWHERE: &[&str] = &[
    "SELECT @",
    "SELECT DISTINCT @",
    "SELECT a FROM t WHERE @ = 1",
    "SELECT a FROM t GROUP BY @",
    "SELECT a FROM t ORDER BY @ DESC",
    "SELECT count(*) FROM t HAVING @ > 1",
    "SELECT a FROM t LIMIT @",
    "SELECT a FROM t LIMIT 1 OFFSET @",
    "VALUES (1), (@)",
    "SELECT a FROM t JOIN u ON @ = 1",
    "SELECT sum(a) OVER (ORDER BY @) FROM t",
    "SELECT sum(a) OVER (PARTITION BY @) FROM t",
    "SELECT CASE @ WHEN 1 THEN 2 END",
    "SELECT CASE WHEN 1 = 1 THEN 1 ELSE @ END",
    "SELECT 1 BETWEEN 0 AND @",
    "SELECT a LIKE @ FROM t",
    "SELECT a LIKE 'x' ESCAPE @ FROM t",
    "SELECT 1 IN (2, @)",
    "SELECT 1 IN (SELECT @)",
    "SELECT EXISTS (SELECT @)",
    "SELECT (1, @) = (1, 2)",
    "SELECT CAST(@ AS int)",
    "SELECT NOT @",
    "SELECT - @",
    "SELECT @ IS NULL",
    "SELECT coalesce(1, @)",
    "SELECT 1 UNION SELECT @",
    "WITH x AS (SELECT @) SELECT 1",
    "SELECT a FROM (SELECT @ AS a) x",
    "SELECT sum(a) OVER w FROM t WINDOW w AS (ORDER BY @)",
    "EXPLAIN SELECT @",
    "INSERT INTO t (a) VALUES (@)",
    "UPDATE t SET a = @",
    "UPDATE t SET a = 1 WHERE a = @",
    "DELETE FROM t WHERE a = @",
    "SELECT substring('a' FROM @)",
];

const POSTGRESQL: &[&str] = &[
    "SELECT DISTINCT ON (@) a FROM t",
    "SELECT count(*) FILTER (WHERE @ = 1)",
    "SELECT a[@] FROM t",
    "SELECT ARRAY[@]",
    "SELECT 1 FROM t GROUP BY GROUPING SETS ((@))",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY @) FROM t",
    "SELECT string_agg(a, ',' ORDER BY @) FROM t",
    "SELECT sum(a) OVER (ORDER BY a ROWS @ PRECEDING) FROM t",
    "SELECT make_interval(days => @)",
    "SELECT extract(year FROM @)",
    "SELECT trim(both @ FROM 'a')",
    "SELECT overlay('a' placing 'b' from @)",
    "SELECT position(@ IN 'a')",
    "SELECT now() AT TIME ZONE @",
    "SELECT a IS DISTINCT FROM @ FROM t",
    "SELECT 1 = ANY (ARRAY[@])",
    "SELECT ROW(@)",
    "SELECT @::int",
    "SELECT * FROM generate_series(1, @)",
    "SELECT * FROM LATERAL generate_series(1, @) g",
    "SELECT * FROM unnest(ARRAY[@])",
    "SELECT a SIMILAR TO @ FROM t",
    "INSERT INTO t (a) VALUES (1) RETURNING @",
    "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = @",
    "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1 WHERE t.a = @",
    "UPDATE t SET a = 1 FROM generate_series(1, @) g",
    "DELETE FROM t RETURNING @",
];

const MYSQL: &[&str] = &[
    "SELECT DATE_ADD(a, INTERVAL @ DAY) FROM t",
    "SELECT GROUP_CONCAT(a ORDER BY @) FROM t",
    "SELECT CONVERT(@, char)",
    "SELECT CONVERT(@ USING utf8mb4)",
    "INSERT INTO t SET a = @",
    "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = @",
    "DELETE FROM t ORDER BY @ LIMIT 1",
    "SELECT a REGEXP @ FROM t",
    "SELECT 1 DIV @",
];

const SQLITE: &[&str] = &[
    "SELECT * FROM json_each(@)",
    "SELECT a GLOB @ FROM t",
    "SELECT a MATCH @ FROM t",
    "SELECT a ->> @ FROM t",
    "INSERT INTO t (a) VALUES (1) RETURNING @",
];

/// Wherever an expression may stand, its functions are seen and an unknown one is refused.
#[test]
fn every_place_is_looked_at() {
    let every = Some(vec![Verb::Select, Verb::Insert, Verb::Update, Verb::Delete]);
    for (dialect, own) in DIALECTS.into_iter().zip([POSTGRESQL, MYSQL, SQLITE]) {
        let sql = Sql::new(&SqlSpec { verbs: every.clone(), ..spec(dialect) }).unwrap();
        for place in ANYWHERE.iter().chain(own) {
            let (_, said) = read(&sql, &place.replace('@', "abs(1)"))
                .unwrap_or_else(|fault| panic!("{place}: {fault:?}"));
            assert!(said.functions.iter().any(|name| name == "abs"), "{place}: {said:?}");
            let fault = read(&sql, &place.replace('@', "wipe()")).unwrap_err();
            assert_eq!(fault.rule.code, "function", "{place}");
            let (_, said) = read(&sql, &place.replace('@', "(SELECT a FROM hidden)"))
                .unwrap_or_else(|fault| panic!("{place}: {fault:?}"));
            assert!(said.reads.iter().any(|name| name == "-/hidden"), "{place}: {said:?}");
        }
    }
}

/// Options that mean nothing are refused.
#[test]
fn options() {
    let fault = |spec: SqlSpec| Sql::new(&spec).unwrap_err().field;
    assert_eq!(fault(SqlSpec { case: Some(Case::Fold), ..spec(Dialect::Sqlite) }), "case");
    assert_eq!(fault(SqlSpec { verbs: Some(vec![]), ..spec(Dialect::Sqlite) }), "verbs");
    for name in ["", "a b", "a.b.c", ".a", "count(*)"] {
        assert_eq!(
            fault(SqlSpec { functions: vec![name.to_owned()], ..spec(Dialect::Sqlite) }),
            "functions"
        );
    }
    assert!(toml::from_str::<SqlSpec>("dialect = 'generic'").is_err());
    assert!(toml::from_str::<SqlSpec>("dialect = 'mariadb'").is_ok());
    assert!(toml::from_str::<SqlSpec>("dialect = 'sqlite'\nfunction = []").is_err());
}

const NESTED: &[(&str, &str)] = &[
    ("(", ")"),
    ("abs(", ")"),
    ("(SELECT ", ")"),
    ("(SELECT * FROM ", ")"),
    ("CASE WHEN ", " THEN 1 END"),
    ("NOT ", ""),
    ("- ", ""),
    ("1 IN (", ")"),
    ("EXISTS (SELECT ", ")"),
    ("ARRAY[", "]"),
    ("ROW(", ")"),
    ("a[", "]"),
    ("CAST(", " AS int)"),
    ("INTERVAL ", ""),
    ("CASE ", ""),
    ("EXTRACT(year FROM ", ")"),
    ("1 = ANY(", ")"),
    ("BINARY ", ""),
    ("STRUCT(", ")"),
    ("(a, b, ", ")"),
    ("(WITH x AS (SELECT ", ""),
    ("sum(1) OVER (PARTITION BY ", ")"),
    ("POSITION(", " IN a)"),
    ("~ ", ""),
    ("a LIKE ", ""),
    ("IF(", ""),
    ("current_time(", ""),
    ("1 BETWEEN ", ""),
];

const CHAINED: &[(&str, &str, &str)] = &[
    ("SELECT * FROM t", " JOIN t", ""),
    ("SELECT * FROM t", " LEFT JOIN t ON 1 = 1", ""),
    ("SELECT * FROM t", " NATURAL JOIN t", ""),
    ("SELECT * FROM t", " CROSS JOIN t", ""),
    ("SELECT 1", "+1", ""),
    ("SELECT 1", " AND 1", ""),
    ("SELECT 1", "::int", ""),
    ("SELECT 1", " IS NULL", ""),
    ("SELECT 1", " UNION SELECT 1", ""),
    ("SELECT 1", " INTERSECT SELECT 1", ""),
    ("SELECT 1::int", "[]", ""),
    ("SELECT a", "[1]", ""),
    ("SELECT a", ".a", ""),
    ("SELECT a", "->'a'", ""),
    ("", "EXPLAIN ", "SELECT 1"),
    ("SELECT CASE a", " WHEN 1 THEN 2", " END"),
    ("SELECT 1 FROM t", ", t", ""),
    ("VALUES (1)", ", (1)", ""),
];

/// Texts that nest or repeat one thing as often as the bounds allow, and far beyond.
fn hostile() -> Vec<String> {
    let mut texts = Vec::new();
    for (open, close) in NESTED {
        for times in [8, 16, 24, 31, 64, 1_900] {
            for (before, middle) in
                [("SELECT ", "1"), ("SELECT * FROM ", "t"), ("SELECT 1 FROM t WHERE ", "!?")]
            {
                texts.push(format!(
                    "{before}{}{middle}{}",
                    open.repeat(times),
                    close.repeat(times)
                ));
            }
        }
    }
    for (before, unit, after) in CHAINED {
        for times in [8, 60, 64, 300, 999, 1_900] {
            texts.push(format!("{before}{}{after}", unit.repeat(times)));
        }
    }
    for one in [
        "(", ")", "[", "'", "\"", "`", "\\", "/*", "--", "-", ";", ".", ",", "$", ":", "#", "\r",
        "\n", "a", "1", " ", "é", "\0", "''", "/", "*",
    ] {
        texts.extend([
            one.repeat(65_536 / one.len()),
            format!("SELECT {}", one.repeat(16_000 / one.len())),
        ]);
    }
    texts
}

/// Without optimization, on the two MiB that a thread has.
#[test]
fn no_stack_overflows() {
    let reads = || {
        for text in hostile() {
            for dialect in DIALECTS {
                let _ = read(&sql(dialect), &text);
            }
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(reads).unwrap().join().unwrap();
}

/// Deep queries that people do write are read, on a stack of their own.
#[test]
fn deep_queries() {
    let nested = format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(20), ") AS x".repeat(20));
    let joined = format!("SELECT * FROM t{}", " JOIN t USING (id)".repeat(40));
    for text in [nested, joined] {
        for dialect in DIALECTS {
            assert_eq!(read(&sql(dialect), &text).unwrap().1.reads, ["-/t"]);
        }
    }
}

/// The bounds themselves: what is just within is read, one more is refused.
#[test]
fn bounds() {
    let sql = sql(Dialect::Postgresql);
    let code = |text: String| read(&sql, &text).map_err(|fault| fault.rule.code).map(|_| ());
    assert_eq!(code(format!("SELECT '{}'", "x".repeat(lexer::TEXT_BYTES - 20))), Ok(()));
    assert_eq!(code(format!("SELECT '{}'", "x".repeat(lexer::TEXT_BYTES))), Err("too-long"));
    assert_eq!(code(format!("SELECT 1{}", ", 1".repeat(lexer::WORDS / 2 - 1))), Ok(()));
    assert_eq!(code(format!("SELECT 1{}", ", 1".repeat(lexer::WORDS / 2))), Err("too-many-words"));
    assert_eq!(
        code(format!("SELECT {}1{}", "(".repeat(lexer::BRACKETS), ")".repeat(lexer::BRACKETS))),
        Ok(())
    );
    assert_eq!(
        code(format!(
            "SELECT {}1{}",
            "(".repeat(lexer::BRACKETS + 1),
            ")".repeat(lexer::BRACKETS + 1)
        )),
        Err("too-deep")
    );
    assert_eq!(code(format!("SELECT * FROM t{}", " CROSS JOIN t".repeat(lexer::JOINS))), Ok(()));
    assert_eq!(
        code(format!("SELECT * FROM t{}", " CROSS JOIN t".repeat(lexer::JOINS + 1))),
        Err("too-many-joins")
    );
    let tables = |count: usize| (0..count).map(|n| format!("t{n}")).collect::<Vec<_>>().join(", ");
    assert_eq!(code(format!("SELECT * FROM {}", tables(64))), Ok(()));
    assert_eq!(code(format!("SELECT * FROM {}", tables(65))), Err("too-many-names"));
}

/// Whatever stands in a query, reading its canonical form gives the same again.
#[test]
fn canonical_form_is_fixed() {
    let units = [
        "SELECT", "a", "b", "FROM", "t", "u", "*", ",", "(", ")", "'x'", "\"A\"", "1", "1.5", "-",
        "--\n", "/* */", "=", "::", "int", "WHERE", "AND", "JOIN", "ON", "AS", ".", "count", "[",
        "]", ":", "->>", "UNION", "ORDER", "BY", "IN", "WITH", "x", ";", "\n", "LIMIT", "'", "NOT",
        "@>", "$1", "?",
    ];
    let mut state = 7u64;
    let mut draw = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut text = [
            "SELECT a FROM t ",
            "SELECT a, b FROM t WHERE a = 1 ",
            "SELECT * FROM t JOIN u ON a = b ",
        ][draw(3)]
        .to_owned();
        for _ in 0..1 + draw(4) {
            let spaces: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
            let glue = ["", " "][draw(2)];
            text.insert_str(
                spaces[draw(spaces.len())],
                &format!("{glue}{}", units[draw(units.len())]),
            );
        }
        for dialect in DIALECTS {
            let sql = sql(dialect);
            if let Ok((canonical, said)) = read(&sql, &text) {
                accepted += 1;
                assert_eq!(read(&sql, &canonical), Ok((canonical.clone(), said)), "{text}");
            }
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}
