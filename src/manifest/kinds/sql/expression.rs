//! Expressions, by a list of what is left to look at: chains of operators may be as long as the query.

use sqlparser::ast::{
    AccessExpr, Array, CaseWhen, CeilFloorKind, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgOperator, FunctionArgumentClause, FunctionArgumentList, FunctionArguments, InTarget,
    Interval, MemberOf, Subscript, TypedString, UnaryOperator, Value, ValueWithSpan, WindowFrame,
    WindowFrameBound, WindowSpec, WindowType,
};

use super::walk::{Walk, Walked};
use super::{Dialect, operators, rules};

type Left<'e> = Vec<&'e Expr>;

impl Walk<'_> {
    pub(super) fn expressions<'e>(&mut self, mut left: Left<'e>) -> Walked {
        while let Some(expression) = left.pop() {
            let known = self.leaf(expression)?
                || self.test(expression, &mut left)?
                || self.operation(expression, &mut left)?
                || self.syntax(expression, &mut left)?
                || self.compound(expression, &mut left)?;
            self.none(known, &rules::EXPRESSION)?;
        }
        Ok(())
    }

    fn leaf(&mut self, expression: &Expr) -> Walked<bool> {
        match expression {
            Expr::Identifier(name) => {
                self.name(name)?;
            }
            Expr::CompoundIdentifier(names) => {
                let mut parts = Vec::with_capacity(names.len());
                for name in names {
                    parts.push(self.name(name)?);
                }
                self.none(parts.len() <= 3, &rules::TABLE_NAME)?;
                self.qualified(parts)?;
            }
            Expr::Value(value) => self.value(value)?,
            Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax }) => {
                self.none(!uses_odbc_syntax, &rules::EXPRESSION)?;
                self.data_type(data_type)?;
                self.value(value)?;
            }
            Expr::Wildcard(_) => {}
            Expr::MatchAgainst { columns, match_value, opt_search_modifier: _ } => {
                for column in columns {
                    self.column(column)?;
                }
                self.value(match_value)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `a.b`: in MariaDB also a step of a sequence, in PostgreSQL also a call.
    fn qualified(&mut self, mut parts: Vec<String>) -> Walked {
        let (Some(column), Some(qualifier)) = (parts.pop(), parts.pop()) else {
            return Ok(());
        };
        match self.sql.dialect {
            Dialect::Mysql => {
                let steps =
                    ["nextval", "currval"].iter().any(|step| column.eq_ignore_ascii_case(step));
                self.none(!steps, &rules::FUNCTION)
            }
            Dialect::Postgresql => {
                self.qualified.push((qualifier, column, self.at));
                Ok(())
            }
            Dialect::Sqlite => Ok(()),
        }
    }

    fn value(&mut self, ValueWithSpan { value, span }: &ValueWithSpan) -> Walked {
        self.at = span.start.column as usize;
        match value {
            Value::Number(_, _)
            | Value::SingleQuotedString(_)
            | Value::DoubleQuotedString(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Placeholder(_) => Ok(()),
            _ => self.fault(&rules::EXPRESSION),
        }
    }

    /// What is true or false.
    fn test<'e>(&mut self, expression: &'e Expr, left: &mut Left<'e>) -> Walked<bool> {
        match expression {
            Expr::IsFalse(of) | Expr::IsNotFalse(of) | Expr::IsTrue(of) | Expr::IsNotTrue(of) => {
                left.push(of)
            }
            Expr::IsNull(of)
            | Expr::IsNotNull(of)
            | Expr::IsUnknown(of)
            | Expr::IsNotUnknown(of) => left.push(of),
            Expr::IsDistinctFrom(one, other) | Expr::IsNotDistinctFrom(one, other) => {
                left.extend([&**one, &**other]);
            }
            Expr::In { expr, target, negated: _, global } => {
                self.none(!global, &rules::CLAUSE)?;
                left.push(expr);
                match target {
                    InTarget::List(list) => left.extend(list),
                    InTarget::Subquery(query) => self.query(query)?,
                    InTarget::Table { name, args: None } => {
                        if let Some(table) = self.table_name(name)? {
                            self.reads(table)?;
                        }
                    }
                    InTarget::Unnest(_) | InTarget::Table { name: _, args: Some(_) } => {
                        return self.fault(&rules::TABLE_FUNCTION);
                    }
                }
            }
            Expr::Between { expr, negated: _, low, high } => {
                left.extend([&**expr, &**low, &**high])
            }
            Expr::Like { negated: _, any, expr, pattern, escape_char }
            | Expr::ILike { negated: _, any, expr, pattern, escape_char } => {
                self.none(!any, &rules::EXPRESSION)?;
                if self.sql.dialect == Dialect::Sqlite {
                    self.calls("like")?;
                }
                left.extend([&**expr, &**pattern]);
                left.extend(escape_char.as_deref());
            }
            Expr::SimilarTo { negated: _, expr, pattern, escape_char } => {
                left.extend([&**expr, &**pattern]);
                left.extend(escape_char.as_deref());
            }
            Expr::RLike { negated: _, expr, pattern, regexp: _ } => {
                if self.sql.dialect == Dialect::Sqlite {
                    self.owned("regexp")?;
                }
                left.extend([&**expr, &**pattern]);
            }
            Expr::Exists { subquery, negated: _ } => self.query(subquery)?,
            Expr::MemberOf(MemberOf { value, array }) => left.extend([&**value, &**array]),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn operation<'e>(&mut self, expression: &'e Expr, left: &mut Left<'e>) -> Walked<bool> {
        match expression {
            Expr::BinaryOp { left: one, op, right } => {
                match operators::function_of(op) {
                    Some("regexp") if self.sql.dialect == Dialect::Sqlite => {
                        self.owned("regexp")?
                    }
                    Some(function) if self.sql.dialect == Dialect::Sqlite => {
                        self.calls(function)?
                    }
                    _ => self.none(operators::known(op), &rules::OPERATOR)?,
                }
                left.extend([&**one, &**right]);
            }
            Expr::AnyOp { left: one, compare_op, right, is_some: _ }
            | Expr::AllOp { left: one, compare_op, right } => {
                self.none(operators::known(compare_op), &rules::OPERATOR)?;
                left.extend([&**one, &**right]);
            }
            Expr::UnaryOp { op, expr } => {
                match op {
                    UnaryOperator::Plus
                    | UnaryOperator::Minus
                    | UnaryOperator::Not
                    | UnaryOperator::BitwiseNot => {}
                    UnaryOperator::BangNot if self.sql.dialect == Dialect::Mysql => {}
                    _ => return self.fault(&rules::OPERATOR),
                }
                left.push(expr);
            }
            Expr::Nested(of) => left.push(of),
            Expr::Tuple(list) => left.extend(list),
            Expr::Array(Array { elem, named }) => {
                self.none(*named && self.sql.dialect == Dialect::Postgresql, &rules::EXPRESSION)?;
                left.extend(elem);
            }
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                left.extend(operand.as_deref());
                for CaseWhen { condition, result } in conditions {
                    left.extend([condition, result]);
                }
                left.extend(else_result.as_deref());
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                left.extend(sets.iter().flatten())
            }
            Expr::Collate { expr, collation } => {
                let idents = self.idents(collation)?;
                let [name] = idents.as_slice() else { return self.fault(&rules::CLAUSE) };
                let name = self.name(name)?;
                // SQLite's others are functions of the program that holds the database.
                let own = ["nocase", "binary", "rtrim"].contains(&name.as_str());
                self.none(own || self.sql.dialect != Dialect::Sqlite, &rules::FUNCTION)?;
                left.push(expr);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Functions with words of their own between the arguments.
    fn syntax<'e>(&mut self, expression: &'e Expr, left: &mut Left<'e>) -> Walked<bool> {
        match expression {
            Expr::Cast { kind: _, expr, data_type, format } => {
                self.none(format.is_none(), &rules::CLAUSE)?;
                self.data_type(data_type)?;
                left.push(expr);
            }
            Expr::Convert { is_try, expr, data_type, charset, target_before_value, styles } => {
                self.none(
                    self.sql.dialect == Dialect::Mysql && !is_try && !target_before_value,
                    &rules::EXPRESSION,
                )?;
                self.none(styles.is_empty(), &rules::EXPRESSION)?;
                if let Some(data_type) = data_type {
                    self.data_type(data_type)?;
                }
                if let Some(charset) = charset {
                    self.column(charset)?;
                }
                left.push(expr);
            }
            Expr::AtTimeZone { timestamp, time_zone } => left.extend([&**timestamp, &**time_zone]),
            Expr::Extract { field: _, syntax: _, expr } => {
                self.calls("extract")?;
                left.push(expr);
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                self.calls(if matches!(expression, Expr::Floor { expr: _, field: _ }) {
                    "floor"
                } else {
                    "ceil"
                })?;
                match field {
                    CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_) => left.push(expr),
                }
            }
            Expr::Position { expr, r#in } => {
                self.calls("position")?;
                left.extend([&**expr, &**r#in]);
            }
            Expr::Substring { expr, substring_from, substring_for, special: _, shorthand } => {
                self.calls(if *shorthand { "substr" } else { "substring" })?;
                left.push(expr);
                left.extend(substring_from.as_deref());
                left.extend(substring_for.as_deref());
            }
            Expr::Trim { trim_where: _, trim_what, expr, trim_characters } => {
                self.calls("trim")?;
                left.push(expr);
                left.extend(trim_what.as_deref());
                left.extend(trim_characters.iter().flatten());
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                self.calls("overlay")?;
                left.extend([&**expr, &**overlay_what, &**overlay_from]);
                left.extend(overlay_for.as_deref());
            }
            Expr::Interval(Interval {
                value,
                leading_field: _,
                leading_precision: _,
                last_field: _,
                fractional_seconds_precision: _,
            }) => {
                left.push(value);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn compound<'e>(&mut self, expression: &'e Expr, left: &mut Left<'e>) -> Walked<bool> {
        match expression {
            Expr::Function(function) => self.function(function, left)?,
            Expr::Subquery(query) => self.query(query)?,
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.none(self.sql.dialect == Dialect::Postgresql, &rules::EXPRESSION)?;
                self.access(root, access_chain, left)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `a[1]`, `t.a[1:2]`. A name behind a bracket may be the call of a function.
    fn access<'e>(
        &mut self,
        root: &'e Expr,
        chain: &'e [AccessExpr],
        left: &mut Left<'e>,
    ) -> Walked {
        let mut names = match root {
            Expr::Identifier(name) => vec![self.name(name)?],
            _ => vec![],
        };
        let mut dots = !names.is_empty();
        for access in chain {
            match access {
                AccessExpr::Dot(Expr::Identifier(name)) if dots => names.push(self.name(name)?),
                AccessExpr::Dot(_) => return self.fault(&rules::ROW_FUNCTION),
                AccessExpr::Subscript(Subscript::Index { index }) => left.push(index),
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    self.none(stride.is_none(), &rules::EXPRESSION)?;
                    left.extend(lower_bound.iter().chain(upper_bound));
                }
            }
            dots &= matches!(access, AccessExpr::Dot(_));
        }
        self.none(names.len() <= 3, &rules::TABLE_NAME)?;
        match names.len() {
            0 => left.push(root),
            1 => {}
            _ => self.qualified(names)?,
        }
        Ok(())
    }

    /// A function that only the owner can list.
    fn owned(&mut self, function: &str) -> Walked {
        let listed = self.sql.functions.iter().any(|known| known == function);
        self.none(listed, &rules::FUNCTION)?;
        self.calls(function)
    }

    fn function<'e>(&mut self, function: &'e Function, left: &mut Left<'e>) -> Walked {
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment: _,
            over,
        } = function;
        self.function_name(name, false)?;
        self.none(
            !uses_odbc_syntax && matches!(parameters, FunctionArguments::None),
            &rules::EXPRESSION,
        )?;
        match args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => self.query(query)?,
            FunctionArguments::List(FunctionArgumentList {
                duplicate_treatment: _,
                args,
                clauses,
            }) => {
                self.arguments(args, left)?;
                for clause in clauses {
                    match clause {
                        FunctionArgumentClause::IgnoreOrRespectNulls(_) => {}
                        FunctionArgumentClause::OrderBy(items) => self.order_by(items, left)?,
                        FunctionArgumentClause::Limit(limit) => left.push(limit),
                        FunctionArgumentClause::Separator(value) => self.value(value)?,
                        _ => return self.fault(&rules::CLAUSE),
                    }
                }
            }
        }
        self.order_by(within_group, left)?;
        left.extend(filter.as_deref());
        match over {
            Some(WindowType::WindowSpec(window)) => self.window(window, left)?,
            Some(WindowType::NamedWindow(name)) => {
                self.name(name)?;
            }
            None => {}
        }
        Ok(())
    }

    pub(super) fn arguments<'e>(&mut self, args: &'e [FunctionArg], left: &mut Left<'e>) -> Walked {
        for arg in args {
            let arg = match arg {
                FunctionArg::Unnamed(arg) => arg,
                FunctionArg::Named { name, arg, operator: FunctionArgOperator::RightArrow }
                | FunctionArg::ExprNamed {
                    name: Expr::Identifier(name),
                    arg,
                    operator: FunctionArgOperator::RightArrow,
                } if self.sql.dialect == Dialect::Postgresql => {
                    self.name(name)?;
                    arg
                }
                _ => return self.fault(&rules::EXPRESSION),
            };
            match arg {
                FunctionArgExpr::Expr(expression) => left.push(expression),
                FunctionArgExpr::QualifiedWildcard(name) => self.column(name)?,
                FunctionArgExpr::Wildcard => {}
                FunctionArgExpr::WildcardWithOptions(options) => self.wildcard(options)?,
            }
        }
        Ok(())
    }

    pub(super) fn window<'e>(&mut self, window: &'e WindowSpec, left: &mut Left<'e>) -> Walked {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = window;
        if let Some(name) = window_name {
            self.name(name)?;
        }
        left.extend(partition_by);
        self.order_by(order_by, left)?;
        if let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame {
            for bound in [start_bound].into_iter().chain(end_bound) {
                match bound {
                    WindowFrameBound::CurrentRow => {}
                    WindowFrameBound::Preceding(of) | WindowFrameBound::Following(of) => {
                        left.extend(of.as_deref())
                    }
                }
            }
        }
        Ok(())
    }
}
