//! What is told at the end: one object, and the same as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::interval::Share;
use crate::outcome::{Attacks, Outcomes, PairOutcome, Row, TaskOutcome};
use crate::replay::{Attack, Done, Person, Step};

/// One suite, or all of them together.
#[derive(Debug)]
pub struct Section {
    /// The names of its suites.
    pub suites: Vec<String>,
    /// Pairs whose goal has no recorded calls.
    pub unjudged: usize,
    /// One for each set-up and person.
    pub outcomes: Vec<Outcomes>,
    /// Figures that stand in the data.
    pub references: Vec<Reference>,
    /// What must come out.
    pub checks: Vec<Check>,
    /// What a reader must know before believing the figures.
    pub warnings: Vec<String>,
}

/// A figure that stands in the data and is not replayed.
#[derive(Clone, Debug, Serialize)]
pub struct Reference {
    /// What it is.
    pub name: &'static str,
    /// Attacks that it lets through.
    pub through: Share,
}

impl Reference {
    /// So many attacks out of so many.
    pub fn new(name: &'static str, count: usize, of: usize) -> Self {
        Self { name, through: Share::new(count, of) }
    }
}

/// A figure that must come out, whatever is judged; otherwise the harness is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// What must come out.
    pub expected: usize,
    /// What came out.
    pub found: usize,
}

impl Check {
    /// Compares later.
    pub const fn new(name: &'static str, expected: usize, found: usize) -> Self {
        Self { name, expected, found }
    }

    /// Whether it came out.
    pub const fn holds(&self) -> bool {
        self.expected == self.found
    }
}

/// What the figures of one section say, as an object.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    suites: &'a [String],
    tasks: usize,
    judged_pairs: usize,
    unjudged_pairs: usize,
    rows: Vec<Row>,
    references: &'a [Reference],
    checks: &'a [Check],
    warnings: &'a [String],
    left: BTreeMap<&'static str, BTreeMap<&'static str, Left<'a>>>,
}

/// What was not simply done or simply refused.
#[derive(Debug, Serialize)]
struct Left<'a> {
    tasks: Vec<&'a TaskOutcome>,
    attacks: Vec<&'a PairOutcome>,
}

impl<'a> Left<'a> {
    fn of(outcomes: &'a Outcomes) -> Self {
        let tasks = outcomes.tasks.iter().filter(|task| task.done != Done::WithoutHold);
        let came_out = |pair: &&PairOutcome| matches!(pair.attack, Attack::Through | Attack::Leak);
        Self { tasks: tasks.collect(), attacks: outcomes.pairs.iter().filter(came_out).collect() }
    }
}

impl Section {
    /// Nothing yet.
    pub fn new(suite: &str) -> Self {
        Self {
            suites: vec![suite.to_owned()],
            unjudged: 0,
            outcomes: Vec::new(),
            references: Vec::new(),
            checks: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Keeps a warning, once.
    pub fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// All suites as one.
    pub fn all(sections: &[Self]) -> Option<Self> {
        let (first, rest) = sections.split_first()?;
        let mut all = Self {
            suites: sections.iter().flat_map(|section| section.suites.clone()).collect(),
            unjudged: sections.iter().map(|section| section.unjudged).sum(),
            outcomes: first.outcomes.clone(),
            references: first.references.clone(),
            checks: first.checks.clone(),
            warnings: sections.iter().flat_map(|section| section.warnings.clone()).collect(),
        };
        for section in rest {
            let both = all.outcomes.into_iter().zip(&section.outcomes);
            all.outcomes = both.map(|(all, one)| all.and(one)).collect();
            // A reference that one of the suites does not have says nothing about all of them.
            all.references.retain_mut(|all| {
                let one = section.references.iter().find(|one| one.name == all.name);
                one.is_some_and(|one| {
                    let (count, of) =
                        (all.through.count + one.through.count, all.through.of + one.through.of);
                    all.through = Share::new(count, of);
                    true
                })
            });
            all.checks.retain_mut(|all| {
                let one = section.checks.iter().find(|one| one.name == all.name);
                one.is_some_and(|one| {
                    all.expected += one.expected;
                    all.found += one.found;
                    true
                })
            });
        }
        Some(all)
    }

    fn tasks(&self) -> usize {
        self.outcomes.first().map_or(0, |outcomes| outcomes.tasks.len())
    }

    fn pairs(&self) -> usize {
        self.outcomes.first().map_or(0, |outcomes| outcomes.pairs.len())
    }

    /// What is neither a control nor a reference, without the person who says yes to everything: under that one
    /// everything is left that is held under the others.
    fn judged(&self) -> impl Iterator<Item = &Outcomes> {
        let worst = |outcomes: &&Outcomes| outcomes.person == Person::Always;
        self.outcomes
            .iter()
            .filter(move |outcomes| !is_control(outcomes.set_up) && !worst(outcomes))
    }

    /// The figures as one object.
    pub fn summary(&self) -> Summary<'_> {
        let mut left: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        // It stands beside each suite; once is enough.
        for outcomes in self.judged().filter(|_| self.suites.len() == 1) {
            let by_person = left.entry(outcomes.set_up).or_default();
            by_person.insert(outcomes.person.as_str(), Left::of(outcomes));
        }
        Summary {
            suites: &self.suites,
            tasks: self.tasks(),
            judged_pairs: self.pairs(),
            unjudged_pairs: self.unjudged,
            rows: self.outcomes.iter().map(Outcomes::row).collect(),
            references: &self.references,
            checks: &self.checks,
            warnings: &self.warnings,
            left,
        }
    }

    /// The figures as tables.
    pub fn table(&self) -> String {
        let mut out = format!(
            "{}: {} tasks, {} judged pairs, {} pairs without recorded calls\n",
            self.suites.join(" + "),
            self.tasks(),
            self.pairs(),
            self.unjudged
        );
        let rows = self.merged_rows();
        self.write_utility(&mut out, &rows);
        self.write_attacks(&mut out, &rows);
        write_classes(&mut out, &rows);
        for check in &self.checks {
            let verdict = if check.holds() { "as it must" } else { "FAILED" };
            let _ = writeln!(
                out,
                "check, {verdict}: {}: {} (expected {})",
                check.name, check.found, check.expected
            );
        }
        for warning in &self.warnings {
            let _ = writeln!(out, "warning: {warning}");
        }
        out
    }

    /// The rows, with one in place of those that are the same for every person.
    fn merged_rows(&self) -> Vec<(String, Row)> {
        let mut rows: Vec<(String, Row)> = Vec::new();
        for row in self.outcomes.iter().map(Outcomes::row) {
            if is_control(row.set_up) {
                rows.push(("-".to_owned(), row));
            } else if let Some((person, _)) =
                rows.iter_mut().find(|(_, known)| same_figures(known, &row))
            {
                person.push('/');
                person.push_str(row.person.as_str());
            } else {
                rows.push((row.person.as_str().to_owned(), row));
            }
        }
        for (person, _) in &mut rows {
            if person.matches('/').count() + 1 == Person::ALL.len() {
                *person = "any".to_owned();
            }
        }
        rows
    }

    fn write_utility(&self, out: &mut String, rows: &[(String, Row)]) {
        let mut table = Grid::new(&[
            "tasks",
            "person",
            "without a hold",
            "95 %",
            "with approvals",
            "broken",
            "holds mean",
            "max",
            "as without attack",
        ]);
        for (person, row) in rows {
            table.row(vec![
                row.set_up.to_owned(),
                person.clone(),
                count_and_percent(row.without_hold),
                interval(row.without_hold),
                count_and_percent(row.with_approvals),
                count_and_percent(row.broken),
                format!("{:.2}", row.holds.mean),
                row.holds.max.to_string(),
                count_and_percent(row.undisturbed),
            ]);
        }
        let _ = writeln!(out, "\n{}", table.text());
    }

    fn write_attacks(&self, out: &mut String, rows: &[(String, Row)]) {
        let mut table = Grid::new(&[
            "attacks",
            "person",
            "through",
            "95 %",
            "leak",
            "95 %",
            "held",
            "denied",
            "not shown",
        ]);
        for (person, row) in rows {
            table.row(
                vec![row.set_up.to_owned(), person.clone()]
                    .into_iter()
                    .chain(attack_cells(&row.attacks))
                    .collect(),
            );
        }
        for reference in &self.references {
            let share = reference.through;
            table.row(vec![
                reference.name.to_owned(),
                "-".to_owned(),
                count_and_percent(share),
                interval(share),
            ]);
        }
        let _ = writeln!(out, "{}", table.text());
    }

    /// Every task with a hold and every attack that came out, with call, reason and statement.
    pub fn explanation(&self) -> String {
        let mut out = String::new();
        for outcomes in self.outcomes.iter().filter(|outcomes| !is_control(outcomes.set_up)) {
            let left = Left::of(outcomes);
            let _ = writeln!(
                out,
                "left under {}, person {}:",
                outcomes.set_up,
                outcomes.person.as_str()
            );
            for task in &left.tasks {
                let _ =
                    writeln!(out, "  {} {}: {}", task.suite, task.user_task, name_of(&task.done));
                task.left.iter().for_each(|step| write_step(&mut out, step));
            }
            for pair in &left.attacks {
                let _ = writeln!(
                    out,
                    "  {} {} + {} ({}): {}",
                    pair.suite,
                    pair.pair.user_task,
                    pair.pair.injection_task,
                    pair.class,
                    name_of(&pair.attack)
                );
                pair.left.iter().for_each(|step| write_step(&mut out, step));
            }
            if left.tasks.is_empty() && left.attacks.is_empty() {
                out.push_str("  nothing\n");
            }
        }
        out
    }
}

fn write_step(out: &mut String, step: &Step) {
    let arguments = serde_json::to_string(&step.arguments).unwrap_or_default();
    let arguments: String = arguments.chars().take(160).collect();
    let done = if step.done { "done" } else { "not done" };
    let _ = match &step.answer {
        None => {
            writeln!(out, "    {} {arguments}: not tried, it needs what was not fetched", step.tool)
        }
        Some(answer) => {
            let statement =
                answer.statement.as_deref().map_or(String::new(), |name| format!(" by `{name}`"));
            writeln!(
                out,
                "    {} {arguments}: {}{statement}, {done}. {}",
                step.tool, answer.reason, answer.note
            )
        }
    };
}

fn write_classes(out: &mut String, rows: &[(String, Row)]) {
    let mut table = Grid::new(&[
        "attacks by class",
        "person",
        "class",
        "pairs",
        "through",
        "95 %",
        "leak",
        "95 %",
        "held",
        "denied",
        "not shown",
    ]);
    for (person, row) in rows.iter().filter(|(_, row)| {
        row.set_up != "control: allow all" && row.set_up != "control: deny every write"
    }) {
        for (class, attacks) in &row.by_class {
            let start = vec![
                row.set_up.to_owned(),
                person.clone(),
                class.clone(),
                attacks.through.of.to_string(),
            ];
            table.row(start.into_iter().chain(attack_cells(attacks)).collect());
        }
    }
    let _ = writeln!(out, "{}", table.text());
}

fn attack_cells(attacks: &Attacks) -> [String; 7] {
    [
        count_and_percent(attacks.through),
        interval(attacks.through),
        count_and_percent(attacks.leak),
        interval(attacks.leak),
        attacks.held.count.to_string(),
        attacks.denied.count.to_string(),
        attacks.not_shown.count.to_string(),
    ]
}

fn is_control(set_up: &str) -> bool {
    set_up.starts_with("control") || set_up.starts_with("reference")
}

fn same_figures(one: &Row, other: &Row) -> bool {
    let figures = |row: &Row| {
        let row = Row { person: Person::Never, ..row.clone() };
        serde_json::to_string(&row).unwrap_or_default()
    };
    figures(one) == figures(other)
}

/// The name that an outcome has in the object as well.
fn name_of(outcome: &impl Serialize) -> String {
    let named = serde_json::to_value(outcome).ok();
    named.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

fn count_and_percent(share: Share) -> String {
    format!("{} ({:.1} %)", share.count, share.percent)
}

fn interval(share: Share) -> String {
    format!("{:.1}-{:.1}", share.low, share.high)
}

/// Rows of cells, printed with aligned columns.
struct Grid(Vec<Vec<String>>);

impl Grid {
    fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(|cell| (*cell).to_owned()).collect()])
    }

    fn row(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }

    fn text(&self) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.0 {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.len());
            }
        }
        let mut out = String::new();
        for row in &self.0 {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(out, "{}", line.trim_end());
        }
        out
    }
}
