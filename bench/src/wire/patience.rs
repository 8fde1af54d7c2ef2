//! `Patience`: how long a server is waited for that may be starting.
//!
//! A port that refuses is one where nobody listens, or not yet: a shell starts a server with `&` and this program right
//! after it. Whatever else is wrong does not pass within seconds.

use std::io;
use std::time::Duration;

use tickwire_client::ClientError;
use tickwire_netcode::time::Time;

/// From the first attempt on: a server of ours listens within some ten milliseconds, one in Node.js within a second.
pub(crate) const LIMIT: Duration = Duration::from_secs(3);
/// Nothing is said of a wait that is shorter than anybody notices.
pub(crate) const SILENCE: Duration = Duration::from_millis(200);
/// Between two attempts.
pub(crate) const REST: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Patience {
    since: Time,
    is_told: bool,
}

/// What follows an attempt that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Another one, after [`REST`]; whether somebody is to be told now.
    Again {
        is_told: bool,
    },
    GiveUp,
}

impl Patience {
    pub(crate) fn new(since: Time) -> Self {
        Self { since, is_told: false }
    }

    /// An attempt failed by `now`.
    pub(crate) fn after(&mut self, now: Time, error: &ClientError) -> Next {
        let waited = now.since(self.since);
        if !is_refusal(error) || waited >= LIMIT {
            return Next::GiveUp;
        }
        let is_told = waited >= SILENCE && !self.is_told;
        self.is_told |= is_told;
        Next::Again { is_told }
    }
}

fn is_refusal(error: &ClientError) -> bool {
    matches!(error, ClientError::Connect { error, .. } if error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: io::ErrorKind) -> ClientError {
        ClientError::Connect { to: "h:1".into(), error: kind.into() }
    }

    #[test]
    fn a_refusal_is_waited_out_for_a_while_and_told_once() {
        let refused = failed(io::ErrorKind::ConnectionRefused);
        let mut patience = Patience::new(Time::default());
        let table = [
            (0, Next::Again { is_told: false }),
            (199, Next::Again { is_told: false }),
            (200, Next::Again { is_told: true }),
            (220, Next::Again { is_told: false }),
            (2999, Next::Again { is_told: false }),
            (3000, Next::GiveUp),
        ];
        for (ms, want) in table {
            assert_eq!(
                patience.after(Time::default() + Duration::from_millis(ms), &refused),
                want,
                "{ms} ms"
            );
        }
    }

    #[test]
    fn whatever_else_is_wrong_is_told_at_once() {
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::TimedOut, io::ErrorKind::NetworkUnreachable] {
            let mut patience = Patience::new(Time::default());
            assert_eq!(patience.after(Time::default(), &failed(kind)), Next::GiveUp, "{kind}");
        }
    }
}
