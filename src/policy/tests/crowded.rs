//! Values that make looking up others as dear as it can be.

use std::sync::Arc;

use crate::base::limits::MAX_RECIPIENTS;
use crate::flow::provenance::{Endorsed, Key, Origin};
use crate::model::kind::ValueKind;
use crate::model::parts::Parts;

/// A list of so many paths as may be, of which each can be endorsed in the most forms.
pub(super) fn paths(argument: &str) -> Parts {
    let mut parts = Parts::default();
    let list = parts.argument(argument);
    parts.be_given_list(&list);
    for _ in 0..MAX_RECIPIENTS {
        let element = parts.element();
        let (root, cwd) = (parts.written("/r"), parts.written("a.b"));
        let whole = parts.written("a.b/c.d");
        parts.canonical(&element, whole);
        parts.of_path(&element, root, cwd, true);
        parts.end(element);
    }
    parts.end(list);
    parts
}

/// A chain of sessions whose values somebody chose, so that each of those paths is looked for among as many as may be.
pub(super) fn crowded(depth: usize) -> Arc<Endorsed> {
    let asked = ["c.d", "/r/a.b/c.d"].into_iter().flat_map(|text| {
        let path = Key::of(ValueKind::CASELESS_PATH, text);
        [path, Key::plain(text), Key { tool: "tool", ..path }].map(Key::hash)
    });
    let mut asked: Vec<(u64, u32)> = asked.map(|hash| (hash & 0x3FF, 0)).collect();
    let mut chosen = Vec::new();
    for number in 0.. {
        let text = format!("v{number:x}");
        let slot = Key::plain(&text).hash() & 0x3FF;
        let fewest = asked.iter().map(|(_, found)| *found).min().unwrap_or(0);
        match asked.iter_mut().find(|(wanted, _)| *wanted == slot) {
            // In turns, so that tables that are small at first take them.
            Some((_, found)) if *found == fewest => *found += 1,
            _ if fewest == 32 => break,
            _ => continue,
        }
        chosen.push(text);
    }
    let mut endorsed = Arc::new(Endorsed::default());
    for _ in 0..depth {
        for text in &chosen {
            for origin in [Origin::User, Origin::Result, Origin::Program] {
                endorsed.add(origin, text);
            }
        }
        endorsed = Arc::new(Endorsed::below(endorsed));
    }
    endorsed
}
