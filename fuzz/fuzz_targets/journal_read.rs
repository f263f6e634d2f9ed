//! Journals from bytes: whatever a segment holds, it is read, verified and exported without a panic; a journal that can be opened goes
//! on, keeps what was there, and is sound where it was sound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use permitgate_journal::{JournalOptions, JsonLine, Reader, Simulation, verify_storage};

const SEGMENT: &str = "segment-0000000001.pgj";

fuzz_target!(|data: &[u8]| {
    let disk = Simulation::new(1);
    disk.write(SEGMENT, data);
    if let Ok(mut reader) = Reader::over(disk.clone()) {
        let mut last = 0;
        while let Ok(Some(entry)) = reader.next() {
            let line = JsonLine(&entry).to_string();
            let value: serde_json::Value = serde_json::from_str(&line).expect("each line is JSON");
            assert!(value.get("kind").is_some() && line.is_ascii());
            last = last.max(entry.position);
        }
        let _ = last;
    }
    let Ok(before) = verify_storage(&disk, &[]) else { return };
    let Ok(journal) = JournalOptions::new().open(disk.clone()) else { return };
    journal.close().expect("what was opened goes on");
    let after = verify_storage(&disk, &[]).expect("it can be read");
    assert!(!before.is_sound() || after.is_sound(), "{:?} and then {:?}", before, after.findings);
    assert!(!before.is_sound() || after.size > before.size, "what was there is kept");
});
