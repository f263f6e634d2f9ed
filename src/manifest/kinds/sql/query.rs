//! Queries.

use sqlparser::ast::{
    Cte, Distinct, ExcludeSelectItem, Expr, Fetch, GroupByExpr, GroupByWithModifier, LimitClause,
    NamedWindowDefinition, NamedWindowExpr, ObjectName, Offset, OrderBy, OrderByExpr, OrderByKind,
    OrderByOptions, OrderBySort, Parens, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, Statement, Table,
    TableAlias, TableWithJoins, Values, WildcardAdditionalOptions, With,
};

use super::walk::{Walk, Walked};
use super::{Dialect, rules};

impl Walk<'_> {
    /// A query that is the statement. PostgreSQL and SQLite also let WITH stand before what writes.
    pub(super) fn query_statement(&mut self, query: &Query) -> Walked {
        match &*query.body {
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement) => {
                let outer = self.holds.len();
                self.around(query)?;
                match statement {
                    Statement::Insert(insert) => self.insert(insert)?,
                    Statement::Update(update) => self.update(update)?,
                    Statement::Delete(delete) => self.delete(delete)?,
                    _ => return self.fault(&rules::STATEMENT),
                }
                self.holds.truncate(outer);
                Ok(())
            }
            _ => self.query(query),
        }
    }

    /// A query within brackets, or the statement: as deep as brackets go.
    pub(super) fn query(&mut self, query: &Query) -> Walked {
        let outer = self.holds.len();
        self.around(query)?;
        let mut stack = vec![&*query.body];
        while let Some(body) = stack.pop() {
            match body {
                SetExpr::Select(select) => self.select(select)?,
                SetExpr::Query(query) => self.query(query)?,
                SetExpr::SetOperation { left, op, set_quantifier, right } => {
                    match op {
                        SetOperator::Union | SetOperator::Except | SetOperator::Intersect => {}
                        SetOperator::Minus => return self.fault(&rules::CLAUSE),
                    }
                    match set_quantifier {
                        SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => {}
                        SetQuantifier::ByName
                        | SetQuantifier::AllByName
                        | SetQuantifier::DistinctByName => {
                            return self.fault(&rules::CLAUSE);
                        }
                    }
                    stack.extend([&**right, &**left]);
                }
                SetExpr::Values(values) => self.values(values)?,
                SetExpr::Table(table) => self.whole_table(table)?,
                SetExpr::Insert(_)
                | SetExpr::Update(_)
                | SetExpr::Delete(_)
                | SetExpr::Merge(_) => {
                    return self.fault(&rules::WRITE_INSIDE);
                }
            }
        }
        self.holds.truncate(outer);
        Ok(())
    }

    /// All of a query apart from its body. The names of WITH hold until the caller ends them.
    fn around(&mut self, query: &Query) -> Walked {
        let Query {
            with,
            body: _,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        self.none(locks.is_empty(), &rules::LOCK)?;
        self.none(
            for_clause.is_none() && settings.is_none() && format_clause.is_none(),
            &rules::CLAUSE,
        )?;
        self.none(pipe_operators.is_empty(), &rules::CLAUSE)?;
        if let Some(with) = with {
            self.with(with)?;
        }
        let mut stack = Vec::new();
        if let Some(OrderBy { kind, interpolate }) = order_by {
            self.none(interpolate.is_none(), &rules::CLAUSE)?;
            match kind {
                OrderByKind::Expressions(expressions) => self.order_by(expressions, &mut stack)?,
                OrderByKind::All(_) => return self.fault(&rules::CLAUSE),
            }
        }
        match limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                self.none(limit_by.is_empty(), &rules::CLAUSE)?;
                stack.extend(limit);
                if let Some(Offset { value, rows: _ }) = offset {
                    stack.push(value);
                }
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => stack.extend([offset, limit]),
            None => {}
        }
        if let Some(Fetch { with_ties: _, percent, quantity }) = fetch {
            self.none(!percent, &rules::CLAUSE)?;
            stack.extend(quantity);
        }
        self.expressions(stack)
    }

    fn with(&mut self, with: &With) -> Walked {
        let With { with_token: _, recursive, cte_tables } = with;
        for Cte { alias, query, from, materialized: _, closing_paren_token: _ } in cte_tables {
            let TableAlias { explicit: _, name, columns, at } = alias;
            self.none(from.is_none() && at.is_none(), &rules::CLAUSE)?;
            for column in columns {
                self.name(&column.name)?;
                self.none(column.data_type.is_none(), &rules::CLAUSE)?;
            }
            let name = self.name(name)?;
            let taken = |known: &String| known.eq_ignore_ascii_case(&name);
            if self.named.iter().any(taken) || self.bare.iter().any(taken) {
                return self.fault(&rules::SHADOW);
            }
            self.named.push(name.clone());
            // Without RECURSIVE its own name is a table of the database, or an error: refused, as it does not hold yet.
            if *recursive {
                self.holds.push(name.clone());
            }
            self.query(query)?;
            if !*recursive {
                self.holds.push(name);
            }
        }
        Ok(())
    }

    fn select(&mut self, select: &Select) -> Walked {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        self.none(into.is_none(), &rules::INTO)?;
        self.none(optimizer_hints.is_empty() && select_modifiers.is_none(), &rules::HINT)?;
        let foreign = top.is_some()
            || exclude.is_some()
            || prewhere.is_some()
            || qualify.is_some()
            || value_table_mode.is_some();
        let listed = lateral_views.is_empty() && connect_by.is_empty() && cluster_by.is_empty();
        self.none(
            !foreign && listed && distribute_by.is_empty() && sort_by.is_empty(),
            &rules::CLAUSE,
        )?;
        match flavor {
            SelectFlavor::Standard => {}
            SelectFlavor::FromFirst | SelectFlavor::FromFirstNoSelect => {
                return self.fault(&rules::CLAUSE);
            }
        }
        self.from(from)?;
        let mut stack = Vec::new();
        match distinct {
            Some(Distinct::On(expressions)) => stack.extend(expressions),
            None | Some(Distinct::All | Distinct::Distinct) => {}
        }
        self.projection(projection, &mut stack)?;
        stack.extend(selection);
        self.group_by(group_by, &mut stack)?;
        stack.extend(having);
        for NamedWindowDefinition(name, window) in named_window {
            self.name(name)?;
            match window {
                NamedWindowExpr::NamedWindow(name) => {
                    self.name(name)?;
                }
                NamedWindowExpr::WindowSpec(window) => self.window(window, &mut stack)?,
            }
        }
        self.expressions(stack)
    }

    pub(super) fn from(&mut self, from: &[TableWithJoins]) -> Walked {
        from.iter().try_for_each(|table| self.joined(table))
    }

    fn group_by<'e>(&mut self, group_by: &'e GroupByExpr, stack: &mut Vec<&'e Expr>) -> Walked {
        match group_by {
            GroupByExpr::Expressions(expressions, modifiers) => {
                stack.extend(expressions);
                for modifier in modifiers {
                    match modifier {
                        GroupByWithModifier::Rollup | GroupByWithModifier::Cube => {}
                        GroupByWithModifier::Totals | GroupByWithModifier::GroupingSets(_) => {
                            return self.fault(&rules::CLAUSE);
                        }
                    }
                }
                Ok(())
            }
            GroupByExpr::All(_) => self.fault(&rules::CLAUSE),
        }
    }

    pub(super) fn projection<'e>(
        &mut self,
        items: &'e [SelectItem],
        stack: &mut Vec<&'e Expr>,
    ) -> Walked {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expression) => stack.push(expression),
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.alias(alias)?;
                    stack.push(expr);
                }
                SelectItem::Wildcard(options) => self.wildcard(options)?,
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    self.wildcard(options)?;
                    self.column(name)?;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
                | SelectItem::ExprWithAliases { expr: _, aliases: _ } => {
                    return self.fault(&rules::EXPRESSION);
                }
            }
        }
        Ok(())
    }

    /// The name of a column or of what has columns, which reaches nothing.
    pub(super) fn column(&mut self, name: &ObjectName) -> Walked {
        let idents = self.idents(name)?;
        self.none(idents.len() <= 3, &rules::TABLE_NAME)?;
        for ident in idents {
            self.name(ident)?;
        }
        Ok(())
    }

    pub(super) fn wildcard(&self, options: &WildcardAdditionalOptions) -> Walked {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let excluded: &Option<ExcludeSelectItem> = opt_exclude;
        let plain = opt_ilike.is_none() && excluded.is_none() && opt_except.is_none();
        self.none(
            plain && opt_replace.is_none() && opt_rename.is_none() && opt_alias.is_none(),
            &rules::CLAUSE,
        )
    }

    pub(super) fn order_by<'e>(
        &mut self,
        items: &'e [OrderByExpr],
        stack: &mut Vec<&'e Expr>,
    ) -> Walked {
        for OrderByExpr { expr, options, with_fill } in items {
            let OrderByOptions { sort, nulls_first: _ } = options;
            match sort {
                None | Some(OrderBySort::Asc | OrderBySort::Desc) => {}
                Some(OrderBySort::Using(_)) => return self.fault(&rules::OPERATOR),
            }
            self.none(with_fill.is_none(), &rules::CLAUSE)?;
            stack.push(expr);
        }
        Ok(())
    }

    fn values(&mut self, values: &Values) -> Walked {
        let Values { explicit_row: _, value_keyword: _, rows } = values;
        let mut stack = Vec::new();
        for Parens { opening_token: _, content, closing_token: _ } in rows {
            stack.extend(content);
        }
        self.expressions(stack)
    }

    /// `TABLE t`.
    fn whole_table(&mut self, table: &Table) -> Walked {
        let Table { table_name, schema_name } = table;
        self.none(self.sql.dialect != Dialect::Sqlite, &rules::CLAUSE)?;
        let Some(table) = table_name else {
            return self.fault(&rules::SYNTAX);
        };
        // `TABLE ONLY t` reads as a table called ONLY.
        self.none(!Self::is_keyword(table), &rules::ALIAS)?;
        let parts = schema_name.iter().chain([table]).cloned();
        let name = ObjectName(parts.map(sqlparser::ast::ObjectNamePart::Identifier).collect());
        match self.table_name(&name)? {
            Some(table) => self.reads(table),
            None => Ok(()),
        }
    }
}
