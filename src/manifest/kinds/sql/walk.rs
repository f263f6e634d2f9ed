//! What the tree of a statement reaches. Every part of it is taken apart by name, so that a field which a newer parser
//! adds does not compile until somebody has looked at it; a variant that is not named is refused.

use sqlparser::ast::{
    AnalyzeFormatKind, DescribeAlias, Expr, Ident, ObjectName, ObjectNamePart, Statement,
    UtilityOption,
};
use sqlparser::tokenizer::Token;

use super::{Case, Dialect, Sql, Verb, functions, rules};
use crate::manifest::kinds::rule::{Rule, TextFault};

/// Stands for a schema that is not written, and for the table of a query that has none.
pub(super) const NONE: &str = "-";
const NAMES: usize = 64;

pub(super) type Walked<T = ()> = Result<T, TextFault>;
pub(super) type Table = (String, String);

/// What a statement reaches.
pub(super) struct Reach {
    pub(super) verb: Verb,
    pub(super) explain: bool,
    pub(super) reads: Vec<Table>,
    pub(super) writes: Vec<(Table, Verb)>,
    pub(super) functions: Vec<String>,
}

/// A word's place in the text.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Span {
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

pub(super) struct Walk<'w> {
    pub(super) sql: &'w Sql,
    text: &'w str,
    words: &'w [Span],
    /// The last name or value that was looked at, for faults.
    pub(super) at: usize,
    pub(super) reach: Reach,
    /// Every name of WITH so far, and which of them hold here.
    pub(super) named: Vec<String>,
    pub(super) holds: Vec<String>,
    /// Tables written without a schema, which no later WITH may name.
    pub(super) bare: Vec<String>,
    /// What PostgreSQL's row functions are called here, with the columns that the query names.
    pub(super) row_functions: Vec<(String, Vec<String>)>,
    /// Each `a.b` among expressions.
    pub(super) qualified: Vec<(String, String, usize)>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(sql: &'w Sql, text: &'w str, words: &'w [Span]) -> Self {
        let reach = Reach {
            verb: Verb::Select,
            explain: false,
            reads: vec![],
            writes: vec![],
            functions: vec![],
        };
        Self {
            sql,
            text,
            words,
            at: 0,
            reach,
            named: vec![],
            holds: vec![],
            bare: vec![],
            row_functions: vec![],
            qualified: vec![],
        }
    }

    pub(super) fn statement(mut self, statement: &Statement) -> Walked<Reach> {
        match statement {
            Statement::Explain {
                describe_alias,
                analyze: _,
                verbose: _,
                query_plan: _,
                estimate,
                statement,
                format,
                options,
            } => {
                self.explain(describe_alias, *estimate, format.as_ref(), options.as_deref())?;
                self.reach.explain = true;
                self.plain(statement)?;
            }
            other => {
                if !self.show(other)? {
                    self.plain(other)?;
                }
            }
        }
        self.row_columns()?;
        let verbs = self.reach.writes.iter().map(|(_, verb)| *verb).chain([self.reach.verb]);
        for verb in verbs {
            if !self.sql.verbs.contains(&verb) {
                return Err(TextFault::new(&rules::VERB, 0));
            }
        }
        Ok(self.reach)
    }

    /// What may also stand behind EXPLAIN.
    fn plain(&mut self, statement: &Statement) -> Walked {
        match statement {
            Statement::Query(query) => self.query_statement(query),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            _ => Err(TextFault::new(&rules::STATEMENT, 0)),
        }
    }

    fn explain(
        &mut self,
        alias: &DescribeAlias,
        estimate: bool,
        format: Option<&AnalyzeFormatKind>,
        options: Option<&[UtilityOption]>,
    ) -> Walked {
        match alias {
            DescribeAlias::Explain => {}
            DescribeAlias::Describe | DescribeAlias::Desc if self.sql.dialect == Dialect::Mysql => {
            }
            DescribeAlias::Describe | DescribeAlias::Desc => return self.fault(&rules::STATEMENT),
        }
        if estimate {
            return self.fault(&rules::CLAUSE);
        }
        match format {
            None | Some(AnalyzeFormatKind::Keyword(_) | AnalyzeFormatKind::Assignment(_)) => {}
        }
        for UtilityOption { name, arg } in options.unwrap_or_default() {
            let known = [
                "analyze", "verbose", "costs", "buffers", "timing", "summary", "format",
                "settings", "wal", "memory",
            ];
            let name = self.name(name)?;
            let plain = matches!(arg, None | Some(Expr::Identifier(_) | Expr::Value(_)));
            if !known.contains(&name.as_str()) || !plain {
                return self.fault(&rules::CLAUSE);
            }
        }
        Ok(())
    }

    pub(super) fn fault<T>(&self, rule: &'static Rule) -> Walked<T> {
        Err(TextFault::new(rule, self.at))
    }

    /// Refuses a clause that is there.
    pub(super) fn none(&self, absent: bool, rule: &'static Rule) -> Walked {
        if absent { Ok(()) } else { self.fault(rule) }
    }

    /// A name as the server compares it.
    pub(super) fn name(&mut self, ident: &Ident) -> Walked<String> {
        let Ident { value, quote_style, span } = ident;
        self.at = span.start.column as usize;
        // The parser takes some of them for names where the server sees the next clause.
        if quote_style.is_none() && functions::reserved(value) {
            return self.fault(&rules::SYNTAX);
        }
        let folds = match (self.sql.dialect, quote_style) {
            (_, Some('\'')) => return self.fault(&rules::SYNTAX),
            (Dialect::Sqlite, _) | (Dialect::Postgresql, None) => true,
            (Dialect::Postgresql, Some(_)) => false,
            (Dialect::Mysql, _) => self.sql.case == Some(Case::Fold),
        };
        Ok(if folds { value.to_ascii_lowercase() } else { value.clone() })
    }

    /// Likewise, of a table or schema, as a resource can hold it.
    fn object(&mut self, ident: &Ident) -> Walked<String> {
        let name = self.name(ident)?;
        let plain = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
        if !name.chars().all(plain)
            || [NONE, ".", "..", ""].contains(&name.trim())
            || name.trim() != name
        {
            return self.fault(&rules::IDENTIFIER);
        }
        let capital = name.bytes().any(|byte| byte.is_ascii_uppercase());
        if capital && self.sql.dialect == Dialect::Mysql && self.sql.case.is_none() {
            return self.fault(&rules::CASE_UNKNOWN);
        }
        Ok(name)
    }

    /// The names of which an object's consists.
    pub(super) fn idents<'o>(
        &mut self,
        ObjectName(parts): &'o ObjectName,
    ) -> Walked<Vec<&'o Ident>> {
        let mut idents = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                ObjectNamePart::Identifier(ident) => idents.push(ident),
                ObjectNamePart::Function(_) => return self.fault(&rules::TABLE_NAME),
            }
        }
        Ok(idents)
    }

    /// A table that is not a name of WITH: its schema and its name.
    pub(super) fn table_name(&mut self, name: &ObjectName) -> Walked<Option<Table>> {
        match self.idents(name)?.as_slice() {
            [table] => {
                let table = self.object(table)?;
                if self.holds.contains(&table) {
                    return Ok(None);
                }
                if self.named.iter().any(|name| name.eq_ignore_ascii_case(&table)) {
                    return self.fault(&rules::SHADOW);
                }
                self.bare.push(table.clone());
                let catalog = self.sql.dialect == Dialect::Postgresql && table.starts_with("pg_");
                let schema = if catalog { "pg_catalog" } else { NONE };
                Ok(Some((schema.to_owned(), table)))
            }
            [schema, table] => Ok(Some((self.object(schema)?, self.object(table)?))),
            _ => self.fault(&rules::TABLE_NAME),
        }
    }

    pub(super) fn reads(&mut self, table: Table) -> Walked {
        if !self.reach.reads.contains(&table) {
            self.none(self.reach.reads.len() < NAMES, &rules::TOO_MANY_NAMES)?;
            self.reach.reads.push(table);
        }
        Ok(())
    }

    pub(super) fn calls(&mut self, function: &str) -> Walked {
        if !self.reach.functions.iter().any(|known| known == function) {
            self.none(self.reach.functions.len() < NAMES, &rules::TOO_MANY_NAMES)?;
            self.reach.functions.push(function.to_owned());
        }
        Ok(())
    }

    /// A function by its written name, on the list of those that give values or of those that give rows.
    pub(super) fn function_name(&mut self, name: &ObjectName, rows: bool) -> Walked<String> {
        let idents = self.idents(name)?;
        let mut parts = Vec::with_capacity(idents.len());
        for ident in idents {
            let part = match ident.value.as_str() {
                name if functions::reserved_function(name) => name.to_owned(),
                _ => self.name(ident)?,
            };
            let small = ident.quote_style.is_none() || self.sql.dialect != Dialect::Postgresql;
            parts.push(if small { part.to_ascii_lowercase() } else { part });
        }
        let dialect = self.sql.dialect;
        let (written, builtin) = match parts.as_slice() {
            [name] => (name.clone(), Some(name)),
            [schema, name] if dialect == Dialect::Postgresql && schema == "pg_catalog" => {
                (name.clone(), Some(name))
            }
            [schema, name] => (format!("{schema}.{name}"), None),
            _ => return self.fault(&rules::FUNCTION),
        };
        let known = builtin.is_some_and(|name| functions::known(name, dialect, rows));
        if !known && !self.sql.functions.contains(&written) {
            return self.fault(if rows { &rules::TABLE_FUNCTION } else { &rules::FUNCTION });
        }
        self.calls(&written)?;
        Ok(written)
    }

    /// A name behind a value or table. Without AS it must not be a word of the language: servers differ in which of these
    /// begin a clause.
    pub(super) fn alias(&mut self, ident: &Ident) -> Walked<String> {
        let name = self.name(ident)?;
        let place = ident.span.start.column as u32;
        let number = self.words.partition_point(|word| word.from < place);
        let before = number.checked_sub(1).and_then(|number| self.words.get(number));
        let explicit = before.is_some_and(|word| word.of(self.text).eq_ignore_ascii_case("as"));
        if !explicit
            && ident.quote_style.is_none()
            && keyword(&ident.value)
            && !functions::plain_word(&ident.value)
        {
            return self.fault(&rules::ALIAS);
        }
        Ok(name)
    }

    /// Whether a name is an unquoted word of the language.
    pub(super) fn is_keyword(ident: &Ident) -> bool {
        ident.quote_style.is_none() && keyword(&ident.value) && !functions::plain_word(&ident.value)
    }

    /// PostgreSQL reads `f.g` as `g(f)` where `f` gives single values and has no column `g`.
    fn row_columns(&mut self) -> Walked {
        if self.sql.dialect != Dialect::Postgresql {
            return Ok(());
        }
        for (qualifier, column, at) in &self.qualified {
            let known = |(name, columns): &(String, Vec<String>)| {
                name != qualifier || columns.contains(column)
            };
            if !self.row_functions.iter().all(known) {
                return Err(TextFault::new(&rules::ROW_FUNCTION, *at));
            }
        }
        Ok(())
    }
}

fn keyword(word: &str) -> bool {
    use sqlparser::keywords::Keyword;
    matches!(Token::make_word(word, None), Token::Word(word) if word.keyword != Keyword::NoKeyword)
}
