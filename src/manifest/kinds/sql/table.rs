//! What stands behind FROM.

use sqlparser::ast::{
    Expr, FunctionArg, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias,
    TableAliasColumnDef, TableFactor, TableFunctionArgs, TableInheritance, TableWithJoins,
};

use super::walk::{Walk, Walked};
use super::{Dialect, rules};

impl Walk<'_> {
    pub(super) fn joined(&mut self, table: &TableWithJoins) -> Walked {
        let TableWithJoins { relation, joins } = table;
        self.factor(relation)?;
        let mut stack = Vec::new();
        for Join { relation, global, join_operator } in joins {
            self.none(!global, &rules::CLAUSE)?;
            self.factor(relation)?;
            self.constraint(join_operator, &mut stack)?;
        }
        self.expressions(stack)
    }

    fn constraint<'e>(&mut self, operator: &'e JoinOperator, stack: &mut Vec<&'e Expr>) -> Walked {
        let constraint = match operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint)
            | JoinOperator::CrossJoin(constraint) => constraint,
            _ => return self.fault(&rules::CLAUSE),
        };
        match constraint {
            JoinConstraint::On(expression) => stack.push(expression),
            JoinConstraint::Using(columns) => {
                for column in columns {
                    self.column(column)?;
                }
            }
            JoinConstraint::UsingAlias(_, _) => return self.fault(&rules::CLAUSE),
            JoinConstraint::Natural | JoinConstraint::None => {}
        }
        Ok(())
    }

    /// As deep as brackets go.
    fn factor(&mut self, factor: &TableFactor) -> Walked {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_directives,
                inheritance,
            } => {
                self.none(with_hints.is_empty() && index_directives.is_empty(), &rules::HINT)?;
                self.none(
                    version.is_none() && partitions.is_empty() && json_path.is_none(),
                    &rules::CLAUSE,
                )?;
                self.none(sample.is_none(), &rules::CLAUSE)?;
                match inheritance {
                    None
                    | Some(
                        TableInheritance::Only { parenthesized: _ }
                        | TableInheritance::IncludeDescendants,
                    ) => {}
                }
                match args {
                    Some(TableFunctionArgs { args, settings }) => {
                        self.none(settings.is_none(), &rules::CLAUSE)?;
                        self.row_function(name, args, *with_ordinality, alias.as_ref())
                    }
                    None => {
                        self.none(!with_ordinality, &rules::CLAUSE)?;
                        self.table(name, alias.as_ref())
                    }
                }
            }
            TableFactor::Derived { lateral: _, subquery, alias, sample } => {
                self.none(sample.is_none(), &rules::CLAUSE)?;
                self.query(subquery)?;
                self.table_alias(alias.as_ref())?;
                Ok(())
            }
            TableFactor::Function { lateral: _, name, args, with_ordinality, alias } => {
                self.row_function(name, args, *with_ordinality, alias.as_ref())
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset,
                with_offset_alias,
                with_ordinality: _,
            } => {
                self.none(!with_offset && with_offset_alias.is_none(), &rules::CLAUSE)?;
                self.none(self.sql.dialect == Dialect::Postgresql, &rules::TABLE_FUNCTION)?;
                self.calls("unnest")?;
                self.rows_as("unnest", alias.as_ref())?;
                self.expressions(array_exprs.iter().collect())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.joined(table_with_joins)?;
                self.table_alias(alias.as_ref())?;
                Ok(())
            }
            _ => self.fault(&rules::TABLE_FUNCTION),
        }
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Walked {
        // A reserved word there, which stands for no table.
        if let ([dual], Dialect::Mysql) = (self.idents(name)?.as_slice(), self.sql.dialect)
            && dual.quote_style.is_none()
            && dual.value.eq_ignore_ascii_case("dual")
        {
            return self.none(alias.is_none(), &rules::ALIAS);
        }
        let table = self.table_name(name)?;
        // `FROM ONLY t` and the like: a word of the language that reads as a table with another name.
        if let (Some(alias), [first]) = (alias, self.idents(name)?.as_slice()) {
            self.none(alias.explicit || !Self::is_keyword(first), &rules::ALIAS)?;
        }
        if let Some(table) = table {
            self.reads(table)?;
        }
        self.table_alias(alias)?;
        Ok(())
    }

    /// The name, and those of columns, behind a table.
    fn table_alias(&mut self, alias: Option<&TableAlias>) -> Walked<Option<(String, Vec<String>)>> {
        let Some(TableAlias { explicit: _, name, columns, at }) = alias else {
            return Ok(None);
        };
        self.none(at.is_none(), &rules::CLAUSE)?;
        let name = self.alias(name)?;
        let mut names = Vec::with_capacity(columns.len());
        for TableAliasColumnDef { name, data_type } in columns {
            names.push(self.name(name)?);
            if let Some(data_type) = data_type {
                self.data_type(data_type)?;
            }
        }
        Ok(Some((name, names)))
    }

    fn row_function(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        ordinality: bool,
        alias: Option<&TableAlias>,
    ) -> Walked {
        self.none(!ordinality || self.sql.dialect == Dialect::Postgresql, &rules::CLAUSE)?;
        let function = self.function_name(name, true)?;
        self.rows_as(&function, alias)?;
        let mut stack = Vec::new();
        self.arguments(args, &mut stack)?;
        self.expressions(stack)
    }

    /// What the rows of a function are called, and their columns.
    fn rows_as(&mut self, function: &str, alias: Option<&TableAlias>) -> Walked {
        let (name, mut columns) = match self.table_alias(alias)? {
            Some((name, columns)) => (name, columns),
            None => (function.rsplit('.').next().unwrap_or(function).to_owned(), vec![]),
        };
        if columns.is_empty() {
            columns.push(name.clone());
        }
        columns.extend(["key", "value", "ordinality"].map(str::to_owned));
        self.row_functions.push((name, columns));
        Ok(())
    }
}
