//! `AllocNodes`: hosts from which jobs may be submitted. Slurm takes any name, and then refuses everybody's jobs.

use crate::slurm::hostlist;

/// Why nobody could submit a job from this host, which is where people's programs run, as the end of a sentence.
pub fn problem(value: &str) -> Option<String> {
    let host = nix::unistd::gethostname().ok()?;
    problem_on(&host.to_string_lossy(), value)
}

fn problem_on(host: &str, value: &str) -> Option<String> {
    if value.eq_ignore_ascii_case("ALL") {
        return None;
    }
    let names = match hostlist::expand(value) {
        Ok(names) => names,
        Err(error) => return Some(format!("is no list of hosts: {error}.")),
    };
    let short = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
    let is_there = names.iter().any(|name| short(name) == short(host));
    (!is_there).then(|| {
        let host = short(host);
        format!(
            "leaves out {host}, the host that people and the console submit from: Slurm would refuse every job. Add \
             {host}, or give ALL."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_that_people_submit_from_must_be_among_them() {
        for (value, is_fine) in [
            ("ALL", true),
            ("all", true),
            ("login", true),
            ("other,login", true),
            ("login.example.com", true),
            ("nope", false),
            ("logi", false),
            ("compute-[1-2]", false),
            ("a[", false),
        ] {
            let problem = problem_on("login.site", value);
            assert_eq!(problem.is_none(), is_fine, "{value}: {problem:?}");
        }
    }
}
