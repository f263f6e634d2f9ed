//! Statements that describe.

use sqlparser::ast::{
    DescribeAlias, ObjectName, ShowCreateObject, ShowStatementFilter, ShowStatementFilterPosition,
    ShowStatementIn, ShowStatementInClause, ShowStatementInParentType, ShowStatementOptions,
    Statement,
};

use super::walk::{Walk, Walked};
use super::{Dialect, Verb, rules};

impl Walk<'_> {
    /// Whether it is one of them.
    pub(super) fn show(&mut self, statement: &Statement) -> Walked<bool> {
        let mysql = self.sql.dialect == Dialect::Mysql;
        match statement {
            Statement::ShowVariable { variable } if self.sql.dialect == Dialect::Postgresql => {
                for ident in variable {
                    self.name(ident)?;
                }
                self.none((1..=2).contains(&variable.len()), &rules::STATEMENT)?;
            }
            Statement::ShowCreate { obj_type, obj_name } if mysql => {
                match obj_type {
                    ShowCreateObject::Table | ShowCreateObject::View => {}
                    ShowCreateObject::Event
                    | ShowCreateObject::Function
                    | ShowCreateObject::Procedure
                    | ShowCreateObject::Trigger => return self.fault(&rules::STATEMENT),
                }
                self.described(obj_name)?;
            }
            Statement::ShowTables {
                terse: false,
                history: false,
                extended: false,
                full: _,
                external: false,
                show_options,
            } if mysql => {
                self.show_options(show_options, false)?;
            }
            Statement::ShowColumns { extended: false, full: _, show_options } if mysql => {
                self.show_options(show_options, true)?;
            }
            Statement::ShowDatabases { terse: false, history: false, show_options }
            | Statement::ShowSchemas { terse: false, history: false, show_options }
                if mysql =>
            {
                self.show_options(show_options, false)?;
            }
            Statement::ExplainTable {
                describe_alias,
                hive_format: None,
                has_table_keyword: false,
                table_name,
            } if mysql => {
                match describe_alias {
                    DescribeAlias::Describe | DescribeAlias::Explain | DescribeAlias::Desc => {}
                }
                self.described(table_name)?;
            }
            _ => return Ok(false),
        }
        self.reach.verb = Verb::Show;
        Ok(true)
    }

    fn described(&mut self, name: &ObjectName) -> Walked {
        match self.table_name(name)? {
            Some(table) => self.reads(table),
            None => Ok(()),
        }
    }

    fn show_options(&mut self, options: &ShowStatementOptions, of_table: bool) -> Walked {
        let ShowStatementOptions { show_in, starts_with, limit, limit_from, filter_position } =
            options;
        self.none(
            starts_with.is_none() && limit.is_none() && limit_from.is_none(),
            &rules::CLAUSE,
        )?;
        match filter_position {
            None => {}
            Some(
                ShowStatementFilterPosition::Infix(filter)
                | ShowStatementFilterPosition::Suffix(filter),
            ) => match filter {
                ShowStatementFilter::Like(_) => {}
                ShowStatementFilter::ILike(_)
                | ShowStatementFilter::Where(_)
                | ShowStatementFilter::NoKeyword(_) => {
                    return self.fault(&rules::CLAUSE);
                }
            },
        }
        let Some(ShowStatementIn { clause, parent_type, parent_name }) = show_in else {
            return self.none(!of_table, &rules::CLAUSE);
        };
        match clause {
            ShowStatementInClause::IN | ShowStatementInClause::FROM => {}
        }
        match parent_type {
            None => {}
            Some(ShowStatementInParentType::Table) if of_table => {}
            Some(_) => return self.fault(&rules::CLAUSE),
        }
        match parent_name {
            Some(name) if of_table => self.described(name),
            Some(name) => {
                for ident in self.idents(name)? {
                    self.name(ident)?;
                }
                Ok(())
            }
            None => self.fault(&rules::CLAUSE),
        }
    }
}
