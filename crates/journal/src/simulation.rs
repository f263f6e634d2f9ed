//! A folder in memory that fails, is killed and loses power where a test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::{Medium, Storage};

/// The bytes that reach a disk together.
const SECTOR: usize = 512;

/// A folder in memory, for tests of what a crash leaves.
///
/// It counts what is asked of it ([`steps`](Self::steps)), can fail from a step on, and can be looked at as it would be after the process is
/// killed ([`killed`](Self::killed)) or the machine loses power ([`powered_off`](Self::powered_off)).
///
/// ```
/// use permitgate_journal::{JournalOptions, Simulation};
///
/// let disk = Simulation::new(1);
/// let journal = JournalOptions::new().open(disk.clone())?;
/// disk.fail_from(disk.steps(), std::io::ErrorKind::Other);
/// assert!(journal.sync().is_err());
/// // After a power cut, the next process finds what had reached the disk.
/// let next = JournalOptions::new().open(disk.powered_off(7))?;
/// assert!(next.sync().is_ok());
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation(Arc<Mutex<Disk>>);

#[derive(Clone, Debug, Default)]
struct Disk {
    files: BTreeMap<String, Content>,
    /// The files whose names have reached the disk, with what they are called there.
    synced: BTreeMap<String, u64>,
    next: u64,
    is_locked: bool,
    random: u64,
    steps: u64,
    failure: Option<Failure>,
    /// The longest that a file may get.
    most: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    id: u64,
    /// As programs see it.
    now: Vec<u8>,
    /// As the disk has it.
    synced: Vec<u8>,
    /// The sectors that the next sync is to bring to the disk.
    dirty: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    from: u64,
    until: u64,
    kind: io::ErrorKind,
}

impl Simulation {
    /// An empty folder, with a seed for what is random.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Disk { random: seed, ..Disk::default() })))
    }

    /// How many times something was written, made, removed or synced.
    pub fn steps(&self) -> u64 {
        self.disk().steps
    }

    /// From this step on, all that changes something fails. A write that fails first writes half of its bytes.
    pub fn fail_from(&self, step: u64, kind: io::ErrorKind) {
        self.disk().failure = Some(Failure { from: step, until: u64::MAX, kind });
    }

    /// The same for one step.
    pub fn fail_at(&self, step: u64, kind: io::ErrorKind) {
        self.disk().failure = Some(Failure { from: step, until: step + 1, kind });
    }

    /// From here on no file gets longer than this: the disk is full.
    pub fn fill_at(&self, length: usize) {
        self.disk().most = Some(length);
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        let mut disk = self.disk();
        disk.failure = None;
        disk.most = None;
    }

    /// The folder as it is after the process was killed: all that was written is there, and nobody holds the lock.
    pub fn killed(&self) -> Self {
        let disk = Disk { is_locked: false, failure: None, most: None, ..self.disk().clone() };
        Self(Arc::new(Mutex::new(disk)))
    }

    /// The folder as it may be after the machine lost power: of what was not synced some sectors are there, as the seed
    /// says, and so are some of the names.
    pub fn powered_off(&self, seed: u64) -> Self {
        let Self(disk) = self.killed();
        let mut random = seed.wrapping_mul(2).wrapping_add(1);
        let mut left = lock(&disk);
        let files = std::mem::take(&mut left.files);
        for (name, mut content) in files {
            let is_kept =
                left.synced.get(&name) == Some(&content.id) || next(&mut random).is_multiple_of(2);
            if is_kept {
                content.cut_power(&mut random);
                left.files.insert(name, content);
            }
        }
        drop(left);
        Self(disk)
    }

    /// The bytes of a file, as programs see them.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.disk().files.get(name).map(|content| content.now.clone())
    }

    /// Puts a file there, as somebody does who is no journal.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        let mut disk = self.disk();
        disk.next += 1;
        let id = disk.next;
        disk.synced.insert(name.to_owned(), id);
        let content =
            Content { id, now: bytes.to_vec(), synced: bytes.to_vec(), dirty: BTreeSet::new() };
        disk.files.insert(name.to_owned(), content);
    }

    /// Takes a file away, in the same way.
    pub fn delete(&self, name: &str) {
        self.disk().files.remove(name);
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.0)
    }
}

impl Content {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.now.resize(self.now.len().max(offset + bytes.len()), 0);
        let to = self.now.get_mut(offset..offset + bytes.len());
        to.into_iter().for_each(|to| to.copy_from_slice(bytes));
        self.dirty.extend(offset / SECTOR..(offset + bytes.len()).div_ceil(SECTOR));
    }

    fn sync(&mut self) {
        self.synced.resize(self.now.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let from = self.now.get(sector * SECTOR..).unwrap_or_default();
            let to = self.synced.get_mut(sector * SECTOR..).unwrap_or_default();
            to.iter_mut().zip(from).take(SECTOR).for_each(|(to, from)| *to = *from);
        }
    }

    /// Each sector is as the disk has it or as it was written.
    fn cut_power(&mut self, random: &mut u64) {
        let length = match next(random) % 3 {
            0 => self.synced.len(),
            _ => self.now.len(),
        };
        let mut left = vec![0; length];
        for (place, sector) in left.chunks_mut(SECTOR).enumerate() {
            let from = if next(random).is_multiple_of(2) { &self.now } else { &self.synced };
            let rest = from.get(place * SECTOR..).unwrap_or_default();
            sector.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        }
        self.synced.clone_from(&left);
        self.now = left;
    }
}

impl Disk {
    fn step(&mut self) -> io::Result<()> {
        let step = self.steps;
        self.steps += 1;
        match self.failure {
            Some(Failure { from, until, kind }) if (from..until).contains(&step) => {
                Err(kind.into())
            }
            _ => Ok(()),
        }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut Content> {
        self.files.get_mut(name).ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Storage for Simulation {
    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let mut disk = self.disk();
        let is_free = !std::mem::replace(&mut disk.is_locked, true);
        Ok(is_free.then(|| Box::new(Lock(self.clone())) as _))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.disk().files.keys().cloned().collect())
    }

    fn create_file(&self, name: &str) -> io::Result<Box<dyn Medium>> {
        let mut disk = self.disk();
        disk.step()?;
        if disk.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.next += 1;
        let content = Content { id: disk.next, ..Content::default() };
        disk.files.insert(name.to_owned(), content);
        Ok(Box::new(SimulatedFile { disk: self.clone(), name: name.to_owned() }))
    }

    fn open_file(&self, name: &str, _writes: bool) -> io::Result<Box<dyn Medium>> {
        self.disk().file(name)?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), name: name.to_owned() }))
    }

    fn remove_file(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.step()?;
        disk.files.remove(name).map(|_| ()).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.disk();
        disk.step()?;
        disk.synced = disk.files.iter().map(|(name, content)| (name.clone(), content.id)).collect();
        Ok(())
    }

    fn fill_random(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut disk = self.disk();
        bytes.iter_mut().for_each(|byte| *byte = next(&mut disk.random) as u8);
        Ok(())
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}

struct Lock(Simulation);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.disk().is_locked = false;
    }
}

struct SimulatedFile {
    disk: Simulation,
    name: String,
}

impl SimulatedFile {
    fn change<T>(&self, change: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut disk = self.disk.disk();
        disk.step()?;
        disk.file(&self.name).map(change)
    }
}

impl Medium for SimulatedFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.disk().file(&self.name)?.now.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut disk = self.disk.disk();
        let now = &disk.file(&self.name)?.now;
        let rest =
            usize::try_from(offset).ok().and_then(|offset| now.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        let (to, from) = (buffer.get_mut(..count), rest.get(..count));
        to.zip(from).into_iter().for_each(|(to, from)| to.copy_from_slice(from));
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.disk.disk();
        let failed = disk.step();
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let is_full = disk.most.is_some_and(|most| offset + bytes.len() > most);
        let failed = if is_full { Err(io::ErrorKind::StorageFull.into()) } else { failed };
        let content = disk.file(&self.name)?;
        // Where there is no room, none of them is written.
        let written = match &failed {
            Ok(()) => bytes.len(),
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return failed,
            Err(_) => bytes.len() / 2,
        };
        content.write(offset, bytes.get(..written).unwrap_or_default());
        failed
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.change(|content| content.now.resize(length as usize, 0))
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.disk.disk();
        let failed = disk.step();
        let content = disk.file(&self.name)?;
        match failed {
            Ok(()) => content.sync(),
            // As Linux does: what could not be written counts as written, and no later sync tries again.
            Err(_) => content.dirty.clear(),
        }
        failed
    }
}

fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
