//! What a journal asks of a file system, as a seam: the folder on disk here, and one in memory that fails on demand.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder of one journal.
///
/// [`Folder`] is the one on disk. Implement it to keep segments elsewhere; [`Simulation`](crate::Simulation) keeps them in memory, and
/// fails where a test says so.
///
/// ```
/// use permitgate_journal::{Folder, Storage};
///
/// let path = std::env::temp_dir().join(format!("permitgate-storage-{}", std::process::id()));
/// let folder = Folder::create(&path)?;
/// let file = folder.create_file("note")?;
/// file.write_at(0, b"hello")?;
/// assert_eq!(folder.names()?, ["note"]);
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Storage: Send + Sync {
    /// Takes the lock of the writer; `None` where somebody else holds it. It ends when the value is dropped or the process
    /// ends, however it ends.
    ///
    /// # Errors
    /// When it cannot be told.
    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>>;

    /// The names of the files, in any order.
    ///
    /// # Errors
    /// When they cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;

    /// A new file, which its owner alone may read and write.
    ///
    /// # Errors
    /// When there is one of that name, or it cannot be made.
    fn create_file(&self, name: &str) -> io::Result<Box<dyn Medium>>;

    /// A file that is there; `writes` where it is to be written as well.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open_file(&self, name: &str, writes: bool) -> io::Result<Box<dyn Medium>>;

    /// Removes a file.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove_file(&self, name: &str) -> io::Result<()>;

    /// Returns when which files there are is on the disk.
    ///
    /// # Errors
    /// When that cannot be had.
    fn sync(&self) -> io::Result<()>;

    /// Fills bytes from the system's random source.
    ///
    /// # Errors
    /// When the system has none.
    fn fill_random(&self, bytes: &mut [u8]) -> io::Result<()>;

    /// The folder, as a message names it.
    fn name(&self) -> String;
}

/// One file of a journal. One thread writes at a time; others may sync or read meanwhile.
///
/// ```
/// use permitgate_journal::{Simulation, Storage};
///
/// let file = Simulation::new(7).create_file("note")?;
/// file.write_at(2, b"hello")?;
/// let mut read = [0; 4];
/// assert_eq!(file.read_at(1, &mut read)?, 4);
/// assert_eq!(&read, b"\0hel");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Medium: Send + Sync {
    /// How long it is, in bytes.
    ///
    /// # Errors
    /// When it cannot be told.
    fn length(&self) -> io::Result<u64>;

    /// Reads from `offset` on until the buffer is full or the file ends; how many bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all bytes from `offset` on.
    ///
    /// # Errors
    /// When they cannot be written. Some of them may have been.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts it to a length, or lengthens it by zeros.
    ///
    /// # Errors
    /// When that cannot be done.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Returns when all that was written is on the disk.
    ///
    /// # Errors
    /// When it may not be.
    fn sync(&self) -> io::Result<()>;
}

/// A folder on disk. Folder and files are their owner's alone (modes 0700 and 0600).
///
/// ```
/// use permitgate_journal::{Folder, Storage};
///
/// let path = std::env::temp_dir().join(format!("permitgate-folder-{}", std::process::id()));
/// let folder = Folder::create(&path)?;
/// let ours = folder.lock()?;
/// assert!(ours.is_some() && Folder::open(&path)?.lock()?.is_none());
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// The file whose lock is the writer's.
const LOCK: &str = "writer.lock";

impl Folder {
    /// The folder at a path, which is made where there is none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Self::open(path)
    }

    /// The folder at a path, which must be there.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        match std::fs::metadata(path)?.is_dir() {
            true => Ok(Self(path.to_owned())),
            false => Err(io::Error::from(io::ErrorKind::NotADirectory)),
        }
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.read(true);
        options
    }
}

impl Storage for Folder {
    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let file =
            self.options().write(true).create(true).truncate(false).open(self.0.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.map(|entry| entry.file_name().into_string().ok())
        };
        std::fs::read_dir(&self.0)?.map(name).filter_map(Result::transpose).collect()
    }

    fn create_file(&self, name: &str) -> io::Result<Box<dyn Medium>> {
        let file = self.options().write(true).create_new(true).open(self.0.join(name))?;
        Ok(Box::new(DiskFile(file)))
    }

    fn open_file(&self, name: &str, writes: bool) -> io::Result<Box<dyn Medium>> {
        let file = self.options().write(writes).open(self.0.join(name))?;
        Ok(Box::new(DiskFile(file)))
    }

    fn remove_file(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.0.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        // Elsewhere a folder cannot be opened, and the system sees to it.
        if cfg!(unix) { File::open(&self.0)?.sync_all() } else { Ok(()) }
    }

    fn fill_random(&self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(io::Error::other)
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}

impl fmt::Debug for dyn Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({})", self.name())
    }
}

struct DiskFile(File);

impl DiskFile {
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(&self.0, buffer, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(&self.0, buffer, offset);
    }

    fn write_some(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::write_at(&self.0, bytes, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_write(&self.0, bytes, offset);
    }
}

impl Medium for DiskFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_some(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match self.write_some(rest, offset + written as u64) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
