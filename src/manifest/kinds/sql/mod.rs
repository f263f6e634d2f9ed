//! SQL.

mod expression;
mod functions;
mod lexer;
mod operators;
mod query;
mod rules;
mod show;
mod spec;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod walk;
mod write;

use sqlparser::ast::Statement;
use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

pub use self::spec::SqlSpec;
pub(crate) use self::spec::{Case, Dialect, Verb};
use self::walk::{Reach, Span, Walk};
use super::rule::{Form, OptionFault, PartForm, TextFault};
use crate::model::parts::{OpenPart, Parts};

/// How many levels the parser may go down on the caller's stack. One takes up to 100 KB without optimization, and a test's
/// thread has 2 MiB.
const NEAR: usize = 12;

/// How many joins, each of which may be a level that the parser does not count.
const NEAR_JOINS: usize = 8;

/// How many on a stack of its own, for the few queries that nest deeper, and how large that is.
const FAR: usize = 96;
const STACK: usize = 24 << 20;

/// One statement of SQL: which tables it reads, which it writes and how, and which functions it calls.
///
/// For arguments that a database runs: `execute_sql(query)`. The dialect is stated (`postgresql`, `mysql` which is also
/// `mariadb`, `sqlite`), because one text means different things in two of them.
///
/// Our own lexer reads the words, and refuses what servers or their clients read differently. The parser sees these words
/// and no text, so the two cannot disagree. Its tree is taken apart field by field; what is not named here is refused.
///
/// ```text
/// query     = { blank | comment } words { ";" | blank | comment }      (16 KiB, 2,000 words, 32 brackets deep, 64 joins)
/// words     = statement as the dialect's grammar has it:
///             SELECT, VALUES, TABLE with WITH, set operations, subqueries, windows | EXPLAIN of any statement here
///           | SHOW, DESCRIBE of tables, columns, databases (mysql), SHOW of a setting (postgresql)
///           | INSERT, REPLACE, UPDATE, DELETE of one table, with ON CONFLICT, ON DUPLICATE KEY and RETURNING
/// word      = name | quoted | text | number | parameter | operator | "(" | ")" | "," | "." | "[" | "]" | "::"
/// name      = letter { letter | digit | "_" }                          (ASCII; no word that begins a clause)
/// quoted    = '"' … '"' (not mysql) | "`" … "`" (not postgresql) | "[" … "]" (sqlite)
/// text      = "'" … "'" | '"' … '"' (mysql), without backslash in mysql; never two side by side, never with a prefix
/// number    = digits [ "." digits ] [ "e" [ sign ] digits ] | "." digits …
/// parameter = "$" digits (postgresql) | "?" (mysql) | "?" [ digits ] | ":" name | "@" name (sqlite)
/// comment   = "--" … newline (mysql: with a blank) | "#" … newline (mysql) | "/*" … "*/"    (ASCII, not nested, no "/*!")
/// ```
///
/// Its canonical form is its words with one blank between two. Words that are not quoted are in small letters, except in
/// mysql, where the case of a table's name may count: there only with `case = "fold"`. It is never sent to a server, and
/// nothing is ever printed from the tree.
///
/// | part | what it is |
/// |---|---|
/// | `verb` | `select`, `show`, `insert`, `update`, `delete`; behind EXPLAIN that of the statement explained |
/// | `explain` | whether EXPLAIN stands before it |
/// | `reads` | each table once: `schema` (`-` where none is written; `pg_catalog` for PostgreSQL's `pg_…`) and `table`. One `-`, `-` where the statement reaches no table. What UPDATE and DELETE write is read too, and what INSERT writes where RETURNING or ON CONFLICT shows it |
/// | `writes` | `schema`, `table` and `verb`: an upsert gives `insert` and `update`, REPLACE gives `insert` and `delete` |
/// | `functions` | each function once, in small letters |
///
/// Only reading is accepted unless `verbs` lists more, so a manifest that looks at `reads` alone misses no write.
///
/// It cannot see what stands behind a name: views, triggers, rules, cascades, rows of partitions and child tables, columns
/// that are functions (PostgreSQL reads `t.f` as `f(t)` where `t` has no column `f`), operators, casts and functions that
/// somebody put before the built-in ones on the search path, and rights on rows. PostgreSQL must have
/// `standard_conforming_strings` on, as it is by default. So let the database have a role that can only read, too.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sql {
    dialect: Dialect,
    functions: Vec<String>,
    verbs: Vec<Verb>,
    case: Option<Case>,
}

impl Sql {
    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm { name: "verb", form: Form::Text },
        PartForm { name: "explain", form: Form::Flag },
        PartForm { name: "reads", form: Form::Objects(READ) },
        PartForm { name: "writes", form: Form::Objects(WRITE) },
        PartForm { name: "functions", form: Form::Texts },
    ];

    /// The words of all verbs.
    pub(super) fn all_verbs() -> impl Iterator<Item = &'static str> {
        Verb::ALL.into_iter().map(Verb::name)
    }

    /// Whether the names of schemas and tables are always in small letters.
    pub(super) fn folds_names(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// Whether statements that write are accepted.
    pub(crate) fn writes(&self) -> bool {
        self.verbs.iter().any(|verb| !matches!(verb, Verb::Select | Verb::Show))
    }

    /// Validates what the author says.
    pub(crate) fn new(spec: &SqlSpec) -> Result<Self, OptionFault> {
        let fault = |field, says: &str| Err(OptionFault { field, says: says.to_owned() });
        if spec.case.is_some() && spec.dialect != Dialect::Mysql {
            return fault("case", "only the dialect mysql leaves this open; leave it out");
        }
        let verbs = spec.verbs.clone().unwrap_or_else(|| vec![Verb::Select, Verb::Show]);
        if verbs.is_empty() {
            return fault(
                "verbs",
                "no statement would be accepted; list at least one of select, show, insert, update, delete",
            );
        }
        for name in &spec.functions {
            let part = |part: &str| {
                let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                !part.is_empty() && part.bytes().all(letter)
            };
            if name.split('.').count() > 2 || !name.split('.').all(part) {
                return fault(
                    "functions",
                    "each is a name of letters, digits and `_`, or `schema.name`, without parentheses",
                );
            }
        }
        let mut functions = spec.functions.clone();
        if spec.dialect != Dialect::Postgresql {
            functions.iter_mut().for_each(|name| name.make_ascii_lowercase());
        }
        Ok(Self { dialect: spec.dialect, functions, verbs, case: spec.case })
    }

    /// Reads a query. The tree takes some 270 allocations; a query that nests deeper than everyday ones is read on a thread
    /// of its own.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let words = lexer::words(text, self.dialect)?;
        let spans = self.canonical(text, &words, parts, begun);
        let joins = spans.iter().filter(|span| span.of(text).eq_ignore_ascii_case("join")).count();
        let near = match joins {
            0..=NEAR_JOINS => self.reach(text, words, &spans, NEAR),
            _ => Err(TextFault::new(&rules::TOO_DEEP, 0)),
        };
        let reach = match near {
            Err(fault) if fault.rule == &rules::TOO_DEEP => self.reach_far(text, &spans)?,
            near => near?,
        };
        reach.write(parts);
        Ok(())
    }

    fn reach(
        &self,
        text: &str,
        words: Vec<TokenWithSpan>,
        spans: &[Span],
        depth: usize,
    ) -> Result<Reach, TextFault> {
        let statement = self.parse(words, text.len(), depth)?;
        Walk::new(self, text, spans).statement(&statement)
    }

    /// Once more, on a stack of its own. Where none can be had the query is refused.
    fn reach_far(&self, text: &str, spans: &[Span]) -> Result<Reach, TextFault> {
        let deep = TextFault::new(&rules::TOO_DEEP, 0);
        std::thread::scope(|scope| {
            let far = || self.reach(text, lexer::words(text, self.dialect)?, spans, FAR);
            let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, far);
            thread.map_err(|_| deep)?.join().map_err(|_| deep)?
        })
    }

    /// Every word once more, with one blank between two; words that are not quoted in small letters where case does not
    /// count.
    fn canonical(
        &self,
        text: &str,
        words: &[TokenWithSpan],
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Vec<Span> {
        let folds = self.dialect != Dialect::Mysql || self.case == Some(Case::Fold);
        let mark = parts.mark();
        let mut spans = Vec::with_capacity(words.len());
        for TokenWithSpan { token, span } in words {
            if !spans.is_empty() {
                parts.push(" ");
            }
            let span = Span { from: span.start.column as u32, to: span.end.column as u32 };
            let word = span.of(text);
            match token {
                Token::Word(word) if word.quote_style.is_none() && folds => {
                    let mut small = [0; 256];
                    let bytes = word.value.as_bytes();
                    let Some(small) = small.get_mut(..bytes.len()) else { continue };
                    small.copy_from_slice(bytes);
                    small.make_ascii_lowercase();
                    parts.push(std::str::from_utf8(small).unwrap_or_default());
                }
                _ => parts.push(word),
            }
            spans.push(span);
        }
        parts.canonical(begun, parts.since(mark));
        spans
    }

    fn parse(
        &self,
        words: Vec<TokenWithSpan>,
        end: usize,
        depth: usize,
    ) -> Result<Statement, TextFault> {
        let parser = match self.dialect {
            Dialect::Postgresql => Parser::new(&PostgreSqlDialect {}),
            Dialect::Mysql => Parser::new(&MySqlDialect {}),
            Dialect::Sqlite => Parser::new(&SQLiteDialect {}),
        };
        let whole_table = matches!(words.first(), Some(TokenWithSpan { token: Token::Word(word), span: _ }) if word.keyword == Keyword::TABLE);
        let mut parser = parser.with_recursion_limit(depth).with_tokens_with_locations(words);
        // The parser takes `TABLE t` for a query only within another one.
        let statement = match whole_table {
            true => parser.parse_query().map(Statement::Query),
            false => parser.parse_statement(),
        };
        let statement = statement.map_err(|error| match error {
            ParserError::RecursionLimitExceeded => TextFault::new(&rules::TOO_DEEP, 0),
            ParserError::ParserError(says) | ParserError::TokenizerError(says) => {
                TextFault::new(&rules::SYNTAX, place(&says).unwrap_or(end))
            }
        })?;
        let next = parser.peek_token();
        match next.token {
            Token::EOF => Ok(statement),
            _ => Err(TextFault::new(&rules::SYNTAX, next.span.start.column as usize)),
        }
    }
}

/// The place that the parser names at the end of what it says.
fn place(says: &str) -> Option<usize> {
    let (_, column) = says.rsplit_once("Column: ")?;
    let digits = column.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

const READ: &[PartForm] =
    &[PartForm { name: "schema", form: Form::Text }, PartForm { name: "table", form: Form::Text }];

const WRITE: &[PartForm] = &[
    PartForm { name: "schema", form: Form::Text },
    PartForm { name: "table", form: Form::Text },
    PartForm { name: "verb", form: Form::Text },
];

impl Reach {
    fn write(&self, parts: &mut Parts) {
        parts.text("verb", self.verb.name());
        parts.flag("explain", self.explain);
        let reads = parts.list("reads");
        for (schema, table) in &self.reads {
            let one = parts.element();
            parts.text("schema", schema);
            parts.text("table", table);
            parts.end(one);
        }
        if self.reads.is_empty() && self.writes.is_empty() {
            let none = parts.element();
            parts.text("schema", walk::NONE);
            parts.text("table", walk::NONE);
            parts.end(none);
        }
        parts.end(reads);
        let writes = parts.list("writes");
        for ((schema, table), verb) in &self.writes {
            let one = parts.element();
            parts.text("schema", schema);
            parts.text("table", table);
            parts.text("verb", verb.name());
            parts.end(one);
        }
        parts.end(writes);
        let functions = parts.list("functions");
        for function in &self.functions {
            parts.text_element(function);
        }
        parts.end(functions);
    }
}
