//! What to do about a database that does not do as it should: the client's words for people, with the remedy.

use std::path::Path;

use super::address::Storage;

/// What a client says of a server that it does not reach, or that has gone meanwhile.
const UNREACHED: [&str; 5] = [
    "ERROR 2002",
    "ERROR 2003",
    "ERROR 2005",
    "ERROR 2006",
    "ERROR 2013",
];
/// Of TLS that is not as it should be, and of a server that takes nobody without.
const TLS: [&str; 2] = ["ERROR 2026", "ERROR 3159"];
/// Of an account that it does not take.
const UNKNOWN_ACCOUNT: [&str; 4] = ["ERROR 1045", "ERROR 1130", "ERROR 1698", "ERROR 1820"];
/// Of one that may not do that.
const FORBIDDEN: [&str; 4] = ["ERROR 1044", "ERROR 1142", "ERROR 1227", "ERROR 1370"];
/// Of a database that is not there.
const MISSING: &str = "ERROR 1049";

/// slurmdbd runs, and what it wrote is gone: it makes an empty database by itself, which it cannot work with.
pub const MISSING_RECORDS: &str = "The accounting database has no records of this cluster any more. Put a backup of them back, as \
                                   the README says under Backup and restore";

/// Of the one that this server keeps.
pub fn of_private(log: &Path, words: &str) -> String {
    format!(
        "The database of the accounting does not answer; it is started again and again. Mend what it complains of in {}: \
         {words}",
        log.display()
    )
}

/// Of one that was given.
pub fn of_given(at: &Storage, words: &str) -> String {
    let says = |errors: &[&str]| errors.iter().any(|error| words.contains(error));
    let user = &at.user;
    let remedy = if says(&TLS) {
        of_tls(at)
    } else if says(&UNREACHED) {
        format!(
            "The accounting database {at} cannot be reached. Start it, or serve with its right address \
             (--accounting-database-url)"
        )
    } else if says(&UNKNOWN_ACCOUNT) {
        let by_tls = match at.ssl_ca {
            None => {
                ". If it takes that user by TLS only, add ?ssl-ca=FILE to the address, with the certificate that vouches for it"
            }
            Some(_) => "",
        };
        format!(
            "The accounting database {at} does not let the user {user} in. Give that user the password that is in \
             --accounting-database-url, or serve with the right one{by_tls}"
        )
    } else if says(&FORBIDDEN) {
        format!(
            "The user {user} of the accounting database {at} lacks a right. Give it: GRANT ALL ON `pcs\\_%`.* TO \
             '{user}'@'HOST'; GRANT ALL ON `before\\_pcs\\_%`.* TO '{user}'@'HOST'"
        )
    } else if says(&[MISSING]) {
        return format!("{MISSING_RECORDS} {at}: {words}");
    } else {
        format!("The accounting database {at} does not do as it should")
    };
    format!("{remedy}: {words}")
}

fn of_tls(at: &Storage) -> String {
    match &at.ssl_ca {
        Some(file) => format!(
            "The accounting database {at} does not prove by TLS that it is the right one. Give it a certificate for its host, \
             or name the file with the certificate that vouches for its own (ssl-ca={} in --accounting-database-url)",
            file.display()
        ),
        None => format!(
            "The accounting database {at} wants TLS. Add ?ssl-ca=FILE to --accounting-database-url, with the file of the \
             certificate that vouches for it"
        ),
    }
}

/// What a slurmdbd that does not listen said last, and what to do about it.
pub fn of_slurmdbd(slurm_version: &str, words: &str) -> String {
    if words.contains("from a newer version of Slurm") {
        return format!(
            "The cluster's records in the accounting database were written by a newer Slurm, which the slurmdbd of Slurm \
             {slurm_version} cannot read. Update the cluster to that version of Slurm, or put back a backup of the records \
             from before: {words}"
        );
    }
    if words.contains("too old for this version") {
        return format!(
            "The cluster's records in the accounting database are of a Slurm so old that the slurmdbd of Slurm \
             {slurm_version} cannot read them. Have a Slurm in between bring them up to date: {words}"
        );
    }
    format!(
        "slurmdbd does not listen; it is started again and again. Mend what it complains of: {words}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_trouble_has_its_remedy() {
        let at: Storage = "mysql://slurm:secret@db:3307/".parse().unwrap();
        for (words, remedy) in [
            (
                "ERROR 2003 (HY000): Can't connect to MySQL server",
                "Start it",
            ),
            (
                "ERROR 1045 (28000): Access denied for user 'slurm'@'h' (using password: YES)",
                "password",
            ),
            (
                "ERROR 1044 (42000) at line 1: Access denied for user",
                "GRANT ALL ON `pcs\\_%`.*",
            ),
            ("ERROR 1049 (42000): Unknown database 'pcs_a'", "backup"),
            (
                "ERROR 3159 (08004): Connections using insecure transport are prohibited",
                "Add ?ssl-ca=FILE",
            ),
            (
                "ERROR 1114 (HY000): The table is full",
                "does not do as it should",
            ),
        ] {
            let told = of_given(&at, words);
            assert!(told.contains(remedy) && told.contains(words), "{told}");
            assert!(told.contains("mysql://slurm@db:3307/"), "{told}");
        }
        let at: Storage = "mysql://slurm@db/?ssl-ca=/etc/ca.pem".parse().unwrap();
        let told = of_given(&at, "ERROR 2026 (HY000): TLS/SSL error");
        assert!(told.contains("ssl-ca=/etc/ca.pem"), "{told}");
    }

    #[test]
    fn records_of_another_slurm_are_told_as_such() {
        let newer =
            "fatal: Database schema is from a newer version of Slurm, downgrading is not possible.";
        let told = of_slurmdbd("24.11", newer);
        assert!(
            told.contains("written by a newer Slurm") && told.ends_with(newer),
            "{told}"
        );
        assert!(of_slurmdbd("24.11", "no luck").contains("again and again"));
    }
}
