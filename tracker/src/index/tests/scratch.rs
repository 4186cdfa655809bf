//! scratch
use super::*;
use crate::{domain::change::Cursor, storage::change_log};
#[tokio::test(flavor = "multi_thread")]
async fn scratch() {
    for world in World::each().await {
        let head = { let mut c = world.store().read().await.unwrap(); change_log::head(&mut c).await.unwrap() };
        let mut cursor = Cursor::at(head);
        for i in 0..6 {
            let t = std::time::Instant::now();
            let issue = world.create("x").await;
            let t1 = t.elapsed();
            let p = change_log::poll(world.store(), &cursor, 10).await.unwrap();
            let t2 = t.elapsed();
            println!("{i} create {t1:?} poll {:?} changes {} ", t2 - t1, p.changes.len());
            let _ = issue;
            cursor = p.cursor;
            let t = std::time::Instant::now();
            tokio::time::sleep(Duration::from_millis(150)).await;
            let t1 = t.elapsed();
            let p = change_log::poll(world.store(), &cursor, 10).await.unwrap();
            println!("{i} sleep {t1:?} poll {:?} changes {} ", t.elapsed() - t1, p.changes.len());
        }
        let d = dir();
        let node = Node::start(world.store().clone(), d.path()).await;
        node.in_step().await;
        for i in 0..6 {
            let t = std::time::Instant::now();
            world.create("y").await;
            let t1 = t.elapsed();
            node.search("summary ~ y").await;
            println!("{i} create {t1:?} search {:?}", t.elapsed() - t1);
            tokio::time::sleep(Duration::from_millis(50)).await;
            let t = std::time::Instant::now();
            node.search("summary ~ y").await;
            println!("{i} idle search {:?}", t.elapsed());
        }
        node.stop().await;
    }
}
