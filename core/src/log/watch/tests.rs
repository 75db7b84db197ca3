use super::*;
use crate::log::testing::Project;

const LONG: Option<Duration> = Some(Duration::from_secs(20));

/// Runs a test with each way of watching.
fn each_way(test: impl Fn(&Project, Watch)) {
    let p = Project::new();
    let watch = Watch::new(&p.paths).unwrap();
    #[cfg(target_os = "linux")]
    assert!(watch.descriptor().is_some());
    test(&p, watch);
    let p = Project::new();
    let watch = Watch::polling(&p.paths);
    test(&p, watch);
}

/// Waits until it is told that the sequence changed, whatever else is told before.
fn until_the_sequence_is_told(watch: &mut Watch) {
    loop {
        let changes = watch.wait(LONG).unwrap();
        assert!(changes.any(), "nothing is told");
        if changes.sequence {
            return;
        }
    }
}

#[test]
fn each_file_is_told_by_itself() {
    each_way(|p, mut watch| {
        assert_eq!(watch.changes().unwrap(), Changes::default());
        std::fs::write(&p.paths.sequence, "a").unwrap();
        assert_eq!(watch.wait(LONG).unwrap(), Changes { sequence: true, ..Changes::default() });
        std::fs::write(p.paths.threados.join("models.yaml"), "a").unwrap();
        assert_eq!(watch.wait(Some(Duration::ZERO)).unwrap(), Changes::default());
        crate::store::atomic::write(&p.paths.policy, b"a", 0o600).unwrap();
        assert_eq!(watch.wait(LONG).unwrap(), Changes { policy: true, ..Changes::default() });
        p.append_all(&["a"]);
        assert_eq!(watch.wait(LONG).unwrap(), Changes { log: true, ..Changes::default() });
        std::fs::remove_file(&p.paths.sequence).unwrap();
        assert!(watch.wait(LONG).unwrap().sequence);
    });
}

#[test]
fn a_swap_of_two_names_is_a_change() {
    each_way(|p, mut watch| {
        std::fs::write(&p.paths.sequence, "a").unwrap();
        let next = p.paths.threados.join(".next");
        std::fs::write(&next, "bc").unwrap();
        watch.wait(LONG).unwrap();
        crate::store::atomic::exchange_or_rename(&next, &p.paths.sequence).unwrap();
        assert!(watch.wait(LONG).unwrap().sequence);
    });
}

#[test]
fn a_folder_made_anew_is_watched_again() {
    each_way(|p, mut watch| {
        std::fs::remove_dir_all(&p.paths.threados).unwrap();
        while watch.changes().unwrap().any() {}
        std::fs::create_dir_all(&p.paths.threados).unwrap();
        std::fs::write(&p.paths.sequence, "a").unwrap();
        until_the_sequence_is_told(&mut watch);
        std::fs::write(&p.paths.sequence, "abc").unwrap();
        until_the_sequence_is_told(&mut watch);
    });
}
