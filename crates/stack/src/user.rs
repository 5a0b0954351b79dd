//! The user that PostgreSQL and Redis run as. PostgreSQL refuses root, so a root caller
//! drops to the system user that set-up made.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use crate::{Error, Result, error::Context};

const NAME: &str = "observatory";

/// The numbers of the system user `observatory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbUser {
    pub uid: u32,
    pub gid: u32,
}

impl DbUser {
    /// The user to drop to, or `None` where the caller is not root and runs everything itself.
    pub fn for_caller() -> Result<Option<Self>> {
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let table = fs::read_to_string("/etc/passwd").context(|| "reading /etc/passwd".into())?;
        let user = table.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&NAME)).then_some(())?;
            Some(Self { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
        });
        user.map(Some)
            .ok_or_else(|| Error::NotInstalled { what: "the system user 'observatory'", path: "/etc/passwd".into() })
    }

    /// Whether this user can enter `dir`, judged by owner and mode of it and every folder above.
    pub fn can_enter(&self, dir: &Path) -> bool {
        dir.ancestors().filter(|path| !path.as_os_str().is_empty()).all(|path| {
            fs::metadata(path).is_ok_and(|meta| {
                let mode = meta.mode();
                mode & 0o001 != 0
                    || (meta.uid() == self.uid && mode & 0o100 != 0)
                    || (meta.gid() == self.gid && mode & 0o010 != 0)
            })
        })
    }
}

/// Makes `dir`, where the databases' user (or the caller) alone can look into it.
pub(crate) fn private_dir(dir: &Path, user: Option<DbUser>) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::create_dir_all(dir).context(|| format!("creating {}", dir.display()))?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).context(|| format!("protecting {}", dir.display()))?;
    give(dir, user)?;
    let Some((user, above)) = user.zip(dir.parent()) else {
        return Ok(());
    };
    if !user.can_enter(above) {
        // Entering the data directory itself may be allowed (not reading it); what lies
        // above is not ours to change.
        let mode = fs::metadata(above).map_or(0o700, |meta| meta.mode() & 0o7777);
        fs::set_permissions(above, fs::Permissions::from_mode(mode | 0o011))
            .context(|| format!("opening {} to {NAME}", above.display()))?;
    }
    if user.can_enter(above) {
        return Ok(());
    }
    Err(Error::NotReachable { user: NAME, path: above.to_owned() })
}

/// Hands a file to the databases' user.
pub(crate) fn give(path: &Path, user: Option<DbUser>) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    chown(path, Some(user.uid), Some(user.gid)).context(|| format!("chown {}", path.display()))
}
