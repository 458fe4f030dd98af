//! The program as whoever calls it by hand sees it.

use std::process::Command;

#[test]
fn it_says_how_it_is_called() {
    let answer = Command::new(env!("CARGO_BIN_EXE_openpcs-agent")).output();
    let answer = answer.expect("the program runs");
    let text = String::from_utf8_lossy(&answer.stderr);
    assert!(!answer.status.success());
    assert!(text.contains("usage: openpcs-agent"), "{text}");
}

#[test]
fn a_node_is_told_by_options_it_knows() {
    let agent = Command::new(env!("CARGO_BIN_EXE_openpcs-agent"))
        .args(["node", "--fiel", "/etc/openpcs/node.json"])
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&agent.stderr);
    assert!(!agent.status.success());
    assert!(text.contains("openpcs-agent node [--file FILE]"), "{text}");
    let agent = Command::new(env!("CARGO_BIN_EXE_openpcs-agent"))
        .args(["node", "--file", "/nowhere/node.json"])
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&agent.stderr);
    assert!(text.contains("cannot read /nowhere/node.json"), "{text}");
}
