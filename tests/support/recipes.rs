//! The shipped recipes, as they are shipped, run by the real procmail and the real Pigeonhole.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::process::{Out, run};

/// A file of the project's, its marks filled as `iim setup` fills them.
pub fn shipped(file: &str, fill: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
    for (mark, value) in fill {
        assert!(text.contains(mark), "{file} has no {mark}");
        text = text.replace(mark, value);
    }
    text
}

/// Writes `~/.procmailrc` with the shipped recipe (`iim.rc` or `iim-filter.rc`), the user's own recipes after it,
/// and the Maildir as the place for everything else.
pub fn install_procmail(account: &Account, recipe: &str, own_recipes: &str) {
    let program = account.program.display().to_string();
    let recipe = shipped(&format!("procmail/{recipe}"), &[("@IIM@", &program)]);
    // With -m, procmail takes HOME from the password file, which does not know the accounts of the tests.
    let home = account.home.display();
    let head = format!(
        "HOME={home}\nMAILDIR=$HOME/Maildir\nDEFAULT=$HOME/Maildir/\nLOGFILE=$HOME/procmail.log\n"
    );
    account.write(".procmailrc", format!("{head}\n{recipe}\n{own_recipes}\n"));
}

/// `procmail -m` with the account's `~/.procmailrc`.
pub fn procmail_command(account: &Account) -> Command {
    let mut command = account.command("/usr/bin/procmail");
    command.arg("-m").arg(account.home.join(".procmailrc"));
    command
}

pub fn procmail(account: &Account, mail: &[u8]) -> Out {
    run(&mut procmail_command(account), mail)
}

/// Writes the shipped Sieve script (`iim.sieve` or `iim-execute.sieve`), Dovecot's shipped lines and the wrapper,
/// with the user's own rules after the script; returns the configuration for `dovecot-lda`.
pub fn install_sieve(account: &Account, script: &str, own_rules: &str) -> PathBuf {
    let home = account.home.display().to_string();
    let script = shipped(&format!("sieve/{script}"), &[]);
    account.write("active.sieve", format!("{script}\n{own_rules}\n"));
    let bin = account.folder("sieve-bin").display().to_string();
    let program = account.program.display().to_string();
    let wrapper = shipped("sieve/iim-deliver", &[("@IIM@", &program)]);
    account.write_program("sieve-bin/iim-deliver", &wrapper);
    let ours = shipped("sieve/dovecot-iim.conf", &[("@BIN@", &bin)]);
    account.write(
        "dovecot.conf",
        format!(
            "base_dir = {home}/run\nstate_dir = {home}/state\nlog_path = {home}/dovecot.log\n\
             mail_location = maildir:{home}/Maildir\nssl = no\nfirst_valid_uid = 0\n\
             postmaster_address = postmaster@example.org\n\
             plugin {{\n  sieve = file:{home}/active.sieve\n}}\n{ours}"
        ),
    )
}

/// Rootless `dovecot-lda`: it takes no mail for root, so the account must be a user's.
pub fn dovecot_lda(account: &Account, config: &Path, from: &str, mail: &[u8]) -> Out {
    let mut command = account.command("/usr/lib/dovecot/dovecot-lda");
    command.arg("-c").arg(config);
    command.args(["-f", from, "-a", &account.address]);
    run(&mut command, mail)
}

/// Whether a file can be run by its owner.
pub fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0)
}
