//! What a site's `sbatch` says when it has taken a job.

use super::*;

#[test]
fn a_banner_before_around_or_after_the_job_id_is_understood() {
    let welcome = "-----\n   Welcome to the Lonestar 5 Supercomputer\n--> Verifying valid submit host (login1)...OK\n";
    for answer in [
        "JOB\r\n".to_owned(),
        format!("{welcome}JOB\n"),
        "Submitted batch job JOB\n".to_owned(),
        format!("{welcome}Submitted batch job JOB on cluster tux\nsbatch: 12 core hours left\n"),
        "JOB;tux\nsbatch: your project has 12 core hours left\n".to_owned(),
    ] {
        let cluster = Cluster::new(vec![Stage::of(2, 2), Stage::of_best(3, 1)]);
        cluster.give("answer", &answer);
        let said = succeeds(&cluster.tune(&[]));
        assert!(said.contains("as array 1,"), "{said}");
        assert_eq!((cluster.arrays().len(), cluster.n_records()), (2, 3), "each stage is submitted once: {answer:?}");
    }
}

#[test]
fn an_answer_without_an_id_says_that_the_job_may_be_there_and_the_same_command_waits_for_it() {
    let cluster = Cluster::of(2);
    cluster.give("answer", "your job was accepted\n");
    cluster.give("later", "");
    let said = fails(&cluster.tune(&[]));
    assert!(said.contains("your job was accepted") && said.contains("may have been submitted"), "{said}");
    let launcher = cluster.start();
    cluster.await_sign("asked");
    cluster.give("go", "");
    let said = succeeds(&launcher.wait_with_output().unwrap());
    assert!(said.contains("array 1 of this study is in the queue"), "{said}");
    assert_eq!((cluster.arrays().len(), cluster.n_records()), (1, 2));
}
