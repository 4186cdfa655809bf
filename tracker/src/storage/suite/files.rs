//! Attachments' bytes in the shared home.

use std::{fs::File, path::Path, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::io::AsyncReadExt;

use crate::storage::files::{FileError, LEFTOVER_AFTER, SharedHome};

async fn home() -> (tempfile::TempDir, SharedHome) {
    let dir = tempfile::tempdir().unwrap();
    let home = SharedHome::open(dir.path()).await.unwrap();
    (dir, home)
}

fn upload(pieces: &[&'static [u8]]) -> impl futures::Stream<Item = Result<Bytes, String>> + Unpin + use<> {
    stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect::<Vec<_>>())
}

/// All files below the shared home.
fn files(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test]
async fn bytes_come_back_as_they_went_in() {
    let (dir, home) = home().await;
    let written = home.write(upload(&[b"one ", b"", b"two"]), 7).await.unwrap();
    assert_eq!((written.size, written.hash), (7, blake3::hash(b"one two").to_hex().to_string()));
    let (mut file, size) = home.open_file(&written.path).await.unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await.unwrap();
    assert_eq!((bytes.as_slice(), size), (&b"one two"[..], 7));
    assert_eq!(files(dir.path()), [dir.path().join("attachments").join(&written.path)]);

    home.remove(&written.path).await.unwrap();
    home.remove(&written.path).await.unwrap();
    assert!(matches!(home.open_file(&written.path).await, Err(FileError::Gone)));
}

#[tokio::test]
async fn nothing_is_left_of_an_upload_that_does_not_end_well() {
    let (dir, home) = home().await;
    let error = home.write(upload(&[b"12345", b"678"]), 7).await.unwrap_err();
    assert!(matches!(error, FileError::TooLarge(7)), "{error:?}");
    let broken = stream::iter([Ok(Bytes::from_static(b"half")), Err("reset by peer")]);
    let error = home.write(broken, 100).await.unwrap_err();
    assert!(matches!(error, FileError::BrokenOff(_)), "{error:?}");
    assert_eq!(files(dir.path()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_upload_has_no_final_name_before_it_is_whole() {
    let (dir, home) = home().await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, String>>(1);
    let body = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    let writing = tokio::spawn({
        let home = home.clone();
        async move { home.write(body.boxed(), 100).await }
    });
    // The channel holds one piece: when the third is in, the first is being written.
    for piece in ["a", "b", "c"] {
        sender.send(Ok(Bytes::from(piece))).await.unwrap();
    }
    let incoming = dir.path().join("attachments/incoming");
    assert!(files(dir.path()).iter().all(|path| path.parent() == Some(&incoming)));
    assert_eq!(files(dir.path()).len(), 1);
    // A request that is given up takes its file along.
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    assert!(files(dir.path()).is_empty());
}

#[tokio::test]
async fn leftovers_of_dead_processes_are_swept_and_young_ones_stay() {
    let (dir, home) = home().await;
    let incoming = dir.path().join("attachments/incoming");
    let [old, young] = ["old", "young"].map(|name| {
        let file = File::create(incoming.join(name)).unwrap();
        (file.metadata().unwrap().modified().unwrap(), file)
    });
    old.1.set_modified(old.0 - LEFTOVER_AFTER - Duration::from_mins(1)).unwrap();
    young.1.set_modified(young.0 - LEFTOVER_AFTER + Duration::from_mins(1)).unwrap();
    assert_eq!(home.sweep().await.unwrap(), 1);
    assert_eq!(files(dir.path()), [incoming.join("young")]);
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_not_followed() {
    let (dir, home) = home().await;
    std::fs::write(dir.path().join("secret"), "x").unwrap();
    for path in
        ["../secret", "../../etc/passwd", "/etc/passwd", "", "a/b", "ab/../secret", "incoming/x/y/z", "a//b"]
    {
        assert!(matches!(home.open_file(path).await, Err(FileError::Gone)), "{path}");
        assert!(matches!(home.remove(path).await, Err(FileError::Gone)), "{path}");
    }
    assert!(dir.path().join("secret").exists());
}
