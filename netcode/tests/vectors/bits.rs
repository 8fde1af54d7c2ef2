//! `bits.json`: primitives of PROTOCOL section 1.

use crate::json::{Json, hex};
use crate::{Numbers, check};
use tickwire_netcode::bits::{Reader, Writer, bytes};
use tickwire_netcode::error::ProtocolError;

#[derive(Clone, Copy)]
enum Op {
    Bits(u32, u32),
    Flag(bool),
    Varint(u32),
    Gamma(u32),
}

impl Op {
    fn write(self, w: &mut Writer<'_>) {
        match self {
            Self::Bits(value, n) => w.bits(value, n),
            Self::Flag(value) => w.flag(value),
            Self::Varint(value) => w.varint(value),
            Self::Gamma(value) => w.gamma(value),
        }
    }

    fn read(self, r: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        Ok(match self {
            Self::Bits(_, n) => Self::Bits(r.bits(n)?, n),
            Self::Flag(_) => Self::Flag(r.flag()?),
            Self::Varint(_) => Self::Varint(r.varint()?),
            Self::Gamma(_) => Self::Gamma(r.gamma()?),
        })
    }

    fn json(self) -> Json {
        let list = |name: &str, numbers: &[u32]| {
            let mut items = vec![Json::from(name)];
            items.extend(numbers.iter().map(|&number| Json::from(number)));
            Json::List(items)
        };
        match self {
            Self::Bits(value, n) => list("bits", &[value, n]),
            Self::Flag(value) => list("flag", &[u32::from(value)]),
            Self::Varint(value) => list("varint", &[value]),
            Self::Gamma(value) => list("gamma", &[value]),
        }
    }
}

fn ops_json(ops: &[Op]) -> Json {
    Json::List(ops.iter().map(|op| op.json()).collect())
}

fn stream(name: &str, ops: &[Op]) -> Json {
    let mut bytes = Vec::new();
    let mut w = Writer::new(&mut bytes);
    ops.iter().for_each(|op| op.write(&mut w));
    w.finish();
    let mut r = Reader::new(&bytes);
    for op in ops {
        assert_eq!(op.read(&mut r).unwrap().json().to_string(), op.json().to_string(), "{name}");
    }
    r.finish().unwrap();
    Json::Object(vec![("name", name.into()), ("ops", ops_json(ops)), ("hex", hex(&bytes))])
}

fn random_ops(numbers: &mut Numbers) -> Vec<Op> {
    let count = 1 + numbers.below(40);
    let value = |numbers: &mut Numbers| numbers.u32() >> numbers.below(32);
    (0..count)
        .map(|_| match numbers.below(4) {
            0 => {
                let n = numbers.below(33);
                Op::Bits(if n == 0 { 0 } else { numbers.u32() >> (32 - n) }, n)
            }
            1 => Op::Flag(numbers.below(2) == 1),
            2 => Op::Varint(value(numbers)),
            _ => Op::Gamma(value(numbers).max(1)),
        })
        .collect()
}

/// Reads the ops (their values are ignored) and finishes; the result must be this error.
fn bad(name: &str, ops: &[Op], bytes: &[u8], want: ProtocolError) -> Json {
    let mut r = Reader::new(bytes);
    let got = ops.iter().try_for_each(|op| op.read(&mut r).map(drop)).and_then(|()| r.finish());
    assert_eq!(got, Err(want), "{name}");
    Json::Object(vec![("name", name.into()), ("ops", ops_json(ops)), ("hex", hex(bytes))])
}

fn aligned(name: &str, kinds: &[(&str, i64)]) -> Json {
    let mut out = Vec::new();
    for &(kind, value) in kinds {
        match kind {
            "u8" => out.push(value as u8),
            "u16" => bytes::put_u16(&mut out, value as u16),
            "u32" => bytes::put_u32(&mut out, value as u32),
            "i16" => bytes::put_i16(&mut out, value as i16),
            _ => bytes::put_varint(&mut out, value as u32),
        }
    }
    let mut r = bytes::Reader::new(&out);
    for &(kind, value) in kinds {
        let got = match kind {
            "u8" => i64::from(r.u8().unwrap()),
            "u16" => i64::from(r.u16().unwrap()),
            "u32" => i64::from(r.u32().unwrap()),
            "i16" => i64::from(r.i16().unwrap()),
            _ => i64::from(r.varint().unwrap()),
        };
        assert_eq!(got, value, "{name}");
    }
    r.finish().unwrap();
    let ops = kinds.iter().map(|&(kind, value)| Json::List(vec![kind.into(), Json::Number(value as f64)]));
    Json::Object(vec![("name", name.into()), ("ops", Json::List(ops.collect())), ("hex", hex(&out))])
}

#[test]
fn bit_streams_are_as_recorded() {
    let mut streams = vec![
        stream("nothing", &[]),
        stream("low bit first", &[Op::Flag(true), Op::Bits(0b010, 3), Op::Bits(0b1011, 4)]),
        stream("across a byte", &[Op::Bits(5, 6), Op::Bits(0x1FF, 9)]),
        stream("no bits", &[Op::Bits(0, 0), Op::Flag(true), Op::Bits(0, 0)]),
        stream("a whole word", &[Op::Flag(true), Op::Bits(0xDEAD_BEEF, 32), Op::Bits(u32::MAX, 32)]),
        stream("varints", &[0, 1, 127, 128, 300, 16383, 16384, u32::MAX].map(Op::Varint)),
        stream("unaligned varint", &[Op::Flag(true), Op::Varint(300)]),
        stream("gammas", &[1, 2, 3, 4, 7, 8, 255, 256].map(Op::Gamma)),
        stream("long gammas", &[Op::Gamma(1 << 31), Op::Gamma(u32::MAX), Op::Gamma(0x8000_0001)]),
    ];
    let mut numbers = Numbers(1);
    streams.extend((0..40).map(|index| stream(&format!("random {index}"), &random_ops(&mut numbers))));
    let refused = vec![
        bad("no bytes", &[Op::Flag(true)], &[], ProtocolError::Truncated),
        bad("too few bits", &[Op::Bits(0, 9)], &[0xFF], ProtocolError::Truncated),
        bad("padding", &[Op::Bits(0, 3)], &[0b1000], ProtocolError::PaddingNotZero),
        bad("highest padding", &[Op::Flag(true)], &[0x81], ProtocolError::PaddingNotZero),
        bad("trailing byte", &[Op::Bits(0, 8)], &[0, 0], ProtocolError::TrailingBytes { count: 1 }),
        bad("varint without end", &[Op::Varint(0)], &[0x80], ProtocolError::Truncated),
        bad("varint with a zero group", &[Op::Varint(0)], &[0x80, 0], ProtocolError::BadVarint),
        bad("varint of 33 bits", &[Op::Varint(0)], &[0xFF, 0xFF, 0xFF, 0xFF, 0x1F], ProtocolError::BadVarint),
        bad(
            "varint of 6 bytes",
            &[Op::Varint(0)],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 1],
            ProtocolError::BadVarint,
        ),
        bad("gamma without a one", &[Op::Gamma(1)], &[0, 0], ProtocolError::Truncated),
        bad("gamma without its low bits", &[Op::Gamma(1)], &[0x80], ProtocolError::Truncated),
        bad("gamma of 33 bits", &[Op::Gamma(1)], &[0, 0, 0, 0, 1, 0, 0, 0, 0], ProtocolError::BadGamma),
    ];
    let bytes = vec![
        aligned("unsigned", &[("u8", 0xAB), ("u16", 0x1234), ("u32", 0xDEAD_BEEF)]),
        aligned("signed", &[("i16", -1), ("i16", -32768), ("i16", 32767)]),
        aligned("varints", &[("varint", 0), ("varint", 300), ("u8", 7), ("varint", 0xFFFF_FFFF)]),
    ];
    check(
        "bits.json",
        &Json::Object(vec![
            ("streams", Json::Lines(streams)),
            ("bad", Json::Lines(refused)),
            ("bytes", Json::Lines(bytes)),
        ]),
    );
}
