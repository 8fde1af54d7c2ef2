//! Newtypes for the numbers that name things on the wire.
//!
//! No arithmetic across them. Sequence numbers start at 1, 0 means "none yet"; where a message carries only the low
//! bits, they stand for the nearest full value to the one expected (PROTOCOL sections 1 and 5.1).

/// The number with these low 16 bits that is nearest to `near`; a tie goes to the smaller one.
pub(crate) const fn nearest(low: u16, near: u32) -> u32 {
    let offset = low.wrapping_sub(near as u16) as i16;
    near.wrapping_add_signed(offset as i32)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub u32);
    };
}

macro_rules! sequence {
    ($(#[$doc:meta])* $name:ident) => {
        id!($(#[$doc])* $name);

        impl $name {
            /// The number after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.wrapping_add(1))
            }

            /// The low 16 bits, as the wire carries them.
            pub const fn low16(self) -> u16 {
                self.0 as u16
            }

            /// The number with these low bits that is nearest to `near`: from 32768 before to 32767 after it.
            pub const fn from_low16(low: u16, near: Self) -> Self {
                Self(nearest(low, near.0))
            }
        }
    };
}

id!(
    /// A replicated thing: unique in its room, from 1, never reused.
    EntityId
);
id!(
    /// A player's number in its room, from 1.
    PlayerId
);
id!(
    /// A session's number at its server, for logs and metrics.
    SessionId
);
sequence!(
    /// The number of an input of one player.
    InputSeq
);
sequence!(
    /// The number of an update of one session.
    UpdateSeq
);
sequence!(
    /// The number of an event of one session.
    EventSeq
);
sequence!(
    /// The number of a command of one session.
    CommandSeq
);

impl UpdateSeq {
    /// The low byte, as an update's header carries it.
    pub const fn low8(self) -> u8 {
        self.0 as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_low_bits_of_a_sequence_survive_64_ki_numbers() {
        assert_eq!(InputSeq::from_low16(InputSeq(0x1_0001).low16(), InputSeq(0xFFFE)), InputSeq(0x1_0001));
        assert_eq!(UpdateSeq(0x1234).low8(), 0x34);
        assert_eq!(EventSeq(4).next(), EventSeq(5));
    }
}
