//! A set of pattern lists, looked up by path: the index without statements around it.

use super::bound::{BoundValue, Variables};
use super::cost::HitSteps;
use super::error::Fault;
use super::index::{Index, Keyed};
use super::pattern::{PatternAt, Patterns};
use super::subtree::Heads;
use crate::model::resource::Path;

/// Lists of patterns, each with a number: 0 for the first list, and so on.
#[derive(Debug)]
pub(crate) struct PatternSet {
    patterns: Patterns,
    index: Index,
    heads: Heads,
    hits: Box<[(PatternAt, u32)]>,
}

/// Which pattern is at fault: of which list, at which place in it, and why.
#[derive(Debug)]
pub(crate) struct PatternFault {
    pub(crate) list: usize,
    pub(crate) place: usize,
    pub(crate) why: String,
}

impl PatternSet {
    /// Parses the patterns. They can bind `{invoker}` and `{agent}` only.
    pub(crate) fn new<'l>(
        lists: impl IntoIterator<Item = &'l [String]>,
    ) -> Result<Self, PatternFault> {
        let (mut patterns, mut variables) = (Patterns::default(), Variables::default());
        let (mut hits, mut keyed) = (Vec::new(), Vec::new());
        for (list, texts) in lists.into_iter().enumerate() {
            for (place, text) in texts.iter().enumerate() {
                let fail = |fault: Fault| PatternFault { list, place, why: fault.to_string() };
                let pattern = patterns.add(text, &mut variables).map_err(fail)?;
                if let Some(name) = variables.extra().first() {
                    let why = format!(
                        "it binds `{{{name}}}`; only `{{invoker}}` and `{{agent}}` are bound in every scope"
                    );
                    return Err(PatternFault { list, place, why });
                }
                keyed.push(Keyed { pattern, tool: None, number: hits.len() as u32 });
                hits.push((pattern, list as u32));
            }
        }
        patterns.shrink();
        let index = Index::new(&patterns, &keyed);
        let numbered = keyed.iter().map(|keyed| (keyed.pattern, keyed.number));
        let heads = Heads::new(&patterns, numbered);
        Ok(Self { index, heads, patterns, hits: hits.into() })
    }

    /// The most steps that one lookup can take, when a match takes `each` more.
    pub(crate) fn worst_case_steps(&self, each: u64) -> u64 {
        let matching = |hit: u32| {
            let pattern = self.hits.get(hit as usize).map(|(pattern, _)| *pattern);
            each + pattern.map_or(0, |pattern| self.patterns.worst_case_steps(pattern))
        };
        let below = self.heads.worst_case_steps(&self.patterns, |number| {
            let hit = self.hits.get(number as usize);
            let pattern = hit.map_or(PatternAt::NOTHING, |(pattern, _)| *pattern);
            HitSteps { pattern, tools: &[], asking: each }
        });
        self.index.worst_case_steps(matching).max(below)
    }

    /// Calls `hit` with the number of every list that has a pattern which matches, some perhaps more than once. Where the path
    /// stands for everything below it, a pattern matches that meets any of that. Whether every place was found to be in a list.
    pub(crate) fn look_up(
        &self,
        path: &Path<'_>,
        values: &[BoundValue],
        mut hit: impl FnMut(u32),
    ) -> bool {
        if path.is_below() {
            return self.look_up_below(path, values, &mut hit);
        }
        let mut known = false;
        self.index.look_up(
            path,
            || 0,
            values,
            |number| {
                if let Some((pattern, list)) = self.hits.get(number as usize)
                    && self.patterns.matches(*pattern, path, values)
                {
                    known = true;
                    hit(*list);
                }
            },
        );
        known
    }

    #[cold]
    fn look_up_below(
        &self,
        path: &Path<'_>,
        values: &[BoundValue],
        hit: &mut dyn FnMut(u32),
    ) -> bool {
        let mut known = false;
        self.heads.look_up(&self.patterns, path, |number| {
            if let Some((pattern, list)) = self.hits.get(number as usize)
                && self.patterns.meets(*pattern, path, values)
            {
                known |= self.patterns.covers(*pattern, path, values);
                hit(*list);
            }
        });
        known
    }
}
