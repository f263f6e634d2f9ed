//! What a scope binds to names, as it is collected.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::error::Fault;
use crate::authority::ownership::{KnownSet, Ownership, ResolvedName};
use crate::base::limits::MAX_BOUND_VALUES;
use crate::base::name::check_name;
use crate::policy::BoundValue;

/// What a name is bound to.
#[derive(Clone)]
pub(super) enum Bound {
    One(String),
    Set(Vec<String>),
    Resolved(Arc<dyn Ownership>),
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => value.fmt(f),
            Self::Set(values) => values.fmt(f),
            Self::Resolved(_) => f.write_str("asked for at every decision"),
        }
    }
}

pub(super) fn check_bound(name: &str, values: &Bound) -> Result<(), Fault> {
    if matches!(name, "invoker" | "agent") {
        return Err(Fault::AlwaysBound(name.into()));
    }
    let values = match values {
        Bound::One(value) => std::slice::from_ref(value),
        Bound::Set(values) if values.len() > MAX_BOUND_VALUES => {
            return Err(Fault::TooManyValues(name.into()));
        }
        Bound::Set(values) => values,
        Bound::Resolved(_) => &[],
    };
    let checked = values.iter().try_for_each(|value| check_name(value));
    checked.map_err(|fault| Fault::Name(name.into(), fault))
}

/// The names that a scope binds, by what they are bound to.
#[derive(Default)]
pub(super) struct Names {
    pub(super) fixed: HashMap<String, BoundValue>,
    pub(super) resolved: Vec<ResolvedName>,
    pub(super) sets: Box<[KnownSet]>,
}

impl Names {
    pub(super) fn of(bound: HashMap<String, Bound>) -> Self {
        let (mut names, mut sets) = (Self::default(), Vec::new());
        for (name, bound) in bound {
            match bound {
                Bound::One(value) => {
                    names.fixed.insert(name, BoundValue::new(&value));
                }
                Bound::Set(values) => {
                    let set = KnownSet::new(name.as_str().into(), values);
                    names.fixed.extend(set.value().map(|value| (name, value)));
                    sets.push(set);
                }
                Bound::Resolved(ownership) => {
                    names.resolved.push(ResolvedName { name: name.into(), ownership });
                }
            }
        }
        sets.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Self { sets: sets.into(), ..names }
    }
}
