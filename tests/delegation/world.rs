//! Small random policies and trees of capabilities, and what they permit, as sets: masks of operations, resources,
//! people and values.
//!
//! It shares no code with the crate: which resources a pattern means is worked out by a matcher of a few lines, and a
//! layer permits what a scan over its statements says.

use std::time::Duration;

use permitgate::Directory;
use permitgate::authority::{Attenuation, Budget};
use permitgate::decision::Ruling;
use permitgate::model::{Operations, Reader, Readers};
use permitgate::policy::Condition;
use permitgate::prelude::*;

pub(crate) use crate::draw::Draw;

impl Draw {
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn operations(&mut self) -> Operations {
        if self.once_in(3) {
            return Operations::ALL;
        }
        let all = Operation::ALL.into_iter();
        let some: Operations = all.filter(|_| !self.once_in(3)).collect();
        if some.is_empty() { Operations::ALL } else { some }
    }
}

pub const DANA: &str = "dana@example.com";
const LEE: &str = "lee@example.com";
const KIM: &str = "kim@example.com";
const SAM: &str = "sam@partner.example";

/// Dana, Lee, Kim, Sam, anybody inside, anybody at all.
type People = u8;
const ANYBODY: People = 0b11_1111;
const INSIDE: People = 0b01_0111;

pub fn directory() -> Directory {
    let builder = Directory::builder().organisation_domain("example.com");
    let builder =
        [DANA, LEE, KIM, SAM].iter().fold(builder, |builder, name| builder.principal(*name));
    builder.group("pair", [DANA, LEE]).group("mixed", [DANA, SAM]).build().unwrap()
}

/// Audiences, and who they are.
pub const AUDIENCES: [(fn() -> Audience<'static>, People); 7] = [
    (|| Audience::Private, 0b00_0001),
    (|| Audience::Group("pair"), 0b00_0011),
    (|| Audience::Group("mixed"), 0b00_1001),
    (|| Audience::recipients(&[LEE, KIM]), 0b00_0110),
    (|| Audience::recipients(&[SAM]), 0b00_1000),
    (|| Audience::Internal, INSIDE),
    (|| Audience::Public, ANYBODY),
];

fn readers(draw: &mut Draw) -> (Readers, People) {
    match draw.below(7) {
        0 => (Readers::invoker(), 0b00_0001),
        1 => (Readers::group("pair"), 0b00_0011),
        2 => (Readers::group("mixed") | Reader::principal(KIM), 0b00_1101),
        3 | 4 => (Readers::internal(), INSIDE),
        _ => (Readers::public(), ANYBODY),
    }
}

pub const PATHS: [&str; 18] = [
    "a/x/0", "a/x/1", "a/x/2", "a/y/0", "a/y/1", "a/y/2", "b/x/0", "b/x/1", "b/x/2", "b/y/0",
    "b/y/1", "b/y/2", "c/x/0", "c/x/1", "c/x/2", "c/y/0", "c/y/1", "c/y/2",
];

const PATTERNS: [&str; 12] = [
    "**", "**", "a/**", "b/**", "*/x/*", "*/y/*", "a/x/*", "*/*/1", "**/0", "c/**/2", "b/y/1",
    "a/*/2",
];

type Paths = u32;

fn paths_of(pattern: &str) -> Paths {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let meant = |path: &str| means(&pattern, &path.split('/').collect::<Vec<_>>());
    (0..).zip(PATHS).filter(|(_, path)| meant(path)).fold(0, |all, (place, _)| all | 1 << place)
}

fn means(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skipped| means(rest, &path[skipped..])),
        (Some((first, rest)), Some((segment, behind))) => {
            (*first == "*" || first == segment) && means(rest, behind)
        }
        _ => false,
    }
}

/// What the argument `n` may be.
pub const VALUES: usize = 8;

#[derive(Clone, Copy)]
pub struct Attempt {
    pub operation: Operation,
    pub path: usize,
    pub audience: usize,
    pub value: usize,
    pub at: u64,
}

impl Attempt {
    pub fn draw(draw: &mut Draw, at: u64) -> Self {
        Self {
            operation: draw.one_of(&Operation::ALL),
            path: draw.below(PATHS.len()),
            audience: draw.below(AUDIENCES.len()),
            value: draw.below(VALUES),
            at,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Permit,
    Ask,
    Forbid,
}

#[derive(Clone, Copy)]
struct Stated {
    kind: Kind,
    operations: Operations,
    paths: Paths,
    people: People,
    values: u8,
}

impl Stated {
    fn draw(draw: &mut Draw, kind: Kind, id: String) -> (Statement, Self) {
        let narrow = kind != Kind::Permit;
        let operations = if narrow && draw.once_in(2) {
            draw.one_of(&Operation::ALL).into()
        } else {
            draw.operations()
        };
        let pattern = draw.one_of(&PATTERNS);
        let (readers, people) = readers(draw);
        let (least, most) = match draw.below(3) {
            0 => (draw.below(4), 4 + draw.below(4)),
            _ => (0, VALUES - 1),
        };
        let statement = match kind {
            Kind::Permit => Statement::permit(id).readers(readers),
            Kind::Ask => Statement::require_approval(id).beyond(readers),
            Kind::Forbid => Statement::forbid(id).beyond(readers),
        };
        let statement = statement
            .operations(operations)
            .resources([pattern])
            .when(Condition::between("n", least as i64, most as i64));
        let values = (least..=most).fold(0, |all, value| all | 1 << value);
        (statement, Self { kind, operations, paths: paths_of(pattern), people, values })
    }

    /// On which axes it does not fit: operation, resource, value, people.
    fn misfits(&self, attempt: &Attempt) -> u8 {
        let beyond = AUDIENCES[attempt.audience].1 & !self.people != 0;
        // A permit fits within its readers, the others beyond them.
        let people = if self.kind == Kind::Permit { beyond } else { !beyond };
        u8::from(!self.operations.contains(attempt.operation))
            | u8::from(self.paths >> attempt.path & 1 == 0) << 1
            | u8::from(self.values >> attempt.value & 1 == 0) << 2
            | u8::from(people) << 3
    }
}

/// One layer: as the crate has it, and as sets.
#[derive(Clone)]
pub struct Layer {
    pub policy: Option<Policy>,
    pub restrictions: Option<Restrictions>,
    stated: Vec<Stated>,
}

/// What a layer says, and where it was one axis alone on which nothing fitted, which.
pub struct Said {
    pub ruling: Ruling,
    pub axis: Option<usize>,
}

pub const FORBIDDEN: usize = 4;

impl Layer {
    pub fn draw(draw: &mut Draw, grants: bool) -> Self {
        let (mut statements, mut stated) = (Vec::new(), Vec::new());
        let mut add = |draw: &mut Draw, kind| {
            let id = format!("s{}", statements.len());
            let (statement, sets) = Stated::draw(draw, kind, id);
            statements.push(statement);
            stated.push(sets);
        };
        if grants {
            (0..2 + draw.below(3)).for_each(|_| add(draw, Kind::Permit));
        }
        for _ in 0..draw.below(3) {
            let kind = if draw.once_in(2) { Kind::Ask } else { Kind::Forbid };
            add(draw, kind);
        }
        let policy = grants.then(|| Policy::new(statements.clone()).unwrap());
        let restrictions = (!grants).then(|| Restrictions::new(statements).unwrap());
        Self { policy, restrictions, stated }
    }

    pub fn attenuation(&self) -> Attenuation {
        match (&self.policy, &self.restrictions) {
            (Some(policy), _) => policy.clone().into(),
            (None, Some(restrictions)) => restrictions.clone().into(),
            (None, None) => Attenuation::new(),
        }
    }

    pub fn say(&self, attempt: &Attempt) -> Said {
        let (mut permitted, mut asks, mut axis) = (self.policy.is_none(), false, None);
        for stated in &self.stated {
            match (stated.kind, stated.misfits(attempt)) {
                (Kind::Permit, 0) => permitted = true,
                (Kind::Permit, misfits) if misfits.is_power_of_two() => {
                    axis = Some(misfits.trailing_zeros() as usize);
                }
                (Kind::Ask, 0) => asks = true,
                (Kind::Forbid, 0) => return Said { ruling: Ruling::Deny, axis: Some(FORBIDDEN) },
                _ => {}
            }
        }
        let ruling = match (permitted, asks) {
            (false, _) => Ruling::Deny,
            (true, true) => Ruling::Hold,
            (true, false) => Ruling::Allow,
        };
        Said { ruling, axis: axis.filter(|_| !permitted) }
    }
}

pub fn budget(draw: &mut Draw) -> Budget {
    let operation = draw.one_of(&Operation::ALL);
    let budget = match draw.below(2) {
        // Spent, or of what the actions do not have.
        0 => Budget::actions("some", 0),
        _ => Budget::sum("much", "absent", draw.below(100) as u64),
    };
    budget.per(Duration::from_secs(60)).on(operation)
}
