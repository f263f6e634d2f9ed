//! Draws queries, asks the kind `sql`, and compares what it accepts with SQLite's authorizer and PostgreSQL's parser; with
//! `PSQL` or `MARIADB` set to a client's command line, also runs it there and compares the data before and after.

mod engines;
mod queries;

use permitgate::manifest::{ArgumentSpec, SqlSpec};

use crate::draw::Draw;
use crate::report::Run;
use crate::subject::{Reading, Subject};
use engines::{Sqlite, calls_by_column, postgresql, servers};
use queries::Generator;

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

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let sqlite = Sqlite::new();
    let servers = servers();
    let dialects = ["postgresql", "sqlite", "mysql"];
    let subjects = dialects.map(subject);
    let mut generators =
        dialects.map(|dialect| Generator::new(Draw::new(seed ^ dialect.len() as u64), dialect));
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
        let is_unseen = dialects[n] == "postgresql" && calls_by_column(&read.canonical);
        if read.writes.is_empty() && !is_unseen {
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
