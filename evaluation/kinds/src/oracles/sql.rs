//! Draws queries, asks the kind `sql`, and compares what it accepts with SQLite's authorizer and PostgreSQL's parser; with
//! `PSQL` or `MARIADB` set to a client's command line, also runs it there and compares the data before and after.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use permitgate::manifest::{ArgumentSpec, SqlSpec};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::report::Run;
use crate::subject::{Reading, Subject};

/// What the kind says of a text.
#[derive(Debug, PartialEq)]
struct Read {
    canonical: String,
    verb: String,
    reads: Vec<(String, String)>,
    writes: Vec<(String, String, String)>,
    functions: Vec<String>,
}

impl Read {
    fn new(subject: &Subject, text: &str) -> Result<Self, String> {
        let sql = subject.text(text).map_err(|fault| fault.to_string())?;
        let part = |part: &Reading, name: &str| part.part(name).unwrap().to_owned();
        let table = |it: &Reading| (part(it, "schema"), part(it, "table"));
        let write = |it: &Reading| (part(it, "schema"), part(it, "table"), part(it, "verb"));
        Ok(Self {
            canonical: sql.canonical().to_owned(),
            verb: part(&sql, "verb"),
            reads: sql.list("reads").iter().map(table).collect(),
            writes: sql.list("writes").iter().map(write).collect(),
            functions: sql.texts("functions"),
        })
    }
}

fn subject(dialect: &str) -> Subject {
    let spec = match dialect {
        "postgresql" => SqlSpec::postgresql(),
        "mysql" => SqlSpec::mysql().exact_case(),
        _ => SqlSpec::sqlite(),
    };
    Subject::new(ArgumentSpec::sql(spec.writes()))
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const TABLES: &[&str] = &["t", "u", "orders", "secrets", "\"Weird\"", "T", "\"u\"", "v"];
const SCHEMAS: &[(&str, &[&str])] = &[
    ("postgresql", &["public.", "PUBLIC.", ""]),
    ("mysql", &["probe.", ""]),
    ("sqlite", &["main.", "MAIN.", ""]),
];
const FUNCTIONS: &[&str] = &[
    "count", "lower", "coalesce", "max", "abs", "upper", "sum", "length", "replace", "nullif",
    "round",
];
const HARMFUL: &[&str] = &[
    "nextval('s')",
    "wipe()",
    "purge()",
    "setval('s', 5)",
    "load_extension('x')",
    "lo_create(0)",
    "purge2(t)",
    "sleep(0)",
    "x.purge2",
    "(t).purge2",
    "generate_series.purge3",
    "x.purge3",
    "pg_notify('a','b')",
    "last_insert_id(5)",
    "nextval(s)",
    "next value for s",
    "get_lock('a',0)",
    "query_to_xml('delete from t',true,true,'')",
    "set_config('a.b','c',false)",
    "@x := 1",
    "1 ### 2",
    "1 operator(public.###) 2",
    "'x'::evil",
    "evil 'x'",
    "cast('x' as evil)",
    "pg_catalog.nextval('s')",
    "public.purge()",
    "\"purge\"()",
    "purge ()",
    "s.nextval",
];
const PAYLOADS: &[&str] = &[
    "; DELETE FROM t",
    ";DROP TABLE u;",
    " INTO stolen",
    " INTO OUTFILE '/tmp/permitgate-x'",
    " INTO @x",
    " FOR UPDATE",
    " FOR SHARE",
    " LOCK IN SHARE MODE",
    "/*! INTO @x */",
    "/*M! INTO @x */",
    "/*!50000 ; DELETE FROM t */",
    "/*+ x */",
    "/* /* */ ; DELETE FROM t -- */",
    "/*/*/ ' */ */ ; DELETE FROM t; --'",
    " -- \r; DELETE FROM t\n",
    "--\n",
    "--x\n",
    "#\n",
    "# '\n",
    "\r",
    "\u{b}",
    "\u{c}",
    "\u{a0}",
    "\u{2028}",
    "\0",
    "\\",
    "\\'",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "E'\\'",
    "U&'\\0027'",
    "U&\"a\"",
    "N'a'",
    "x'41'",
    "_utf8'a'",
    " UNION DELETE FROM t RETURNING a",
    "\n.shell x",
    "\nDELIMITER //\n",
    "\ngo\n",
    "\n/\n",
    "\\! id",
    "\\gexec",
    " PROCEDURE ANALYSE()",
    " ONLY ",
    " LATERAL ",
    " TABLESAMPLE system(1)",
    " PARTITION (p)",
    " INDEXED BY i",
    " USE INDEX (i)",
    ":=",
    "::evil",
    "::int",
    "::text[]",
    " @@ ",
    " ### ",
    "{",
    "}",
    "'a\\'; DELETE FROM t; --'",
    "\"a\\\"; DELETE FROM t; -- \"",
    "'a' 'b'",
    " WINDOW w AS ()",
    " ISNULL",
    " NOTNULL",
    " COLLATE \"C\"",
    " COLLATE nocase",
    "WITH x AS (DELETE FROM t RETURNING *) ",
    "WITH t AS (SELECT * FROM secrets) ",
    "EXPLAIN ANALYZE ",
    "EXPLAIN ",
    "EXPLAIN (ANALYZE) ",
    "ANALYZE ",
    "VALUES (1)",
    "TABLE t",
    "(",
    ")",
    ",",
    ".",
    ";",
    " AS ",
    " IN secrets",
    " IN (TABLE secrets)",
    " = ANY (TABLE secrets)",
    "1e5",
    "1.",
    ".5",
    "0x1F",
    "1_000",
    "$1",
    "?",
    ":name",
    "a[1:2]",
    " LIMIT (SELECT nextval('s'))",
    " ORDER BY purge()",
    " RETURNING *",
    " ON CONFLICT DO UPDATE SET a = 1",
    " OFFSET 1",
    " NATURAL JOIN secrets",
    " CROSS JOIN secrets s2",
    " STRAIGHT_JOIN secrets",
    ", secrets",
    " JOIN secrets USING (id)",
];

/// Words that some server or parser takes for something of its own.
const WORDS: &str = "all analyse analyze and any array as asc asymmetric at authorization begin between binary both by call cascade \
    case cast check collate column concurrently connect constraint copy create cross cube current_date current_user cursor \
    data database day declare default deferrable delete desc describe distinct div do drop dual duplicate each else end escape except \
    exclude execute exists explain extract false fetch filter first following for force foreign freeze from full function glob \
    global grant group grouping groups handler having high_priority if ignore ilike in index indexed inner insert intersect \
    interval into is isnull items join json_table key kill language lateral leading left like limit load local localtime lock low_priority \
    match materialized merge minus mod name natural no not nothing notnull null nulls of off offset on only operator or order outer \
    over overlaps overlay partition period placing position pragma preceding primary procedure prior qualify range raise recursive references \
    regexp release rename repeatable replace reset restrict returning revoke right rlike rollback rollup row rows sample savepoint schema \
    select semi separator session_user set setof share show similar skip some sql_calc_found_rows sql_no_cache start straight_join \
    symmetric system table tablesample temporary then ties to top trailing trim truncate true union unique unnest unpivot update use user \
    using vacuum value values variadic verbose view when where window with within without xmlparse xmltable xor year zone";

struct Generator {
    draw: Draw,
    dialect: &'static str,
}

impl Generator {
    fn table(&mut self) -> String {
        let schemas = SCHEMAS
            .iter()
            .find(|(dialect, _)| *dialect == self.dialect)
            .map_or(&[""][..], |(_, all)| *all);
        let schema = if self.draw.chance(20) { self.draw.one(schemas) } else { "" };
        let table = self.draw.one(TABLES);
        if self.dialect == "mysql" {
            format!("{schema}{}", table.replace('"', "`"))
        } else {
            format!("{schema}{table}")
        }
    }

    fn column(&mut self) -> String {
        let column = self.draw.one(&["a", "b", "id", "name", "a", "id"]);
        if self.draw.chance(15) {
            format!("{}.{column}", self.draw.one(&["x", "t", "u", "y"]))
        } else {
            column.to_owned()
        }
    }

    fn value(&mut self, depth: usize) -> String {
        let kind = if depth == 0 { self.draw.below(5) } else { self.draw.below(22) };
        let d = depth.saturating_sub(1);
        match kind {
            0 => "1".to_owned(),
            1 => "'x'".to_owned(),
            2..=4 => self.column(),
            5 => format!("{}({})", self.draw.one(FUNCTIONS), self.value(d)),
            6 => format!(
                "({} {} {})",
                self.value(d),
                self.draw.one(&["+", "-", "*", "||", "=", "<>", "AND", "OR", "<", "IS", "->>"]),
                self.value(d)
            ),
            7 => format!(
                "CASE WHEN {} THEN {} ELSE {} END",
                self.value(d),
                self.value(d),
                self.value(d)
            ),
            8 => format!("({})", self.query(d)),
            9 => format!("{} IN ({})", self.value(d), self.query(d)),
            10 => format!("EXISTS ({})", self.query(d)),
            11 => format!(
                "CAST({} AS {})",
                self.value(d),
                self.draw.one(&["int", "text", "char", "evil", "integer", "signed"])
            ),
            12 => format!("{} BETWEEN {} AND {}", self.value(d), self.value(d), self.value(d)),
            13 => format!("{} LIKE {}", self.value(d), self.value(d)),
            14 => format!("NOT {}", self.value(d)),
            15 => {
                format!("count(*) OVER (PARTITION BY {} ORDER BY {})", self.value(d), self.value(d))
            }
            16 if self.draw.chance(30) => self.draw.one(HARMFUL).to_owned(),
            17 => format!("{} IS NOT NULL", self.value(d)),
            18 => format!("count(DISTINCT {})", self.value(d)),
            19 => format!("substring({} from 1 for 2)", self.value(d)),
            20 => format!("trim(both 'x' from {})", self.value(d)),
            _ => format!("- {}", self.value(d)),
        }
    }

    fn from(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match if depth == 0 { self.draw.below(4) } else { self.draw.below(11) } {
            0 | 1 => self.table(),
            2 => format!("{} {}", self.table(), self.draw.one(&["x", "y", "AS x", "AS \"y\""])),
            3 => self
                .draw
                .one(&[
                    "c1",
                    "c2",
                    "generate_series(1, 2)",
                    "generate_series(1,2) x",
                    "json_each('[1]')",
                    "unnest(array[1]) AS x(a)",
                    "ONLY t",
                    "t *",
                ])
                .to_owned(),
            4 | 5 => format!("({}) AS {}", self.query(d), self.draw.one(&["x", "y", "z"])),
            6 => format!("{}, {}", self.from(d), self.from(d)),
            7 => format!("{} JOIN {} ON {}", self.from(d), self.from(d), self.value(d)),
            8 => format!("{} LEFT JOIN {} USING (id)", self.from(d), self.from(d)),
            9 => format!("({} NATURAL JOIN {})", self.from(d), self.from(d)),
            _ => format!("{} CROSS JOIN {}", self.from(d), self.from(d)),
        }
    }

    fn query(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        let mut text = String::new();
        if depth > 0 && self.draw.chance(15) {
            let recursive = if self.draw.chance(25) { "RECURSIVE " } else { "" };
            let name = self.draw.one(&["c1", "c2", "c1", "t", "secrets"]);
            text += &format!("WITH {recursive}{name} AS ({}) ", self.query(d));
            if self.draw.chance(20) {
                text = format!("{}, c2 AS ({}) ", text.trim_end(), self.query(d));
            }
        }
        if self.draw.chance(3) {
            return text + "VALUES (1), (2)";
        }
        let item = if self.draw.chance(30) { "*".to_owned() } else { self.value(d) };
        text += &format!("SELECT {}{item}", self.draw.one(&["", "", "", "DISTINCT ", "ALL "]));
        if self.draw.chance(15) {
            text += self.draw.one(&[" AS k", " total", " \"K\"", ", 1", " name"]);
        }
        if self.draw.chance(90) {
            text += &format!(" FROM {}", self.from(depth));
        }
        if self.draw.chance(40) {
            text += &format!(" WHERE {}", self.value(d));
        }
        if self.draw.chance(10) {
            text += &format!(" GROUP BY {} HAVING {}", self.value(0), self.value(d));
        }
        if self.draw.chance(12) {
            text += &format!(
                " {} {}",
                self.draw.one(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]),
                self.query(d)
            );
        }
        if self.draw.chance(12) {
            text += &format!(" ORDER BY {}", self.value(0));
        }
        if self.draw.chance(12) {
            text += " LIMIT 2";
        }
        text
    }

    fn statement(&mut self) -> String {
        let depth = 1 + self.draw.below(3);
        let text = match self.draw.below(12) {
            0 => format!("INSERT INTO {} (a) VALUES ({})", self.table(), self.value(1)),
            1 => format!("INSERT INTO {} (a) {}", self.table(), self.query(1)),
            2 => {
                format!("UPDATE {} SET a = {} WHERE {}", self.table(), self.value(1), self.value(1))
            }
            3 => format!("DELETE FROM {} WHERE {}", self.table(), self.value(1)),
            4 => format!(
                "{} {}",
                self.draw.one(&["EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN QUERY PLAN"]),
                self.query(depth)
            ),
            5 => {
                let verb = self.draw.one(&[
                    "INSERT OR REPLACE INTO",
                    "REPLACE INTO",
                    "INSERT IGNORE INTO",
                    "INSERT INTO",
                ]);
                let end = self.draw.one(&[
                    "",
                    " ON CONFLICT (id) DO UPDATE SET a = 2",
                    " ON DUPLICATE KEY UPDATE a = 2",
                    " RETURNING a",
                    " ON CONFLICT DO NOTHING",
                ]);
                format!("{verb} {} (id, a) VALUES (1, {}){end}", self.table(), self.value(1))
            }
            _ => self.query(depth),
        };
        self.changed(text)
    }

    /// With payloads at the ends of words or anywhere, or with parts left out.
    fn changed(&mut self, mut text: String) -> String {
        if self.draw.chance(45) {
            return text;
        }
        for _ in 0..1 + self.draw.below(2) {
            let mut at = self.draw.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if self.draw.chance(60) {
                at = text[..at].rfind(' ').unwrap_or(if self.draw.chance(50) {
                    0
                } else {
                    text.len()
                });
            }
            if self.draw.chance(12) {
                let end = text[at..]
                    .char_indices()
                    .nth(1 + self.draw.below(4))
                    .map_or(text.len(), |(n, _)| at + n);
                text.replace_range(at..end, "");
            } else {
                if self.draw.chance(40) {
                    let words: Vec<&str> = WORDS.split_whitespace().collect();
                    let word = self.draw.one(&words);
                    text.insert_str(at, &format!(" {word} "));
                } else {
                    text.insert_str(at, self.draw.one(PAYLOADS));
                }
            }
        }
        text
    }
}

struct Sqlite {
    db: Connection,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Sqlite {
    fn new() -> Self {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, name); CREATE TABLE u(id INTEGER PRIMARY KEY, a, b, name);
             CREATE TABLE orders(id, a, b, name); CREATE TABLE secrets(id, a, b, name); CREATE TABLE \"Weird\"(id, a, b, name);
             CREATE TABLE v(id, a, b, name); INSERT INTO t VALUES(1,2,3,'n'),(2,3,4,'m'); INSERT INTO secrets VALUES (1,1,1,'s');
             INSERT INTO u SELECT * FROM t; INSERT INTO orders SELECT * FROM t; INSERT INTO v SELECT * FROM t;",
        )
        .unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        let hook = move |context: AuthContext<'_>| {
            let line = match context.action {
                // It names a CTE of which no column is used like a table of which none is.
                AuthAction::Read { table_name, column_name: "" } => {
                    format!("rows {}", table_name.to_ascii_lowercase())
                }
                AuthAction::Read { table_name, .. } => {
                    format!("read {}", table_name.to_ascii_lowercase())
                }
                AuthAction::Insert { table_name } => {
                    format!("insert {}", table_name.to_ascii_lowercase())
                }
                AuthAction::Update { table_name, .. } => {
                    format!("update {}", table_name.to_ascii_lowercase())
                }
                AuthAction::Delete { table_name } => {
                    format!("delete {}", table_name.to_ascii_lowercase())
                }
                AuthAction::Function { function_name } => {
                    format!("call {}", function_name.to_ascii_lowercase())
                }
                AuthAction::Select | AuthAction::Recursive => return Authorization::Allow,
                other => format!("other {other:?}"),
            };
            record.lock().unwrap().push(line);
            Authorization::Allow
        };
        db.authorizer(Some(hook));
        let mut steps = 0;
        db.progress_handler(
            20_000,
            Some(move || {
                steps += 1;
                steps % 4 == 0
            }),
        );
        Self { db, seen }
    }

    fn ask(&self, text: &str, read: &Read) -> Result<bool, String> {
        self.seen.lock().unwrap().clear();
        let Ok(statement) = self.db.prepare(text) else { return Ok(false) };
        let read_only = statement.readonly();
        drop(statement);
        let seen: BTreeSet<String> = self.seen.lock().unwrap().drain(..).collect();
        for line in &seen {
            let known = match line.split_once(' ').unwrap() {
                ("rows", table) if read.canonical.contains(&format!("{table} as (")) => true,
                // A function that gives rows is a table to SQLite.
                ("read" | "rows", table) => {
                    read.reads.iter().any(|(_, name)| name == table)
                        || read.functions.iter().any(|name| name == table)
                }

                ("call", function) => {
                    ["->", "->>"].contains(&function)
                        || read.functions.iter().any(|name| name == function)
                }
                ("other", _) => false,
                (verb, table) => {
                    read.writes.iter().any(|(_, name, how)| name == table && how == verb)
                }
            };
            if !known {
                return Err(format!("SQLite: {line}"));
            }
        }
        if read.writes.is_empty() && !read_only {
            return Err("SQLite: not read-only".to_owned());
        }
        self.db.execute_batch("SAVEPOINT probe").unwrap();
        let before = self.state();
        let _ = self.db.execute_batch(text);
        let after = self.state();
        let undone = self.db.execute_batch("ROLLBACK TO probe; RELEASE probe");
        if undone.is_err() || read.writes.is_empty() && before != after {
            return Err("SQLite: data changed".to_owned());
        }
        Ok(true)
    }

    fn state(&self) -> (u64, i64) {
        (
            self.db.total_changes(),
            self.db.query_row("PRAGMA schema_version", [], |row| row.get(0)).unwrap_or(-1),
        )
    }
}

#[cfg(feature = "postgresql")]
fn postgresql(text: &str, read: &Read) -> Result<bool, String> {
    let Ok(parsed) = pg_query::parse(text) else { return Ok(false) };
    if parsed.protobuf.stmts.len() != 1 {
        return Err(format!("PostgreSQL: {} statements", parsed.protobuf.stmts.len()));
    }
    let written = |schema: &str, table: &str| match schema {
        "-" => table.to_owned(),
        "pg_catalog" if !text.contains("pg_catalog") => table.to_owned(),
        _ => format!("{schema}.{table}"),
    };
    for name in parsed.select_tables() {
        if !read.reads.iter().any(|(schema, table)| written(schema, table) == name) {
            return Err(format!("PostgreSQL: reads {name}"));
        }
    }
    for name in parsed.dml_tables() {
        if !read.writes.iter().any(|(schema, table, _)| written(schema, table) == name) {
            return Err(format!("PostgreSQL: writes {name}"));
        }
    }
    if let Some(name) = parsed.ddl_tables().first() {
        return Err(format!("PostgreSQL: defines {name}"));
    }
    for name in parsed.functions() {
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        let syntax = [
            "btrim",
            "ltrim",
            "rtrim",
            "timezone",
            "like_escape",
            "similar_to_escape",
            "is_normalized",
            "xmlexists",
        ];
        if !read.functions.iter().any(|known| known == name) && !syntax.contains(&name) {
            return Err(format!("PostgreSQL: calls {name}"));
        }
    }
    Ok(true)
}

#[cfg(not(feature = "postgresql"))]
fn postgresql(_: &str, _: &Read) -> Result<bool, String> {
    Ok(false)
}

/// Runs texts with a client and compares what the tables hold before and after.
struct Server {
    client: String,
    prepare: &'static str,
    state: &'static str,
}

impl Server {
    fn run(&self, sql: &str) -> String {
        let mut words = self.client.split(' ');
        let mut client = Command::new(words.next().unwrap())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        let sql = sql.to_owned();
        let writer = std::thread::spawn(move || input.write_all(sql.as_bytes()));
        let out = client.wait_with_output().unwrap();
        let _ = writer.join();
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn check(&self, texts: &[String]) -> Option<Vec<String>> {
        let before = self.run(self.state);
        assert!(before.contains("state"), "{} does not answer: {before}", self.client);
        let script: String = texts.iter().map(|text| format!("{text}\n;\n")).collect();
        self.run(&format!("{}{script}", self.prepare));
        if self.run(self.state) == before {
            return None;
        }
        if texts.len() == 1 {
            return Some(texts.to_vec());
        }
        // The data has changed already: what is to blame changes it again, as every write of the payloads does.
        let (one, other) = texts.split_at(texts.len() / 2);
        self.check(one).or_else(|| self.check(other)).or_else(|| Some(texts.to_vec()))
    }
}

fn servers() -> Vec<(&'static str, Server)> {
    let mut servers = Vec::new();
    if let Ok(client) = std::env::var("PSQL") {
        let state = "SELECT 'state', (SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM (SELECT 't', * FROM t UNION ALL SELECT 'u', * FROM u UNION ALL SELECT 's', * FROM secrets UNION ALL SELECT 'o', * FROM orders UNION ALL SELECT 'v', * FROM v) x), (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_largeobject_metadata), (SELECT last_value FROM s), (SELECT is_called FROM s), (SELECT count(*) FROM log);\n";
        servers.push((
            "postgresql",
            Server { client, prepare: "SET statement_timeout = 300;\n", state },
        ));
    }
    if let Ok(client) = std::env::var("MARIADB") {
        let state = "SELECT 'state', (SELECT group_concat(id, a, b, name) FROM t), (SELECT group_concat(id, a, b, name) FROM u), (SELECT group_concat(id, a, b, name) FROM secrets), (SELECT count(*) FROM orders), (SELECT count(*) FROM v), (SELECT count(*) FROM information_schema.tables), (SELECT next_not_cached_value FROM s), (SELECT count(*) FROM log);\n";
        servers
            .push(("mysql", Server { client, prepare: "SET max_statement_time = 0.3;\n", state }));
    }
    servers
}

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let sqlite = Sqlite::new();
    let servers = servers();
    let dialects = ["postgresql", "sqlite", "mysql"];
    let subjects = dialects.map(subject);
    let drawn = |dialect: &str| (seed ^ dialect.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut generators =
        dialects.map(|dialect| Generator { draw: Draw(drawn(dialect) | 1), dialect });
    let mut queues: [Vec<String>; 3] = Default::default();
    let (mut compared, mut ran) = ([0_u64; 2], [0_u64; 3]);
    let mut run = Run::new("sql", seed);
    while run.goes_on(seconds) {
        let n = (run.texts % 3) as usize;
        let text = generators[n].statement();
        run.texts += 1;
        let Ok(read) = Read::new(&subjects[n], &text) else { continue };
        run.accepted += 1;
        match Read::new(&subjects[n], &read.canonical) {
            Ok(again) if again == read => {}
            other => run.differs(&*text, format!("{}: read again: {other:?}", dialects[n])),
        }
        let answer = match dialects[n] {
            "postgresql" => postgresql(&text, &read),
            "sqlite" => sqlite.ask(&text, &read),
            _ => Ok(false),
        };
        match answer {
            Ok(true) => compared[n] += 1,
            Ok(false) => {}
            Err(says) => run.differs(&*text, says),
        }
        let Some((_, server)) = servers.iter().find(|(dialect, _)| *dialect == dialects[n]) else {
            continue;
        };
        if read.writes.is_empty() {
            queues[n].push(text);
        }
        if queues[n].len() >= 400 {
            ran[n] += queues[n].len() as u64;
            if let Some(texts) = server.check(&std::mem::take(&mut queues[n])) {
                run.differs(texts.join("\n;\n"), format!("{}: data changed", dialects[n]));
            }
        }
    }
    let there = |is_there: bool| if is_there { "" } else { " (not there)" };
    let has = |dialect| there(servers.iter().any(|(name, _)| *name == dialect));
    run.end(format_args!(
        "{} compared with the parser of PostgreSQL{}, {} with SQLite; {} run on PostgreSQL{}, {} on MariaDB{}",
        compared[0],
        there(cfg!(feature = "postgresql")),
        compared[1],
        ran[0],
        has("postgresql"),
        ran[2],
        has("mysql"),
    ))
}
