//! What the receiver holds in memory, which its events do not show.

use alloc::vec;

use super::*;

fn feed(receiver: &mut Receiver, bytes: &[u8]) -> usize {
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(&mut bytes);
    let mut sender = Sender::new(Role::Server, 0);
    let mut events = 0;
    while receiver.poll_event(&mut sender, &mut input, Time::default(), &mut Vec::new()).is_some() {
        events += 1;
    }
    events
}

#[test]
fn f5_a_declared_length_allocates_nothing() {
    let declared: [&[u8]; 4] = [
        &[0x82, 0xfe, 0x10, 0x00, 1, 2, 3, 4],
        &[0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4],
        &[0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0],
        &[0x02, 0x80, 1, 2, 3, 4, 0x80, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for header in declared {
        let mut receiver = Receiver::new(Role::Server, Limits::LIFTED);
        feed(&mut receiver, header);
        assert_eq!(receiver.buffer.capacity(), 0, "{header:02x?}");
        feed(&mut receiver, &[0; 10]);
        assert!(receiver.buffer.capacity() <= 32, "{header:02x?}");
    }
}

#[test]
fn whole_messages_in_the_input_allocate_nothing() {
    let mut receiver = Receiver::new(Role::Server, Limits::LIFTED);
    let large = [&[0x82, 0xfe, 0x40, 0x00, 1, 2, 3, 4][..], &[0; 0x4000]].concat();
    assert_eq!(feed(&mut receiver, &[&large[..], &large, &[0x89, 0x80, 0, 0, 0, 0]].concat()), 3);
    assert_eq!(receiver.buffer.capacity(), 0);
}

#[test]
fn memory_of_a_large_message_is_given_back_and_that_of_a_small_one_is_kept() {
    let mut receiver = Receiver::new(Role::Server, Limits::LIFTED);
    let large = [&[0x82, 0xfe, 0x40, 0x00, 1, 2, 3, 4][..], &[0; 0x4000]].concat();
    assert_eq!(feed(&mut receiver, &large[..9_000]), 0);
    assert_eq!(feed(&mut receiver, &large[9_000..]), 1);
    assert_eq!(receiver.buffer.capacity(), 0);

    let small = [0x82, 0x84, 0, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(feed(&mut receiver, &small[..8]) + feed(&mut receiver, &small[8..]), 1);
    let kept = receiver.buffer.capacity();
    assert!((1..=ASSEMBLER_KEEP_BYTES).contains(&kept), "{kept}");
    assert!(receiver.buffer.is_empty());
}

#[test]
fn a_cut_control_frame_leaves_the_open_message_as_it_was() {
    let mut receiver = Receiver::new(Role::Server, Limits::default());
    feed(&mut receiver, &[0x02, 0x83, 0, 0, 0, 0, 1, 2, 3]);
    let ping = [&[0x89, 0xfd, 0, 0, 0, 0][..], &[9; 125]].concat();
    for byte in &ping {
        feed(&mut receiver, &[*byte]);
    }
    assert_eq!(receiver.buffer, vec![1, 2, 3]);
}

#[test]
fn a_closed_receiver_holds_nothing() {
    let mut receiver = Receiver::new(Role::Server, Limits::default());
    feed(&mut receiver, &[&[0x02, 0xfe, 0x01, 0x00, 0, 0, 0, 0][..], &[1; 200]].concat());
    assert!(receiver.buffer.capacity() >= 200);
    assert!(receiver.handle_end().is_some());
    assert_eq!((receiver.buffer.capacity(), receiver.poll_timeout()), (0, None));
}
