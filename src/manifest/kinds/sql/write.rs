//! INSERT, UPDATE and DELETE.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, DoUpdate, Expr, FromTable, Insert,
    InsertAliases, ObjectName, OnConflict, OnConflictAction, OnInsert, SelectItem,
    SqliteOnConflict, TableAlias, TableAliasWithoutColumns, TableFactor, TableInheritance,
    TableObject, TableWithJoins, Update, UpdateTableFromKind,
};

use super::walk::{Table, Walk, Walked};
use super::{Dialect, Verb, rules};

impl Walk<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Walked {
        let Insert {
            insert_token: _,
            optimizer_hints,
            or,
            ignore,
            into,
            table,
            table_alias,
            columns,
            by_name,
            overwrite,
            source,
            assignments,
            partitioned,
            after_columns,
            overriding,
            has_table_keyword,
            on,
            returning,
            output,
            replace_into,
            priority,
            insert_alias,
            settings,
            format_clause,
            multi_table_insert_type,
            multi_table_into_clauses,
            multi_table_when_clauses,
            multi_table_else_clause,
        } = insert;
        let foreign = *by_name
            || *overwrite
            || *has_table_keyword
            || partitioned.is_some()
            || !after_columns.is_empty();
        let many = multi_table_insert_type.is_some()
            || multi_table_else_clause.is_some()
            || !multi_table_into_clauses.is_empty()
            || !multi_table_when_clauses.is_empty();
        let asked = output.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || overriding.is_some();
        self.none(!foreign && !many && !asked, &rules::CLAUSE)?;
        self.none(optimizer_hints.is_empty() && priority.is_none(), &rules::HINT)?;
        let mysql = self.sql.dialect == Dialect::Mysql;
        self.none(
            *into && (mysql || !*ignore && assignments.is_empty() && insert_alias.is_none()),
            &rules::CLAUSE,
        )?;
        self.reach.verb = Verb::Insert;
        let TableObject::TableName(name) = table else { return self.fault(&rules::TARGET) };
        let table = self.target(name)?;
        self.insert_names(table_alias.as_ref(), columns, insert_alias.as_ref())?;
        self.writes(&table, Verb::Insert);
        if *replace_into || self.replaces(or.as_ref())? {
            self.none(self.sql.dialect != Dialect::Postgresql, &rules::CLAUSE)?;
            self.writes(&table, Verb::Delete);
        }
        if let Some(source) = source {
            self.query(source)?;
        }
        let mut stack = Vec::new();
        self.assignments(assignments, &mut stack)?;
        on.iter().try_for_each(|on| self.on_insert(on, &table, &mut stack))?;
        self.returning(returning.as_deref(), &table, &mut stack)?;
        self.expressions(stack)
    }

    fn insert_names(
        &mut self,
        alias: Option<&TableAliasWithoutColumns>,
        columns: &[ObjectName],
        row: Option<&InsertAliases>,
    ) -> Walked {
        if let Some(TableAliasWithoutColumns { explicit, alias }) = alias {
            self.none(*explicit, &rules::TARGET)?;
            self.name(alias)?;
        }
        for column in columns {
            self.column(column)?;
        }
        if let Some(InsertAliases { row_alias, col_aliases }) = row {
            self.column(row_alias)?;
            for column in col_aliases.iter().flatten() {
                self.name(column)?;
            }
        }
        Ok(())
    }

    /// Whether rows that stand in the way are deleted.
    fn replaces(&self, or: Option<&SqliteOnConflict>) -> Walked<bool> {
        // The parser takes `UPDATE replace x` for it in every dialect; elsewhere that is a table with another name.
        self.none(or.is_none() || self.sql.dialect == Dialect::Sqlite, &rules::CLAUSE)?;
        match or {
            None
            | Some(SqliteOnConflict::Abort | SqliteOnConflict::Fail | SqliteOnConflict::Ignore) => {
                Ok(false)
            }
            Some(SqliteOnConflict::Replace) => Ok(true),
            // It would end the transaction of somebody else.
            Some(SqliteOnConflict::Rollback) => self.fault(&rules::CLAUSE),
        }
    }

    fn on_insert<'e>(
        &mut self,
        on: &'e OnInsert,
        table: &Table,
        stack: &mut Vec<&'e Expr>,
    ) -> Walked {
        match on {
            OnInsert::DuplicateKeyUpdate(assignments) => {
                self.writes(table, Verb::Update);
                self.reads(table.clone())?;
                self.assignments(assignments, stack)
            }
            OnInsert::OnConflict(OnConflict { conflict_target, action }) => {
                match conflict_target {
                    Some(ConflictTarget::Columns { columns, predicate }) => {
                        for column in columns {
                            self.name(column)?;
                        }
                        stack.extend(predicate);
                    }
                    Some(ConflictTarget::OnConstraint(name)) => self.column(name)?,
                    None => {}
                }
                match action {
                    OnConflictAction::DoNothing => Ok(()),
                    OnConflictAction::DoUpdate(DoUpdate { assignments, selection }) => {
                        self.writes(table, Verb::Update);
                        self.reads(table.clone())?;
                        stack.extend(selection);
                        self.assignments(assignments, stack)
                    }
                }
            }
            _ => self.fault(&rules::CLAUSE),
        }
    }

    pub(super) fn update(&mut self, update: &Update) -> Walked {
        let Update {
            update_token: _,
            optimizer_hints,
            table,
            on_cluster,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
            settings,
        } = update;
        self.none(optimizer_hints.is_empty(), &rules::HINT)?;
        self.none(on_cluster.is_none() && output.is_none() && settings.is_none(), &rules::CLAUSE)?;
        self.reach.verb = Verb::Update;
        let table = self.one_table(table)?;
        self.writes(&table, Verb::Update);
        if self.replaces(or.as_ref())? {
            self.writes(&table, Verb::Delete);
        }
        self.reads(table.clone())?;
        match from {
            None => {}
            Some(UpdateTableFromKind::AfterSet(from)) => self.from(from)?,
            Some(UpdateTableFromKind::BeforeSet(_)) => return self.fault(&rules::CLAUSE),
        }
        let mut stack = Vec::new();
        self.assignments(assignments, &mut stack)?;
        stack.extend(selection);
        self.order_by(order_by, &mut stack)?;
        stack.extend(limit);
        self.returning(returning.as_deref(), &table, &mut stack)?;
        self.expressions(stack)
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Walked {
        let Delete {
            delete_token: _,
            optimizer_hints,
            tables,
            from,
            on_cluster,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
            settings,
        } = delete;
        self.none(optimizer_hints.is_empty(), &rules::HINT)?;
        self.none(on_cluster.is_none() && output.is_none() && settings.is_none(), &rules::CLAUSE)?;
        self.none(tables.is_empty(), &rules::TARGET)?;
        self.none(using.is_none() || self.sql.dialect == Dialect::Postgresql, &rules::TARGET)?;
        self.reach.verb = Verb::Delete;
        let table = match from {
            FromTable::WithFromKeyword(from) => match from.as_slice() {
                [table] => self.one_table(table)?,
                _ => return self.fault(&rules::TARGET),
            },
            FromTable::WithoutKeyword(_) => return self.fault(&rules::TARGET),
        };
        self.writes(&table, Verb::Delete);
        self.reads(table.clone())?;
        self.from(using.as_deref().unwrap_or_default())?;
        let mut stack = Vec::new();
        stack.extend(selection);
        self.order_by(order_by, &mut stack)?;
        stack.extend(limit);
        self.returning(returning.as_deref(), &table, &mut stack)?;
        self.expressions(stack)
    }

    /// What RETURNING shows is read.
    fn returning<'e>(
        &mut self,
        items: Option<&'e [SelectItem]>,
        table: &Table,
        stack: &mut Vec<&'e Expr>,
    ) -> Walked {
        match items {
            Some(items) => {
                self.reads(table.clone())?;
                self.projection(items, stack)
            }
            None => Ok(()),
        }
    }

    fn assignments<'e>(
        &mut self,
        assignments: &'e [Assignment],
        stack: &mut Vec<&'e Expr>,
    ) -> Walked {
        for Assignment { target, value } in assignments {
            match target {
                AssignmentTarget::ColumnName(name) => self.column(name)?,
                AssignmentTarget::Tuple(names) => {
                    names.iter().try_for_each(|name| self.column(name))?
                }
            }
            stack.push(value);
        }
        Ok(())
    }

    /// The table that is written: no name of WITH.
    fn target(&mut self, name: &ObjectName) -> Walked<Table> {
        match self.table_name(name)? {
            Some(table) => Ok(table),
            None => self.fault(&rules::SHADOW),
        }
    }

    /// One table without joins, and with AS before another name for it.
    fn one_table(&mut self, table: &TableWithJoins) -> Walked<Table> {
        let TableWithJoins { relation, joins } = table;
        self.none(joins.is_empty(), &rules::TARGET)?;
        let TableFactor::Table {
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
        } = relation
        else {
            return self.fault(&rules::TARGET);
        };
        let hinted = !with_hints.is_empty() || !index_directives.is_empty();
        self.none(!hinted, &rules::HINT)?;
        let plain = args.is_none()
            && version.is_none()
            && partitions.is_empty()
            && json_path.is_none()
            && sample.is_none();
        self.none(plain && !with_ordinality, &rules::TARGET)?;
        match inheritance {
            None
            | Some(
                TableInheritance::Only { parenthesized: _ } | TableInheritance::IncludeDescendants,
            ) => {}
        }
        if let Some(TableAlias { explicit, name, columns, at }) = alias {
            self.none(*explicit && columns.is_empty() && at.is_none(), &rules::TARGET)?;
            self.name(name)?;
        }
        self.target(name)
    }

    fn writes(&mut self, table: &Table, verb: Verb) {
        self.reach.writes.push((table.clone(), verb));
    }
}
