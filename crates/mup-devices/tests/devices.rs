//! Names, and devices of the build at hand: by default flex alone.

use mup_devices::{Availability, Backend, DeviceError, DeviceName, list, open};

fn parse(text: &str) -> Result<DeviceName, DeviceError> {
    text.parse()
}

#[test]
fn names_are_read_and_written_alike() {
    for text in ["flex", "ndarray", "libtorch", "libtorch:0", "wgpu:3", "cuda:12", "rocm", "vulkan:0", "metal"] {
        assert_eq!(parse(text).map(|name| name.to_string()).as_deref(), Ok(text));
    }
}

#[test]
fn what_is_no_name_is_refused_with_what_to_write_instead() {
    for (text, part) in [
        ("", "there are flex, ndarray, libtorch"),
        ("abacus", "unknown device `abacus`"),
        ("Flex", "unknown device `Flex`"),
        ("flex:0", "write flex"),
        ("ndarray:1", "write ndarray"),
        ("cuda:", "as in cuda:0"),
        ("cuda:-1", "as in cuda:0"),
        ("cuda:+1", "as in cuda:0"),
        ("cuda:one", "as in cuda:0"),
        ("cuda:99999999999999999999999", "as in cuda:0"),
        ("libtorch:cuda", "as in libtorch:0"),
        (":0", "unknown device `:0`"),
    ] {
        let message = parse(text).expect_err(text).to_string();
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn flex_answers() {
    assert!(open(Backend::Flex.into()).is_ok());
}

/// Every device is one of these: it answers, or the error says which feature is missing, or why it does not answer.
#[test]
fn a_device_answers_or_says_why_not() {
    let listing = list();
    let names: Vec<String> = listing.devices.iter().map(|listed| listed.name.to_string()).collect();
    for &backend in Backend::ALL {
        assert!(names.iter().any(|name| name == backend.feature()), "{names:?}");
    }
    for listed in &listing.devices {
        let (opened, name) = (open(listed.name), listed.name);
        match &listed.availability {
            Availability::Answers { .. } => assert!(opened.is_ok(), "{name}"),
            Availability::NotCompiled => {
                let message = opened.expect_err("not compiled in").to_string();
                let feature = format!("feature `{}` of `burn-mup`", name.backend().feature());
                assert!(message.contains(&feature) && message.contains(&name.to_string()), "{message}");
            }
            Availability::DoesNotAnswer { reason } => {
                assert!(opened.is_err() && reason.len() > 10, "{name}: {reason:?}");
            }
        }
    }
    assert!(listing.to_string().starts_with("flex        answers\n"), "{listing}");
}

#[test]
fn an_index_that_no_machine_has_is_an_error() {
    for backend in Backend::ALL.iter().filter(|backend| backend.has_index()) {
        let name = parse(&format!("{}:977", backend.feature())).expect("a name");
        let message = open(name).expect_err("no machine has that many").to_string();
        assert!(message.contains(&name.to_string()), "{message}");
    }
}
