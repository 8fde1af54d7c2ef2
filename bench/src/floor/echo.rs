//! The bare echo: for each readiness one recv into the thread's buffer and one send from it.
//!
//! What it does: epoll_wait for all ready connections, recv, decode and rewrite the headers, unmask in place, send. What it
//! does not: keep messages, check UTF-8, ping, count, limit, time out. A frame larger than the buffer is passed on in
//! pieces. While a socket is full nothing is read from it.

use std::io;
use std::os::fd::OwnedFd;

use super::frames::{Frames, HEADER_BYTES_MAX};
use super::hall::{Guest, Hall, Over, Tail, read};

pub(super) struct Echo {
    hall: Hall<Speaker>,
}

impl Echo {
    pub(super) fn new(hall: Hall<Speaker>) -> Self {
        Self { hall }
    }

    /// Waits for readiness and answers all of it.
    pub(super) fn turn(&mut self) -> io::Result<()> {
        self.hall.turn(None).map(drop)
    }

    #[cfg(test)]
    pub(super) fn harvest(&mut self) -> io::Result<()> {
        self.hall.harvest()
    }
}

#[derive(Default)]
pub(super) struct Speaker {
    frames: Frames,
    tail: Tail,
}

impl Guest for Speaker {
    fn ready(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<(), Over> {
        loop {
            if !self.tail.is_empty() {
                self.tail.flush(socket)?;
                if !self.tail.is_empty() {
                    return Ok(());
                }
            }
            if self.frames.are_closed() {
                return Err(Over);
            }
            let Some(count) = read(socket, &mut buffer[HEADER_BYTES_MAX..])? else { return Ok(()) };
            let filled = HEADER_BYTES_MAX + count;
            self.early(socket, &mut buffer[..filled])?;
            if filled < buffer.len() && self.tail.is_empty() && !self.frames.are_closed() {
                return Ok(());
            }
        }
    }

    fn early(&mut self, socket: &OwnedFd, bytes: &mut [u8]) -> Result<(), Over> {
        let out = self.frames.reframe(bytes).map_err(|_| Over)?;
        if out.is_empty() { Ok(()) } else { self.tail.send(socket, &bytes[out]) }
    }
}
