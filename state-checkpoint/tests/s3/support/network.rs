//! Stands between client and server, and loses the answers it is told to lose.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Forwards connections as long as the process lives.
pub(crate) struct Network {
    pub(crate) address: SocketAddr,
    lose: Arc<Mutex<Lose>>,
}

/// The next `count` answers to requests whose first line has these words.
#[derive(Default)]
struct Lose {
    words: Vec<&'static str>,
    count: usize,
}

impl Network {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let lose = Arc::new(Mutex::new(Lose::default()));
        let shared = Arc::clone(&lose);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let lose = Arc::clone(&shared);
                thread::spawn(move || drop(forward(&client, server, &lose)));
            }
        });
        Self { address, lose }
    }

    /// Lets the server do its work for the next `count` requests with these words, and drops the answers.
    pub(crate) fn lose(&self, count: usize, words: &[&'static str]) {
        *self.lose.lock().unwrap() = Lose {
            words: words.to_vec(),
            count,
        };
    }

    /// Answers that were to be lost and were not.
    pub(crate) fn left(&self) -> usize {
        self.lose.lock().unwrap().count
    }
}

fn forward(mut client: &TcpStream, server: SocketAddr, lose: &Mutex<Lose>) -> io::Result<()> {
    let upstream = TcpStream::connect(server)?;
    let losing = Arc::new(AtomicBool::new(false));
    let answers = {
        let (upstream, client) = (upstream.try_clone()?, client.try_clone()?);
        let losing = Arc::clone(&losing);
        thread::spawn(move || drop(answer(&upstream, &client, &losing)))
    };
    let mut buffer = vec![0; 64 << 10];
    loop {
        // A request starts a read: the client waits for each answer.
        let len = client.read(&mut buffer)?;
        if len == 0 {
            break;
        }
        let line = buffer[..len].split(|byte| *byte == b'\r').next().unwrap();
        let line = String::from_utf8_lossy(line);
        let mut lose = lose.lock().unwrap();
        if lose.count > 0 && lose.words.iter().all(|word| line.contains(word)) {
            lose.count -= 1;
            losing.store(true, Ordering::SeqCst);
        }
        drop(lose);
        (&upstream).write_all(&buffer[..len])?;
    }
    let _ = upstream.shutdown(Shutdown::Both);
    let _ = answers.join();
    Ok(())
}

fn answer(mut upstream: &TcpStream, mut client: &TcpStream, losing: &AtomicBool) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let len = upstream.read(&mut buffer)?;
        if len == 0 || losing.load(Ordering::SeqCst) {
            client.shutdown(Shutdown::Both)?;
            return upstream.shutdown(Shutdown::Both);
        }
        client.write_all(&buffer[..len])?;
    }
}
