//! The floor: what one would write by hand for exactly these workloads and one layer.
//!
//! It knows the six forms of resources, holds its statements in one open-addressing table, and
//! decides the same inputs. It knows nothing of groups beyond their numbers, does not check that paths are
//! canonical, and has no reasons, layers, halts or records.

use permitgate::decision::Ruling;
use permitgate::policy::Effect;

use super::workload::{Call, Check, Form, INVOKER, Line, holds, reaches};

pub struct Floor {
    slots: Vec<Slot>,
    mask: usize,
    invoker: u64,
}

#[derive(Clone)]
struct Slot {
    key: u64,
    /// The literal text that must stand in the path; compared because keys may collide.
    literals: Vec<(usize, String)>,
    operations: u8,
    effect: Effect,
    reach: super::workload::Reach,
    check: Check,
    used: bool,
}

const FORMS: [Form; 6] =
    [Form::Prefix3, Form::Prefix4, Form::Prefix1, Form::OwnList, Form::AnyBox, Form::OwnDay];

#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x2D35_8DCC_AA6C_78A5) * u128::from(b ^ 0x8BB8_4B93_962E_ACC9);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
fn hash(segment: &[u8]) -> u64 {
    let mut hash = segment.len() as u64;
    let mut rest = segment;
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        hash = mix(hash, u64::from_le_bytes(*word));
        rest = behind;
    }
    let mut last = 0;
    for byte in rest {
        last = last << 8 | u64::from(*byte);
    }
    mix(hash, last)
}

/// Up to six segments with their hashes.
struct Split<'r> {
    text: [&'r [u8]; 6],
    hash: [u64; 6],
    count: usize,
}

#[inline]
fn split(resource: &str) -> Split<'_> {
    let mut split = Split { text: [&[]; 6], hash: [0; 6], count: 0 };
    let bytes = resource.as_bytes();
    let mut start = 0;
    for end in memchr::memchr_iter(b'/', bytes).chain([bytes.len()]) {
        let segment = &bytes[start..end];
        split.text[split.count] = segment;
        split.hash[split.count] = hash(segment);
        split.count += 1;
        start = end + 1;
    }
    split
}

impl Floor {
    pub fn new(lines: &[Line]) -> Self {
        let size = (lines.len() * 2).next_power_of_two();
        let empty = Slot {
            key: 0,
            literals: Vec::new(),
            operations: 0,
            effect: Effect::Forbid,
            reach: super::workload::Reach::Invoker,
            check: Check::None,
            used: false,
        };
        let mut floor =
            Self { slots: vec![empty; size], mask: size - 1, invoker: hash(INVOKER.as_bytes()) };
        for line in lines {
            floor.add(line);
        }
        floor
    }

    fn add(&mut self, line: &Line) {
        let pattern = line.form.pattern(line.number);
        let literals: Vec<(usize, String)> = pattern
            .split('/')
            .enumerate()
            .filter(|(_, step)| !matches!(*step, "*" | "**" | "{invoker}"))
            .map(|(at, step)| (at, step.to_owned()))
            .collect();
        let mut key = line.form as u64;
        for (at, literal) in &literals {
            key = mix(key, hash(literal.as_bytes()).wrapping_add(*at as u64));
        }
        let mut at = key as usize & self.mask;
        while self.slots[at].used {
            at = (at + 1) & self.mask;
        }
        self.slots[at] = Slot {
            key,
            literals,
            operations: line
                .operations
                .iter()
                .fold(0, |set, operation| set | 1 << *operation as u8),
            effect: line.effect,
            reach: line.reach,
            check: line.check,
            used: true,
        };
    }

    #[inline]
    pub fn decide(&self, call: &Call) -> Ruling {
        let path = split(&call.resource);
        let (mut granted, mut held, mut forbidden) = (false, false, false);
        for form in FORMS {
            let Some(key) = self.key(form, &path) else { continue };
            let mut at = key as usize & self.mask;
            while self.slots[at].used {
                let slot = &self.slots[at];
                at = (at + 1) & self.mask;
                if slot.key == key
                    && slot.operations & 1 << call.operation as u8 != 0
                    && slot
                        .literals
                        .iter()
                        .all(|(at, literal)| path.text[*at] == literal.as_bytes())
                    && holds(slot.check, &call.arguments)
                {
                    match slot.effect {
                        Effect::Forbid => forbidden = true,
                        Effect::RequireApproval => {
                            held = true;
                            granted |= reaches(slot.reach, call.reach);
                        }
                        Effect::Permit => granted |= reaches(slot.reach, call.reach),
                    }
                }
            }
        }
        match (forbidden || !granted, held) {
            (true, _) => Ruling::Deny,
            (false, true) => Ruling::Hold,
            (false, false) => Ruling::Allow,
        }
    }

    #[inline]
    fn key(&self, form: Form, path: &Split<'_>) -> Option<u64> {
        let literals: &[usize] = match form {
            Form::Prefix3 if path.count >= 3 => &[0, 1, 2],
            Form::Prefix4 if path.count >= 4 => &[0, 1, 2, 3],
            Form::Prefix1 => &[0],
            Form::OwnList if path.count == 4 && path.hash[1] == self.invoker => &[0, 2],
            Form::AnyBox if path.count >= 3 => &[1, 2],
            Form::OwnDay if path.count >= 2 && path.hash[0] == self.invoker => &[1],
            _ => return None,
        };
        Some(
            literals
                .iter()
                .fold(form as u64, |key, at| mix(key, path.hash[*at].wrapping_add(*at as u64))),
        )
    }
}
