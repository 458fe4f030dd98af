//! Being told to end, on a thread of its own: in a signal's handler next to nothing may be done.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Does that on the first SIGTERM from now on.
pub fn on_sigterm(then: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut terminations = {
        let _entered = runtime.enter();
        signal(SignalKind::terminate())?
    };
    let wait = move || {
        runtime.block_on(terminations.recv());
        then();
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(wait)?;
    Ok(())
}
