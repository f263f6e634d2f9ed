//! Draws queries of a dialect, with writes hidden in them.

use crate::draw::Draw;

const TABLES: &[&str] = &["t", "u", "orders", "secrets", "\"Weird\"", "T", "\"u\"", "v"];
const SCHEMAS: &[(&str, &[&str])] = &[
    ("postgresql", &["public.", "PUBLIC.", ""]),
    ("mysql", &["probe.", ""]),
    ("sqlite", &["main.", "MAIN.", ""]),
];
const FUNCTIONS: &[&str] = &[
    "count", "lower", "coalesce", "max", "abs", "upper", "sum", "length", "replace", "nullif",
    "round",
];
const HARMFUL: &[&str] = &[
    "nextval('s')",
    "wipe()",
    "purge()",
    "setval('s', 5)",
    "load_extension('x')",
    "lo_create(0)",
    "purge2(t)",
    "sleep(0)",
    "x.purge2",
    "(t).purge2",
    "generate_series.purge3",
    "x.purge3",
    "pg_notify('a','b')",
    "last_insert_id(5)",
    "nextval(s)",
    "next value for s",
    "get_lock('a',0)",
    "query_to_xml('delete from t',true,true,'')",
    "set_config('a.b','c',false)",
    "@x := 1",
    "1 ### 2",
    "1 operator(public.###) 2",
    "'x'::evil",
    "evil 'x'",
    "cast('x' as evil)",
    "pg_catalog.nextval('s')",
    "public.purge()",
    "\"purge\"()",
    "purge ()",
    "s.nextval",
];
const PAYLOADS: &[&str] = &[
    "; DELETE FROM t",
    ";DROP TABLE u;",
    " INTO stolen",
    " INTO OUTFILE '/tmp/permitgate-x'",
    " INTO @x",
    " FOR UPDATE",
    " FOR SHARE",
    " LOCK IN SHARE MODE",
    "/*! INTO @x */",
    "/*M! INTO @x */",
    "/*!50000 ; DELETE FROM t */",
    "/*+ x */",
    "/* /* */ ; DELETE FROM t -- */",
    "/*/*/ ' */ */ ; DELETE FROM t; --'",
    " -- \r; DELETE FROM t\n",
    "--\n",
    "--x\n",
    "#\n",
    "# '\n",
    "\r",
    "\u{b}",
    "\u{c}",
    "\u{a0}",
    "\u{2028}",
    "\0",
    "\\",
    "\\'",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "E'\\'",
    "U&'\\0027'",
    "U&\"a\"",
    "N'a'",
    "x'41'",
    "_utf8'a'",
    " UNION DELETE FROM t RETURNING a",
    "\n.shell x",
    "\nDELIMITER //\n",
    "\ngo\n",
    "\n/\n",
    "\\! id",
    "\\gexec",
    " PROCEDURE ANALYSE()",
    " ONLY ",
    " LATERAL ",
    " TABLESAMPLE system(1)",
    " PARTITION (p)",
    " INDEXED BY i",
    " USE INDEX (i)",
    ":=",
    "::evil",
    "::int",
    "::text[]",
    " @@ ",
    " ### ",
    "{",
    "}",
    "'a\\'; DELETE FROM t; --'",
    "\"a\\\"; DELETE FROM t; -- \"",
    "'a' 'b'",
    " WINDOW w AS ()",
    " ISNULL",
    " NOTNULL",
    " COLLATE \"C\"",
    " COLLATE nocase",
    "WITH x AS (DELETE FROM t RETURNING *) ",
    "WITH t AS (SELECT * FROM secrets) ",
    "EXPLAIN ANALYZE ",
    "EXPLAIN ",
    "EXPLAIN (ANALYZE) ",
    "ANALYZE ",
    "VALUES (1)",
    "TABLE t",
    "(",
    ")",
    ",",
    ".",
    ";",
    " AS ",
    " IN secrets",
    " IN (TABLE secrets)",
    " = ANY (TABLE secrets)",
    "1e5",
    "1.",
    ".5",
    "0x1F",
    "1_000",
    "$1",
    "?",
    ":name",
    "a[1:2]",
    " LIMIT (SELECT nextval('s'))",
    " ORDER BY purge()",
    " RETURNING *",
    " ON CONFLICT DO UPDATE SET a = 1",
    " OFFSET 1",
    " NATURAL JOIN secrets",
    " CROSS JOIN secrets s2",
    " STRAIGHT_JOIN secrets",
    ", secrets",
    " JOIN secrets USING (id)",
];

/// Words that some server or parser takes for something of its own.
const WORDS: &str = "all analyse analyze and any array as asc asymmetric at authorization begin between binary both by call cascade \
    case cast check collate column concurrently connect constraint copy create cross cube current_date current_user cursor \
    data database day declare default deferrable delete desc describe distinct div do drop dual duplicate each else end escape except \
    exclude execute exists explain extract false fetch filter first following for force foreign freeze from full function glob \
    global grant group grouping groups handler having high_priority if ignore ilike in index indexed inner insert intersect \
    interval into is isnull items join json_table key kill language lateral leading left like limit load local localtime lock low_priority \
    match materialized merge minus mod name natural no not nothing notnull null nulls of off offset on only operator or order outer \
    over overlaps overlay partition period placing position pragma preceding primary procedure prior qualify range raise recursive references \
    regexp release rename repeatable replace reset restrict returning revoke right rlike rollback rollup row rows sample savepoint schema \
    select semi separator session_user set setof share show similar skip some sql_calc_found_rows sql_no_cache start straight_join \
    symmetric system table tablesample temporary then ties to top trailing trim truncate true union unique unnest unpivot update use user \
    using vacuum value values variadic verbose view when where window with within without xmlparse xmltable xor year zone";

pub(super) struct Generator {
    draw: Draw,
    dialect: &'static str,
}

impl Generator {
    pub(super) fn new(draw: Draw, dialect: &'static str) -> Self {
        Self { draw, dialect }
    }

    fn table(&mut self) -> String {
        let schemas = SCHEMAS
            .iter()
            .find(|(dialect, _)| *dialect == self.dialect)
            .map_or(&[""][..], |(_, all)| *all);
        let schema = if self.draw.percent(20) { self.draw.of(schemas) } else { "" };
        let table = self.draw.of(TABLES);
        if self.dialect == "mysql" {
            format!("{schema}{}", table.replace('"', "`"))
        } else {
            format!("{schema}{table}")
        }
    }

    fn column(&mut self) -> String {
        let column = self.draw.of(&["a", "b", "id", "name", "a", "id"]);
        if self.draw.percent(15) {
            format!("{}.{column}", self.draw.of(&["x", "t", "u", "y"]))
        } else {
            column.to_owned()
        }
    }

    fn value(&mut self, depth: usize) -> String {
        let kind = if depth == 0 { self.draw.below(5) } else { self.draw.below(22) };
        let d = depth.saturating_sub(1);
        match kind {
            0 => "1".to_owned(),
            1 => "'x'".to_owned(),
            2..=4 => self.column(),
            5 => format!("{}({})", self.draw.of(FUNCTIONS), self.value(d)),
            6 => format!(
                "({} {} {})",
                self.value(d),
                self.draw.of(&["+", "-", "*", "||", "=", "<>", "AND", "OR", "<", "IS", "->>"]),
                self.value(d)
            ),
            7 => format!(
                "CASE WHEN {} THEN {} ELSE {} END",
                self.value(d),
                self.value(d),
                self.value(d)
            ),
            8 => format!("({})", self.query(d)),
            9 => format!("{} IN ({})", self.value(d), self.query(d)),
            10 => format!("EXISTS ({})", self.query(d)),
            11 => format!(
                "CAST({} AS {})",
                self.value(d),
                self.draw.of(&["int", "text", "char", "evil", "integer", "signed"])
            ),
            12 => format!("{} BETWEEN {} AND {}", self.value(d), self.value(d), self.value(d)),
            13 => format!("{} LIKE {}", self.value(d), self.value(d)),
            14 => format!("NOT {}", self.value(d)),
            15 => {
                format!("count(*) OVER (PARTITION BY {} ORDER BY {})", self.value(d), self.value(d))
            }
            16 if self.draw.percent(30) => self.draw.of(HARMFUL).to_owned(),
            17 => format!("{} IS NOT NULL", self.value(d)),
            18 => format!("count(DISTINCT {})", self.value(d)),
            19 => format!("substring({} from 1 for 2)", self.value(d)),
            20 => format!("trim(both 'x' from {})", self.value(d)),
            _ => format!("- {}", self.value(d)),
        }
    }

    fn from(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match if depth == 0 { self.draw.below(4) } else { self.draw.below(11) } {
            0 | 1 => self.table(),
            2 => format!("{} {}", self.table(), self.draw.of(&["x", "y", "AS x", "AS \"y\""])),
            3 => self
                .draw
                .of(&[
                    "c1",
                    "c2",
                    "generate_series(1, 2)",
                    "generate_series(1,2) x",
                    "json_each('[1]')",
                    "unnest(array[1]) AS x(a)",
                    "ONLY t",
                    "t *",
                ])
                .to_owned(),
            4 | 5 => format!("({}) AS {}", self.query(d), self.draw.of(&["x", "y", "z"])),
            6 => format!("{}, {}", self.from(d), self.from(d)),
            7 => format!("{} JOIN {} ON {}", self.from(d), self.from(d), self.value(d)),
            8 => format!("{} LEFT JOIN {} USING (id)", self.from(d), self.from(d)),
            9 => format!("({} NATURAL JOIN {})", self.from(d), self.from(d)),
            _ => format!("{} CROSS JOIN {}", self.from(d), self.from(d)),
        }
    }

    fn query(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        let mut text = String::new();
        if depth > 0 && self.draw.percent(15) {
            let recursive = if self.draw.percent(25) { "RECURSIVE " } else { "" };
            let name = self.draw.of(&["c1", "c2", "c1", "t", "secrets"]);
            text += &format!("WITH {recursive}{name} AS ({}) ", self.query(d));
            if self.draw.percent(20) {
                text = format!("{}, c2 AS ({}) ", text.trim_end(), self.query(d));
            }
        }
        if self.draw.percent(3) {
            return text + "VALUES (1), (2)";
        }
        let item = if self.draw.percent(30) { "*".to_owned() } else { self.value(d) };
        text += &format!("SELECT {}{item}", self.draw.of(&["", "", "", "DISTINCT ", "ALL "]));
        if self.draw.percent(15) {
            text += self.draw.of(&[" AS k", " total", " \"K\"", ", 1", " name"]);
        }
        if self.draw.percent(90) {
            text += &format!(" FROM {}", self.from(depth));
        }
        if self.draw.percent(40) {
            text += &format!(" WHERE {}", self.value(d));
        }
        if self.draw.percent(10) {
            text += &format!(" GROUP BY {} HAVING {}", self.value(0), self.value(d));
        }
        if self.draw.percent(12) {
            text += &format!(
                " {} {}",
                self.draw.of(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]),
                self.query(d)
            );
        }
        if self.draw.percent(12) {
            text += &format!(" ORDER BY {}", self.value(0));
        }
        if self.draw.percent(12) {
            text += " LIMIT 2";
        }
        text
    }

    pub(super) fn statement(&mut self) -> String {
        let depth = 1 + self.draw.below(3);
        let text = match self.draw.below(12) {
            0 => format!("INSERT INTO {} (a) VALUES ({})", self.table(), self.value(1)),
            1 => format!("INSERT INTO {} (a) {}", self.table(), self.query(1)),
            2 => {
                format!("UPDATE {} SET a = {} WHERE {}", self.table(), self.value(1), self.value(1))
            }
            3 => format!("DELETE FROM {} WHERE {}", self.table(), self.value(1)),
            4 => format!(
                "{} {}",
                self.draw.of(&["EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN QUERY PLAN"]),
                self.query(depth)
            ),
            5 => {
                let verb = self.draw.of(&[
                    "INSERT OR REPLACE INTO",
                    "REPLACE INTO",
                    "INSERT IGNORE INTO",
                    "INSERT INTO",
                ]);
                let end = self.draw.of(&[
                    "",
                    " ON CONFLICT (id) DO UPDATE SET a = 2",
                    " ON DUPLICATE KEY UPDATE a = 2",
                    " RETURNING a",
                    " ON CONFLICT DO NOTHING",
                ]);
                format!("{verb} {} (id, a) VALUES (1, {}){end}", self.table(), self.value(1))
            }
            _ => self.query(depth),
        };
        self.changed(text)
    }

    /// With payloads at the ends of words or anywhere, or with parts left out.
    fn changed(&mut self, mut text: String) -> String {
        if self.draw.percent(45) {
            return text;
        }
        for _ in 0..1 + self.draw.below(2) {
            let mut at = self.draw.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if self.draw.percent(60) {
                at = text[..at].rfind(' ').unwrap_or(if self.draw.percent(50) {
                    0
                } else {
                    text.len()
                });
            }
            if self.draw.percent(12) {
                let end = text[at..]
                    .char_indices()
                    .nth(1 + self.draw.below(4))
                    .map_or(text.len(), |(n, _)| at + n);
                text.replace_range(at..end, "");
            } else {
                if self.draw.percent(40) {
                    let words: Vec<&str> = WORDS.split_whitespace().collect();
                    let word = self.draw.of(&words);
                    text.insert_str(at, &format!(" {word} "));
                } else {
                    text.insert_str(at, self.draw.of(PAYLOADS));
                }
            }
        }
        text
    }
}
