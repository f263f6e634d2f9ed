//! The functions of each dialect that only work out a value, and the words that may name a result without AS.

use super::Dialect;

/// Whether a function, in small letters, gives values (or rows) and does nothing else.
pub(super) fn known(name: &str, dialect: Dialect, rows: bool) -> bool {
    let own = match (dialect, rows) {
        (Dialect::Postgresql, false) => {
            return listed(COMMON, name)
                || listed(POSTGRESQL, name)
                || listed(POSTGRESQL_ROWS, name);
        }
        (Dialect::Postgresql, true) => POSTGRESQL_ROWS,
        (Dialect::Mysql, false) => return listed(COMMON, name) || listed(MYSQL, name),
        (Dialect::Mysql, true) => return false,
        (Dialect::Sqlite, false) => return listed(COMMON, name) || listed(SQLITE, name),
        (Dialect::Sqlite, true) => SQLITE_ROWS,
    };
    listed(own, name)
}

fn listed(list: &[&str], name: &str) -> bool {
    list.contains(&name)
}

/// Words of the language that begin no clause in any dialect.
pub(super) fn plain_word(word: &str) -> bool {
    PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(word))
}

/// Whether a word begins or joins clauses, so that it is no name without quotes.
pub(super) fn reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Whether such a word is also a function.
pub(super) fn reserved_function(word: &str) -> bool {
    ["left", "right", "array"].iter().any(|function| function.eq_ignore_ascii_case(word))
}

#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "all", "and", "any", "array", "as", "asc", "between", "both", "case", "cast", "check", "collate", "constraint", "create", "cross",
    "delete", "desc", "distinct", "drop", "else", "except", "exists", "fetch", "for", "from", "full", "grant", "group",
    "having", "ilike", "in", "inner", "insert", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit",
    "natural", "not", "notnull", "null", "on", "only", "or", "order", "outer", "returning", "right", "select", "similar",
    "some", "table", "tablesample", "then", "to", "trailing", "union", "unique", "update", "using", "variadic", "when", "where", "window", "with",
];

#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "abs", "avg", "category", "comment", "comments", "count", "data", "date", "day", "days", "description", "domain",
    "email", "file", "files", "group_name", "hour", "hours", "id", "item", "items", "kind", "label", "labels", "language",
    "level", "location", "max", "message", "min", "minute", "minutes", "model", "month", "months", "name", "names", "number",
    "owner", "percent", "phone", "price", "product", "quarter", "rank", "region", "result", "role", "roles", "second",
    "seconds", "size", "source", "state", "status", "sum", "tag", "tags", "target", "text", "time", "title", "total", "type",
    "uri", "url", "users", "version", "week", "weeks", "year", "years",
];

#[rustfmt::skip]
const COMMON: &[&str] = &[
    "abs", "avg", "ceil", "ceiling", "coalesce", "concat", "concat_ws", "count", "cume_dist", "current_date",
    "current_time", "current_timestamp", "dense_rank", "exp", "first_value", "floor", "lag", "last_value", "lead", "length",
    "ln", "log", "lower", "ltrim", "max", "min", "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank",
    "pi", "pow", "power", "rank", "replace", "round", "row_number", "rtrim", "sign", "sqrt", "substr", "substring", "sum",
    "trim", "upper",
];

#[rustfmt::skip]
const POSTGRESQL: &[&str] = &[
    "acos", "age", "array", "array_agg", "array_append", "array_cat", "array_dims", "array_length", "array_lower", "array_ndims",
    "array_position", "array_positions", "array_prepend", "array_remove", "array_replace", "array_to_json",
    "array_to_string", "array_upper", "ascii", "asin", "atan", "atan2", "bit_and", "bit_length", "bit_or", "bool_and",
    "bool_or", "btrim", "cardinality", "cbrt", "char_length", "character_length", "chr", "clock_timestamp", "corr", "cos",
    "cot", "covar_pop", "covar_samp", "current_catalog", "current_database", "current_role", "current_schema",
    "current_user", "date_bin", "date_part", "date_trunc", "decode", "degrees", "div", "encode", "every", "extract",
    "format", "gcd", "gen_random_uuid", "greatest", "grouping", "initcap", "isfinite", "json_agg", "json_array_length",
    "json_build_array", "json_build_object", "json_extract_path", "json_extract_path_text", "json_object",
    "json_object_agg", "json_strip_nulls", "json_typeof", "jsonb_agg", "jsonb_array_length", "jsonb_build_array",
    "jsonb_build_object", "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_object", "jsonb_object_agg",
    "jsonb_path_exists", "jsonb_path_match", "jsonb_path_query_array", "jsonb_path_query_first", "jsonb_pretty",
    "jsonb_set", "jsonb_strip_nulls", "jsonb_typeof", "justify_days", "justify_hours", "justify_interval", "lcm", "least",
    "left", "localtime", "localtimestamp", "lpad", "make_date", "make_interval", "make_time", "make_timestamp",
    "make_timestamptz", "md5", "mode", "now", "num_nonnulls", "num_nulls", "numnode", "overlay", "percentile_cont",
    "percentile_disc", "pg_typeof", "plainto_tsquery", "phraseto_tsquery", "position", "quote_ident", "quote_literal",
    "quote_nullable", "radians", "random", "regexp_count", "regexp_like", "regexp_match", "regexp_replace", "regexp_substr",
    "regr_count", "regr_intercept", "regr_r2", "regr_slope", "reverse", "right", "row", "row_to_json", "rpad",
    "scale", "session_user", "sha224", "sha256", "sha384", "sha512", "sin", "split_part", "starts_with",
    "statement_timestamp", "stddev", "stddev_pop", "stddev_samp", "string_agg", "string_to_array", "strpos", "tan",
    "to_char", "to_date", "to_hex", "to_json", "to_jsonb", "to_number", "to_timestamp", "to_tsquery", "to_tsvector",
    "transaction_timestamp", "translate", "trim_array", "trunc", "ts_headline", "ts_rank", "ts_rank_cd", "unistr", "user",
    "var_pop", "var_samp", "variance", "version", "websearch_to_tsquery", "width_bucket",
];

#[rustfmt::skip]
const POSTGRESQL_ROWS: &[&str] = &[
    "generate_series", "generate_subscripts", "json_array_elements", "json_array_elements_text", "json_each",
    "json_each_text", "json_object_keys", "json_to_record", "json_to_recordset", "jsonb_array_elements",
    "jsonb_array_elements_text", "jsonb_each", "jsonb_each_text", "jsonb_object_keys", "jsonb_path_query",
    "jsonb_to_record", "jsonb_to_recordset", "regexp_matches", "regexp_split_to_array", "regexp_split_to_table",
    "string_to_table", "unnest",
];

#[rustfmt::skip]
const MYSQL: &[&str] = &[
    "acos", "adddate", "addtime", "any_value", "ascii", "asin", "atan", "atan2", "bin", "bit_and", "bit_count",
    "bit_length", "bit_or", "bit_xor", "char", "char_length", "character_length", "charset", "collation", "conv", "convert",
    "cos", "cot", "crc32", "curdate", "current_role", "current_user", "curtime", "database", "date", "date_add", "date_format",
    "date_sub", "datediff", "day", "dayname", "dayofmonth", "dayofweek", "dayofyear", "degrees", "elt", "extract", "field",
    "find_in_set", "format", "from_days", "from_unixtime", "greatest", "group_concat", "grouping", "hex", "hour", "if",
    "ifnull", "inet6_aton", "inet6_ntoa", "inet_aton", "inet_ntoa", "insert", "instr", "interval", "isnull", "json_array",
    "json_arrayagg", "json_contains", "json_contains_path", "json_depth", "json_extract", "json_keys", "json_length",
    "json_object", "json_objectagg", "json_overlaps", "json_pretty", "json_quote", "json_search", "json_set", "json_type",
    "json_unquote", "json_valid", "json_value", "last_day", "lcase", "least", "left", "localtime", "localtimestamp",
    "locate", "log10", "log2", "lpad", "makedate", "maketime", "md5", "microsecond", "mid", "minute", "month", "monthname",
    "now", "oct", "ord", "period_add", "period_diff", "position", "quarter", "quote", "radians", "rand", "regexp_instr",
    "regexp_like", "regexp_replace", "regexp_substr", "reverse", "right", "row", "rpad", "schema", "sec_to_time", "second",
    "session_user", "sha", "sha1", "sha2", "sin", "soundex", "space", "std", "stddev", "stddev_pop", "stddev_samp",
    "str_to_date", "strcmp", "subdate", "substring_index", "subtime", "sysdate", "system_user", "tan", "time",
    "time_format", "time_to_sec", "timediff", "timestamp", "timestampadd", "timestampdiff", "to_base64", "to_days",
    "to_seconds", "truncate", "ucase", "unhex", "unix_timestamp", "user", "utc_date", "utc_time", "utc_timestamp", "uuid",
    "values", "var_pop", "var_samp", "variance", "version", "week", "weekday", "weekofyear", "year", "yearweek",
];

#[rustfmt::skip]
const SQLITE: &[&str] = &[
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "changes", "char", "cos", "cosh", "date", "datetime",
    "degrees", "format", "glob", "group_concat", "hex", "ifnull", "iif", "if", "instr", "json", "json_array",
    "json_array_length", "json_extract", "json_group_array", "json_group_object", "json_insert", "json_object",
    "json_patch", "json_quote", "json_remove", "json_replace", "json_set", "json_type", "json_valid", "jsonb",
    "julianday", "last_insert_rowid", "like", "likelihood", "likely", "log10", "log2", "printf", "quote", "radians", "random",
    "sin", "sinh", "soundex", "sqlite_version", "strftime", "string_agg", "tan", "tanh", "time", "timediff",
    "total", "total_changes", "trunc", "typeof", "unhex", "unicode", "unixepoch", "unlikely",
];

const SQLITE_ROWS: &[&str] = &["json_each", "json_tree"];
