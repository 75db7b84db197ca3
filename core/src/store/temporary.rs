//! Where temporary files go.

use std::path::PathBuf;

/// The folder for temporary files. One that `TMPDIR` names and that is not there would fail every step of an engine,
/// also long after the terminal that named it.
pub fn temporary_dir() -> PathBuf {
    chosen(std::env::temp_dir())
}

fn chosen(named: PathBuf) -> PathBuf {
    let usual = PathBuf::from("/tmp");
    if !named.is_dir() && usual.is_dir() { usual } else { named }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_gives_way_to_the_usual_one() {
        let there = tempfile::tempdir().unwrap();
        assert_eq!(chosen(there.path().to_owned()), there.path());
        assert_eq!(chosen(there.path().join("gone")), PathBuf::from("/tmp"));
    }
}
