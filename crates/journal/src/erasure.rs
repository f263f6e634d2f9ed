//! Erasing of whom and of what decisions were.

use std::collections::HashSet;

use crate::bytes::Cursor;
use crate::entry::{self, Content};
use crate::fault::JournalError;
use crate::frame::{PrivateState, kind};
use crate::header::name_of;
use crate::limits::MAX_ERASED;
use crate::scan::{Scan, segments};
use crate::storage::Storage;

/// Where the private part of a decision lies.
pub(crate) struct PrivatePlace {
    pub(crate) sequence: u64,
    segment: u64,
    offset: u64,
    bytes: usize,
}

/// Looks for decisions by number.
pub(crate) fn find(
    storage: &dyn Storage,
    sequences: &[u64],
) -> Result<Vec<PrivatePlace>, JournalError> {
    if sequences.len() > MAX_ERASED {
        return Err(JournalError::unusable(format!(
            "{} records are more than one erasure names; erase at most {MAX_ERASED} at once",
            sequences.len()
        )));
    }
    let wanted: HashSet<u64> = sequences.iter().copied().collect();
    let mut found = Vec::new();
    for segment in segments(storage)? {
        let mut scan = Scan::open(storage, segment).map_err(|fault| fault.of_segment(segment))?;
        let failed =
            |error| JournalError::io(format!("{} cannot be read", name_of(segment)), error);
        while let Some((offset, frame)) = scan.next().map_err(failed)? {
            let sequence = Cursor::new(frame.payload().rest()).u64().unwrap_or_default();
            let is_there =
                frame.kind == kind::DECISION && frame.private_state() != PrivateState::Erased;
            if is_there && wanted.contains(&sequence) {
                let bytes = frame.private.len();
                let offset = offset + (frame.bytes - bytes) as u64;
                found.push(PrivatePlace { sequence, segment, offset, bytes });
            }
        }
    }
    Ok(found)
}

/// Finishes what a crash interrupted: erases what the last segments say is erased.
pub(crate) fn finish(storage: &dyn Storage) -> Result<(), JournalError> {
    let mut told = HashSet::new();
    // Behind the entry that says so, a segment may have been begun.
    for segment in segments(storage)?.into_iter().rev().take(2) {
        let mut scan = Scan::open(storage, segment).map_err(|fault| fault.of_segment(segment))?;
        let failed =
            |error| JournalError::io(format!("{} cannot be read", name_of(segment)), error);
        while let Some((offset, frame)) = scan.next().map_err(failed)? {
            if let Some(Content::Erased { sequences, .. }) =
                entry::read(&frame, segment, offset).map(|entry| entry.content)
            {
                told.extend(sequences);
            }
        }
    }
    let told: Vec<u64> = told.into_iter().collect();
    told.chunks(MAX_ERASED).try_for_each(|part| wipe(storage, &find(storage, part)?))
}

/// Overwrites private parts with zeros, and returns when that is on the disk.
pub(crate) fn wipe(storage: &dyn Storage, places: &[PrivatePlace]) -> Result<(), JournalError> {
    for part in places.chunk_by(|one, other| one.segment == other.segment) {
        let Some(PrivatePlace { segment, .. }) = part.first() else { continue };
        let name = name_of(*segment);
        let wiped = storage.open_file(&name, true).and_then(|medium| {
            for place in part {
                medium.write_at(place.offset, &vec![0; place.bytes])?;
            }
            medium.sync()
        });
        wiped.map_err(|error| {
            JournalError::io(
                format!("{name} in {} cannot be erased; erase again", storage.name()),
                error,
            )
        })?;
    }
    Ok(())
}
