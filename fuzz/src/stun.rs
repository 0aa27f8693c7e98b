//! What comes to the relay's port: STUN and ChannelData in datagrams, and one after the other in a stream.

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_server::fuzzing::{Frame, Packet, frame, read_packet, write_channel_data, write_data};

/// Largest message (RFC 8656 has no limit of its own).
const MESSAGE_BYTES: usize = 2048;

/// The target.
pub fn run(data: &[u8]) {
    datagram(data);
    stream(data);
    // Bytes that are too few say nothing.
    let _ = written(&mut Unstructured::new(data));
}

fn datagram(data: &[u8]) {
    match read_packet(data) {
        Some(Packet::Channel { number, data: read }) => {
            assert!((0x4000..0x8000).contains(&number) && read.len() <= MESSAGE_BYTES);
            assert!(data.get(4..).is_some_and(|rest| rest.starts_with(&read)), "it is what came");
        }
        Some(Packet::Message { not_understood }) => {
            assert!(data.len() <= MESSAGE_BYTES && data.len() >= 20 && data[0] < 4);
            assert!(not_understood.iter().all(|kind| kind.value() < 0x8000), "the others need not be understood");
        }
        None => {}
    }
}

/// However the bytes come, messages end at the same places.
fn stream(mut data: &[u8]) {
    loop {
        let all = frame(data);
        for end in (0..data.len().min(40)).chain([data.len().saturating_sub(1)]) {
            match (frame(&data[..end]), all) {
                (Frame::Part, _) => {}
                (Frame::Garbage, Frame::Garbage) => {}
                (some @ Frame::Whole { .. }, all) if some == all => {}
                (first, then) => panic!("{first:?} after {end} bytes and then {then:?}: {data:?}"),
            }
        }
        match all {
            Frame::Whole { message, taken } => {
                assert!(message <= taken && taken <= data.len() && taken <= MESSAGE_BYTES && taken - message < 4);
                assert!(taken > 0 && taken % 4 == 0);
                datagram(&data[..message]);
                data = &data[taken..];
            }
            Frame::Part => {
                assert!(data.len() < MESSAGE_BYTES, "{} bytes are kept and are no message", data.len());
                return;
            }
            Frame::Garbage => return,
        }
    }
}

fn written(u: &mut Unstructured) -> Result<()> {
    let (number, is_stream) = (u.int_in_range(0x4000..=0x7fff)?, bool::arbitrary(u)?);
    let transaction = u128::arbitrary(u)? >> 32;
    let ip = if bool::arbitrary(u)? { <[u8; 4]>::arbitrary(u)?.into() } else { <[u8; 16]>::arbitrary(u)?.into() };
    let peer = std::net::SocketAddr::new(ip, u16::arbitrary(u)?);
    let length = u.int_in_range(0..=1984)?;
    let data: Vec<u8> = u.bytes(u.len().min(length))?.iter().copied().cycle().take(length).collect();
    let channel = write_channel_data(number, &data, is_stream);
    assert_eq!(read_packet(&channel), Some(Packet::Channel { number, data: data.clone() }));
    if is_stream {
        assert_eq!(frame(&channel), Frame::Whole { message: 4 + data.len(), taken: channel.len() });
    }
    let indication = write_data(transaction, peer, &data);
    assert_eq!(frame(&indication), Frame::Whole { message: indication.len(), taken: indication.len() });
    assert_eq!(read_packet(&indication), Some(Packet::Message { not_understood: Vec::new() }));
    let message = stun_types::message::Message::from_bytes(&indication).expect("a message");
    let told = message.attribute::<turn_types::attribute::XorPeerAddress>().expect("a peer");
    assert_eq!(told.addr(message.transaction_id()), peer);
    assert_eq!(message.attribute::<turn_types::attribute::Data>().expect("data").data(), data);
    Ok(())
}
