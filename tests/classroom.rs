//! The templates of scripts/classroom: they are what they claim to be, and their commands work.

use std::fs;
use std::path::Path;
use std::process::Command;

use course_tests::{Class, Labrunner, hello_map, results, root};
use serde_json::{Value, json};

fn template(name: &str) -> String {
    fs::read_to_string(root().join("scripts/classroom").join(name)).unwrap()
}

fn yaml(name: &str) -> Value {
    serde_yaml_ng::from_str(&template(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A class of three, of whom one is right, with the assignment of the template.
fn class() -> Class {
    let class = Class::new();
    for (learner, patch) in [
        ("alice", "exercises/gid.patch"),
        ("bob", "exercises/gid-lower-half.patch"),
        ("carol", "exercises/getppid-registers.patch"),
    ] {
        class.put(learner, "hello-map.bpf.c", hello_map(Some(patch)));
    }
    let (together, apart) = (class.submissions(), class.path("submissions"));
    fs::rename(&together, &apart).unwrap();
    fs::create_dir(&together).unwrap();
    fs::rename(&apart, together.join("submissions")).unwrap();
    fs::write(class.path("class/assignment.toml"), template("assignment.toml")).unwrap();
    class
}

const EXPECTED: [&str; 6] = [
    "alice ch2/hello-map:gid pass",
    "alice ch2/hello-map:getppid fail",
    "bob ch2/hello-map:gid fail",
    "bob ch2/hello-map:getppid fail",
    "carol ch2/hello-map:gid fail",
    "carol ch2/hello-map:getppid fail",
];

fn shown(folder: &Path) -> Vec<String> {
    results(folder).into_iter().map(|(result, _)| result).collect()
}

#[test]
fn the_job_needs_no_privilege_and_its_command_works() {
    let job = yaml("indexed-job.yaml");
    assert_eq!((&job["apiVersion"], &job["kind"]), (&json!("batch/v1"), &json!("Job")));
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"], "Indexed");
    assert_eq!(spec["completions"], spec["parallelism"]);
    assert!(spec["backoffLimitPerIndex"].is_u64(), "{spec}");
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Never", "an index has a limit of its own only so");
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let [container] = &pod["containers"].as_array().unwrap()[..] else { panic!("{pod}") };
    let security = &container["securityContext"];
    assert_eq!(security["privileged"], false);
    assert_eq!(security["allowPrivilegeEscalation"], false);
    assert_eq!(security["readOnlyRootFilesystem"], true);
    assert_eq!(security["capabilities"], json!({ "drop": ["ALL"] }));
    for kind in ["requests", "limits"] {
        for resource in ["cpu", "memory", "ephemeral-storage"] {
            assert!(container["resources"][kind][resource].is_string(), "{kind} {resource}");
        }
    }
    for volume in container["volumeMounts"].as_array().unwrap() {
        let volumes = pod["volumes"].as_array().unwrap();
        assert!(volumes.iter().any(|known| known["name"] == volume["name"]), "{volume}");
    }

    let (class, parts) = (class(), spec["completions"].as_u64().unwrap());
    let at = class.path("class").display().to_string();
    let arguments = |index: u64| {
        let arguments = container["args"].as_array().unwrap().iter();
        let put_in = |argument: &Value| {
            let argument = argument.as_str().unwrap();
            argument.replace("$(JOB_COMPLETION_INDEX)", &index.to_string()).replace("/class", &at)
        };
        arguments.map(put_in).collect::<Vec<_>>()
    };
    let expected = format!("--shard=7/{parts}");
    assert!(arguments(parts - 1).contains(&expected), "{:?}", arguments(parts - 1));
    for index in 0..parts {
        let done = Labrunner::new(arguments(index)).run();
        assert_eq!(done.code, 0, "{index}: {done}");
    }
    let parts = (0..parts).map(|index| format!("{at}/grades/part-{index}"));
    let merge = ["grade".into(), "merge".into(), "--out".into(), format!("{at}/grades/all")];
    let done = Labrunner::new(merge.into_iter().chain(parts)).run();
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(shown(&class.path("class/grades/all")), EXPECTED);
}

#[test]
fn the_workflow_has_no_rights_and_its_commands_work() {
    let workflow = yaml("grade.yml");
    assert_eq!(workflow["permissions"], json!({ "contents": "read" }));
    let mut checked_out = 0;
    let jobs = workflow["jobs"].as_object().unwrap();
    for job in jobs.values() {
        assert!(job["timeout-minutes"].is_u64(), "{job}");
        for step in job["steps"].as_array().unwrap() {
            if step["uses"].as_str().is_some_and(|action| action.contains("checkout")) {
                assert_eq!(step["with"]["persist-credentials"], false, "{step}");
                checked_out += 1;
            }
        }
    }
    assert_eq!(checked_out, 3);

    let class = class();
    let run = |job: &str, part: &str| {
        let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
        let script = steps.iter().find_map(|step| step["run"].as_str()).unwrap();
        let done = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(root())
            .env("GITHUB_WORKSPACE", class.path(""))
            .env("PART", part)
            .output()
            .unwrap();
        assert!(done.status.success(), "{job}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let parts = workflow["jobs"]["grade"]["strategy"]["matrix"]["part"].as_array().unwrap();
    for part in parts {
        run("grade", part.as_str().unwrap());
    }
    // As the steps between do.
    fs::rename(class.path("grades"), class.path("parts")).unwrap();
    run("merge", "");
    assert_eq!(shown(&class.path("grades")), EXPECTED);
}

#[test]
fn a_made_class_is_graded_as_was_said() {
    let class = Class::new();
    let (folder, out) = (class.path("made"), class.path("grades"));
    let script = root().join("scripts/classroom/make-class");
    let made = Command::new(script).arg(&folder).arg("20").status().unwrap();
    assert!(made.success());
    let words = ["grade", "--kernel", "6.1", "--exercise", "ch2/hello-map:gid", "--out"];
    let done = Labrunner::new(
        words
            .iter()
            .map(|word| word.to_string())
            .chain([&out, &folder].map(|p| p.display().to_string())),
    )
    .run();
    assert_eq!(done.code, 0, "{done}");
    let verdicts = |file: &Path, column: usize| {
        let mut reader = csv::Reader::from_path(file).unwrap();
        let row = |row: csv::StringRecord| format!("{} {}", &row[0], &row[column]);
        reader.records().map(|found| row(found.unwrap())).collect::<Vec<_>>()
    };
    let expected = class.path("made.expected.csv");
    assert_eq!(verdicts(&out.join("results.csv"), 2), verdicts(&expected, 2));
}
