//! Sessions by name: bounded, and one that had to go is never mistaken for a new one.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};

use ahash::AHashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use permitgate::{Scope, Session};

use crate::call::{LineError, shown};

/// Sessions that are kept unless the run says otherwise.
pub(crate) const LIVE_SESSIONS: usize = 4096;

/// Names of dropped sessions that are remembered. When they are as many, no further session starts.
const DROPPED_SESSIONS: usize = 1 << 20;

/// Scopes that one session keeps at once.
const SCOPES: usize = 64;

/// The live sessions of a run. The one that was used longest ago goes first.
pub(crate) struct Sessions {
    most: usize,
    /// What to do where there are more.
    advice: &'static str,
    live: AHashMap<Arc<str>, Live>,
    by_use: BTreeMap<u64, Arc<str>>,
    uses: u64,
    /// Hashes of names, so that the memory is bounded whatever the names. Two names with one hash
    /// would refuse a session that could have started; that is the harmless side.
    dropped: HashSet<u64>,
    hasher: RandomState,
}

/// One session, with the scopes that were built for it.
pub(crate) struct Live {
    pub(crate) session: Session,
    /// Whose it is.
    pub(crate) invoker: Box<str>,
    pub(crate) scopes: AHashMap<Box<[u8]>, Scope>,
    used: u64,
}

impl Sessions {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            advice: "; raise --sessions",
            live: AHashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            dropped: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// The same of a command without an option for their number.
    pub(crate) fn fixed(most: usize) -> Self {
        Self { advice: "", ..Self::new(most) }
    }

    /// The session of this name as lines before left it; nothing where it would be a new one. Changes nothing.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn peek(&self, name: &str) -> Result<Option<&Live>, LineError> {
        match self.live.get(name) {
            Some(live) => Ok(Some(live)),
            None => self.may_start(name).map(|()| None),
        }
    }

    /// The session of this name: the one that lines before used, or a new one.
    pub(crate) fn of(
        &mut self,
        name: &str,
        invoker: &str,
        new: impl FnOnce() -> Session,
    ) -> Result<&mut Live, LineError> {
        self.uses += 1;
        let key = match self.live.get_mut(name) {
            Some(live) => {
                let key = self.by_use.remove(&live.used);
                live.used = self.uses;
                key.unwrap_or_else(|| name.into())
            }
            None => self.start(name, invoker, new())?,
        };
        self.by_use.insert(self.uses, key);
        self.live.get_mut(name).ok_or_else(|| LineError::new("a session is lost"))
    }

    fn may_start(&self, name: &str) -> Result<(), LineError> {
        if self.dropped.contains(&self.hasher.hash_one(name)) {
            return Err(LineError::new(format!(
                "session {} was dropped, since more than {} sessions are live at once{}",
                shown(name),
                self.most,
                self.advice
            )));
        }
        if self.live.len() >= self.most && self.dropped.len() >= DROPPED_SESSIONS {
            return Err(LineError::new(format!("too many sessions in one run{}", self.advice)));
        }
        Ok(())
    }

    #[cold]
    fn start(
        &mut self,
        name: &str,
        invoker: &str,
        session: Session,
    ) -> Result<Arc<str>, LineError> {
        self.may_start(name)?;
        if self.live.len() >= self.most
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.dropped.insert(self.hasher.hash_one(&*oldest));
            self.live.remove(&oldest);
        }
        let key: Arc<str> = name.into();
        let live =
            Live { session, invoker: invoker.into(), scopes: AHashMap::new(), used: self.uses };
        self.live.insert(Arc::clone(&key), live);
        Ok(key)
    }
}

impl Live {
    /// Keeps a scope for the lines to come.
    pub(crate) fn keep(&mut self, key: &[u8], scope: &Scope) {
        if self.scopes.len() >= SCOPES {
            self.scopes.clear();
        }
        self.scopes.insert(key.into(), scope.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_session_is_never_a_fresh_one() {
        let mut sessions = Sessions::new(2);
        for name in ["a", "b", "a", "c"] {
            assert!(sessions.of(name, "dana", Session::new).is_ok(), "{name}");
        }
        assert!(sessions.peek("b").is_err() && matches!(sessions.peek("d"), Ok(None)));
        let error = sessions.of("b", "dana", Session::new).err().unwrap();
        assert_eq!(
            error.what,
            "session `b` was dropped, since more than 2 sessions are live at once; raise --sessions"
        );
        assert!(sessions.peek("a").is_ok() && sessions.of("c", "dana", Session::new).is_ok());
        assert_eq!((sessions.live.len(), sessions.by_use.len()), (2, 2));
    }
}
