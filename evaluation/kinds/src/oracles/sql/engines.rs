//! What else reads a query: SQLite's authorizer, PostgreSQL's parser, and servers.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::Read;

pub(super) struct Sqlite {
    db: Connection,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Sqlite {
    pub(super) fn new() -> Self {
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

    pub(super) fn ask(&self, text: &str, read: &Read) -> Result<bool, String> {
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
                // SQLite writes the columns that an outer join has twice as `coalesce(left, right)`; nobody called it.
                ("call", "coalesce") if joins_columns(&read.canonical) => true,
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

/// Whether a RIGHT or FULL join may name its columns by USING, or by NATURAL.
fn joins_columns(canonical: &str) -> bool {
    let has = |word: &str| canonical.split(' ').any(|known| known == word);
    (has("right") || has("full")) && (has("using") || has("natural"))
}

/// Whether a query names a column of a table that is a function of the probe to PostgreSQL, which reads `t.f` as `f(t)` where `t` has no
/// column `f`. The manual says that this cannot be seen, so that it is no difference. Behind a parenthesis it is none of these.
pub(super) fn calls_by_column(canonical: &str) -> bool {
    let words: Vec<&str> = canonical.split(' ').collect();
    words.windows(3).any(|words| match words {
        [table, ".", "purge2" | "purge3"] => {
            table.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'"'))
        }
        _ => false,
    })
}

#[cfg(feature = "postgresql")]
pub(super) fn postgresql(text: &str, read: &Read) -> Result<bool, String> {
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
pub(super) fn postgresql(_: &str, _: &Read) -> Result<bool, String> {
    Ok(false)
}

/// Runs texts with a client and compares what the tables hold before and after.
pub(super) struct Server {
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

    pub(super) fn check(&self, texts: &[String]) -> Option<Vec<String>> {
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

pub(super) fn servers() -> Vec<(&'static str, Server)> {
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
