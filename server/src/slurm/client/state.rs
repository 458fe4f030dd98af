//! A node's state as `sinfo` prints it: Slurm's own rule, `node_state_string_compact()` in `slurm_protocol_defs.c`.

use std::collections::BTreeSet;

/// The one sign that `sinfo` adds, the first that applies.
const SIGNS: [(&str, char); 8] = [
    ("MAINTENANCE", '$'),
    ("REBOOT_ISSUED", '^'),
    ("REBOOT_REQUESTED", '@'),
    ("POWERING_UP", '#'),
    ("POWERING_DOWN", '%'),
    ("POWERED_DOWN", '~'),
    ("POWER_DOWN", '!'),
    ("NOT_RESPONDING", '*'),
];

/// `idle~`, `mix`, `down*`, … of the words that Slurm's JSON gives.
pub fn text(states: &BTreeSet<String>) -> String {
    let has = |word: &str| states.contains(word);
    let silent = if has("NOT_RESPONDING") { "*" } else { "" };
    let busy = has("ALLOCATED") || has("MIXED");
    if has("INVALID_REG") {
        return "inval".to_owned();
    }
    if has("MAINTENANCE") && !has("DRAIN") && !busy && !has("DOWN") {
        return format!("maint{silent}");
    }
    if has("REBOOT_ISSUED") && !busy {
        return "boot^".to_owned();
    }
    if has("REBOOT_REQUESTED") && !busy {
        return format!("boot{silent}");
    }
    if has("FAIL") && !has("DRAIN") {
        let ending = has("COMPLETING") || has("ALLOCATED");
        return format!("{}{silent}", if ending { "failg" } else { "fail" });
    }
    let sign = SIGNS.into_iter().find(|(word, _)| has(word));
    let word = word(states, sign.is_none());
    word.to_owned() + &sign.map(|(_, sign)| sign.to_string()).unwrap_or_default()
}

fn word(states: &BTreeSet<String>, plain: bool) -> &'static str {
    let has = |word: &str| states.contains(word);
    let busy = has("ALLOCATED") || has("MIXED");
    match () {
        () if has("DRAIN") && (has("COMPLETING") || busy) => "drng",
        () if has("DRAIN") => "drain",
        () if has("DOWN") => "down",
        () if has("ALLOCATED") && plain && has("COMPLETING") => "alloc+",
        () if has("ALLOCATED") => "alloc",
        () if has("COMPLETING") => "comp",
        () if has("IDLE") && plain && has("RESERVED") => "resv",
        () if has("IDLE") && plain && has("BLOCKED") => "block",
        () if has("IDLE") && plain && has("PLANNED") => "plnd",
        () if has("IDLE") => "idle",
        () if has("MIXED") && plain && has("PLANNED") => "mix-",
        () if has("MIXED") => "mix",
        () if has("FUTURE") => "futr",
        () => "unk",
    }
}
