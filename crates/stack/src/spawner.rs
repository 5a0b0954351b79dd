//! One thread that starts every child.
//!
//! `setpriv --pdeathsig` makes the kernel signal a child when the *thread* that forked it
//! ends. A tokio worker or a test's thread ends long before the process does, so children
//! are forked from a thread that lives as long as the process.

use std::{
    io,
    process::{Child, Command},
    sync::{OnceLock, mpsc},
    thread,
};

struct Request {
    command: Command,
    reply: mpsc::SyncSender<io::Result<Child>>,
}

static SPAWNER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();

/// Starts `command` from the spawner thread; takes about as long as fork and exec do.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let gone = || io::Error::other("the spawner thread has ended");
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, requests) = mpsc::channel::<Request>();
        // A failed start of the thread shows as a closed channel below.
        let _ = thread::Builder::new().name("stack-spawner".into()).spawn(move || {
            for mut request in requests {
                let _ = request.reply.send(request.command.spawn());
            }
        });
        sender
    });
    let (reply, answer) = mpsc::sync_channel(1);
    spawner.send(Request { command, reply }).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}
