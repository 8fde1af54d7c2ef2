//! Bits and bytes: round trips, and what a reader refuses. Exact bytes are in `tests/vectors/bits.json`.

use super::{Reader, Writer, bytes};
use crate::error::ProtocolError;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Property tests try the same cases every time.
pub(crate) fn property(cases: u32) -> ProptestConfig {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(1);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Op {
    Bits(u32, u32),
    Varint(u32),
    Gamma(u32),
}

fn op() -> impl Strategy<Value = Op> {
    let number = (any::<u32>(), 0..32u32).prop_map(|(value, shift)| value >> shift);
    prop_oneof![
        (any::<u32>(), 0..=32u32).prop_map(|(value, n)| Op::Bits((u64::from(value) >> (32 - n)) as u32, n)),
        number.clone().prop_map(Op::Varint),
        number.prop_map(|value| Op::Gamma(value.max(1))),
    ]
}

fn write(ops: &[Op], out: &mut Vec<u8>) {
    let mut w = Writer::new(out);
    for &op in ops {
        match op {
            Op::Bits(value, n) => w.bits(value, n),
            Op::Varint(value) => w.varint(value),
            Op::Gamma(value) => w.gamma(value),
        }
    }
    w.finish();
}

fn read(ops: &[Op], r: &mut Reader<'_>) -> Result<Vec<Op>, ProtocolError> {
    ops.iter()
        .map(|op| match *op {
            Op::Bits(_, n) => r.bits(n).map(|value| Op::Bits(value, n)),
            Op::Varint(_) => r.varint().map(Op::Varint),
            Op::Gamma(_) => r.gamma().map(Op::Gamma),
        })
        .collect()
}

proptest! {
    #![proptest_config(property(300))]

    #[test]
    fn what_is_written_is_read(ops in prop::collection::vec(op(), 0..50), rest in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut stream = vec![0xA5];
        write(&ops, &mut stream);
        let size = stream.len();
        stream.extend_from_slice(&rest);
        let mut r = Reader::new(&stream[1..]);
        prop_assert_eq!(read(&ops, &mut r).unwrap(), ops.clone());
        prop_assert_eq!(r.clone().finish_prefix().unwrap(), &rest[..]);
        let trailing = ProtocolError::TrailingBytes { count: rest.len() as u32 };
        prop_assert_eq!(r.finish(), if rest.is_empty() { Ok(()) } else { Err(trailing) });
        for end in 1..size {
            let mut r = Reader::new(&stream[1..end]);
            prop_assert_eq!(read(&ops, &mut r), Err(ProtocolError::Truncated));
        }
    }

    #[test]
    fn readers_survive_any_bytes(ops in prop::collection::vec(op(), 0..50), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut r = Reader::new(&bytes);
        if read(&ops, &mut r).is_ok() {
            prop_assert!(r.bits_left() <= bytes.len() * 8);
            let _ = r.finish();
        }
    }

    #[test]
    fn aligned_varints_are_canonical(bytes in prop::collection::vec(any::<u8>(), 0..7)) {
        let mut r = bytes::Reader::new(&bytes);
        if let Ok(value) = r.varint() {
            let mut again = Vec::new();
            bytes::put_varint(&mut again, value);
            prop_assert_eq!(&again[..], &bytes[..again.len()]);
            prop_assert_eq!(r.rest(), &bytes[again.len()..]);
        }
    }
}

#[test]
fn bits_above_n_are_not_written() {
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.bits(u32::MAX, 3);
    w.bits(0, 4);
    w.finish();
    assert_eq!(out, [0b111]);
}

#[test]
fn padding_must_be_zero_for_a_prefix_too() {
    let mut r = Reader::new(&[0b10, 0xFF]);
    r.flag().unwrap();
    assert_eq!(r.finish_prefix(), Err(ProtocolError::PaddingNotZero));
}

#[test]
fn a_byte_reader_takes_exactly_what_is_there() {
    let mut r = bytes::Reader::new(&[1, 2, 3]);
    assert_eq!(r.take(4), Err(ProtocolError::Truncated));
    assert_eq!(r.u16(), Ok(0x0201));
    assert_eq!(r.u32(), Err(ProtocolError::Truncated));
    assert_eq!(r.clone().finish(), Err(ProtocolError::TrailingBytes { count: 1 }));
    assert_eq!(r.take(1), Ok(&[3][..]));
    assert_eq!(r.finish(), Ok(()));
}
