//! A histogram as text: HdrHistogram's V2 format, deflated, in base64; what its readers in other languages take too.

use data_encoding::BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as HistogramReader, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize as _, Deserializer, Serializer, de, ser};

pub(super) fn serialize<S: Serializer>(histogram: &Histogram<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(histogram, &mut bytes).map_err(ser::Error::custom)?;
    serializer.serialize_str(&BASE64.encode(&bytes))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Histogram<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64.decode(text.as_bytes()).map_err(|_| de::Error::custom("a histogram is not base64"))?;
    HistogramReader::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(|_| de::Error::custom("a histogram is damaged, or not in HdrHistogram's V2 format"))
}
