//! Whether a journal is what was written: chain, numbers, erasures, removed segments, checkpoints.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use permitgate::decision::Ruling;

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::entry::{self, Content, DecisionEntry};
use crate::fault::JournalError;
use crate::finding::{Finding, FindingKind, Report};
use crate::frame::{Frame, PrivateState, kind};
use crate::header::{Header, HeaderFlaw, name_of};
use crate::merkle::Frontier;
use crate::scan::{Scan, ScanFault, ending, segments};
use crate::storage::Storage;

/// Verifies the journal in a folder, against checkpoints that were kept elsewhere.
///
/// Without a checkpoint it finds every change that does not write anew all that follows. With one, it finds every change before it.
///
/// ```
/// use permitgate_journal::{CheckpointKey, Journal, verify};
///
/// # let path = std::env::temp_dir().join(format!("permitgate-verify-{}", std::process::id()));
/// let key = CheckpointKey::generate("example.com/mail-agent")?;
/// let journal = Journal::open(&path)?;
/// let checkpoint = journal.checkpoint(&key)?; // to be kept where this machine cannot write
/// journal.close()?;
/// let report = verify(&path, &[checkpoint])?;
/// assert!(report.is_sound());
/// assert_eq!(report.matched, [1]);
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When it cannot be read, or has a newer format. What is wrong with it stands in the [`Report`].
pub fn verify(path: impl AsRef<Path>, checkpoints: &[Checkpoint]) -> Result<Report, JournalError> {
    verify_storage(&crate::reader::folder(path.as_ref())?, checkpoints)
}

/// The same for a journal of any storage.
///
/// # Errors
/// As [`verify`].
pub fn verify_storage(
    storage: &dyn Storage,
    checkpoints: &[Checkpoint],
) -> Result<Report, JournalError> {
    let all = segments(storage)?;
    let mut audit = Audit::new(checkpoints);
    for (place, segment) in all.iter().enumerate() {
        audit.segment(storage, *segment, place + 1 == all.len())?;
    }
    let range = all.first().zip(all.last()).map(|(first, last)| *first..=*last);
    Ok(audit.finish(range))
}

/// Where something is.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    segment: u64,
    offset: u64,
    position: u64,
}

struct Audit<'c> {
    /// Those that were not passed yet, the next at the end.
    checkpoints: Vec<&'c Checkpoint>,
    report: Report,
    tree: Frontier,
    chain: Digest,
    /// Where the last frame ended.
    end: Place,
    is_begun: bool,
    /// Something is missing here and said already, so that what comes next need not go on from what is known.
    is_gap: bool,
    /// The ranges of positions that are missing, with their findings.
    missing: Vec<(u64, u64)>,
    /// Where the journal begins, if not at its first entry.
    beginning: Option<Place>,
    /// How each segment ended, as the next one says, from the one before the first that is there.
    ends: Vec<(u64, u64, Digest)>,
    before_first: u64,
    open: HashSet<u64>,
    /// Decisions whose private part is not whole.
    gone: HashMap<u64, (Place, PrivateState)>,
    erased: HashMap<u64, Place>,
}

impl<'c> Audit<'c> {
    fn new(checkpoints: &'c [Checkpoint]) -> Self {
        let mut sorted: Vec<&Checkpoint> = checkpoints.iter().collect();
        sorted.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size()));
        Self {
            checkpoints: sorted,
            report: Report {
                journal: [0; 16],
                stream: 0,
                segments: None,
                first: 1,
                size: 0,
                last_decision: 0,
                decisions: 0,
                outcomes: 0,
                unsettled: 0,
                erased: 0,
                root: Frontier::default().root(),
                chain: Digest::NONE,
                is_closed: false,
                end: 0,
                torn: 0,
                matched: Vec::new(),
                unmatched: Vec::new(),
                findings: Vec::new(),
            },
            tree: Frontier::default(),
            chain: Digest::NONE,
            end: Place { segment: 1, offset: 0, position: 1 },
            is_begun: false,
            is_gap: false,
            missing: Vec::new(),
            beginning: None,
            ends: Vec::new(),
            before_first: 0,
            open: HashSet::new(),
            gone: HashMap::new(),
            erased: HashMap::new(),
        }
    }

    fn find(&mut self, kind: FindingKind, place: Place) {
        if self.report.findings.len() < Report::MOST_FINDINGS {
            let Place { segment, offset, position } = place;
            self.report.findings.push(Finding { kind, segment, offset, position });
        }
    }

    const fn next(&self) -> u64 {
        self.tree.size() + 1
    }

    fn segment(
        &mut self,
        storage: &dyn Storage,
        segment: u64,
        is_last: bool,
    ) -> Result<(), JournalError> {
        let start = Place { segment, offset: 0, position: self.next() };
        let mut scan = match Scan::open(storage, segment) {
            Ok(scan) => scan,
            Err(ScanFault::Header(flaw)) if !matches!(flaw, HeaderFlaw::Newer(_)) => {
                // The last one may have been made when the power failed: nothing is in it yet.
                if is_last && flaw == HeaderFlaw::Unwritten && self.is_begun {
                    return Ok(());
                }
                self.find(FindingKind::Damaged, start);
                self.is_gap = true;
                return Ok(());
            }
            Err(fault) => return Err(fault.of_segment(segment)),
        };
        let failed =
            |error| JournalError::io(format!("{} cannot be read", name_of(segment)), error);
        self.header(&scan.header, segment);
        let crash = if is_last { Some(ending(&mut scan).map_err(failed)?) } else { None };
        let crash = crash.filter(|found| !found.is_damage && found.torn > 0);
        let end = crash.map_or(u64::MAX, |found| found.end);
        let mut scan = Scan::open(storage, segment).map_err(|fault| fault.of_segment(segment))?;
        loop {
            while scan.offset() < end {
                let Some((offset, frame)) = scan.next().map_err(failed)? else { break };
                self.frame(&frame, segment, offset);
            }
            let offset = scan.offset();
            self.end = Place { segment, offset, position: self.next() };
            if let Some(found) = crash.filter(|_| offset >= end) {
                self.report.torn = found.torn;
                if found.lost > 0 {
                    self.find(FindingKind::Torn, self.end);
                }
                return Ok(());
            }
            let tail = scan.tail().map_err(failed)?;
            if tail.bytes > 0 {
                self.find(FindingKind::Damaged, self.end);
                self.is_gap = true;
            }
            match tail.next {
                Some(next) => scan.go_to(next),
                None => return Ok(()),
            }
        }
    }

    fn header(&mut self, header: &Header, segment: u64) {
        let place = Place { segment, offset: 0, position: self.next() };
        if !self.is_begun {
            self.begin(header, segment, place);
        } else if self.is_gap {
            // Whatever is missing was said.
        } else if header.journal != self.report.journal
            || header.stream != self.report.stream
            || header.segment != segment
            || header.tree.size() < self.tree.size()
        {
            self.find(FindingKind::Foreign, place);
        } else if header.tree.size() > self.tree.size() {
            let until = header.tree.size();
            self.missing.push((self.next(), until));
            self.find(FindingKind::Dropped { until }, Place { position: self.next(), ..self.end });
        } else if header.before != self.chain
            || self.report.findings.is_empty() && !self.is_counted(header)
        {
            self.find(FindingKind::Foreign, place);
        }
        self.ends.push((segment.saturating_sub(1), header.tree.size(), header.before));
        self.is_gap = false;
        self.is_begun = true;
        self.tree = header.tree.clone();
        self.chain = header.start();
        self.report.last_decision = header.decisions;
        self.end = Place { segment, offset: header.to_bytes().len() as u64, position: self.next() };
    }

    fn is_counted(&self, header: &Header) -> bool {
        header.tree == self.tree && header.decisions == self.report.last_decision
    }

    fn begin(&mut self, header: &Header, segment: u64, place: Place) {
        self.report.journal = header.journal;
        self.report.stream = header.stream;
        self.before_first = header.decisions;
        self.report.first = header.tree.size() + 1;
        let position = header.tree.size();
        let place = Place { position: position + 1, ..place };
        if header.segment != segment {
            self.find(FindingKind::Foreign, place);
        } else if segment > 1 || position > 0 {
            self.beginning = Some(place);
        }
        // What is about entries that are removed cannot be compared, but for their whole.
        while let Some(checkpoint) = self.checkpoints.pop_if(|one| one.size() < position) {
            self.report.unmatched.push(checkpoint.size());
        }
        self.tree = header.tree.clone();
        self.compare(place);
    }

    fn frame(&mut self, frame: &Frame<'_>, segment: u64, offset: u64) {
        let place = Place { segment, offset, position: frame.position };
        let next = self.next();
        if frame.position < next {
            let missing =
                self.missing.iter_mut().find(|(from, to)| (*from..=*to).contains(&frame.position));
            let kind = match missing {
                Some(_) => FindingKind::Reordered,
                None => FindingKind::Repeated,
            };
            return self.find(kind, place);
        }
        let is_next = frame.position == next;
        if !is_next && !self.is_gap {
            let until = frame.position - 1;
            self.missing.push((next, until));
            self.find(FindingKind::Dropped { until }, Place { position: next, ..place });
        } else if is_next
            && Digest::chained(&self.chain, frame.sealed) != frame.chain
            && !self.is_gap
        {
            self.find(FindingKind::Edited, place);
        } else if frame.settled >= frame.position {
            self.find(FindingKind::Malformed, place);
        }
        self.accept(frame, place, is_next);
        self.is_gap = false;
    }

    /// A frame counts, and the next one is to follow from it.
    fn accept(&mut self, frame: &Frame<'_>, place: Place, is_next: bool) {
        if !is_next {
            // The hashes of what is missing are not known. From here on only the number of leaves is right.
            let peaks = vec![Digest::NONE; (frame.position - 1).count_ones() as usize];
            self.tree = Frontier::of(frame.position - 1, peaks).unwrap_or_default();
        }
        let before = std::mem::replace(&mut self.chain, frame.chain);
        let is_ending = frame.kind == kind::CLOSED && is_next && self.report.findings.is_empty();
        let is_wrong_end = is_ending && !self.is_end(frame, &before);
        self.tree.push(Digest::leaf(&frame.chain));
        self.report.is_closed = frame.kind == kind::CLOSED;
        match entry::read(frame, place.segment, place.offset) {
            Some(entry) if !is_wrong_end => self.content(&entry.content, frame, place, is_next),
            _ => self.find(FindingKind::Malformed, place),
        }
        self.compare(place);
    }

    /// Whether what the last frame of a run says of the journal is so.
    fn is_end(&self, frame: &Frame<'_>, before: &Digest) -> bool {
        let mut payload = frame.payload();
        let said = payload.u64().zip(payload.digest());
        let tree = self.tree.peaks().iter().all(|peak| payload.digest().as_ref() == Some(peak));
        said == Some((self.report.last_decision, *before)) && tree
    }

    fn content(&mut self, content: &Content<'_>, frame: &Frame<'_>, place: Place, is_next: bool) {
        match *content {
            Content::Decision(decision) => self.decision(&decision, frame, place, is_next),
            Content::Outcome { sequence, .. } => {
                self.report.outcomes += 1;
                let is_known = self.open.remove(&sequence) || sequence <= self.before_first;
                let may_be_missing = !self.missing.is_empty() || !self.report.findings.is_empty();
                if !is_known && !may_be_missing {
                    self.find(FindingKind::Miscounted, place);
                }
            }
            Content::Erased { sequences, .. } => {
                sequences.for_each(|sequence| _ = self.erased.insert(sequence, place));
            }
            Content::Dropped { segment, position, chain } => {
                // Of several that go, some may still be there; then their ends are known.
                let is_so = self.ends.contains(&(segment, position, chain));
                self.beginning = self.beginning.take().filter(|_| !is_so);
            }
            Content::Opened { .. } | Content::Closed { .. } => {}
        }
    }

    fn decision(
        &mut self,
        decision: &DecisionEntry<'_>,
        frame: &Frame<'_>,
        place: Place,
        is_next: bool,
    ) {
        let sequence = decision.sequence;
        let is_counted = sequence == self.report.last_decision + 1;
        if !is_counted && is_next && self.report.findings.is_empty() {
            self.find(FindingKind::Miscounted, place);
        }
        self.report.last_decision = sequence;
        self.report.decisions += 1;
        if decision.ruling == Ruling::Allow {
            self.open.insert(sequence);
        }
        match frame.private_state() {
            PrivateState::None => self.find(FindingKind::Malformed, place),
            PrivateState::Whole if frame.keeps_commitment() => {}
            PrivateState::Whole => self.find(FindingKind::Altered, place),
            state => _ = self.gone.insert(sequence, (place, state)),
        }
    }

    /// Compares the tree with the checkpoints of its size.
    fn compare(&mut self, place: Place) {
        let size = self.tree.size();
        while let Some(checkpoint) = self.checkpoints.pop_if(|one| one.size() <= size) {
            let is_comparable = checkpoint.size() == size && self.report.findings.is_empty();
            if !is_comparable {
                self.report.unmatched.push(checkpoint.size());
            } else if self.tree.root() == checkpoint.root() {
                self.report.matched.push(size);
            } else {
                let from = self.report.matched.last().map_or(1, |matched| matched + 1);
                self.find(FindingKind::Forked { size }, Place { position: from, ..place });
            }
        }
    }

    fn finish(mut self, segments: Option<std::ops::RangeInclusive<u64>>) -> Report {
        self.report.segments = segments;
        // Where something is wrong already, what is not told may have stood there.
        let is_whole = self.report.findings.is_empty();
        self.check_erasures(is_whole);
        if let Some(place) = self.beginning.take().filter(|_| is_whole) {
            self.find(FindingKind::Beginning, place);
        }
        for checkpoint in std::mem::take(&mut self.checkpoints).into_iter().rev() {
            let size = checkpoint.size();
            if self.report.findings.is_empty() {
                self.find(
                    FindingKind::Truncated { size },
                    Place { position: self.next(), ..self.end },
                );
            } else {
                self.report.unmatched.push(size);
            }
        }
        self.report.size = self.tree.size();
        self.report.root = self.tree.root();
        self.report.chain = self.chain;
        self.report.end = self.end.offset;
        self.report.unsettled = self.open.len() as u64;
        self.report.findings.sort_by_key(|finding| (finding.segment, finding.offset));
        self.report
    }

    fn check_erasures(&mut self, is_whole: bool) {
        let erased = std::mem::take(&mut self.erased);
        let gone = std::mem::take(&mut self.gone);
        for (sequence, (place, state)) in &gone {
            let kind = match (state, erased.contains_key(sequence)) {
                (PrivateState::Erased, true) => {
                    self.report.erased += 1;
                    continue;
                }
                (PrivateState::Erased, false) if is_whole => FindingKind::Vanished,
                (PrivateState::Erased, false) => continue,
                (_, true) => FindingKind::Unerased,
                (_, false) => FindingKind::Altered,
            };
            self.find(kind, *place);
        }
        let still_there = |sequence: &u64| {
            is_whole && *sequence > self.before_first && !gone.contains_key(sequence)
        };
        let left: Vec<Place> = erased
            .iter()
            .filter(|(sequence, _)| still_there(sequence))
            .map(|(_, place)| *place)
            .collect();
        left.into_iter().for_each(|place| self.find(FindingKind::Unerased, place));
    }
}
