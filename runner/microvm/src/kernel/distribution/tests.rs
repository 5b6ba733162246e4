use std::collections::BTreeMap;

use super::*;

fn source(uri: &str, suites: &[&str], keys: Option<&str>) -> Source {
    Source {
        uri: uri.to_owned(),
        suites: suites.iter().map(|suite| (*suite).to_owned()).collect(),
        components: vec!["main".to_owned()],
        options: keys
            .map(|keys| ("Signed-By", keys.to_owned()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    }
}

fn debian() -> Vec<Source> {
    let keys = Some("/usr/share/keyrings/debian-archive-keyring.gpg");
    vec![
        source("http://mirror.example/debian", &["bookworm", "bookworm-updates"], keys),
        source("http://mirror.example/debian-security", &["bookworm-security"], keys),
    ]
}

#[test]
fn the_distribution_is_told_by_its_suites() {
    assert_eq!(Distribution::of(&debian()).unwrap().name, "debian");
    let ubuntu = [source("http://mirror.example/ubuntu/", &["noble", "noble-updates"], None)];
    assert_eq!(Distribution::of(&ubuntu).unwrap().name, "ubuntu");
    let others = [source("http://mirror.example/x", &["cloud-sdk-bookworm", "nodistro"], None)];
    assert!(Distribution::of(&others).is_none());
}

#[test]
fn suites_go_to_the_archive_that_has_them() {
    let sources = debian();
    let groups = DEBIAN.searches("6.1", &sources).unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0][0].source.uri, "http://mirror.example/debian");
    assert_eq!(groups[0][0].suites, ["bookworm-updates"]);
    assert_eq!(groups[0][1].source.uri, "http://mirror.example/debian-security");
    assert_eq!(groups[0][1].suites, ["bookworm-security"]);
    assert_eq!(groups[1][0].suites, ["bookworm"]);
}

#[test]
fn without_an_archive_of_security_updates_the_other_suites_are_left() {
    let sources = &debian()[..1];
    let groups = DEBIAN.searches("5.10", sources).unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0][0].suites, ["bullseye"]);
}

#[test]
fn another_vendors_archive_with_the_same_suite_is_not_taken() {
    let mut sources = debian();
    sources.insert(0, source("http://vendor.example", &["bookworm"], Some("/vendor.gpg")));
    let groups = DEBIAN.searches("7", &sources).unwrap();
    assert_eq!(groups[0][0].source.uri, "http://mirror.example/debian");
    let alone = &sources[..1];
    assert_eq!(DEBIAN.archive(alone, false), Some(&sources[0]));
}

#[test]
fn an_unknown_series_is_an_error_that_lists_the_known() {
    let error = DEBIAN.searches("4.19", &debian()).unwrap_err();
    let KernelError::UnknownSeries { known, .. } = error else { panic!("{error}") };
    assert_eq!(known, ["5.10", "6.1", "6.12", "6.18", "7"]);
    assert!(DEBIAN.searches("70", &debian()).is_err());
    assert!(DEBIAN.searches("7.2", &debian()).is_ok());
}

#[test]
fn packages_are_judged_by_their_name() {
    let amd64 = |package, series| DEBIAN.release_of(package, series, Architecture::Amd64);
    let release = |release: &str, rank| Some((release.to_owned(), rank));
    let table = [
        ("linux-image-6.1.0-53-cloud-amd64", "6.1", release("6.1.0-53-cloud-amd64", 0)),
        ("linux-image-6.1.0-53-cloud-amd64-unsigned", "6.1", release("6.1.0-53-cloud-amd64", 1)),
        ("linux-image-6.1.0-53-cloud-amd64-dbg", "6.1", None),
        ("linux-image-6.1.0-53-amd64", "6.1", None),
        ("linux-image-6.1.0-53-cloud-arm64", "6.1", None),
        ("linux-image-6.12-cloud-amd64", "6.12", None),
        ("linux-image-7.2.13+deb14-cloud-amd64", "7", release("7.2.13+deb14-cloud-amd64", 0)),
        ("linux-image-cloud-amd64", "6.1", None),
    ];
    for (package, series, expected) in table {
        assert_eq!(amd64(package, series), expected, "{package}");
    }
    let ubuntu = UBUNTU.release_of("linux-image-6.8.0-31-generic", "6.8", Architecture::Arm64);
    assert_eq!(ubuntu, release("6.8.0-31-generic", 0));
}
