//! The shared home: attachments' bytes. A file appears under its final name only when it is whole and on disk, so a crash leaves at most a
//! file with a temporary name, which is swept later.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};
use uuid::Uuid;

/// Files with temporary names that nobody wrote to for this long are leftovers.
pub const LEFTOVER_AFTER: Duration = Duration::from_hours(24);
/// Temporary names are in a folder of the same file system, so that renaming moves no bytes.
const INCOMING: &str = "incoming";

/// What can go wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The upload is larger than allowed; nothing of it is kept.
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    /// The upload broke off; nothing of it is kept.
    #[error("the upload broke off: {0}")]
    BrokenOff(String),
    /// There is no such file.
    #[error("the file is gone")]
    Gone,
    /// The file system refused: full, read-only, or not there.
    #[error("the shared home is not available: {0}")]
    Unavailable(io::Error),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Gone } else { Self::Unavailable(error) }
    }
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name below the attachments' folder, for the row.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of the bytes, hexadecimal.
    pub hash: String,
}

/// The folder that all nodes share.
#[derive(Clone, Debug)]
pub struct SharedHome {
    attachments: PathBuf,
}

impl SharedHome {
    /// The shared home at `root`; its folders are made if needed.
    pub async fn open(root: &Path) -> Result<Self, FileError> {
        let attachments = root.join("attachments");
        fs::create_dir_all(attachments.join(INCOMING)).await.map_err(FileError::Unavailable)?;
        Ok(Self { attachments })
    }

    /// Writes an upload of at most `limit` bytes. When this returns, the file survives a power cut.
    pub async fn write<S, E>(&self, mut upload: S, limit: u64) -> Result<Written, FileError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let id = Uuid::new_v4().simple().to_string();
        // Removes the file when this future is dropped in the middle, too.
        let incoming = Incoming { path: self.attachments.join(INCOMING).join(&id), kept: false };
        // The folder may have been removed with a volume that was cleaned: 404 would be the wrong answer then.
        let mut file = File::create_new(&incoming.path).await.map_err(FileError::Unavailable)?;
        let (mut size, mut hasher) = (0_u64, blake3::Hasher::new());
        while let Some(piece) = upload.next().await {
            let piece = piece.map_err(|error| FileError::BrokenOff(error.to_string()))?;
            size += piece.len() as u64;
            if size > limit {
                return Err(FileError::TooLarge(limit));
            }
            hasher.update(&piece);
            file.write_all(&piece).await.map_err(FileError::Unavailable)?;
        }
        file.flush().await.map_err(FileError::Unavailable)?;
        file.sync_all().await.map_err(FileError::Unavailable)?;
        drop(file);
        let path = self.publish(incoming, &id).await.map_err(FileError::Unavailable)?;
        Ok(Written { path, size, hash: hasher.finalize().to_hex().to_string() })
    }

    /// Opens a file for reading, with its size.
    pub async fn open_file(&self, path: &str) -> Result<(File, u64), FileError> {
        let file = File::open(self.place(path)?).await?;
        let size = file.metadata().await?.len();
        Ok((file, size))
    }

    /// Removes a file; one that is gone already is no error.
    pub async fn remove(&self, path: &str) -> Result<(), FileError> {
        match fs::remove_file(self.place(path)?).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Removes leftovers of uploads that ended with their process; returns how many.
    pub async fn sweep(&self) -> Result<u64, FileError> {
        let folder = self.attachments.join(INCOMING);
        // Now, by the file system's clock: it may be another machine's.
        let probe = Incoming { path: folder.join(Uuid::new_v4().simple().to_string()), kept: false };
        let now = File::create_new(&probe.path).await?.metadata().await?.modified()?;
        let mut swept = 0;
        let mut entries = fs::read_dir(&folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            // Another node may sweep at the same time.
            let Ok(metadata) = entry.metadata().await else { continue };
            let age = now.duration_since(metadata.modified()?).unwrap_or_default();
            if age > LEFTOVER_AFTER && fs::remove_file(entry.path()).await.is_ok() {
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Moves a whole file to its final name, `ab/cd/abcd…`: folders stay small with millions of files.
    async fn publish(&self, mut incoming: Incoming, id: &str) -> io::Result<String> {
        let (first, second) = (&id[..2], &id[2..4]);
        let folder = self.attachments.join(first).join(second);
        fs::create_dir_all(&folder).await?;
        fs::rename(&incoming.path, folder.join(id)).await?;
        incoming.kept = true;
        // A name is on disk when its folder is; the upper ones may be new as well.
        for folder in [folder.as_path(), &self.attachments.join(first), &self.attachments] {
            File::open(folder).await?.sync_all().await?;
        }
        Ok(format!("{first}/{second}/{id}"))
    }

    /// Where a file lies. Paths come from rows; one that leads elsewhere is not followed.
    fn place(&self, path: &str) -> Result<PathBuf, FileError> {
        let parts: Vec<&str> = path.split('/').collect();
        let plain = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if parts.len() != 3 || !parts.iter().all(plain) {
            return Err(FileError::Gone);
        }
        Ok(self.attachments.join(path))
    }
}

/// A file with a temporary name; removed when dropped before it was published.
struct Incoming {
    path: PathBuf,
    kept: bool,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept {
            // A short call on a local name; what is left over all the same is swept later.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
